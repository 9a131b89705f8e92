package overview

import (
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/web/problem"
	"grapevine/web/words"
	"grapevine/webhooks"
)

type view struct {
	Now    moment
	Shops  []shopView
	Events []eventView
}

type troubleView struct {
	Now            moment
	Says, Do, Call string
}

// moment is a time for people and for programs.
type moment struct{ Text, ISO string }

type shopView struct {
	ID, Domain, Platform, Currency string
	Status, Says, Do               string
	Since                          moment
	Orders                         []orderView
}

type eventView struct {
	ID, Topic, From, OrderID string
	Status, Tone, Says       string
	Attempts                 int
	At                       moment
}

type orderView struct {
	ID, Name, State    string
	Outcome, Tone      string
	Says, Do           string
	Counts, CountsOnce string // what counts of the order, and what did when it was placed
	Program            string
	Version            int
	Candidates         []candidateView
	Checks             []checkView
	Rewards            []rewardView
}

type candidateView struct {
	Code, Advocate string
	Won            bool
	Says           string
}

type checkView struct {
	Name, Evidence string
	Passed         bool
}

type rewardView struct {
	ID, What, For, Status, Tone string
	Value, Net, Loss            string // "" where there is no amount
	Code, External, ReplacedBy  string
	Says                        string
	Release                     moment
	History                     []changeView
}

type changeView struct {
	At                    moment
	From, To, Says, Actor string
}

func viewTrouble(p problem.Problem, now time.Time) troubleView {
	return troubleView{Now: when(now), Says: p.Title, Do: p.Detail, Call: p.RequestID}
}

func viewShop(s connectors.Installed, orders []rewards.StoredOrder) shopView {
	v := shopView{ID: s.ID, Domain: s.Domain, Platform: s.Platform, Currency: s.Currency, Status: s.Status, Since: when(s.Since)}
	if s.Reason != "" {
		said := words.For(s.Reason)
		v.Says, v.Do = said.Says, said.Do
	}
	for _, o := range orders {
		v.Orders = append(v.Orders, viewOrder(o))
	}
	return v
}

// viewEvent shows an event. Where it does not tell the shop's domain it is that of the installed shop.
func viewEvent(e webhooks.StoredEvent, shops []shopView) eventView {
	for _, s := range shops {
		if e.Domain == "" && s.ID == e.ShopID {
			e.Domain = s.Domain
		}
	}
	v := eventView{ID: e.ID, Topic: e.Topic, From: e.Domain, OrderID: e.OrderID, Status: words.Event(e.Status),
		Tone: eventTone(e.Status), Attempts: e.Attempts, At: when(e.ReceivedAt)}
	if e.Reason != "" {
		v.Says = words.Ended(e.Reason).Says
	}
	return v
}

func viewOrder(o rewards.StoredOrder) orderView {
	d := o.Decision
	said := words.For(string(d.Reason))
	if d.Reason == rewards.ReasonNone {
		said = words.Verdict(d.Outcome)
	}
	v := orderView{ID: o.OrderID, Name: o.Facts.Order.Name, State: strings.ReplaceAll(o.Status, "_", " "),
		Outcome: words.Outcome(d.Outcome), Tone: outcomeTone(d.Outcome), Says: said.Says, Do: said.Do,
		Program: d.Program, Version: d.Version}
	if left := o.Eligible.Left; left.Currency != "" {
		v.Counts = left.String()
		if left != o.Eligible.Original {
			v.CountsOnce = o.Eligible.Original.String()
		}
	}
	for _, c := range d.Candidates {
		cv := candidateView{Code: c.Code, Advocate: c.Advocate, Won: c.Won}
		if c.Reason != rewards.ReasonNone {
			cv.Says = words.For(string(c.Reason)).Says
		}
		v.Candidates = append(v.Candidates, cv)
	}
	for _, c := range d.Checks {
		v.Checks = append(v.Checks, checkView{Name: sentence(c.Name), Evidence: c.Evidence, Passed: c.Passed})
	}
	for _, r := range o.Rewards {
		v.Rewards = append(v.Rewards, viewReward(r))
	}
	return v
}

func viewReward(r rewards.StoredReward) rewardView {
	v := rewardView{ID: r.ID, What: what(r.Reward), For: string(r.Beneficiary), Status: words.Status(r.Status), Tone: statusTone(r.Status),
		Code: r.Code, External: r.ExternalID, ReplacedBy: r.ReplacedBy}
	if r.Status == rewards.StatusPending || r.Status == rewards.StatusHeld {
		v.Release = when(r.ReleaseAt)
	}
	if r.Priced() {
		v.Value = r.Value.String()
		v.Net = rewards.Money{Minor: r.Net.Minor, Currency: r.Value.Currency}.String()
	}
	if !r.Loss.IsZero() {
		v.Loss = r.Loss.String()
	}
	if r.Reason != rewards.ReasonNone {
		v.Says = words.For(string(r.Reason)).Says
	}
	for _, h := range r.History {
		c := changeView{At: when(h.At), From: words.Status(h.From), To: words.Status(h.To), Actor: h.Actor}
		if h.Reason != rewards.ReasonNone {
			c.Says = words.For(string(h.Reason)).Says
		}
		v.History = append(v.History, c)
	}
	return v
}

// what names a reward by what it gives.
func what(r rewards.Reward) string {
	d := r.Spec.Discount
	switch {
	case r.Spec.Kind == rewards.KindStoreCredit:
		return "Store credit"
	case d.FreeShipping:
		return "Code for free shipping"
	case d.Percent != 0:
		return "Code for " + d.Percent.Decimal() + " % off"
	}
	return "Code for an amount off"
}

// when shows a time in UTC; the zero time is shown as nothing.
func when(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	t = t.UTC()
	return moment{Text: t.Format("2 Jan 2006, 15:04:05 UTC"), ISO: t.Format(time.RFC3339)}
}

// sentence makes "new_customer" readable.
func sentence(name string) string {
	s := strings.ReplaceAll(name, "_", " ")
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// The tones are the page's colours: good, waiting, bad, plain. Each stands beside a word.

func outcomeTone(o rewards.Outcome) string {
	switch o {
	case rewards.OutcomeRewarded:
		return "good"
	case rewards.OutcomePending, rewards.OutcomeHeld:
		return "waiting"
	case rewards.OutcomeRejected:
		return "bad"
	}
	return "plain"
}

func statusTone(s rewards.Status) string {
	switch s {
	case rewards.StatusIssued, rewards.StatusRedeemed:
		return "good"
	case rewards.StatusPending, rewards.StatusHeld, rewards.StatusApproved, rewards.StatusIssuing:
		return "waiting"
	case rewards.StatusFailed, rewards.StatusReversed:
		return "bad"
	}
	return "plain"
}

func eventTone(s webhooks.EventStatus) string {
	switch s {
	case webhooks.EventDone:
		return "good"
	case webhooks.EventPending, webhooks.EventConfirming, webhooks.EventHeld:
		return "waiting"
	case webhooks.EventQuarantined, webhooks.EventDead:
		return "bad"
	}
	return "plain"
}
