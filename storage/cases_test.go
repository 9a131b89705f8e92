package storage

import (
	"context"
	"fmt"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/webhooks"
)

// lenient is a programme in which any order counts and no case holds one: what is tried here is what is
// found, not what follows.
func lenient() rewards.Program {
	p := busyProgram()
	p.Qualify.Customers = rewards.CustomersAny
	p.Fairness.Override = map[string]fairness.Verdict{}
	for _, r := range fairness.Rules() {
		p.Fairness.Override[r.Name] = fairness.Off
	}
	return p
}

// member makes another advocate of the shop.
func (r *referred) member(customer, email string) rewards.Advocate {
	r.t.Helper()
	a, _, err := r.CreateAdvocate(r.ctx, r.shop.ID, rewards.NewAdvocate{CustomerID: customer, Email: email, FirstName: "Ben"})
	r.no(err)
	return a
}

// caseOf is what was found about an order and the advocate who won it.
func (r *referred) caseOf(orderID string) fairness.Case {
	r.t.Helper()
	o, err := r.Order(r.ctx, r.shop.ID, orderID)
	r.no(err)
	for _, c := range o.Facts.Claims {
		if c.AdvocateID == o.Decision.Advocate {
			return c.Case
		}
	}
	r.t.Fatalf("order %s has no winner: %+v", orderID, o.Decision)
	return fairness.Case{}
}

// earlier is an order of a customer from before, without a code.
func (r *referred) earlier(id, customer string, ago time.Duration) rewards.Order {
	o := r.order(id)
	o.Customer.ID, o.Customer.Email = customer, customer+"@else.example"
	o.PlacedAt = o.PlacedAt.Add(-ago)
	o.Codes, o.PaidAt = nil, nil
	return o
}

// plain records orders without a code, as webhooks tell them.
func (r *referred) plain(orders ...rewards.Order) {
	r.t.Helper()
	for _, o := range orders {
		_, err := r.Put(r.ctx, []connectors.Delivery{delivery(r.shop.Domain, int(r.n.Add(1)))})
		r.no(err)
		_, err = r.Work(r.ctx, "w", 10, recordPlain(r.shop.ID, o))
		r.no(err)
	}
}

// home is a place that tells all that a place can.
func home() rewards.Trail {
	return rewards.Trail{
		Address: fairness.Address{Line1: "Ringstrasse 1", City: "Wien", Postcode: "1010", Country: "AT"},
		IP:      "198.51.100.7", Agent: "Browser/1", Card: "card-1",
	}
}

const homePhone = "+43 660 1234567"

// plainValues counts the records that hold what home and homePhone say.
func (s *store) plainValues() (n int64) {
	s.t.Helper()
	for _, plain := range []string{"Ringstrasse", "198.51.100", "Browser/", "card-1", "1234567"} {
		n += s.count("SELECT count(*) FROM orders WHERE CAST(record AS text) LIKE ?", "%"+plain+"%")
	}
	return n
}

func TestEachThingInCommonIsFound(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, tc := range map[string]struct {
		hers   time.Duration // how long before the friend's order the advocate's own was
		edit   func(o *rewards.Order)
		expect fairness.Pair
	}{
		"nothing":                       {edit: func(*rewards.Order) {}},
		"an address":                    {hers: 300 * day, edit: func(o *rewards.Order) { o.Trail.Address = home().Address }, expect: fairness.Pair{SameAddress: true}},
		"an address of two years ago":   {hers: 700 * day, edit: func(o *rewards.Order) { o.Trail.Address = home().Address }},
		"a telephone number":            {hers: 700 * day, edit: func(o *rewards.Order) { o.Country, o.Customer.Phone = "AT", "0660 1234567" }, expect: fairness.Pair{SamePhone: true}},
		"a number without its country":  {hers: day, edit: func(o *rewards.Order) { o.Customer.Phone = "0660 1234567" }},
		"a card":                        {hers: 700 * day, edit: func(o *rewards.Order) { o.Trail.Card = " card-1" }, expect: fairness.Pair{SameCard: true}},
		"another card":                  {hers: day, edit: func(o *rewards.Order) { o.Trail.Card = "card-2" }},
		"a connection of last week":     {hers: 7 * day, edit: func(o *rewards.Order) { o.Trail.IP = "198.51.100.7" }, expect: fairness.Pair{SameIP: true}},
		"a connection of two months":    {hers: 60 * day, edit: func(o *rewards.Order) { o.Trail.IP = "198.51.100.7" }},
		"a browser of today":            {hers: time.Hour, edit: func(o *rewards.Order) { o.Trail.IP, o.Trail.Agent = "198.51.100.7", "Browser/1" }, expect: fairness.Pair{SameIP: true, SameDevice: true}},
		"a browser of two days ago":     {hers: 2 * day, edit: func(o *rewards.Order) { o.Trail.IP, o.Trail.Agent = "198.51.100.7", "Browser/1" }, expect: fairness.Pair{SameIP: true}},
		"another browser":               {hers: time.Hour, edit: func(o *rewards.Order) { o.Trail.IP, o.Trail.Agent = "198.51.100.7", "Browser/2" }, expect: fairness.Pair{SameIP: true}},
		"a network at home":             {hers: time.Hour, edit: func(o *rewards.Order) { o.Trail.IP = "192.168.0.7" }},
		"a mail domain":                 {edit: func(o *rewards.Order) { o.Customer.Email = "ben@canary.example" }, expect: fairness.Pair{SameDomain: true}},
		"a mailbox but for a tag":       {edit: func(o *rewards.Order) { o.Customer.Email = "anna+shop@canary.example" }, expect: fairness.Pair{SameDomain: true, AliasEmail: true}},
		"a mailbox that she had before": {hers: day, edit: func(o *rewards.Order) { o.Customer.Email = "c-anna@else.example" }, expect: fairness.Pair{SameEmail: true}},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				r := s.referred(lenient())
				if tc.hers > 0 {
					hers := r.earlier("hers", "c-anna", tc.hers)
					hers.Trail, hers.Country, hers.Customer.Phone = home(), "AT", homePhone
					r.plain(hers)
				}
				o := r.order("o1")
				tc.edit(&o)
				r.decide(o)
				if got := r.caseOf("o1"); got.Pair != tc.expect {
					t.Fatalf("got %+v", got.Pair)
				}
				if n := s.plainValues(); n != 0 {
					t.Fatalf("%d records hold plain values", n)
				}
			})
		})
	}
}

func TestEachCountOfOtherOrdersIsMade(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	at := func(o rewards.Order, edit func(*rewards.Order)) rewards.Order {
		edit(&o)
		return o
	}
	card := func(o *rewards.Order) { o.Trail.Card = "card-1" }
	for name, tc := range map[string]struct {
		before func(r *referred)
		edit   func(r *referred, o *rewards.Order)
		expect fairness.Counts
	}{
		"two friends from one connection": {
			before: func(r *referred) {
				for i := range 2 {
					r.decide(at(r.order(fmt.Sprint("f", i)), func(o *rewards.Order) { o.Trail.IP = "198.51.100.7" }))
				}
			},
			edit: func(_ *referred, o *rewards.Order) { o.Trail.IP = "198.51.100.7" }, expect: fairness.Counts{FriendsByIP: 2, StrangersDay: 2, AdvocateDay: 2, AdvocateMonth: 2}},
		"a buyer without a code from one connection": {
			before: func(r *referred) {
				r.plain(at(r.earlier("f", "c-f", day), func(o *rewards.Order) { o.Trail.IP = "198.51.100.7" }))
			},
			edit: func(_ *referred, o *rewards.Order) { o.Trail.IP = "198.51.100.7" }},
		"a first order with one card": {
			before: func(r *referred) { r.plain(at(r.earlier("f", "c-f", 6*day), card)) },
			edit:   func(_ *referred, o *rewards.Order) { card(o) }, expect: fairness.Counts{FirstsByCard: 1, OthersByCard: 1}},
		"an old order with one card, not paid": {
			before: func(r *referred) {
				r.plain(at(r.earlier("f", "c-f", 8*day), func(o *rewards.Order) { card(o); o.Payment = rewards.PaymentPending }))
			},
			edit: func(_ *referred, o *rewards.Order) { card(o) }},
		"a second order to one address": {
			before: func(r *referred) {
				r.plain(r.earlier("first", "c-f", 9*day), at(r.earlier("second", "c-f", day), func(o *rewards.Order) { o.Trail.Address = home().Address }))
			},
			edit: func(_ *referred, o *rewards.Order) { o.Trail.Address = home().Address }, expect: fairness.Counts{OthersByAddress: 1}},
		"a first order from one browser": {
			before: func(r *referred) {
				r.plain(at(r.earlier("f", "c-f", day), func(o *rewards.Order) { o.Trail.IP, o.Trail.Agent = "198.51.100.7", "Browser/1" }))
			},
			edit: func(_ *referred, o *rewards.Order) { o.Trail.IP, o.Trail.Agent = "198.51.100.7", "Browser/1" }, expect: fairness.Counts{FirstsByDevice: 1}},
		"a customer with one telephone number": {
			before: func(r *referred) {
				r.plain(at(r.earlier("f", "c-f", 400*day), func(o *rewards.Order) { o.Customer.Phone = homePhone }))
			},
			edit: func(_ *referred, o *rewards.Order) { o.Customer.Phone = homePhone }, expect: fairness.Counts{OthersByPhone: 1}},
		"the friend's own order with one telephone number": {
			before: func(r *referred) {
				r.plain(at(r.earlier("f", "c-o1", 400*day), func(o *rewards.Order) { o.Customer.Phone = homePhone }))
			},
			edit: func(_ *referred, o *rewards.Order) { o.Customer.Phone = homePhone }},
		"another advocate's friend": {
			before: func(r *referred) {
				ben := r.member("c-ben", "ben@else.example")
				r.decide(at(r.order("f"), func(o *rewards.Order) {
					o.Customer.ID, o.Codes[0].Code, o.PlacedAt = "c-o1", ben.Code, o.PlacedAt.Add(-100*time.Hour)
				}))
			},
			edit: func(*referred, *rewards.Order) {}, expect: fairness.Counts{AlreadyReferred: true}},
		"the advocate's friend": {
			before: func(r *referred) {
				r.decide(at(r.order("f"), func(o *rewards.Order) { o.Customer.ID, o.PlacedAt = "c-o1", o.PlacedAt.Add(-100*time.Hour) }))
			},
			edit: func(*referred, *rewards.Order) {}, expect: fairness.Counts{AdvocateMonth: 1}},
		"orders of one friend within three days": {
			before: func(r *referred) { r.plain(r.earlier("f", "c-o1", 71*time.Hour), r.earlier("g", "c-o1", 73*time.Hour)) },
			edit:   func(*referred, *rewards.Order) {}, expect: fairness.Counts{SplitOrders: 1}},
		"a stranger, and one who followed the link": {
			before: func(r *referred) {
				r.decide(r.order("f"), at(r.order("g"), func(o *rewards.Order) { o.Touches = []rewards.Touch{{Code: r.advocate.Code}} }))
				r.decide(at(r.order("h"), func(o *rewards.Order) { o.PlacedAt = o.PlacedAt.Add(-25 * time.Hour) }))
			},
			edit: func(*referred, *rewards.Order) {}, expect: fairness.Counts{StrangersDay: 1, ClicksKnown: true, LinkShareBP: 3333, AdvocateDay: 2, AdvocateMonth: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				p := lenient()
				p.Qualify.Minimum = usd(4400)
				r := s.referred(p)
				tc.before(r)
				o := r.order("o1")
				tc.edit(r, &o)
				r.decide(o)
				if got := r.caseOf("o1").Counts; got != tc.expect {
					t.Fatalf("got %+v, want %+v", got, tc.expect)
				}
			})
		})
	}
}

// A burst of orders comes in one batch: those before an order count for it although nothing is stored yet.
func TestTheOrdersOfOneBatchKnowOfEachOther(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(lenient())
		ben := r.member("c-ben", "ben@else.example")
		var orders []rewards.Order
		for i := range 3 {
			o := r.order(fmt.Sprint("o", i))
			o.PlacedAt, o.Trail, o.Customer.Phone = o.PlacedAt.Add(time.Duration(i)*time.Millisecond), home(), homePhone
			orders = append(orders, o)
		}
		again := r.order("again")
		again.Customer, again.PlacedAt, again.Codes[0].Code = orders[0].Customer, orders[0].PlacedAt.Add(5*time.Millisecond), ben.Code
		r.decide(append(orders, again)...)
		for i, o := range orders {
			got := r.caseOf(o.ID).Counts
			want := fairness.Counts{FriendsByIP: i, FirstsByAddress: i, FirstsByCard: i, FirstsByDevice: i, OthersByPhone: i, OthersByCard: i, OthersByAddress: i,
				AdvocateDay: i, AdvocateMonth: i, StrangersDay: i}
			if got != want {
				t.Errorf("order %d: got %+v", i, got)
			}
		}
		if got := r.caseOf("again").Counts; !got.AlreadyReferred {
			t.Errorf("got %+v", got)
		}
	})
}

func TestCirclesAreFoundUpToFive(t *testing.T) {
	t.Parallel()
	for people, want := range map[int]int{2: 2, 3: 3, 5: 5, 6: 0} {
		t.Run(fmt.Sprint(people), func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				r := s.referred(lenient())
				codes, ids := []string{r.advocate.Code}, []string{"c-anna"}
				for i := 1; i < people; i++ {
					id := fmt.Sprint("c-", i)
					codes, ids = append(codes, r.member(id, id+"@"+id+".example").Code), append(ids, id)
				}
				for i := range people { // each refers the next, and the last the first
					o := r.order(fmt.Sprint("o", i))
					o.Customer.ID, o.Codes[0].Code = ids[(i+1)%people], codes[i]
					r.decide(o)
				}
				last := fmt.Sprint("o", people-1)
				if got := r.caseOf(last).Counts.Ring; got != want {
					t.Fatalf("got %d", got)
				}
				if got := r.caseOf("o0").Counts.Ring; got != 0 {
					t.Fatalf("the first referral closes a circle of %d", got)
				}
			})
		})
	}
}

func TestTwoWhoReferEachOtherInOneBatchAreACircle(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(lenient())
		ben := r.member("c-ben", "ben@else.example")
		a, b := r.order("a"), r.order("b")
		a.Customer.ID, b.Customer.ID, b.Codes[0].Code = "c-ben", "c-anna", ben.Code
		r.decide(a, b)
		if x, y := r.caseOf("a").Counts.Ring, r.caseOf("b").Counts.Ring; x != 2 || y != 2 {
			t.Fatalf("got %d and %d", x, y)
		}
	})
}

func TestAnOldReferralClosesNoCircle(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(lenient())
		ben := r.member("c-ben", "ben@else.example")
		a, b := r.order("a"), r.order("b")
		a.Customer.ID, a.PlacedAt = "c-ben", a.PlacedAt.Add(-91*24*time.Hour)
		b.Customer.ID, b.Codes[0].Code = "c-anna", ben.Code
		r.decide(a)
		r.decide(b)
		if got := r.caseOf("b").Counts.Ring; got != 0 {
			t.Fatalf("got %d", got)
		}
	})
}

func TestAThrowAwayMailboxAndTheAdvocatesOwnRewardCodeAreSeen(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := lenient()
		p.Rules = codeProgram().Rules
		r := s.referred(p)
		r.decide(r.order("first"))
		own := r.issue().Code
		o, plain, none := r.order("o1"), r.order("o2"), r.order("o3")
		o.Customer.Email = "x@mailinator.com"
		o.Codes = append(o.Codes, rewards.AppliedCode{Code: own, TookOff: usd(100)})
		none.Customer.Email = ""
		r.decide(o, plain, none)
		a, b, c := r.caseOf("o1"), r.caseOf("o2"), r.caseOf("o3")
		if a.Disposable == nil || !*a.Disposable || !a.Counts.CyclesOwnReward {
			t.Errorf("got %+v", a)
		}
		if b.Disposable == nil || *b.Disposable || b.Counts.CyclesOwnReward || c.Disposable != nil {
			t.Errorf("got %+v and %+v", b, c)
		}
	})
}

// What was found is kept: later orders cannot change it, and an order that tells of new places is looked at
// again.
func TestACaseIsGatheredOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := lenient()
		p.Hold = time.Hour
		r := s.referred(p)
		o := r.order("o1")
		r.decide(o)
		hers := r.earlier("hers", "c-anna", time.Hour)
		hers.Trail = home()
		r.plain(hers)
		o.UpdatedAt = o.UpdatedAt.Add(time.Second)
		r.decide(o)
		if got := r.caseOf("o1"); got.Pair != (fairness.Pair{}) {
			t.Fatalf("a later order changed it: %+v", got)
		}
		o.UpdatedAt, o.Trail.Card = o.UpdatedAt.Add(time.Second), "card-1"
		r.decide(o)
		if got := r.caseOf("o1"); !got.Pair.SameCard {
			t.Fatalf("got %+v", got)
		}
	})
}

func TestAnAdvocateWhoseDataDoNotOpenIsTrouble(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		s.raw("UPDATE advocates SET person_sealed = (SELECT token_sealed FROM shops)") // which was sealed for another place
		r.decide(r.order("o1"))
		got := r.caseOf("o1")
		if len(got.Trouble) != 2 {
			t.Fatalf("got %+v", got)
		}
		if o, err := s.Order(s.ctx, r.shop.ID, "o1"); err != nil || o.Decision.Reason != rewards.ReasonFraudReview {
			t.Fatalf("got %+v, %v", o.Decision, err)
		}
	})
}

// The browser is in the webhook only: what the order left then counts when it was read from the shop.
func TestWhatOnlyAWebhookTellsIsKeptUntilTheOrderIsRead(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(lenient())
		hers := r.earlier("hers", "c-anna", time.Hour)
		hers.Trail = home()
		r.plain(hers)
		told := r.order("o1")
		told.Trail.IP, told.Trail.Agent = "198.51.100.7", "Browser/1"
		_, err := r.Put(r.ctx, []connectors.Delivery{delivery(r.shop.Domain, int(r.n.Add(1)))})
		r.no(err)
		_, err = r.Work(r.ctx, "w", 10, tracing(r.shop.ID, told))
		r.no(err)
		read := r.order("o1")
		read.Trail.IP = "198.51.100.7"
		r.decide(read)
		if got := r.caseOf("o1").Pair; !got.SameDevice || !got.SameIP {
			t.Fatalf("got %+v", got)
		}
	})
}

// tracing is a digest that keeps where an order came from.
func tracing(shopID string, o rewards.Order) webhooks.DigestFunc {
	return func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		if err := tx.Trace(ctx, []webhooks.ShopOrder{{ShopID: shopID, Order: o}}); err != nil {
			return nil, err
		}
		return all(webhooks.EventDone)(ctx, tx, events)
	}
}
