package programfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"grapevine/rewards"
)

// The bounds are far above any real file. They keep hostile ones cheap: the YAML library's time grows with
// the square of the nesting (half a minute for 64 KiB of brackets, measured with v1.19.2).
const (
	maxSource   = 16 << 10
	maxBrackets = 256
)

// The defaults of what a file leaves out.
const (
	defaultHold   = 14 * 24 * time.Hour
	defaultWindow = 30 * 24 * time.Hour
)

// planned are kinds of reward that the format names and no version carries yet.
var planned = []string{"gift_card", "points", "cash", "product", "tag", "donation", "entry", "ticket"}

// reader collects what is wrong with a file.
type reader struct {
	currency string
	known    bool // the currency is in ISO 4217
	location *time.Location
	problems Problems
}

func (r *reader) report(line int, path, format string, args ...any) {
	r.problems = append(r.problems, Problem{Line: line, Path: path, Text: fmt.Sprintf(format, args...)})
}

func (r *reader) blamed(path string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Path == path })
}

// Parse reads a programme file. Amounts are in shopCurrency. Dates are days in location, nil being UTC:
// from begins with its midnight, and until still belongs to the offer, so Program.Until is the midnight
// after it. Version and AppliedAt are left to the caller. What a file leaves out: title is the name, hold
// 14 days, customers new, window 30 days with the last touch, partial refunds proportional, no limits.
//
// Kind Invalid, code bad_program; the error wraps Problems.
func Parse(source []byte, shopCurrency string, location *time.Location) (rewards.Program, error) {
	r := &reader{currency: shopCurrency, location: location}
	if location == nil {
		r.location = time.UTC
	}
	if _, r.known = rewards.Exponent(shopCurrency); !r.known {
		r.report(0, "", "the shop's currency %.8q is not in ISO 4217; correct it with grapevine shop update --currency", shopCurrency)
	}
	var p rewards.Program
	if body := r.body(source); body != nil {
		p = r.program(body)
	}
	if len(r.problems) > 0 {
		return rewards.Program{}, rewards.Errorf(rewards.Invalid, "bad_program", "%w", r.problems.sorted())
	}
	return p, nil
}

// body returns the one document of the file, nil with a report where there is none.
func (r *reader) body(source []byte) ast.Node {
	if len(source) > maxSource {
		r.report(0, "", "the file has %d bytes; a programme has at most %d", len(source), maxSource)
		return nil
	}
	if n := bytes.Count(source, []byte("[")) + bytes.Count(source, []byte("{")); n > maxBrackets {
		r.report(0, "", "the file has %d brackets; a programme has at most %d", n, maxBrackets)
		return nil
	}
	file, err := parser.ParseBytes(bytes.TrimPrefix(source, []byte("\ufeff")), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, text := 0, err.Error()
		var bad yaml.Error
		if errors.As(err, &bad) {
			text = bad.GetMessage()
			if tok := bad.GetToken(); tok != nil && tok.Position != nil {
				line = tok.Position.Line
			}
		}
		r.report(line, "", "this is not YAML: %s", text)
		return nil
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	switch len(docs) {
	case 0:
		r.report(0, "", "the file is empty; grapevine program templates shows what to write")
		return nil
	case 1:
		return docs[0].Body
	}
	r.report(docs[1].Body.GetToken().Position.Line, "", "a second document begins here; write one programme a file")
	return nil
}

func (r *reader) program(body ast.Node) rewards.Program {
	root := r.section(body, "", 1)
	if root.unreadable() {
		return rewards.Program{}
	}
	p := rewards.Program{Name: root.name("program"), Currency: r.currency}
	p.Title = root.title("title", p.Name)
	p.From, p.Until = root.day("from", 0), root.day("until", 1)
	if p.From != nil && p.Until != nil && !p.Until.After(*p.From) {
		root.problem("until", "lies before from; write a later day")
	}
	p.Friend = r.friend(root.sub("friend", true))
	p.Rules = []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: r.reward(root.sub("advocate", true))}}
	q := root.sub("qualify", false)
	p.Qualify.Customers = rewards.Customers(q.choice("customers", string(rewards.CustomersNew), string(rewards.CustomersAny)))
	p.Qualify.Minimum = q.amount("minimum")
	a := root.sub("attribution", false)
	p.Attribution.Window = a.positiveSpan("window", defaultWindow)
	p.Attribution.TouchFirst = a.choice("touch", "last", "first") == "first"
	p.Hold = root.span("hold", defaultHold)
	p.PartialRefund = rewards.PartialRefund(root.choice("partial_refund",
		string(rewards.RefundProportional), string(rewards.RefundKeep), string(rewards.RefundTakeBack)))
	r.limits(root.sub("limits", false), &p)
	return p
}

func (r *reader) friend(s section) rewards.Discount {
	if s.unreadable() {
		return rewards.Discount{}
	}
	d := s.sub("discount", true)
	if d.unreadable() {
		return rewards.Discount{}
	}
	out := r.discount(d)
	out.OncePerCustomer = d.flag("once_per_customer")
	return out
}

// discount reads what a code takes off: exactly one of percent, amount and free_shipping.
func (r *reader) discount(s section) rewards.Discount {
	d := rewards.Discount{
		Percent: s.percent("percent"), Amount: s.positive("amount"), FreeShipping: s.flag("free_shipping"), Minimum: s.amount("minimum"),
	}
	given := s.those("percent", "amount")
	if d.FreeShipping {
		given = append(given, "free_shipping")
	}
	switch {
	case len(given) == 0 && !r.blamed(join(s.path, "free_shipping")):
		r.report(s.line, s.path, `nothing is taken off; write one of percent: "10", amount: %q, free_shipping: true`, r.sample())
	case len(given) > 1:
		s.problem(given[1], "stands beside %s; keep one of them", given[0])
	}
	return d
}

// reward reads what the advocate gets.
func (r *reader) reward(s section) rewards.RewardSpec {
	if s.unreadable() {
		return rewards.RewardSpec{}
	}
	s = s.sub("reward", true)
	if s.unreadable() {
		return rewards.RewardSpec{}
	}
	if !s.has("kind") {
		s.missing("kind")
		return rewards.RewardSpec{}
	}
	kind, _, ok := s.scalar("kind")
	none := rewards.Money{Currency: r.currency}
	spec := rewards.RewardSpec{Kind: rewards.RewardKind(kind), Amount: none, Discount: rewards.Discount{Amount: none, Minimum: none}}
	spec.Expires = s.positiveSpan("expires", 0)
	switch {
	case !ok:
	case spec.Kind == rewards.KindDiscountCode:
		spec.Discount = r.discount(s)
	case spec.Kind == rewards.KindStoreCredit:
		spec.Amount, spec.Percent = s.positive("amount"), s.percent("percent")
		r.credit(s)
	case slices.Contains(planned, kind):
		s.problem("kind", "%s is not carried yet; write store_credit or discount_code", kind)
	default:
		s.problem("kind", "%.40q is not known; write store_credit or discount_code", kind)
	}
	return spec
}

// credit checks that a store credit has one amount and nothing that only a code can have.
func (r *reader) credit(s section) {
	for _, key := range s.those("free_shipping", "minimum") {
		s.problem(key, "a store credit has no %s; take it out, or write kind: discount_code", key)
	}
	switch given := s.those("amount", "percent"); len(given) {
	case 0:
		r.report(s.line, s.path, `a store credit of what? write amount: %q, or percent: "5" of the eligible total`, r.sample())
	case 2:
		s.problem("percent", "stands beside amount; keep one of them")
	}
}

func (r *reader) limits(s section, p *rewards.Program) {
	p.PerAdvocate = s.count("per_advocate")
	p.PerAdvocateSpan = s.positiveSpan("per_advocate_period", 0)
	p.Budget = s.positive("budget")
	if s.has("per_advocate_period") && !s.has("per_advocate") {
		s.problem("per_advocate_period", "a period of what? write per_advocate: 50 beside it, or take it out")
	}
	if p.Budget.Minor > 0 && p.Rules[0].Reward.Amount.Minor > p.Budget.Minor && !r.blamed("advocate.reward.amount") {
		s.problem("budget", "%s does not pay for one reward of %s; write more", p.Budget, strings.TrimSpace(p.Rules[0].Reward.Amount.String()))
	}
}
