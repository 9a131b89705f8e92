package shopify_test

import (
	"strconv"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

const testToken = "shpat_test"

// world is a simulated shop and a connector that may call it.
type world struct {
	*shopify.Shopify
	t    testing.TB
	sim  *shopifytest.Server
	shop connectors.Shop
}

func newWorld(t testing.TB, change ...func(*shopifytest.Options)) *world {
	t.Helper()
	o := shopifytest.Options{
		AccessToken: testToken, ClientSecret: testSecret, Bucket: shopifytest.Bucket{Maximum: -1}, HoldWebhooks: true, Seed: 7,
	}
	for _, f := range change {
		f(&o)
	}
	sim, err := shopifytest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	return &world{Shopify: newConnector(t), t: t, sim: sim, shop: connectors.Shop{
		ID: "shop_1", Platform: "shopify", Domain: "demo.myshopify.com", APIURL: sim.URL(), Currency: "USD", Token: testToken,
	}}
}

func (w *world) do(a rewards.Action) (connectors.Receipt, error) {
	return w.Do(w.t.Context(), w.shop, "key", a)
}

func (w *world) find(a rewards.Action) (connectors.Receipt, error) {
	return w.Find(w.t.Context(), w.shop, a)
}

// must does an action that has to work.
func (w *world) must(a rewards.Action) connectors.Receipt {
	w.t.Helper()
	r, err := w.do(a)
	if err != nil {
		w.t.Fatalf("%T: %v", a, err)
	}
	return r
}

func (w *world) fault(f ...shopifytest.Fault) {
	w.t.Helper()
	if err := w.sim.SetFaults(f...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) state() *shopifytest.State {
	w.t.Helper()
	st, err := w.sim.State()
	if err != nil {
		w.t.Fatal(err)
	}
	return st
}

func (w *world) customer(email string) string {
	w.t.Helper()
	c, err := w.sim.AddCustomer(shopifytest.CustomerInput{Email: email})
	if err != nil {
		w.t.Fatal(err)
	}
	return strconv.FormatInt(c.ID, 10)
}

// pipeline carries an action out as the pipeline does: do, after an unclear answer look, and do again
// only once the shop was seen without it; where the shop would not refuse a repetition, three times.
func (w *world) pipeline(a rewards.Action) (connectors.Receipt, error) {
	w.t.Helper()
	looks := 1
	switch take := a.(type) {
	case rewards.GrantCredit:
		looks = 3
	case rewards.TakeGiftCard:
		if !take.Left.IsZero() {
			looks = 3
		}
	case rewards.TakeCredit:
		looks = 3
		r, err := w.find(take)
		if rewards.KindOf(err) != rewards.NotFound {
			w.t.Fatalf("baseline: %v", err)
		}
		take.After = r.Refs[shopify.RefNewest]
		a = take
	}
	unclear := false
	for range 20 {
		for seen := 0; unclear && seen < looks; {
			r, err := w.find(a)
			switch {
			case err == nil:
				return r, nil
			case rewards.KindOf(err) == rewards.NotFound:
				seen++
			case rewards.KindOf(err) != rewards.Unavailable:
				return r, err
			}
		}
		r, err := w.do(a)
		if err == nil {
			return r, nil
		}
		ce := connectors.AsCallError(err)
		if !ce.Unclear && rewards.KindOf(err) != rewards.Unavailable {
			return r, err
		}
		unclear = unclear || ce.Unclear
	}
	w.t.Fatalf("%T was not done after twenty tries", a)
	return connectors.Receipt{}, nil
}

// The actions of the tests. Times have no part of a second, as in the pipeline.
var (
	starts  = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	ends    = time.Date(2037, 1, 31, 12, 34, 56, 0, time.UTC)
	tenOff  = rewards.Discount{Percent: 1000, Minimum: usd(3000), OncePerCustomer: true}
	fiveOff = rewards.Discount{Amount: usd(500)}
)

func offer() rewards.PublishOffer {
	return rewards.PublishOffer{Program: "give10get10", Title: "Give 10 %, get $10", Discount: tenOff, Seed: "GV-SEED-7Q2MXYZW", StartsAt: starts}
}

func issue(customer string, d rewards.Discount) rewards.IssueCode {
	return rewards.IssueCode{RewardID: "rw_k3v9x2m8qat4c7np", Title: "reward", Code: "GV-AAAA-BBBB-CCCC", CustomerID: customer, Discount: d, StartsAt: starts, EndsAt: ends}
}

func grant(customer string) rewards.GrantCredit {
	return rewards.GrantCredit{RewardID: "rw_1", CustomerID: customer, Amount: usd(1000), ExpiresAt: ends}
}
