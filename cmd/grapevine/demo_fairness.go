package main

import (
	"fmt"
	"strings"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

// suspected lets a friend buy who lives where Ana does: a person must look.
func (t *teller) suspected() (err error) {
	home := &shopifytest.Address{Address1: "12 Mill Lane", City: "Portland", Zip: "97205", CountryCode: "US"}
	_, err = t.shop.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: "ana@example.com", FirstName: "Ana"}, ShippingAddress: home,
		Lines: []shopifytest.LineInput{{Title: "Tea", Price: "20.00"}}, Paid: true,
	})
	if err != nil {
		return err
	}
	if err := t.shop.WaitQuiet(t.ctx); err != nil {
		return err
	}
	if err := t.settled(); err != nil {
		return err
	}
	t.order, err = t.shop.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: "carla@example.org", FirstName: "Carla"}, ShippingAddress: home,
		Lines: []shopifytest.LineInput{{Title: "Teapot", Price: "60.00"}}, Codes: []shopifytest.CodeInput{{Code: t.code}}, Paid: true,
	})
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
	t.say("GET /orders/%d → outcome %s, reason %s", t.order.ID, o.Decision.Outcome, o.Decision.Reason)
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
	t.say("POST /orders/%d/review → %s; who approved it, when and why stays with the order", t.order.ID, o.Decision.Outcome)
	for _, c := range o.Decision.Checks {
		if strings.Contains(c.Evidence, "approved by") {
			t.say("%s %-22s %s", tick(c.Passed), c.Name, c.Evidence)
		}
	}
	err := t.until("$10.00 on Ana's account in the shop", func() (bool, error) {
		balance, _, err := t.balance()
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
