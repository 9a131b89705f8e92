package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// told has orders judged, each a moment after the other, as the shop tells them now.
func (c *counter) told(orders ...rewards.Order) {
	c.t.Helper()
	lane, err := c.db.Lease(c.t.Context(), "w", time.Minute)
	c.no(err)
	for _, o := range orders {
		c.no(c.db.Decide(c.t.Context(), lane, []webhooks.Confirmed{{Order: o}}))
	}
	c.no(c.db.Release(c.t.Context(), lane, 0))
}

// sale is a paid order with a code, placed so long ago.
func sale(id, code string, ago time.Duration) rewards.Order {
	at := time.Now().UTC().Add(-ago)
	return rewards.Order{ID: id, Name: "#" + id, PlacedAt: at, UpdatedAt: at, PaidAt: &at, Currency: "USD", Payment: rewards.PaymentPaid,
		Customer: &rewards.Person{ID: "b-" + id}, Codes: []rewards.AppliedCode{{Code: code, TookOff: usd(500)}}, Lines: []rewards.Line{{ID: "l1", Quantity: 1, Current: 1, Amount: usd(4500)}}}
}

func (c *counter) code(advocate string) string {
	c.t.Helper()
	a, err := c.db.Advocate(c.t.Context(), c.shop, advocate)
	c.no(err)
	return a.Code
}

var creditOfTen = rewards.RewardSpec{Kind: rewards.KindStoreCredit, Amount: rewards.Money{Minor: 1000, Currency: "USD"}}

func TestReviewsFromTheCommandLine(t *testing.T) {
	c := newCounter(t)
	anna := c.earns("give10", "anna@example.com", creditOfTen, func(*rewards.Program) {})
	held := sale("1001", c.code(anna), time.Minute)
	held.Risk = rewards.RiskInvestigate
	c.told(held, sale("1002", c.code(anna), time.Second))
	at := []string{"--shop", c.shop}
	c.run(exitOK, []string{"1001   #1001  held     fraud_review  60      10.00 USD  " + anna}, append([]string{"review", "list"}, at...)...)
	c.run(exitOK, []string{"Nothing is rejected."}, append([]string{"review", "list", "--status", "rejected"}, at...)...)
	c.run(exitOK, []string{"Nothing is held."}, append([]string{"review", "list", "--reason", "self_referral"}, at...)...)
	c.run(exitOK, []string{"order 1001 #1001: held fraud_review", "signs of abuse", "FAIL  fairness: 60 points", "shop_risk_investigate", "held by advocate",
		"grapevine review approve --shop " + c.shop + " 1001 --reason TEXT"}, append([]string{"review", "show", "1001"}, at...)...)

	c.run(exitUse, []string{"--reason"}, append([]string{"review", "approve", "1001"}, at...)...)
	c.run(exitUse, []string{"--reason is empty"}, append([]string{"review", "approve", "1001", "--reason", " "}, at...)...)
	for _, listing := range [][]string{{"review"}, {"advocate"}, {"jobs"}, {"leak"}, {"ticket"}, {"contest"}, {"payout"}, {"program"}, {"events"}} {
		c.run(exitFailure, []string{"shop_not_found", "grapevine shop list"}, append(listing, "list", "--shop", "shop_none")...)
	}
	c.run(exitOK, []string{"order 1001 #1001: rewarded", "issuing by advocate", "approve by user:cli", ": two flats", "review undo"}, append([]string{"review", "approve", "1001", "--reason", "two flats"}, at...)...)
	c.run(exitOK, []string{`"outcome": "held"`, `"verdict": "undo"`, `"reason": "one flat after all"`}, append([]string{"review", "undo", "1001", "--json", "--reason", "one flat after all"}, at...)...)
	c.run(exitFailure, []string{"nothing_to_undo", "no verdict of a person stands"}, append([]string{"review", "undo", "1001", "--reason", "again"}, at...)...)
	c.run(exitOK, []string{"order 1001 #1001: rejected fraud_rejected"}, append([]string{"review", "reject", "1001", "--reason", "abuse"}, at...)...)
	c.run(exitFailure, []string{"9999"}, append([]string{"review", "reject", "9999", "--reason", "abuse"}, at...)...)
	got := c.run(exitOK, nil, append([]string{"review", "list", "--status", "reviewed", "--json"}, at...)...)
	var views []queuedView
	c.no(json.Unmarshal([]byte(got.out), &views))
	if len(views) != 1 || views[0].OrderID != "1001" || len(views[0].Reviews) != 3 || views[0].Since != "" || views[0].AtStake != "10.00 USD" {
		t.Fatalf("got %+v", views)
	}
	c.run(exitUse, []string{"--limit"}, append([]string{"review", "list", "--limit", "0"}, at...)...)
}

func TestAdvocatesFromTheCommandLine(t *testing.T) {
	c := newCounter(t)
	anna := c.earns("give10", "anna@example.com", creditOfTen, func(*rewards.Program) {}, "1")
	at := []string{"--shop", c.shop}
	c.run(exitOK, []string{anna, c.code(anna), "pending"}, append([]string{"advocate", "list", "--email", "anna@example.com"}, at...)...)
	c.run(exitOK, []string{"No advocates."}, append([]string{"advocate", "list", "--code", "NOBODY"}, at...)...)
	c.run(exitOK, []string{"status  blocked abuse", "block by user:cli: abuse"}, append([]string{"advocate", "block", anna, "--reason", "abuse"}, at...)...)
	c.run(exitOK, []string{"unblock by user:cli: a mistake"}, append([]string{"advocate", "unblock", anna, "--reason", "a mistake"}, at...)...)
	c.run(exitOK, []string{`"team": "staff"`}, append([]string{"advocate", "team", anna, "staff", "--json"}, at...)...)
	c.run(exitFailure, []string{"bad_team", "a-z"}, append([]string{"advocate", "team", anna, "Our Staff"}, at...)...)
	c.run(exitOK, []string{"team    none\n", "team none by user:cli"}, append([]string{"advocate", "team", anna}, at...)...)
	c.run(exitFailure, []string{"adv_none"}, append([]string{"advocate", "show", "adv_none"}, at...)...)
}

func TestLeaksFromTheCommandLine(t *testing.T) {
	c := newCounter(t)
	anna := c.earns("give10", "anna@example.com", creditOfTen, func(p *rewards.Program) { p.Fairness.PerDay, p.Fairness.PerMonth = 100, 100 })
	old := c.code(anna)
	var orders []rewards.Order
	for i := range 13 {
		orders = append(orders, sale(fmt.Sprint(1000+i), old, time.Duration(20-i)*time.Minute))
	}
	c.told(orders...)
	at := []string{"--shop", c.shop}
	c.run(exitOK, []string{"No code has leaked."}, append([]string{"leak", "list"}, at...)...)
	found, err := c.db.DetectLeaks(t.Context(), "", time.Now().Add(-leakBack))
	c.no(err)
	if len(found) != 1 {
		t.Fatalf("found %+v", found)
	}
	c.run(exitOK, []string{old, "strangers used the code 12 times", "To replace it: grapevine leak rotate --shop " + c.shop + " " + old}, append([]string{"leak", "list"}, at...)...)
	c.run(exitOK, []string{"1011", "1012"}, append([]string{"review", "list", "--reason", "fraud_review"}, at...)...)
	got := c.run(exitOK, []string{"before  " + old + ": retired", "rotate "}, append([]string{"leak", "rotate", strings.ToLower(old), "--reason", "on a coupon site"}, at...)...)
	if strings.Contains(got.out, "code    "+old+"\n") {
		t.Fatal(got.out)
	}
	c.run(exitOK, []string{"was replaced before"}, append([]string{"leak", "rotate", old, "--reason", "again"}, at...)...)
	c.run(exitOK, []string{`"replaced_by": "` + c.code(anna) + `"`, `"actor": "user:cli"`}, append([]string{"leak", "list", "--json"}, at...)...)
	c.run(exitFailure, []string{"NOBODY"}, append([]string{"leak", "rotate", "NOBODY", "--reason", "x"}, at...)...)
}

func TestJobsFromTheCommandLine(t *testing.T) {
	c := newCounter(t)
	c.earns("give10", "anna@example.com", creditOfTen, func(*rewards.Program) {}, "1")
	at := []string{"--shop", c.shop}
	c.run(exitOK, []string{"No jobs."}, append([]string{"jobs", "list", "--dead"}, at...)...)
	lane, err := c.db.Lease(t.Context(), "w", time.Minute)
	c.no(err)
	jobs, err := c.db.Begin(t.Context(), lane, 1)
	c.no(err)
	c.no(c.db.Bury(t.Context(), lane, jobs[0], rewards.Errorf(rewards.Denied, "scope_missing", "no right to do it")))
	c.no(c.db.Release(t.Context(), lane, 0))
	c.run(exitOK, []string{jobs[0].ID, "dead", "scope_missing"}, append([]string{"jobs", "list", "--dead"}, at...)...)
	c.run(exitOK, []string{jobs[0].ID + " is due: ", "It failed last with scope_missing: The access token"}, append([]string{"jobs", "retry", jobs[0].ID}, at...)...)
	c.run(exitOK, []string{`"state": "due"`, `"attempts": 1`}, append([]string{"jobs", "retry", jobs[0].ID, "--json"}, at...)...)
	c.run(exitOK, []string{"No jobs."}, append([]string{"jobs", "list", "--dead"}, at...)...)
	c.run(exitFailure, []string{"job_none"}, append([]string{"jobs", "retry", "job_none"}, at...)...)
}
