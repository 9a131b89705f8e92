package programfile

import (
	"time"

	"github.com/goccy/go-yaml/ast"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// The defaults of what a file leaves out.
const (
	defaultHold   = 14 * 24 * time.Hour
	defaultWindow = 30 * 24 * time.Hour
)

// maxCount bounds whole numbers that are no amounts.
const maxCount = 1<<31 - 1

func (r *reader) none() rewards.Money { return rewards.Money{Currency: r.currency} }

func (r *reader) program(body ast.Node) rewards.Program {
	root := r.section(body, "", "programme", 1)
	if root.unreadable() {
		return rewards.Program{}
	}
	p := rewards.Program{Name: root.name("program"), Currency: r.currency}
	p.Title = root.title("title", p.Name)
	p.From, p.Until = root.days("from", "until")
	p.Shadow = root.choice("mode", "live", "shadow") == "shadow"
	r.instead(root, &p)
	r.offer(root, &p)
	r.boosts(root, &p)
	r.points(root, &p)
	if c := root.sub("contest", "contest"); !c.unreadable() {
		c.need("winners")
		p.Contest = &rewards.ContestPlan{Winners: int(c.count("winners", "winners", maxCount)), OncePerHolder: c.flag("once_per_advocate")}
	}
	if root.has("goal") {
		p.Goal = root.positive("goal")
	}
	r.qualify(root.sub("qualify", "qualify"), &p.Qualify)
	a := root.sub("attribution", "attribution")
	p.Attribution.Window = a.positiveSpan("window", defaultWindow)
	p.Attribution.TouchFirst = a.choice("touch", "last", "first") == "first"
	p.Attribution.Bind = a.choice("bind", "none", "first_order") == "first_order"
	r.fairness(root.sub("fairness", "fairness"), &p.Fairness)
	p.Hold = root.span("hold", defaultHold)
	p.PartialRefund = rewards.PartialRefund(root.choice("partial_refund",
		string(rewards.RefundProportional), string(rewards.RefundKeep), string(rewards.RefundTakeBack)))
	r.limits(root.sub("limits", "limits"), &p)
	return p
}

// instead reads what the programme takes the place of.
func (r *reader) instead(root section, p *rewards.Program) {
	p.InsteadOf, p.Priority = root.names("instead_of"), root.rank("priority")
	for _, name := range p.InsteadOf {
		if name == p.Name {
			root.problem("instead_of", "%s cannot run instead of itself; name another programme", name)
		}
	}
	if p.Shadow && !root.has("instead_of") {
		root.problem("mode", "a shadow of what? name the programmes that it is compared with: instead_of: [give10get10]")
	}
}

func (r *reader) boosts(root section, p *rewards.Program) {
	for _, s := range root.subs("boosts", "boost", maxBoosts) {
		if s.unreadable() || !s.need("title", "from", "until", "multiply") {
			continue
		}
		b := rewards.Boost{Title: s.label("title", maxTitle), Factor: s.factor("multiply")}
		from, until := s.days("from", "until")
		if from != nil && until != nil {
			b.From, b.Until = *from, *until
		}
		if s.has("multiply") && b.Factor <= rewards.One && !r.blamed(join(s.path, "multiply")) {
			s.problem("multiply", `a boost gives more: write a factor above 1, like "2" or "1.5"`)
		}
		p.Boosts = append(p.Boosts, b)
	}
}

// points reads what points are worth.
func (r *reader) points(root section, p *rewards.Program) {
	s := root.sub("points", "points")
	if s.unreadable() {
		return
	}
	s.need("per", "worth")
	p.Points = &rewards.PointsPlan{
		Per: s.count("per", "points", maxPoints), Worth: s.positive("worth"), Minimum: s.count("minimum", "points", maxPoints),
		Kind:    rewards.RewardKind(s.choice("kind", string(rewards.KindStoreCredit), string(rewards.KindDiscountCode), string(rewards.KindGiftCard))),
		Expires: s.positiveSpan("expires", 0), Life: s.positiveSpan("life", 0),
	}
	for i := range p.Rules { // a rule of points may have an end of its own
		if spec := &p.Rules[i].Reward; spec.Kind == rewards.KindPoints && spec.Expires == 0 {
			spec.Expires = p.Points.Expires
		}
	}
}

func (r *reader) qualify(s section, q *rewards.Qualify) {
	q.Customers = rewards.Customers(s.choice("customers", string(rewards.CustomersNew), string(rewards.CustomersAny)))
	q.FirstOrders = int(s.count("first_orders", "orders", maxCount))
	q.Payments = int(s.count("payments", "payments", maxCount))
	q.Minimum = s.amount("minimum")
	q.Scope = rewards.Scope{
		Products: s.ids("products"), Collections: s.ids("collections"), ExceptProducts: s.ids("except_products"), ExceptCollection: s.ids("except_collections"),
	}
	q.Countries = s.countries("countries")
	q.Alone = s.choice("other_discounts", "allow", "refuse") == "refuse"
}

func (r *reader) fairness(s section, f *fairness.Settings) {
	verdicts := []string{string(fairness.Flag), string(fairness.Hold), string(fairness.Reject), string(fairness.Off)}
	if s.has("household") {
		f.Household = fairness.Verdict(s.choice("household", verdicts...))
	}
	f.PerDay, f.PerMonth = int(s.count("per_day", "referrals", maxCount)), int(s.count("per_month", "referrals", maxCount))
	f.PerIP, f.Firsts = int(s.count("per_ip", "friends", maxCount)), int(s.count("firsts", "orders", maxCount))
	f.Strangers, f.Pieces = int(s.count("strangers", "orders", maxCount)), s.count("pieces", "pieces", maxCount)
	f.ReviewPoints = int(s.count("review_points", "points", maxCount))
	own := s.sub("rules", "rules")
	for _, name := range own.order {
		verdict := fairness.Verdict(own.choice(name, verdicts...))
		if r.blamed(join(own.path, name)) {
			continue
		}
		if rule, ok := fairness.RuleNamed(name); ok && beyond(rule, verdict) {
			own.problem(name, "what this rule finds can be no more than %s; write that, or off", rule.Most)
			continue
		}
		if f.Override == nil {
			f.Override = map[string]fairness.Verdict{}
		}
		f.Override[name] = verdict
	}
}

// beyond tells whether a verdict is more than a rule may give.
func beyond(rule fairness.Rule, v fairness.Verdict) bool {
	return len(fairness.Settings{Override: map[string]fairness.Verdict{rule.Name: v}}.Problems()) > 0
}

func (r *reader) limits(s section, p *rewards.Program) {
	p.PerAdvocate = int(s.count("per_advocate", "rewards", maxCount))
	p.PerAdvocateSpan = s.positiveSpan("per_advocate_period", 0)
	p.Budget = s.positive("budget")
	if s.has("per_advocate_period") && !s.has("per_advocate") {
		s.problem("per_advocate_period", "a period of what? write per_advocate: 50 beside it, or take it out")
	}
	for _, rule := range p.Rules {
		amount := rule.Reward.Amount
		if p.Budget.Minor > 0 && amount.Currency == r.currency && amount.Minor > p.Budget.Minor && !r.blamed(r.rules[rule.Name]+".amount") {
			s.problem("budget", "%s does not pay for one reward of %s; write more", p.Budget, amount)
			return
		}
	}
}
