package programfile

import (
	"maps"
	"strings"
	"testing"
	"time"
)

// friend and reward make files that differ in one section.
func friend(discount string) string {
	return "program: offer\nfriend:\n  discount: " + discount + "\nadvocate: {reward: {kind: store_credit, amount: \"10.00\"}}\n"
}

func reward(spec string) string {
	return "program: offer\nfriend: {discount: {percent: \"10\"}}\nadvocate:\n  reward: " + spec + "\n"
}

type wrong struct {
	source string
	line   int
	path   string
	words  string
	lax    bool
}

// refused are files with one thing wrong each: where, and words that the report must hold. lax marks what
// the schema cannot know.
var refused = map[string]wrong{
	"an empty file":                {"", 0, "", "the file is empty", true},
	"a remark only":                {"# nothing\n", 0, "", "the file is empty", true},
	"no YAML":                      {"program: [", 1, "", "this is not YAML", true},
	"a tab":                        {"program: offer\nfriend:\n\tdiscount: 1\n", 3, "", "this is not YAML", true},
	"two documents":                {short + "---\n" + short, 5, "", "one programme a file", true},
	"a list":                       {"- program: offer\n", 1, "", "a list stands here", false},
	"a word":                       {"offer\n", 1, "", `"offer" stands here`, false},
	"an unknown key":               {short + "holds: 1d\n", 4, "", `unknown key "holds"`, false},
	"an unknown key further in":    {friend("{percent: 10, percents: 5}"), 3, "friend.discount", `unknown key "percents"`, false},
	"a reward once per customer":   {reward("{kind: discount_code, percent: 5, once_per_customer: true}"), 4, "advocate.reward", `unknown key "once_per_customer"`, false},
	"a number as key":              {short + "1: 2\n", 4, "", `"1" is no key`, true},
	"a key twice":                  {short + "program: offer\n", 4, "program", "second time, first on line 1", true},
	"a key twice in braces":        {friend("{percent: 10, percent: 10}"), 3, "friend.discount.percent", "second time", true},
	"an anchor":                    {short + "hold: &x 1d\n", 4, "hold", "anchors, aliases and tags are not read", true},
	"an alias":                     {short + "hold: *x\n", 4, "hold", "anchors, aliases and tags are not read", true},
	"a tag":                        {short + "hold: !!str 1d\n", 4, "hold", "anchors, aliases and tags are not read", true},
	"a merge":                      {short + "<<: {hold: 1d}\n", 4, "", `"<<" is no key`, true},
	"no name":                      {strings.Replace(short, "program: offer\n", "", 1), 1, "", `"program" is missing`, false},
	"a name in capitals":           {strings.Replace(short, "offer", "Offer", 1), 1, "program", "lower-case letters", false},
	"a name with a slash":          {strings.Replace(short, "offer", "a/b", 1), 1, "program", "lower-case letters", false},
	"an empty name":                {strings.Replace(short, "offer", "", 1), 1, "program", "nothing stands here", false},
	"a list as name":               {strings.Replace(short, "offer", "[a]", 1), 1, "program", "a list stands here", false},
	"a number as title":            {short + "title: 10\n", 4, "title", `put it in quotes: "10"`, false},
	"an empty title":               {short + "title: \"\"\n", 4, "title", "write one line", false},
	"a title of two lines":         {short + "title: \"a\\nb\"\n", 4, "title", "write one line", true},
	"a long title":                 {short + "title: " + strings.Repeat("x", 256) + "\n", 4, "title", "write one line", false},
	"nothing off":                  {friend("{minimum: 5}"), 3, "friend.discount", "nothing is taken off", false},
	"only no free shipping":        {friend("{free_shipping: false}"), 3, "friend.discount", "nothing is taken off", false},
	"two things off":               {friend("{percent: 10, amount: 5}"), 3, "friend.discount.amount", "stands beside percent", false},
	"free shipping and more":       {friend("{percent: 10, free_shipping: true}"), 3, "friend.discount.free_shipping", "stands beside percent", false},
	"yes instead of true":          {friend("{free_shipping: yes}"), 3, "friend.discount.free_shipping", "write true or false", false},
	"zero percent":                 {friend("{percent: 0}"), 3, "friend.discount.percent", "above 0", false},
	"more than all":                {friend("{percent: 100.5}"), 3, "friend.discount.percent", "above 0 and up to 100", false},
	"a percent sign":               {friend("{percent: 10%}"), 3, "friend.discount.percent", `"10%" is not a percentage`, false},
	"a thousandth of a percent":    {friend("{percent: \"0.001\"}"), 3, "friend.discount.percent", "is not a percentage", false},
	"a negative percentage":        {friend("{percent: -5}"), 3, "friend.discount.percent", "is not a percentage", false},
	"no money":                     {friend("{amount: ten}"), 3, "friend.discount.amount", `write an amount in USD: "10.00"`, false},
	"a currency sign":              {friend("{amount: $10}"), 3, "friend.discount.amount", "is not a decimal number", false},
	"a comma":                      {friend("{amount: \"10,00\"}"), 3, "friend.discount.amount", "is not a decimal number", false},
	"hexadecimal":                  {friend("{amount: 0x10}"), 3, "friend.discount.amount", `"0x10" is not a decimal number`, true},
	"a power of ten":               {friend("{amount: 1e3}"), 3, "friend.discount.amount", `"1e3" is not a decimal number`, true},
	"underscores":                  {friend("{amount: 1_000}"), 3, "friend.discount.amount", "is not a decimal number", true},
	"octal":                        {friend("{amount: 010}"), 3, "friend.discount.amount", "is not a decimal number", true},
	"infinity":                     {friend("{amount: .inf}"), 3, "friend.discount.amount", `".inf" stands here`, true},
	"too many decimals":            {friend("{amount: \"10.005\"}"), 3, "friend.discount.amount", "more than 2 decimals", true},
	"no amount":                    {friend("{amount: 0}"), 3, "friend.discount.amount", "must be above zero", false},
	"a negative amount":            {friend("{amount: \"-5.00\"}"), 3, "friend.discount.amount", "is below zero", false},
	"a negative minimum":           {friend("{percent: 5, minimum: -1}"), 3, "friend.discount.minimum", "is below zero", false},
	"no kind":                      {reward("{amount: 10}"), 4, "advocate.reward", `"kind" is missing`, false},
	"an unknown kind":              {reward("{kind: gold}"), 4, "advocate.reward.kind", `"gold" is not known`, false},
	"credit of nothing":            {reward("{kind: store_credit}"), 4, "advocate.reward", "a store_credit of what?", false},
	"credit of two kinds":          {reward("{kind: store_credit, amount: 5, percent: 5}"), 4, "advocate.reward.percent", "stands beside amount", false},
	"credit with free shipping":    {reward("{kind: store_credit, amount: 5, free_shipping: true}"), 4, "advocate.reward.free_shipping", "has no free_shipping", false},
	"credit with a minimum":        {reward("{kind: store_credit, amount: 5, minimum: 5}"), 4, "advocate.reward.minimum", "has no minimum", false},
	"a code of nothing":            {reward("{kind: discount_code}"), 4, "advocate.reward", "nothing is taken off", false},
	"an end at once":               {reward("{kind: store_credit, amount: 5, expires: 0s}"), 4, "advocate.reward.expires", "must be above zero", false},
	"unknown customers":            {short + "qualify: {customers: old}\n", 4, "qualify.customers", "write one of: new, any", false},
	"no payments at all":           {short + "qualify: {payments: 0}\n", 4, "qualify.payments", "above zero", false},
	"half a payment":               {short + "qualify: {payments: 1.5}\n", 4, "qualify.payments", "is not a number of payments", false},
	"an unknown touch":             {short + "attribution: {touch: every}\n", 4, "attribution.touch", "write one of: last, first", false},
	"no window":                    {short + "attribution: {window: 0d}\n", 4, "attribution.window", "must be above zero", false},
	"a number as window":           {short + "attribution: {window: 30}\n", 4, "attribution.window", `"30" is no duration`, false},
	"a hold of two units":          {short + "hold: 1d12h\n", 4, "hold", "is no duration", false},
	"a hold in weeks":              {short + "hold: 2w\n", 4, "hold", "30s, 15m, 36h or 14d", false},
	"a hold of half a day":         {short + "hold: 0.5d\n", 4, "hold", "is no duration", false},
	"a negative hold":              {short + "hold: -1d\n", 4, "hold", "is no duration", false},
	"a hold beyond all days":       {short + "hold: 3651d\n", 4, "hold", "at most 3650d", true},
	"a hold beyond all numbers":    {short + "hold: 99999999999d\n", 4, "hold", "is no duration", false},
	"an empty hold":                {short + "hold:\n", 4, "hold", "nothing stands here", false},
	"an unknown policy":            {short + "partial_refund: half\n", 4, "partial_refund", "write one of: proportional, keep, take_back", false},
	"no section":                   {short + "limits:\n", 4, "limits", "nothing stands here", false},
	"no rewards at all":            {short + "limits: {per_advocate: 0}\n", 4, "limits.per_advocate", "above zero", false},
	"rewards in quotes":            {short + "limits: {per_advocate: \"5\"}\n", 4, "limits.per_advocate", "without quotes", false},
	"half a reward":                {short + "limits: {per_advocate: 1.5}\n", 4, "limits.per_advocate", "is not a number of rewards", false},
	"a period of nothing":          {short + "limits: {per_advocate_period: 1d}\n", 4, "limits.per_advocate_period", "a period of what?", false},
	"no budget":                    {short + "limits: {budget: 0}\n", 4, "limits.budget", "must be above zero", false},
	"a budget below one reward":    {short + "limits: {budget: \"9.99\"}\n", 4, "limits.budget", "does not pay for one reward of 10.00 USD", true},
	"a day that is none":           {short + "from: 2026-02-30\n", 4, "from", "is no date", true},
	"a time of day":                {short + "from: 2026-11-01T10:00:00Z\n", 4, "from", "year-month-day", false},
	"a day in another order":       {short + "from: 01.11.2026\n", 4, "from", "is no date", false},
	"a year that is far":           {short + "from: 9999-01-01\n", 4, "from", "is no date", false},
	"an end before the beginning":  {short + "from: 2026-11-02\nuntil: 2026-11-01\n", 5, "until", "lies before from", true},
	"brackets without end":         {strings.Repeat("[", 1000), 0, "", "1000 brackets", true},
	"a file that is far too large": {short + strings.Repeat("#", maxSource), 0, "", "the file has", true},
}

func init() { maps.Copy(refused, refusedTerms) }

func TestWhatIsWrongIsToldWithItsLine(t *testing.T) {
	t.Parallel()
	for name, tc := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse([]byte(tc.source), "USD", time.UTC)
			if err == nil {
				t.Fatalf("accepted: %+v", p)
			}
			got := problems(t, err)
			if len(got) != 1 || got[0].Line != tc.line || got[0].Path != tc.path || !strings.Contains(got[0].Text, tc.words) {
				t.Fatalf("%+v", got)
			}
		})
	}
}
