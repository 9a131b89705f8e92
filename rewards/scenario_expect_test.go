package rewards_test

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"grapevine/rewards"
)

// expectRules begin with "=" and compare.
var expectRules = []rule{
	line(`= (rewarded|pending|held|rejected|none)(?: (\w+))?`, func(p *player, m []string) {
		p.flush()
		d := p.w.records[p.order].Decision
		p.seen.reasons.add(string(d.Reason))
		p.seen.outcomes.add(string(d.Outcome))
		if string(d.Outcome) != m[1] || string(d.Reason) != m[2] {
			p.Errorf("outcome %s %s\n%+v", d.Outcome, d.Reason, d)
		}
	}),
	line(`= no reward`, func(p *player, m []string) {
		p.flush()
		if list := p.w.rewards[p.order]; len(list) != 0 {
			p.Errorf("rewards %+v", list)
		}
	}),
	line(`= (\d) rewards`, func(p *player, m []string) {
		p.flush()
		if n := len(p.w.rewards[p.order]); strconv.Itoa(n) != m[1] {
			p.Errorf("%d rewards", n)
		}
	}),
	line(`= reward (\w+)((?:, \w+ \S+)*)`, func(p *player, m []string) {
		p.flush()
		p.compare(p.reward(), m[1], m[2])
	}),
	line(`= first reward (\w+)((?:, \w+ \S+)*)`, func(p *player, m []string) {
		p.flush()
		p.compare(p.w.rewards[p.order][0], m[1], m[2])
	}),
	line(`= ledger(?: nothing|((?:,? ?\w+ -?\S+)+))`, func(p *player, m []string) {
		p.flush()
		p.ledger(strings.TrimSpace(m[1]))
	}),
	line(`= candidate (\S+) (won|lost (\w+))`, func(p *player, m []string) {
		p.flush()
		d := p.w.records[p.order].Decision
		i := slices.IndexFunc(d.Candidates, func(c rewards.Candidate) bool { return c.Code == m[1] })
		if i < 0 || d.Candidates[i].Won != (m[2] == "won") || string(d.Candidates[i].Reason) != m[3] {
			p.Errorf("candidates %+v", d.Candidates)
		}
		p.seen.reasons.add(m[3])
	}),
	line(`= check (\w+) (passed|failed): (.+)`, func(p *player, m []string) {
		p.flush()
		want := rewards.Check{Name: m[1], Passed: m[2] == "passed", Evidence: m[3]}
		if d := p.w.records[p.order].Decision; !slices.Contains(d.Checks, want) {
			p.Errorf("checks %+v", d.Checks)
		}
	}),
	line(`= shop holds (\S+)`, func(p *player, m []string) {
		p.flush()
		if sum := p.w.shop.holds(); sum != p.money(m[1]).Minor {
			p.Errorf("the shop holds %d", sum)
		}
	}),
	line(`= version (\d+)`, func(p *player, m []string) {
		p.flush()
		if v := p.w.records[p.order].Decision.Version; strconv.Itoa(v) != m[1] {
			p.Errorf("version %d", v)
		}
	}),
}

// compare checks a reward: ", value 10.00, net 5.00, loss 0.00, given 5.00, reason refunded, advocate anna".
func (p *player) compare(r rewards.Reward, status, rest string) {
	p.Helper()
	p.seen.statuses.add(string(r.Status))
	p.seen.reasons.add(string(r.Reason))
	ok := string(r.Status) == status
	for part := range strings.SplitSeq(strings.TrimPrefix(rest, ", "), ", ") {
		name, want, _ := strings.Cut(part, " ")
		switch name {
		case "":
		case "value":
			ok = ok && r.Value == p.money(want)
		case "net":
			ok = ok && r.Net == p.money(want)
		case "loss":
			ok = ok && r.Loss == p.money(want)
		case "given":
			ok = ok && r.Given == p.money(want)
		case "reason":
			ok = ok && string(r.Reason) == want
		case "advocate":
			ok = ok && r.AdvocateID == "adv-"+want && r.CustomerID == "cust-"+want
		default:
			p.Fatalf("no such part of a reward: %s", name)
		}
	}
	if !ok {
		p.Errorf("reward %+v", r)
	}
}

// ledger compares all balances: "program -10.00, issued 10.00"; what is not named is zero.
func (p *player) ledger(text string) {
	p.Helper()
	want := map[string]int64{}
	for part := range strings.SplitSeq(text, ", ") {
		if name, amount, ok := strings.Cut(part, " "); ok {
			want[name] = p.money(amount).Minor
		}
	}
	got, sum := map[string]int64{}, int64(0)
	for _, post := range p.w.postings {
		from, _, _ := strings.Cut(post.From, ":")
		to, _, _ := strings.Cut(post.To, ":")
		got[from] -= post.Amount.Minor
		got[to] += post.Amount.Minor
	}
	for _, name := range []string{"program", "pending", "issued", "loss"} {
		if got[name] != want[name] {
			p.Errorf("%s is %d, want %d", name, got[name], want[name])
		}
		sum += want[name]
	}
	if sum != 0 {
		p.Fatalf("the story's own ledger does not sum to zero")
	}
}

type sets struct{ m sync.Map }

func (s *sets) add(x string) { s.m.Store(x, true) }

// check fails where a reason, outcome or state has no story.
func (c *coverage) check(t *testing.T) {
	t.Helper()
	for _, r := range []rewards.Reason{
		rewards.ReasonNoAttribution, rewards.ReasonProgramOff, rewards.ReasonExistingCustomer, rewards.ReasonSelfReferral,
		rewards.ReasonBelowMinimum, rewards.ReasonNoEligibleGoods, rewards.ReasonNotPaid, rewards.ReasonInReview, rewards.ReasonCancelled,
		rewards.ReasonRefunded, rewards.ReasonCapReached, rewards.ReasonBudgetExhausted, rewards.ReasonAdvocateBlocked, rewards.ReasonTestOrder,
		rewards.ReasonUnreadableOrder, rewards.ReasonUnknownCurrency, rewards.ReasonNoCustomer, rewards.ReasonTooManyCodes, rewards.ReasonCouponFailed,
		rewards.ReasonNotApplied, rewards.ReasonTookLess, rewards.ReasonNewerCode, rewards.ReasonLaterInAlpha,
	} {
		if _, ok := c.reasons.m.Load(string(r)); !ok {
			t.Errorf("no story tells of reason %s", r)
		}
	}
	for _, s := range []rewards.Status{
		rewards.StatusPending, rewards.StatusHeld, rewards.StatusIssuing, rewards.StatusIssued, rewards.StatusRedeemed,
		rewards.StatusExpired, rewards.StatusFailed, rewards.StatusReversed, rewards.StatusRevoked,
	} {
		if _, ok := c.statuses.m.Load(string(s)); !ok {
			t.Errorf("no story tells of a reward that is %s", s)
		}
	}
}
