package stripe

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
	"grapevine/rewards"
)

// now is the time in every test; a clock that moves begins here.
var now = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// world is a connector, a simulated Stripe and the shop that is installed from it.
type world struct {
	*testing.T
	sim  *stripetest.Server
	conn *Stripe
	shop connectors.Shop
}

// newWorld starts one. through replaces the address that the connector calls, "" for Stripe's own.
func newWorld(t *testing.T, o stripetest.Options) *world {
	t.Helper()
	o.HoldPost = true
	if o.Seed == 0 {
		o.Seed = 7
	}
	sim, err := stripetest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	conn, err := New(Options{AllowLoopback: true, Secrets: []string{"whsec_platform"}})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, sim: sim, conn: conn}
	w.shop = w.install(sim.Install())
	return w
}

// install makes a shop as the program does: prepared, then asked who it is.
func (w *world) install(in simshop.Install) connectors.Shop {
	w.Helper()
	shop, err := w.conn.Prepare(connectors.Application{
		Domain: in.Domain, Token: in.Token, APIURL: in.APIURL, Currency: in.Currency, Account: in.Account, WebhookSecrets: in.WebhookSecrets,
	})
	w.no(err)
	p, err := w.conn.Probe(context.Background(), shop)
	w.no(err)
	shop.ID, shop.Domain, shop.Currency, shop.Settings = "shop_1", p.Domain, p.Currency, p.Settings
	return shop
}

func (w *world) no(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// do carries an action out, and finds it afterwards.
func (w *world) do(key string, a rewards.Action) connectors.Receipt {
	w.Helper()
	r, err := w.conn.Do(context.Background(), w.shop, key, a)
	w.no(err)
	return r
}

func (w *world) order(id string) rewards.Order {
	w.Helper()
	o, err := w.conn.Order(context.Background(), w.shop, id)
	w.no(err)
	return o
}

// buy lets somebody go through a checkout.
func (w *world) buy(in stripetest.SessionInput) stripetest.Sale {
	w.Helper()
	if in.Items == nil {
		in.Items = []stripetest.Item{{Title: "Tea", Price: "20.00"}, {Title: "Cup", Price: "5.00", Quantity: 2}}
	}
	s, err := w.sim.PlaceSession(in)
	w.no(err)
	return s
}

// codes are the promotion codes in the shop: "CODE live", "CODE off used 1 for cus_…".
func (w *world) codes() []string {
	w.Helper()
	all, err := w.sim.Codes()
	w.no(err)
	var out []string
	for _, c := range all {
		text := c.Code + " off"
		if c.Live {
			text = c.Code + " live"
		}
		if c.Used > 0 {
			text += fmt.Sprintf(" used %d", c.Used)
		}
		if c.For != "" {
			text += " for " + c.For
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

// same compares whole values as they print.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// failed compares an error's kind and code, and what the pipeline is to do about it.
func failed(t testing.TB, what string, err error, want string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %s", what, want)
		return
	}
	ce := connectors.AsCallError(err)
	got := fmt.Sprint(rewards.KindOf(err), " ", rewards.CodeOf(err))
	for name, is := range map[string]bool{"unclear": ce.Unclear, "throttled": ce.Throttled, "park=" + ce.Park: ce.Park != ""} {
		if is {
			got += " " + name
		}
	}
	words, wants := strings.Fields(got), strings.Fields(want)
	slices.Sort(words)
	slices.Sort(wants)
	if !slices.Equal(words, wants) {
		t.Errorf("%s: %s (%v), want %s", what, got, err, want)
	}
}

func eur(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "EUR"} }
func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

var anna = simshop.Buyer{Email: "anna@example.com", FirstName: "Anna", Surname: "Berg", Street: "Hauptstr. 1", City: "Berlin", Postcode: "10115", Country: "DE"}

// offer is a programme's discount of ten percent.
func offer(d rewards.Discount) rewards.PublishOffer {
	return rewards.PublishOffer{Program: "friends", Title: "Friends get ten percent off everything in the shop", Discount: d, Seed: "SEED-1", StartsAt: now}
}

var tenPercent = rewards.Discount{Percent: 1000}

// friendCode puts a code on a programme's offer.
func (w *world) friendCode(code string, d rewards.Discount) (coupon string) {
	w.Helper()
	coupon = w.do("offer", offer(d)).ExternalID
	r := w.do("codes", rewards.AddCodes{OfferID: coupon, Offer: offer(d), Codes: []string{code}})
	if len(r.Refused) > 0 {
		w.Fatal(r.Refused)
	}
	return coupon
}

// withSettings is a shop with further settings.
func withSettings(s connectors.Shop, more map[string]string) connectors.Shop {
	s.Settings = maps.Clone(s.Settings)
	maps.Copy(s.Settings, more)
	return s
}

// simRefund is a refund of an amount, "" for all.
func simRefund(amount string) simshop.Refund { return simshop.Refund{Amount: amount} }

// simBuyer is somebody of whom the e-mail is known.
func simBuyer(email string) simshop.Buyer { return simshop.Buyer{Email: email} }
