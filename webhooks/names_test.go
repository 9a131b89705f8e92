package webhooks_test

import (
	"maps"
	"testing"

	"grapevine/connectors"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// A payment and the checkout that it belongs to are two names of one order.
func TestAnOrderOfTwoNamesIsJudgedOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		v := newVillage()
		s := settle(t, url, v, v)
		for _, id := range []string{"o1", "o2", "o3"} {
			v.places(s.bought(id))
			v.alias["pay_"+id] = id
		}
		// o1 by its payment alone, o2 by both at once, o3 by one after the other.
		s.sends("payment", "p1", []byte("pay_o1"))
		second, third := v.changes[1], v.changes[2]
		second.Platform, second.Domain = "village", "one.example/Shop"
		both := []connectors.Delivery{second, {Platform: "village", Domain: "one.example/Shop", Topic: "payment", DeliveryID: "p2", Body: []byte("pay_o2")}}
		if _, err := s.db.Put(t.Context(), both); err != nil {
			t.Fatal(err)
		}
		s.pipeline.Wake()
		s.sends("payment", "p3", []byte("pay_o3"))
		s.idle()
		s.sends("order", third.DeliveryID, third.Body)
		s.idle()
		want := map[string]string{"payment": "o3 done ", "payment+": "o2 done ", "payment++": "o1 done ", "order": "o3 done ", "order+": "o2 done "}
		if got := s.ended(); !sameEnds(got, want) {
			t.Errorf("the webhooks ended %v", got)
		}
		for _, id := range []string{"o1", "o2", "o3"} {
			got, err := s.db.Order(t.Context(), s.shopID, id)
			if err != nil || got.Decision.Outcome != rewards.OutcomeRewarded || len(got.Rewards) != 1 {
				t.Errorf("%s: %s, %d rewards, %v", id, got.Decision.Outcome, len(got.Rewards), err)
			}
			if _, err := s.db.Order(t.Context(), s.shopID, "pay_"+id); rewards.KindOf(err) != rewards.NotFound {
				t.Errorf("pay_%s is an order of its own: %v", id, err)
			}
		}
		if got := s.balances()["issued:"+s.advocate]; got != 3000 {
			t.Errorf("Ana was given %d, want 3000", got)
		}
		s.sound()
	})
}

// sameEnds compares how webhooks ended, whatever the order in which those of a topic came.
func sameEnds(a, b map[string]string) bool {
	count := func(m map[string]string) map[string]int {
		out := map[string]int{}
		for topic, end := range m {
			out[topic[:5]+end]++
		}
		return out
	}
	return maps.Equal(count(a), count(b))
}

func TestWhatIsNoOrderIsPassedOver(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		v := newVillage()
		s := settle(t, url, v, v)
		v.alias["pay_gift"] = ""
		s.sends("payment", "p1", []byte("pay_gift"))
		s.sends("payment", "p2", []byte("pay_gift"))
		s.idle()
		want := map[string]string{"payment": "pay_gift ignored not_an_order", "payment+": "pay_gift ignored not_an_order"}
		if got := s.ended(); !maps.Equal(got, want) {
			t.Errorf("the webhooks ended %v", got)
		}
		if _, err := s.db.Order(t.Context(), s.shopID, "pay_gift"); rewards.KindOf(err) != rewards.NotFound {
			t.Errorf("it is an order: %v", err)
		}
		s.sound()
	})
}

// A webhook that leaves the codes out is not taken for an order without any.
func TestAnOrderThatMustBeReadIsRead(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		v := newVillage()
		s := settle(t, url, v, v)
		with, without := s.bought("o1"), s.bought("o2")
		without.Codes = nil
		for _, o := range []rewards.Order{with, without} {
			d := v.places(o)
			s.sends("short", d.DeliveryID, d.Body)
		}
		s.idle()
		for id, want := range map[string]rewards.Outcome{"o1": rewards.OutcomeRewarded, "o2": rewards.OutcomeNone} {
			if got, err := s.db.Order(t.Context(), s.shopID, id); err != nil || got.Decision.Outcome != want {
				t.Errorf("%s: %s, %v; want %s", id, got.Decision.Outcome, err, want)
			}
		}
		s.sound()
	})
}

func TestWebhooksThatTellNothingWaitForAPerson(t *testing.T) {
	t.Parallel()
	v := newVillage()
	s := settle(t, testdb.SQLite(t), v, v)
	s.sends("broken", "d1", []byte("{}"))
	s.idle()
	list, _, err := s.db.Events(t.Context(), webhooks.EventFilter{ShopID: s.shopID, Status: webhooks.EventHeld}, rewards.Page{Limit: 10})
	if err != nil || len(list) != 1 || list[0].Reason != "hooks_broken" || list[0].OrderID != "" {
		t.Errorf("%+v, %v", list, err)
	}
	s.sound()
}

// Where each code is a discount of its own, other terms go to each of them; where they hang on one offer, to
// that alone.
func TestOtherTermsReachEveryCode(t *testing.T) {
	t.Parallel()
	for name, apart := range map[string]bool{"each code a discount of its own": true, "all codes of one discount": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, url string) {
				v := newVillage()
				v.can.CodesApart = apart
				s := settle(t, fresh(t, url), v, v)
				if got := v.discounts(); got != s.code+" 1000" {
					t.Fatalf("at first: %s", got)
				}
				s.applies("25")
				s.until("the offer has the new terms", func() bool {
					v.mu.Lock()
					defer v.mu.Unlock()
					return v.offers["offer"].Discount.Percent == 2500
				})
				s.idle()
				want := s.code + " 1000"
				if apart {
					want = s.code + " 2500"
				}
				if got := v.discounts(); got != want {
					t.Errorf("after that: %s, want %s", got, want)
				}
				if a, err := s.db.Advocate(t.Context(), s.shopID, s.advocate); err != nil || a.Status != "active" {
					t.Errorf("Ana's code is %s, %v", a.Status, err)
				}
				s.sound()
			})
		})
	}
}
