package storage

import (
	"fmt"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/webhooks"
)

// usd is an amount in the shop's currency.
func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

// creditProgram pays $10 in store credit at once.
func creditProgram() rewards.Program {
	return rewards.Program{
		Name: "give10", Title: "Give 10, get 10", Currency: "USD",
		Friend: rewards.Discount{Percent: 1000, OncePerCustomer: true},
		Rules: []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: rewards.RewardSpec{
			Kind: rewards.KindStoreCredit, Amount: usd(1000), Expires: 180 * 24 * time.Hour}}},
		Qualify: rewards.Qualify{Customers: rewards.CustomersNew}, Attribution: rewards.Attribution{Window: 720 * time.Hour}, PartialRefund: rewards.RefundProportional,
		Fairness: fairness.Settings{PerDay: 1000, PerMonth: 1000}, // many orders come at once here
	}
}

// busyProgram is creditProgram for an advocate whose code many people type on one day.
func busyProgram() rewards.Program {
	p := creditProgram()
	p.Fairness.Strangers = 1000
	return p
}

// codeProgram pays with a code of $10.
func codeProgram() rewards.Program {
	p := creditProgram()
	p.Rules[0].Reward = rewards.RewardSpec{Kind: rewards.KindDiscountCode, Discount: rewards.Discount{Amount: usd(1000)}, Expires: 180 * 24 * time.Hour}
	return p
}

// referred is a shop with a programme and an advocate in it, and a lease on the shop.
type referred struct {
	*store
	shop     connectors.Installed
	lane     webhooks.Lane
	advocate rewards.Advocate
}

func (s *store) referred(p rewards.Program) *referred {
	s.t.Helper()
	r := &referred{store: s, shop: s.shop()}
	_, changed, err := s.ApplyProgram(s.ctx, r.shop.ID, p, "program: "+p.Name)
	s.no(err)
	if !changed {
		s.t.Fatal("the programme is not new")
	}
	r.advocate, _, err = s.CreateAdvocate(s.ctx, r.shop.ID, rewards.NewAdvocate{CustomerID: "c-anna", Email: "anna@canary.example", FirstName: "Anna"})
	s.no(err)
	r.lane = s.lane(r.shop.ID)
	return r
}

// order is paid, placed by a new customer with the advocate's code.
func (r *referred) order(id string) rewards.Order {
	none, at := int64(0), time.Now().UTC().Add(-time.Second).Truncate(time.Millisecond)
	return rewards.Order{
		ID: id, Name: "#" + id, PlacedAt: at, UpdatedAt: at, PaidAt: &at, Currency: "USD", Payment: rewards.PaymentPaid,
		Customer: &rewards.Person{ID: "c-" + id, Email: "friend@" + id + ".canary.example", EarlierOrders: &none},
		Codes:    []rewards.AppliedCode{{Code: r.advocate.Code, TookOff: usd(500)}},
		Lines:    []rewards.Line{{ID: "l1", Quantity: 1, Current: 1, Amount: usd(4500)}},
	}
}

// confirm asks for an order to be judged and begins the job, as a webhook and a lane do.
func (r *referred) confirm(orders ...rewards.Order) []webhooks.Confirmed {
	r.t.Helper()
	var ask []rewards.JobRequest
	for _, o := range orders {
		ask = append(ask, rewards.JobRequest{Kind: rewards.JobConfirm, Subject: o.ID})
	}
	r.no(r.write(r.ctx, "asking", func(x *txn) error { return x.enqueue(shopJobs(r.shop.ID, ask)) }))
	r.raw("UPDATE jobs SET run_at = {after} WHERE kind = 'confirm'", -time.Hour.Microseconds())
	jobs, err := r.Begin(r.ctx, r.lane, len(orders)+1)
	r.no(err)
	at := map[string]webhooks.Job{}
	for _, j := range jobs {
		at[j.Subject] = j
	}
	var out []webhooks.Confirmed
	for _, o := range orders {
		out = append(out, webhooks.Confirmed{Job: at[o.ID], Order: o})
	}
	return out
}

func (r *referred) decide(orders ...rewards.Order) {
	r.t.Helper()
	r.no(r.Decide(r.ctx, r.lane, r.confirm(orders...)))
}

// begin takes the job of a kind that is due, others left aside.
func (r *referred) begin(kind rewards.JobKind) webhooks.Job {
	r.t.Helper()
	r.raw("UPDATE jobs SET run_at = {after} WHERE kind = ? AND state = 'due'", -2*time.Hour.Microseconds(), string(kind))
	jobs, err := r.Begin(r.ctx, r.lane, 1)
	r.no(err)
	if jobs[0].Kind != kind {
		r.t.Fatalf("job %+v is not a %s", jobs[0], kind)
	}
	return jobs[0]
}

// issue has the shop agree to the next reward.
func (r *referred) issue() rewards.StoredReward {
	r.t.Helper()
	j := r.begin(rewards.JobFulfil)
	r.no(r.Step(r.ctx, r.lane, j, rewards.StepResult{Step: rewards.StepIssue, ExternalID: "ext-" + j.Subject}))
	out, err := r.Reward(r.ctx, r.shop.ID, j.Subject)
	r.no(err)
	return out
}

// the returns the reward of an order.
func (r *referred) the(orderID string) rewards.StoredReward {
	r.t.Helper()
	list, _, err := r.Rewards(r.ctx, r.shop.ID, rewards.RewardFilter{OrderID: orderID}, rewards.Page{})
	r.no(err)
	if len(list) == 0 {
		r.t.Fatalf("order %s has no reward", orderID)
	}
	return list[0]
}

func path(r rewards.StoredReward) string {
	out := ""
	for _, h := range r.History {
		out += fmt.Sprintf("%s>%s ", h.From, h.To)
	}
	return out
}
