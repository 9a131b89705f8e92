package main

import (
	"fmt"
	"strings"

	"grapevine/internal/simshop"
	"grapevine/rewards"
)

// suspected lets a friend buy who lives where Ana does: a person must look.
func (t *teller) suspected() (err error) {
	atHome := func(b simshop.Buyer) simshop.Buyer {
		b.Street, b.City, b.Postcode, b.Country = "12 Mill Lane", "Portland", "97205", "US"
		return b
	}
	_, err = t.shop.Place(simshop.Basket{Buyer: atHome(ana), Goods: []simshop.Goods{{Title: "Tea", Price: "20.00"}}})
	if err != nil {
		return err
	}
	if err := t.shop.WaitQuiet(t.ctx); err != nil {
		return err
	}
	if err := t.settled(); err != nil {
		return err
	}
	carla := simshop.Buyer{Email: "carla@example.org", FirstName: "Carla"}
	t.order, err = t.shop.Place(simshop.Basket{Buyer: atHome(carla), Goods: []simshop.Goods{{Title: "Teapot", Price: "60.00"}}, Code: t.code})
	if err != nil {
		return err
	}
	t.say("order %s goes to 12 Mill Lane, where Ana's own parcel went", t.order.Name)
	var o orderAnswer
	err = t.until("a decision on the order", func() (bool, error) {
		return t.api.found(t.ctx, t.orderPath(), &o, func() bool { return o.Decision.Outcome != "" && o.Decision.Outcome != "none" })
	})
	if err != nil {
		return err
	}
	t.say("GET /orders/%s → outcome %s, reason %s", t.order.ID, o.Decision.Outcome, o.Decision.Reason)
	for _, s := range o.Decision.Signals {
		t.say("signal %-14s %s, %d points: %s", s.Rule, s.Verdict, s.Points, s.Evidence)
	}
	if o.Decision.Reason != string(rewards.ReasonFraudReview) || len(o.Decision.Signals) == 0 {
		return fmt.Errorf("outcome %s %s, told was held for review", o.Decision.Outcome, o.Decision.Reason)
	}
	return nil
}

// approved lets a person overrule the signal; the reward follows.
func (t *teller) approved() error {
	var o orderAnswer
	verdict := map[string]string{"verdict": "approve", "reason": "They are neighbours in one house; Carla wrote to us"}
	if err := t.api.post(t.ctx, t.orderPath()+"/review", verdict, &o); err != nil {
		return err
	}
	t.app.pipeline.Wake()
	t.say("POST /orders/%s/review → %s; who approved it, when and why stays with the order", t.order.ID, o.Decision.Outcome)
	for _, c := range o.Decision.Checks {
		if strings.Contains(c.Evidence, "approved by") {
			t.say("%s %-22s %s", tick(c.Passed), c.Name, c.Evidence)
		}
	}
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
	t.say("reward %s is %s: %s", reward.ID, reward.Status, reward.Value)
	return nil
}
