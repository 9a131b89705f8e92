package rewards_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/rewards/programfile"
)

// The stories in testdata/scenarios are plain text; README.md beside them says how they are written.
func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) < 5 {
		t.Fatalf("scenario files: %v %v", files, err)
	}
	var stories []story
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stories = append(stories, split(t, filepath.Base(file), string(text))...)
	}
	seen := &coverage{}
	t.Run("stories", func(t *testing.T) {
		for _, s := range stories {
			t.Run(s.title, func(t *testing.T) {
				t.Parallel()
				s.play(t, seen)
			})
		}
	})
	seen.check(t)
	enough(t, stories)
}

// story is one scenario: what stands under a "story:" line.
type story struct {
	file, title string
	line        int
	lines       []string
}

func split(t *testing.T, file, text string) []story {
	t.Helper()
	var stories []story
	for i, line := range strings.Split(text, "\n") {
		if title, ok := strings.CutPrefix(line, "story: "); ok {
			stories = append(stories, story{file: file, title: title, line: i + 1})
		} else if len(stories) > 0 {
			last := &stories[len(stories)-1]
			last.lines = append(last.lines, line)
		} else if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			t.Fatalf("%s:%d: before the first story: %s", file, i+1, line)
		}
	}
	return stories
}

// player plays a story line by line.
type player struct {
	*testing.T
	w     *world
	offer map[string]string // the programme file's sections, or a whole file under "template"
	order string            // the order at hand
	past  map[string][]told // what the shop told of each order, by day
	dirty bool              // the order at hand was changed and not yet confirmed
	seen  *coverage

	people map[string]fairness.Person // by name: what they told the shop
	bought int
	rule   string // of the reward in hand, "" for the newest
}

type told struct {
	at    time.Time
	order rewards.Order
}

func (s story) play(t *testing.T, seen *coverage) {
	p := &player{T: t, w: newWorld("USD"), past: map[string][]told{}, seen: seen, people: map[string]fairness.Person{}, offer: map[string]string{
		"program": "give10get10", "title": "Give 10 %, get $10", "friend": `{discount: {percent: "10"}}`,
		"advocate": `{reward: {kind: store_credit, amount: "10.00"}}`, "qualify": "{customers: new}", "hold": "0s",
	}}
	for i, line := range s.lines {
		line, _, _ = strings.Cut(line, "#")
		text := strings.TrimSpace(line)
		if text == "" {
			continue
		}
		where := fmt.Sprintf("%s:%d: %s", s.file, s.line+i+1, text)
		if !p.do(text) {
			t.Fatalf("%s: not understood", where)
		}
		if t.Failed() {
			t.Fatal(where)
		}
	}
	p.flush()
}

// rule is a kind of line.
type rule struct {
	pattern *regexp.Regexp
	run     func(p *player, m []string)
}

func line(pattern string, run func(p *player, m []string)) rule {
	return rule{regexp.MustCompile("^" + pattern + "$"), run}
}

var rules = slices.Concat(settingRules, peopleRules, orderRules, eventRules, expectRules)

func (p *player) do(text string) bool {
	for _, r := range rules {
		if m := r.pattern.FindStringSubmatch(text); m != nil {
			r.run(p, m)
			return true
		}
	}
	return false
}

func (p *player) money(text string) rewards.Money {
	p.Helper()
	m, err := rewards.ParseMoney(text, p.w.currency)
	if err != nil {
		p.Fatalf("%v", err)
	}
	return m
}

// apply makes a version of the offer from the sections as they stand now.
func (p *player) apply() {
	var source strings.Builder
	source.WriteString(p.offer["template"])
	for _, key := range slices.Sorted(maps.Keys(p.offer)) {
		if p.offer["template"] == "" && p.offer[key] != "-" {
			fmt.Fprintf(&source, "%s: %s\n", key, p.offer[key])
		}
	}
	prog, err := programfile.Parse([]byte(source.String()), p.w.currency, time.UTC)
	if err != nil {
		p.Fatalf("offer: %v", err)
	}
	prog.Version, prog.AppliedAt = len(p.w.versions[prog.Name])+1, p.w.now
	p.w.versions[prog.Name] = append(p.w.versions[prog.Name], prog)
}

var settingRules = []rule{
	line(`shop in ([A-Z]{3})`, func(p *player, m []string) { p.w.currency = m[1] }),
	line(`offer (\w+): (.+)`, func(p *player, m []string) { // "-" leaves a section out
		p.offer[m[1]] = m[2]
	}),
	line(`template (\S+)`, func(p *player, m []string) { p.template(m[1]) }),
	line(`(\w+) is in team (\w+)`, func(p *player, m []string) {
		p.owned(m[1], func(c *rewards.Claim) { c.Group = m[2] })
	}),
	line(`offer applied`, func(p *player, m []string) {
		p.flush()
		p.apply()
	}),
	line(`(\w+) shares (\S+)(?: since day (-?\d+))?(?: for (\S+))?`, func(p *player, m []string) {
		program := p.offer["program"]
		if m[4] != "" {
			program = m[4]
		}
		if len(p.w.versions[program]) == 0 && program == p.offer["program"] {
			p.apply()
		}
		folded, ok := rewards.FoldCode(m[2])
		if !ok {
			p.Fatalf("%s is no code", m[2])
		}
		p.w.owners[folded] = rewards.Claim{
			Code: folded, AdvocateID: "adv-" + m[1], CustomerID: "cust-" + m[1], EmailKey: "key-" + m[1],
			Program: program, Since: p.day("-30").Add(p.days(m[3])),
		}
	}),
	line(`(\w+) is blocked`, func(p *player, m []string) {
		p.owned(m[1], func(c *rewards.Claim) { c.Blocked = true })
	}),
}

// owned changes an advocate's codes.
func (p *player) owned(name string, f func(c *rewards.Claim)) {
	for code, c := range p.w.owners {
		if c.AdvocateID == "adv-"+name {
			f(&c)
			p.w.owners[code] = c
		}
	}
}

// template takes one of the files that owners start from.
func (p *player) template(name string) {
	p.Helper()
	for _, t := range programfile.Templates() {
		if t.Name == name {
			prog, err := programfile.Parse(t.Source, p.w.currency, time.UTC)
			if err != nil {
				p.Fatalf("template %s: %v", name, err)
			}
			p.offer = map[string]string{"program": prog.Name, "template": string(t.Source)}
			p.seen.templates.add(name)
			return
		}
	}
	p.Fatalf("there is no template %s", name)
}

func (p *player) days(n string) time.Duration {
	if n == "" {
		return 0
	}
	d, err := time.ParseDuration(n + "h")
	if err != nil {
		p.Fatalf("%v", err)
	}
	return 24 * d
}

func (p *player) day(n string) time.Time { return dayZero.Add(p.days(n)) }
