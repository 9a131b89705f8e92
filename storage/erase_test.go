package storage

import (
	"context"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestAnErasureTakesOutTheCodeThatWasBeingReplaced(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(codeProgram())
		r.decide(r.order("1"))
		first := r.issue()
		_, _, err := s.Reissue(s.ctx, r.shop.ID, first.ID, "lost", "user:mia")
		s.no(err)
		s.raw("DELETE FROM jobs WHERE kind = 'fulfil'")
		r.apply(rewards.CustomerErased{CustomerID: "c-anna"}, "c-anna")
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'fulfil' AND state = 'due' AND subject = ?", first.ID) != 1 {
			t.Fatal("her first code lives on in the shop")
		}
		got, err := s.DB.Reward(s.ctx, r.shop.ID, first.ID)
		s.no(err)
		if got.Next() != rewards.StepWithdraw {
			t.Fatalf("next is %q", got.Next())
		}
	})
}

func TestTheRewardOfSomebodyWhoWasErasedIsNotIssuedAnew(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(codeProgram())
		r.decide(r.order("1"))
		first := r.issue()
		r.apply(rewards.CustomerErased{CustomerID: "c-anna"}, "c-anna")
		_, _, err := s.Reissue(s.ctx, r.shop.ID, first.ID, "lost", "user:mia")
		s.kind(err, rewards.Conflict, "not_reissuable")
		got, err := s.DB.Reward(s.ctx, r.shop.ID, first.ID)
		s.no(err)
		if got.Status != rewards.StatusIssued {
			t.Fatalf("it is %s", got.Status)
		}
	})
}

func TestAnErasureThatNamesOnlyOrdersTakesTheirPeopleOut(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("77"), r.order("78"))
		if e := r.apply(rewards.CustomerErased{}, ""); e.Reason != "no_customer" {
			t.Fatalf("nobody was named: %+v", e)
		}
		if e := r.apply(rewards.CustomerErased{OrderIDs: []string{"77"}}, ""); e.Reason != "customer_erased" {
			t.Fatalf("got %+v", e)
		}
		for id, left := range map[string]int64{"77": 0, "78": 1} {
			if n := s.count("SELECT count(*) FROM orders WHERE order_id = ? AND CAST(record AS text) LIKE ? AND customer_id = ? AND email_key <> ''", id, `%"c-`+id+`"%`, "c-"+id); n != left {
				t.Errorf("the buyer of order %s is in %d orders", id, n)
			}
		}
		if s.count("SELECT count(*) FROM orders WHERE CAST(record AS text) LIKE '%c-anna%'") != 2 || s.count("SELECT count(*) FROM advocates WHERE customer_id = 'c-anna'") != 1 {
			t.Error("somebody else was erased")
		}
		if s.count("SELECT count(*) FROM events WHERE body IS NOT NULL") != 1 {
			t.Error("the request, which names him, was kept")
		}
	})
}

// ending gives the events of a batch these ends, in the order in which they came.
func ending(ends ...webhooks.Digested) webhooks.DigestFunc {
	return func(context.Context, webhooks.InboxTx, []webhooks.Event) ([]webhooks.Digested, error) {
		return ends, nil
	}
}

func TestNoBodyIsKeptThatNobodyWillRead(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 1), delivery(r.shop.Domain, 2)})
		s.no(err)
		_, err = s.Work(s.ctx, "w", 10, ending(
			webhooks.Digested{Status: webhooks.EventIgnored, Reason: "unknown_topic"}, webhooks.Digested{Status: webhooks.EventQuarantined, Reason: "bad_amount"}))
		s.no(err)
		if s.count("SELECT count(*) FROM events WHERE body IS NOT NULL AND status = 'quarantined'") != 1 || s.count("SELECT count(*) FROM events WHERE body IS NOT NULL") != 1 {
			t.Fatal("an ignored event keeps its body, or one that can be mended has lost it")
		}
		if erased, err := s.ErasedSince(s.ctx, time.Now().Add(-time.Hour)); err != nil || erased {
			t.Errorf("nobody was erased, told %v: %v", erased, err)
		}
		_, err = s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 3)})
		s.no(err)
		_, err = s.Work(s.ctx, "w", 10, confirming(r.shop.ID, "o1"))
		s.no(err)
		_, err = s.RemoveShop(s.ctx, r.shop.ID)
		s.no(err)
		_, err = s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 4)})
		s.no(err)
		_, err = s.Work(s.ctx, "w", 10, confirming(r.shop.ID, "o1"))
		s.no(err)
		if s.count("SELECT count(*) FROM events WHERE reason = 'shop_uninstalled' AND body IS NULL") != 2 {
			t.Fatal("events of a shop that has left keep their bodies")
		}
	})
}

func TestAnErasureTakesWhatCannotBeToldToWhomItBelongs(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r, other := s.referred(creditProgram()), s.referred(creditProgram())
		var answered []string
		for _, x := range []*referred{r, other} {
			_, err := s.Put(s.ctx, []connectors.Delivery{delivery(x.shop.Domain, int(s.n.Add(1))), delivery(x.shop.Domain, int(s.n.Add(1)))})
			s.no(err)
			_, err = s.Work(s.ctx, "w", 10, ending(
				webhooks.Digested{Status: webhooks.EventQuarantined, Reason: "bad_amount"}, webhooks.Digested{Status: webhooks.EventDead, Reason: "panic"}))
			s.no(err)
			for _, key := range []string{"answered", "running"} {
				_, _, _, err = s.BeginCall(s.ctx, x.shop.ID, key, []byte("h"))
				s.no(err)
			}
			s.no(s.EndCall(s.ctx, x.shop.ID, "answered", 201, []byte(`{"customer_id":"c-anna"}`)))
			answered = append(answered, x.shop.ID)
		}
		d := []connectors.Delivery{delivery(r.shop.Domain, int(s.n.Add(1))), delivery(r.shop.Domain, int(s.n.Add(1)))}
		_, err := s.Put(s.ctx, d)
		s.no(err)
		_, err = s.Work(s.ctx, "w", 10, func(ctx context.Context, tx webhooks.InboxTx, _ []webhooks.Event) ([]webhooks.Digested, error) {
			reason, err := tx.Apply(ctx, r.shop.ID, rewards.CustomerErased{CustomerID: "c-anna"}, time.Time{})
			return []webhooks.Digested{{Status: webhooks.EventDone, Reason: reason, CustomerID: "c-anna"}, {Status: webhooks.EventQuarantined, Reason: "bad_id"}}, err
		})
		s.no(err)
		for shop, left := range map[string]int64{r.shop.ID: 0, other.shop.ID: 2} {
			if n := s.count("SELECT count(*) FROM events WHERE shop_id = ? AND body IS NOT NULL", shop); n != left {
				t.Errorf("shop %s keeps %d bodies, want %d", shop, n, left)
			}
		}
		for i, shop := range answered {
			if n := s.count("SELECT count(*) FROM idempotency WHERE shop_id = ?", shop); n != int64(1+i) {
				t.Errorf("shop %d has %d calls", i, n)
			}
		}
	})
}

func TestAnAnswerIsKeptForADay(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		begin := func(key string) bool {
			t.Helper()
			first, _, _, err := s.BeginCall(s.ctx, shop.ID, key, []byte("h"))
			s.no(err)
			s.no(s.EndCall(s.ctx, shop.ID, key, 201, []byte("answer")))
			return first
		}
		begin("old")
		s.raw("UPDATE idempotency SET created_at = {after}", -25*time.Hour.Microseconds())
		begin("young")
		if s.count("SELECT count(*) FROM idempotency") != 1 {
			t.Fatal("an answer is kept for longer than a day")
		}
		if begin("young") || !begin("old") {
			t.Fatal("a young answer was forgotten, or an old one given again")
		}
	})
}

func TestAShopThatCameBackIsNotErased(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := creditProgram()
		p.Hold = time.Hour
		r := s.referred(p)
		r.decide(r.order("1"))
		if e := r.apply(rewards.ShopErased{}, ""); e.Status != webhooks.EventDone || e.Reason != "shop_active" {
			t.Fatalf("got %+v", e)
		}
		a, err := s.Advocate(s.ctx, r.shop.ID, r.advocate.ID)
		s.no(err)
		if a.Status != "pending" || a.CustomerID != "c-anna" || r.the("1").Status != rewards.StatusPending {
			t.Fatalf("it lost its people: %+v", a)
		}
	})
}
