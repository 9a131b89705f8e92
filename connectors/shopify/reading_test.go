package shopify_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

func touch(code string, at time.Time) rewards.Touch { return rewards.Touch{Code: code, At: at} }

func TestTheLinksByWhichABuyerCame(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return starts.Add(time.Duration(n) * 24 * time.Hour) }
	for name, tc := range map[string]struct {
		visits     []shopifytest.Visit
		attributes []shopifytest.Attribute
		want       []rewards.Touch // as the API tells
		told       []rewards.Touch // as the webhook does
	}{
		"none": {},
		"a first and a last visit": {
			visits: []shopifytest.Visit{{LandingPage: "/?ref=anna-7q2m", At: day(1)}, {LandingPage: "/mugs?utm_source=x&ref=BEN-44XY", At: day(2)}},
			want:   []rewards.Touch{touch("ANNA-7Q2M", day(1)), touch("BEN-44XY", day(2))},
			told:   []rewards.Touch{touch("ANNA-7Q2M", time.Time{})},
		},
		"the same link twice": {
			visits: []shopifytest.Visit{{LandingPage: "/?ref=ANNA-7Q2M", At: day(1)}, {LandingPage: "/?ref=anna-7q2m", At: day(3)}},
			want:   []rewards.Touch{touch("ANNA-7Q2M", day(1)), touch("ANNA-7Q2M", day(3))},
			told:   []rewards.Touch{touch("ANNA-7Q2M", time.Time{})},
		},
		"one visit, which is first and last": {
			visits: []shopifytest.Visit{{LandingPage: "/?ref=ANNA-7Q2M", At: day(1)}},
			want:   []rewards.Touch{touch("ANNA-7Q2M", day(1))},
			told:   []rewards.Touch{touch("ANNA-7Q2M", time.Time{})},
		},
		"a discount link that redirects": {
			visits: []shopifytest.Visit{{LandingPage: "/discount/ANNA-7Q2M?redirect=/?ref=ANNA-7Q2M", At: day(1)}},
			want:   []rewards.Touch{touch("ANNA-7Q2M", day(1))},
			told:   []rewards.Touch{touch("ANNA-7Q2M", time.Time{})},
		},
		"the shop's own reading of another parameter": {
			visits: []shopifytest.Visit{{LandingPage: "/?source=ANNA-7Q2M", At: day(1)}},
			want:   []rewards.Touch{touch("ANNA-7Q2M", day(1))},
			told:   []rewards.Touch{touch("ANNA-7Q2M", time.Time{})},
		},
		"an attribute of the cart": {
			attributes: []shopifytest.Attribute{{Name: "grapevine_ref", Value: "ben-44xy"}, {Name: "grapevine_ref", Value: "BEN-44XY"}, {Name: "ref", Value: "CARL-1234"}},
			want:       []rewards.Touch{touch("BEN-44XY", time.Time{})},
			told:       []rewards.Touch{touch("BEN-44XY", time.Time{})},
		},
		"what can be no code": {
			visits:     []shopifytest.Visit{{LandingPage: "/?ref=%3Cscript%3E", ReferralCode: "no code at all", At: day(1)}, {LandingPage: "::::", At: day(2)}},
			attributes: []shopifytest.Attribute{{Name: "grapevine_ref", Value: strings.Repeat("A", 65)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.simpleOrder(func(in *shopifytest.OrderInput) { in.Visits, in.NoteAttributes = tc.visits, tc.attributes })
			if got := w.read(o.ID).Touches; !slices.Equal(got, tc.want) {
				t.Errorf("the API tells %v, want %v", got, tc.want)
			}
			if got := w.told(o.ID).Touches; !slices.Equal(got, tc.told) {
				t.Errorf("the webhook tells %v, want %v", got, tc.told)
			}
		})
	}
}

// Where the shop has not reckoned the visits yet, the webhook alone tells of them.
func TestVisitsThatAreNotReckonedYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.simpleOrder(func(in *shopifytest.OrderInput) { in.JourneyPending, in.LandingSite = true, "/?ref=ANNA-7Q2M" })
	if read, told := w.read(o.ID).Touches, w.told(o.ID).Touches; len(read) != 0 || len(told) != 1 {
		t.Errorf("read %v, told %v", read, told)
	}
}

func TestAtMostTwentyTouchesAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.simpleOrder(func(in *shopifytest.OrderInput) {
		for i := range 30 {
			in.NoteAttributes = append(in.NoteAttributes, shopifytest.Attribute{Name: "grapevine_ref", Value: fmt.Sprintf("CODE-%02d", i)})
		}
	})
	if got := w.read(o.ID).Touches; len(got) != 20 || got[19].Code != "CODE-29" {
		t.Errorf("got %v", got)
	}
}

// A theme may write anything into a cart's attributes; the order must be read all the same.
func TestAttributesThatAreNoTextDoNoHarm(t *testing.T) {
	t.Parallel()
	var body map[string]any
	if err := json.Unmarshal(fixture(t, "order_code_paid"), &body); err != nil {
		t.Fatal(err)
	}
	body["id"], body["admin_graphql_api_id"] = 17, "gid://shopify/Order/17"
	delete(body, "line_items") // their ids would be rounded
	delete(body, "customer")
	body["note_attributes"] = []any{
		map[string]any{"name": "grapevine_ref", "value": 7}, map[string]any{"name": "grapevine_ref", "value": nil},
		map[string]any{"name": "grapevine_ref", "value": map[string]any{}}, map[string]any{"name": "grapevine_ref", "value": "BEN-44XY"},
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	e, err := newConnector(t).Decode("orders/paid", raw, starts)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.(rewards.OrderSeen).Order.Touches; !slices.Equal(got, []rewards.Touch{touch("BEN-44XY", time.Time{})}) {
		t.Errorf("got %v", got)
	}
}

var elmStreet = shopifytest.Address{
	FirstName: "Frida", LastName: "Example", Address1: "12 Elm Street", Address2: "Apt 4", City: "Springfield", Zip: "01101", CountryCode: "US",
}

// trailTo is the trail of an order that goes somewhere.
func trailTo(line1, line2, city, postcode, country string) (t rewards.Trail) {
	t.Address.Line1, t.Address.Line2, t.Address.City, t.Address.Postcode, t.Address.Country = line1, line2, city, postcode, country
	return t
}

// readFrom and toldFrom are what the API and the webhook add to it for a trailOrder.
func readFrom(t rewards.Trail) rewards.Trail {
	t.IP, t.Card = "2001:db8::1", "visa 424242 4242 03/2029"
	return t
}

func toldFrom(t rewards.Trail) rewards.Trail {
	t.IP, t.Agent = "2001:db8::1", "Mozilla/5.0"
	return t
}

// trailOrder is an order that tells everything.
func trailOrder(in *shopifytest.OrderInput) {
	in.Customer.FirstName, in.Customer.LastName = "Frida", "Example"
	in.ShippingAddress, in.BillingAddress = &elmStreet, &shopifytest.Address{Address1: "7 Oak Lane", City: "Toronto", Zip: "M5V 2T6", CountryCode: "CA"}
	in.ClientIP, in.UserAgent, in.Risk = "2001:db8:0::1", "Mozilla/5.0", "INVESTIGATE"
	in.Card = &shopifytest.Card{BIN: "424242", Number: "•••• •••• •••• 4242", Company: "Visa", Name: "Frida Example", Month: 3, Year: 2029}
}

func TestWhatAnOrderTellsOfWhereItCameFrom(t *testing.T) {
	t.Parallel()
	home := trailTo("12 Elm Street", "Apt 4", "Springfield", "01101", "US")
	bill := trailTo("7 Oak Lane", "", "Toronto", "M5V 2T6", "CA")
	for name, tc := range map[string]struct {
		hidden     bool
		change     func(in *shopifytest.OrderInput)
		read, told rewards.Order // of them what is compared below
	}{
		"everything": {
			read: rewards.Order{Country: "US", Risk: rewards.RiskInvestigate, Trail: readFrom(home)},
			told: rewards.Order{Country: "US", Trail: toldFrom(home)},
		},
		"without approval for protected data": {
			hidden: true,
			read:   rewards.Order{Country: "US", Risk: rewards.RiskInvestigate, Trail: readFrom(trailTo("", "", "Springfield", "", "US"))},
			told:   rewards.Order{Country: "US", Trail: toldFrom(trailTo("", "", "", "", "US"))},
		},
		"goods that go nowhere": {
			change: func(in *shopifytest.OrderInput) { in.ShippingAddress = nil },
			read:   rewards.Order{Country: "CA", Risk: rewards.RiskInvestigate, Trail: readFrom(bill)},
			told:   rewards.Order{Country: "CA", Trail: toldFrom(bill)},
		},
		"goods that go to no known country": {
			change: func(in *shopifytest.OrderInput) { in.ShippingAddress = &shopifytest.Address{Address1: "12 Elm Street"} },
			read:   rewards.Order{Country: "CA", Risk: rewards.RiskInvestigate, Trail: readFrom(trailTo("12 Elm Street", "", "", "", ""))},
			told:   rewards.Order{Country: "CA", Trail: toldFrom(trailTo("12 Elm Street", "", "", "", ""))},
		},
		"nothing": {
			change: func(in *shopifytest.OrderInput) {
				in.ShippingAddress, in.BillingAddress, in.Card, in.ClientIP, in.UserAgent, in.Risk = nil, nil, nil, "", "", ""
			},
		},
		"nonsense": {
			change: func(in *shopifytest.OrderInput) {
				in.ShippingAddress, in.BillingAddress, in.ClientIP, in.UserAgent, in.Risk = nil, nil, "localhost", "", "CANCEL"
				in.Card = &shopifytest.Card{Number: "••42", Month: 3, Year: 2029}
			},
			read: rewards.Order{Risk: rewards.RiskCancel},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *shopifytest.Options) { o.HideLevel2 = tc.hidden })
			o := w.simpleOrder(trailOrder, func(in *shopifytest.OrderInput) {
				if tc.change != nil {
					tc.change(in)
				}
			})
			for from, pair := range map[string][2]rewards.Order{"the API": {w.read(o.ID), tc.read}, "the webhook": {w.told(o.ID), tc.told}} {
				got := rewards.Order{Country: pair[0].Country, Risk: pair[0].Risk, Trail: pair[0].Trail}
				if !sameJSON(got, pair[1]) {
					t.Errorf("%s tells %+v, want %+v", from, got, pair[1])
				}
				if p := pair[0].Customer; !tc.hidden && (p.Name != "Frida" || p.Surname != "Example") {
					t.Errorf("%s tells of %+v", from, p)
				}
			}
		})
	}
}

// A card is told from another by what does not change; what is missing makes it no card.
func TestWhatACardIsKnownBy(t *testing.T) {
	t.Parallel()
	whole := shopifytest.Card{BIN: "42424242", Number: "•••• •••• •••• 4242", Company: "Visa", Name: "Frida", Month: 12, Year: 2028}
	for name, tc := range map[string]struct {
		change func(c *shopifytest.Card)
		want   string
	}{
		"all of it":            {func(*shopifytest.Card) {}, "visa 42424242 4242 12/2028"},
		"another name":         {func(c *shopifytest.Card) { c.Name = "F. EXAMPLE" }, "visa 42424242 4242 12/2028"},
		"the issuer's writing": {func(c *shopifytest.Card) { c.Company = " VISA " }, "visa 42424242 4242 12/2028"},
		"through a wallet": {func(c *shopifytest.Card) {
			c.Wallet, c.Number = "APPLE_PAY", "•••• •••• •••• 9981"
		}, "visa 42424242 9981 12/2028"},
		"no first digits": {func(c *shopifytest.Card) { c.BIN = "" }, "visa  4242 12/2028"},
		"no expiry":       {func(c *shopifytest.Card) { c.Month, c.Year = 0, 0 }, ""},
		"no last digits":  {func(c *shopifytest.Card) { c.Number = "" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			card := whole
			tc.change(&card)
			o := w.simpleOrder(func(in *shopifytest.OrderInput) { in.Card = &card })
			if got := w.read(o.ID).Trail.Card; got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// A field that is kept from us, with an error, is as good as one that is null.
func TestTrailThatIsDeniedIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.simpleOrder(func(in *shopifytest.OrderInput) { in.Customer = nil })
	answer := fmt.Sprintf(`{"data":{"order":{"id":"gid://shopify/Order/%d","name":"#1","test":false,"createdAt":"2026-11-05T09:30:00Z","updatedAt":"2026-11-05T09:30:00Z",
		"cancelledAt":null,"displayFinancialStatus":"PAID","currencyCode":"USD","taxesIncluded":false,"clientIp":null,"risk":{"recommendation":"NONE"},
		"shippingAddress":null,"billingAddress":null,"customAttributes":[],"customer":null,"customerJourneySummary":null,
		"totalTipReceivedSet":{"shopMoney":{"amount":"0.0","currencyCode":"USD"}},
		"discountApplications":{"nodes":[],"pageInfo":{"hasNextPage":false}},"shippingLines":{"nodes":[],"pageInfo":{"hasNextPage":false}},
		"transactions":[],"cards":[],"lineItems":{"nodes":[],"pageInfo":{"hasNextPage":false}},"refundIds":[],"refunds":[]}},
		"errors":[{"message":"Access denied","path":["order","shippingAddress","address1"],"extensions":{"code":"ACCESS_DENIED"}},
			{"message":"Access denied","path":["order","clientIp"],"extensions":{"code":"ACCESS_DENIED"}}]}`, o.ID)
	s, shop := answering(t, 200, answer)
	got, err := s.Order(t.Context(), shop, fmt.Sprint(o.ID))
	if err != nil || got.Trail != (rewards.Trail{}) || got.Country != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTheCollectionsOfLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := func(n int64) (ids []int64) {
		for i := range n {
			ids = append(ids, 500+i)
		}
		return ids
	}
	few, some, many, tooMany := w.product("5.00", 501, 777), w.product("6.00", long(12)...), w.product("7.00", long(250)...), w.product("8.00", long(251)...)
	o := w.simpleOrder(func(in *shopifytest.OrderInput) {
		in.Lines = []shopifytest.LineInput{w.line(few, 1), w.line(some, 1), w.line(many, 1), w.line(tooMany, 1), w.line(many, 2), {Price: "3.00"}}
	})
	var got []int
	for _, l := range w.read(o.ID).Lines {
		got = append(got, len(l.Collections))
	}
	// Of a product in more than can be read nothing is told, rather than a part.
	if want := []int{2, 12, 250, 0, 250, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if c := w.read(o.ID).Lines[0].Collections; !slices.Equal(c, []string{"501", "777"}) {
		t.Errorf("got %v", c)
	}
}

// Without read_products an order cannot be read: the shop is parked until it is given.
func TestProductsWantAScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *shopifytest.Options) { o.Scopes = []string{"read_orders", "read_customers"} })
	o := w.simpleOrder()
	_, err := w.Order(t.Context(), w.shop, fmt.Sprint(o.ID))
	wantError(t, err, rewards.Denied, "scope_missing")
}
