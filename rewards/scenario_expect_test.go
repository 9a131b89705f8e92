package rewards_test

import (
	"slices"
	"strconv"
	"strings"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
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
	line(`= reward (\w+)((?:, \w+ \S+(?: points| entries| tickets)?)*)`, func(p *player, m []string) {
		p.flush()
		p.compare(p.reward(), m[1], m[2])
	}),
	line(`= reward by (\S+) (\w+)((?:, \w+ \S+(?: points| entries| tickets)?)*)`, func(p *player, m []string) {
		p.flush()
		i := slices.IndexFunc(p.w.rewards[p.order], func(r rewards.Reward) bool { return r.Rule == m[1] && (r.Status.Live() || string(r.Status) == m[2]) })
		if i < 0 {
			p.Fatalf("no reward by %s: %+v", m[1], p.w.rewards[p.order])
		}
		p.compare(p.w.rewards[p.order][i], m[2], m[3])
	}),
	line(`= no reward by (\S+)`, func(p *player, m []string) {
		p.flush()
		if slices.ContainsFunc(p.w.rewards[p.order], func(r rewards.Reward) bool { return r.Rule == m[1] && r.Status.Live() }) {
			p.Errorf("rewards %+v", p.w.rewards[p.order])
		}
	}),
	line(`= exchanged (\w+)((?:, \w+ \S+)*)`, func(p *player, m []string) {
		p.flush()
		p.compare(p.w.rewards[""][len(p.w.rewards[""])-1], m[1], m[2])
	}),
	line(`= signal (\w+) (flag|hold|reject)`, func(p *player, m []string) {
		p.flush()
		p.seen.fired.add(m[1])
		if !slices.ContainsFunc(p.w.records[p.order].Decision.Signals, func(s fairness.Signal) bool { return s.Rule == m[1] && string(s.Verdict) == m[2] }) {
			p.Errorf("signals %+v", p.w.records[p.order].Decision.Signals)
		}
	}),
	line(`= no signal (\w+)`, func(p *player, m []string) {
		p.flush()
		p.seen.passed.add(m[1])
		if slices.ContainsFunc(p.w.records[p.order].Decision.Signals, func(s fairness.Signal) bool { return s.Rule == m[1] }) {
			p.Errorf("signals %+v", p.w.records[p.order].Decision.Signals)
		}
	}),
	line(`= referral (\d+)(?:, level (\w+))?`, func(p *player, m []string) {
		p.flush()
		if d := p.w.records[p.order].Decision; strconv.Itoa(d.Referral) != m[1] || d.Level != m[2] {
			p.Errorf("referral %d, level %q", d.Referral, d.Level)
		}
	}),
	line(`= variant (\w+)`, func(p *player, m []string) {
		p.flush()
		if d := p.w.records[p.order].Decision; d.Variant != m[1] {
			p.Errorf("variant %q", d.Variant)
		}
	}),
	line(`= judged by (\S+)`, func(p *player, m []string) {
		p.flush()
		if d := p.w.records[p.order].Decision; d.Program != m[1] {
			p.Errorf("judged by %q", d.Program)
		}
	}),
	line(`= shadow (\S+) (rewarded|pending|held|rejected|none)(?: (\w+))?(?:, cost (\S+))?`, func(p *player, m []string) {
		p.flush()
		v, ok := p.w.shadows[m[1]+" "+p.order]
		if !ok || string(v.Decision.Outcome) != m[2] || string(v.Decision.Reason) != m[3] || m[4] != "" && v.Cost != p.money(m[4]) {
			p.Errorf("shadow %+v", v)
		}
	}),
	line(`= budget passed (\d+) %`, func(p *player, m []string) {
		p.flush()
		level, _ := strconv.Atoi(m[1])
		if !slices.ContainsFunc(p.w.alerts, func(a rewards.BudgetAlert) bool { return a.Level == level }) {
			p.Errorf("alerts %+v", p.w.alerts)
		}
	}),
	line(`= budget did not pass (\d+) %`, func(p *player, m []string) {
		p.flush()
		level, _ := strconv.Atoi(m[1])
		if slices.ContainsFunc(p.w.alerts, func(a rewards.BudgetAlert) bool { return a.Level == level }) {
			p.Errorf("alerts %+v", p.w.alerts)
		}
	}),
	line(`= (\w+) has (no|the) tag (\S+)`, func(p *player, m []string) {
		p.flush()
		if p.w.shop.tags["cust-"+m[1]+" "+m[3]] != (m[2] == "the") {
			p.Errorf("tags %v", p.w.shop.tags)
		}
	}),
	line(`= ledger in (points|entries|tickets) (.+)`, func(p *player, m []string) {
		p.flush()
		p.ledgerIn(m[1], m[2], func(text string) int64 { n, _ := strconv.ParseInt(text, 10, 64); return n })
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
	p.seen.kinds.add(string(r.Spec.Kind))
	ok := string(r.Status) == status
	for part := range strings.SplitSeq(strings.TrimPrefix(rest, ", "), ", ") {
		name, want, _ := strings.Cut(part, " ")
		switch name {
		case "":
		case "value":
			ok = ok && r.Value == p.amount(want)
		case "net":
			ok = ok && r.Net == p.amount(want)
		case "loss":
			ok = ok && r.Loss == p.amount(want)
		case "given":
			ok = ok && r.Given == p.amount(want)
		case "used":
			ok = ok && r.Used.Minor == p.amount(want).Minor
		case "kind":
			ok = ok && string(r.Spec.Kind) == want
		case "to":
			ok = ok && r.CustomerID == "cust-"+want
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
	p.ledgerIn(p.w.currency, text, func(amount string) int64 { return p.money(amount).Minor })
}

func (p *player) ledgerIn(unit, text string, read func(string) int64) {
	p.Helper()
	want := map[string]int64{}
	for part := range strings.SplitSeq(text, ", ") {
		if name, amount, ok := strings.Cut(part, " "); ok {
			want[name] = read(amount)
		}
	}
	got, sum := map[string]int64{}, int64(0)
	for _, post := range p.w.postings {
		if post.Amount.Currency != unit {
			continue
		}
		from, _, _ := strings.Cut(post.From, ":")
		to, _, _ := strings.Cut(post.To, ":")
		got[from] -= post.Amount.Minor
		got[to] += post.Amount.Minor
	}
	for _, name := range []string{"program", "pending", "issued", "used", "loss"} {
		if got[name] != want[name] {
			p.Errorf("%s is %d, want %d", name, got[name], want[name])
		}
		sum += want[name]
	}
	if sum != 0 {
		p.Fatalf("the story's own ledger does not sum to zero")
	}
}
