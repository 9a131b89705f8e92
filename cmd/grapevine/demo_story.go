package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"grapevine/connectors"
	"grapevine/internal/access"
	"grapevine/internal/simshop"
	"grapevine/rewards"
	"grapevine/rewards/programfile"
	"grapevine/web/words"
	"grapevine/webhooks"
)

// demoProgram is the story's programme: as the example, without the wait.
const demoProgram = `program: give10get10
title: Give 10 %, get $10
friend:
  discount: {percent: "10", minimum: "30.00", once_per_customer: true}
advocate:
  reward: {kind: store_credit, amount: "10.00", expires: 180d}
qualify: {customers: new, minimum: "30.00"}
hold: 0s
partial_refund: proportional
limits: {per_advocate: 50, per_advocate_period: 365d, budget: "5000.00"}
`

// ana shares her code.
var ana = simshop.Buyer{Email: "ana@example.com", FirstName: "Ana"}

// patience is how long the story waits for a step before it is not as told.
const patience = 20 * time.Second

// teller tells the story and checks each step against what really happened.
type teller struct {
	*stage
	ctx    context.Context
	out    io.Writer
	n      int
	shopID string
	api    *client

	ana   string // her id in the shop
	code  string
	order simshop.Sold
}

// tell plays all steps. The error says which was not as told.
func tell(ctx context.Context, out io.Writer, st *stage) error {
	t := &teller{stage: st, ctx: ctx, out: out}
	fmt.Fprintf(out, "Grapevine demo: one process, the embedded database, a simulated %s shop.\n", st.shop.Install().Platform)
	for _, step := range []struct {
		title string
		play  func() error
	}{
		{"A shop is installed", t.install},
		{"The owner applies a programme", t.apply},
		{"Ana, a customer, gets her code", t.joins},
		{"Ben buys with Ana's code", t.buys},
		{"The webhook arrived, and the decision is explained", t.decided},
		{"Store credit appears in the shop", t.credited},
		{"Ben sends everything back: the credit is taken back", t.refunded},
		{"Every webhook comes again: nothing changes", t.repeated},
		{"Carla buys, and lives where Ana does: held for a person", t.suspected},
		{"The owner approves", t.approved},
		{"The books are checked", t.checked},
	} {
		t.n++
		fmt.Fprintf(out, "\n%d. %s\n", t.n, step.title)
		if err := step.play(); err != nil {
			return fmt.Errorf("step %d (%s): %w", t.n, step.title, err)
		}
	}
	fmt.Fprintf(out, "\nThe end: two orders, two rewards, one refund, one doubt; the shop and the books agree.\n")
	return nil
}

// say prints one line of the present step.
func (t *teller) say(format string, args ...any) { fmt.Fprintf(t.out, "   "+format+"\n", args...) }

// until waits for something to become true; what names it for the person who reads that it did not.
func (t *teller) until(what string, ok func() (bool, error)) error {
	deadline := time.Now().Add(patience)
	for {
		done, err := ok()
		if err != nil || done {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %s", what, patience)
		}
		select {
		case <-t.ctx.Done():
			return t.ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (t *teller) install() error {
	in := t.shop.Install()
	enrol := enrolment{settings: t.settings, db: t.app.db, warn: func(format string, args ...any) { t.say("warning: "+format, args...) }}
	shop, err := enrol.Install(t.ctx, in.Platform, connectors.Application{
		Domain: in.Domain, Token: in.Token, APIURL: in.APIURL, Currency: in.Currency, Account: in.Account, WebhookSecrets: in.WebhookSecrets,
	})
	if err != nil {
		return err
	}
	t.shopID = shop.ID
	_, token, err := t.app.db.CreateToken(t.ctx, shop.ID, access.Write)
	if err != nil {
		return err
	}
	t.api = &client{base: t.url + "/api/v1/shops/" + shop.ID, token: token.Reveal()}
	t.say("%s is %s; its API is at %s", shop.Domain, shop.ID, in.APIURL)
	return nil
}

func (t *teller) apply() error {
	p, err := programfile.Parse([]byte(demoProgram), "USD", time.UTC)
	if err != nil {
		return err
	}
	applied, _, err := t.app.db.ApplyProgram(t.ctx, t.shopID, p, demoProgram)
	if err != nil {
		return err
	}
	t.app.pipeline.Wake()
	t.say("%q version %d: a friend gets 10 %% off from $30, the advocate $10.00 of store credit", applied.Title, applied.Version)
	return t.until("the programme's discount in the shop", func() (bool, error) {
		p, err := t.app.db.Program(t.ctx, t.shopID, applied.Name)
		if err != nil || p.Offer.ExternalID == "" {
			return false, err
		}
		t.say("the shop has the discount now, as %s; every advocate's code will give it", p.Offer.ExternalID)
		return true, nil
	})
}

func (t *teller) joins() (err error) {
	if t.ana, err = t.shop.AddCustomer(ana); err != nil {
		return err
	}
	var advocate struct{ ID, Code, Link, Status string }
	body := map[string]string{"customer_id": t.ana, "email": ana.Email, "first_name": ana.FirstName}
	if err := t.api.post(t.ctx, "/advocates", body, &advocate); err != nil {
		return err
	}
	t.code = advocate.Code
	t.app.pipeline.Wake()
	t.say("POST /advocates → code %s, link %s", advocate.Code, advocate.Link)
	return t.until("the code in the shop", func() (bool, error) {
		if err := t.api.get(t.ctx, "/advocates/"+advocate.ID, &advocate); err != nil {
			return false, err
		}
		if advocate.Status == "active" {
			t.say("the shop has confirmed the code: it is %s", advocate.Status)
		}
		return advocate.Status == "active", nil
	})
}

func (t *teller) buys() (err error) {
	t.order, err = t.shop.Place(simshop.Basket{
		Buyer: simshop.Buyer{Email: "ben@example.net", FirstName: "Ben"},
		Goods: []simshop.Goods{{Title: "Teapot", Price: "60.00"}, {Title: "Cup", Price: "10.00", Quantity: 2}},
		Code:  t.code, Shipping: "5.00",
	})
	if err != nil {
		return err
	}
	t.say("order %s: goods $80.00, %s takes $8.00 off, shipping $5.00, paid", t.order.Name, t.code)
	return nil
}

func (t *teller) decided() error {
	var o orderAnswer
	err := t.until("a decision on the order", func() (bool, error) {
		return t.api.found(t.ctx, t.orderPath(), &o, func() bool { return o.Decision.Outcome != "" && o.Decision.Outcome != "none" })
	})
	if err != nil {
		return err
	}
	events, err := t.events()
	if err != nil {
		return err
	}
	for _, e := range events {
		t.say("webhook %-14s %s  %s", e.Topic, e.ID, e.Status)
	}
	t.say("GET /orders/%s → outcome %s, programme %s version %d, eligible %s", t.order.ID, o.Decision.Outcome, o.Decision.Program, o.Decision.Version, o.Eligible)
	for _, c := range o.Decision.Candidates {
		t.say("code %s of advocate %s: won %v", c.Code, c.Advocate, c.Won)
	}
	for _, c := range o.Decision.Checks {
		t.say("%s %-22s %s", tick(c.Passed), c.Name, c.Evidence)
	}
	if o.Decision.Outcome != string(rewards.OutcomeRewarded) || o.Eligible.String() != "72.00 USD" {
		return fmt.Errorf("outcome %s on %s, told was rewarded on 72.00 USD", o.Decision.Outcome, o.Eligible)
	}
	return nil
}

func tick(ok bool) string {
	if ok {
		return "✓"
	}
	return "✗"
}

func (t *teller) credited() error {
	err := t.until("$10.00 that Ana can spend in the shop", func() (bool, error) {
		balance, _, err := t.credit()
		return balance == "10.00", err
	})
	if err != nil {
		return err
	}
	reward, err := t.reward("issued")
	if err != nil {
		return err
	}
	t.say("reward %s is %s: %s, in the shop as %s", reward.ID, reward.Status, reward.Value, reward.ExternalID)
	_, live, err := t.credit()
	if err != nil || live != 1 {
		return fmt.Errorf("the shop has %d credits of Ana's, told was 1: %w", live, err)
	}
	t.say("Ana can spend $10.00 in the shop, by exactly one credit")
	c, err := t.audit()
	if err != nil {
		return err
	}
	t.say("the books agree: %s", c.Invariants[len(c.Invariants)-1].Holds)
	return nil
}

func (t *teller) refunded() error {
	if err := t.shop.Refund(t.order.ID, simshop.Refund{}); err != nil {
		return err
	}
	t.say("order %s is refunded whole", t.order.Name)
	err := t.until("Ana's credit back at nothing", func() (bool, error) {
		balance, _, err := t.credit()
		return balance == "0.00", err
	})
	if err != nil {
		return err
	}
	reward, err := t.reward("reversed")
	if err != nil {
		return err
	}
	t.say("reward %s is %s, net %s, because: %s", reward.ID, reward.Status, reward.Net, words.For(reward.Reason).Says)
	return nil
}

func (t *teller) repeated() error {
	if err := t.shop.WaitQuiet(t.ctx); err != nil {
		return err
	}
	before, err := t.ledger()
	if err != nil {
		return err
	}
	sent, err := t.shop.Redeliver()
	if err != nil {
		return err
	}
	if err := t.shop.WaitQuiet(t.ctx); err != nil {
		return err
	}
	if err := t.settled(); err != nil {
		return err
	}
	after, err := t.ledger()
	if err != nil {
		return err
	}
	balance, live, err := t.credit()
	if err != nil {
		return err
	}
	t.say("%d deliveries came again with their old payloads, under new ids where the platform has such", sent)
	t.say("ledger rows before and after: %d and %d; Ana can spend %s by %d credits", before, after, balance, live)
	if before != after || balance != "0.00" || live != 0 {
		return fmt.Errorf("something changed")
	}
	return nil
}

// settled waits until no event and no job is left to do.
func (t *teller) settled() error {
	return t.until("all webhooks worked on", func() (bool, error) {
		events, err := t.events()
		if err != nil {
			return false, err
		}
		for _, e := range events {
			if e.Status == string(webhooks.EventPending) {
				return false, nil
			}
		}
		due, _, dead, err := t.app.db.JobCounts(t.ctx)
		return due+dead == 0, err
	})
}

// audit checks the books against the rules and the shop; a breach is not as told.
func (t *teller) audit() (*checkup, error) {
	c := &checkup{db: t.app.db, settings: t.settings}
	if err := c.run(t.ctx, true); err != nil {
		return nil, err
	}
	for _, s := range c.Invariants {
		for _, b := range s.Breaches {
			t.say("✗ %-4s %s", s.ID, b)
		}
	}
	if c.breaches > 0 || len(c.Unchecked) > 0 {
		return nil, fmt.Errorf("%d breaches, not checked: %v", c.breaches, c.Unchecked)
	}
	return c, nil
}

func (t *teller) checked() error {
	c, err := t.audit()
	if err != nil {
		return err
	}
	for _, s := range c.Invariants {
		t.say("✓ %-4s %s", s.ID, s.Holds)
	}
	return nil
}
