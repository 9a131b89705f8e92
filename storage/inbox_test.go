package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestADeliveryIsStoredOnceHoweverOftenItComes(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		var wg sync.WaitGroup
		var mu sync.Mutex
		stored := 0
		for range 20 {
			wg.Go(func() {
				for range 50 {
					n, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 2), delivery(shop.Domain, 1), delivery(shop.Domain, 2)})
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					stored += n
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if stored != 2 || s.count("SELECT count(*) FROM events") != 2 {
			t.Fatalf("stored %d, there are %d rows", stored, s.count("SELECT count(*) FROM events"))
		}
	})
}

func TestADeliveryForAnUnknownShopIsKnownAndNotKept(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		if n, err := s.Put(s.ctx, []connectors.Delivery{delivery("nobody.myshopify.com", 1)}); n != 1 || err != nil {
			t.Fatalf("stored %d, %v", n, err)
		}
		list, _, err := s.Events(s.ctx, webhooks.EventFilter{}, rewards.Page{})
		s.no(err)
		if len(list) != 1 || list[0].Status != webhooks.EventIgnored || list[0].Reason != "unknown_shop" || list[0].Domain != "nobody.myshopify.com" || list[0].FinishedAt.IsZero() {
			t.Fatalf("got %+v", list)
		}
		_, err = s.AddShop(s.ctx, NewShop{Platform: "shopify", Domain: "nobody.myshopify.com", Token: "t"})
		s.no(err)
		_, err = s.Replay(s.ctx, "", list[0].ID)
		s.kind(err, rewards.Conflict, "body_erased")
	})
}

func TestWhatATextCannotHoldIsCleaned(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		d := delivery("a\x00b\xff", 1)
		d.Topic = "x\x00\xfe"
		if n, err := s.Put(s.ctx, []connectors.Delivery{d}); n != 1 || err != nil {
			t.Fatalf("stored %d, %v", n, err)
		}
	})
}

func TestWorkClaimsEachEventOnceAndStoresItsResult(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		const total = 300
		var ds []connectors.Delivery
		for i := range total {
			ds = append(ds, delivery(shop.Domain, i))
		}
		if n, err := s.Put(s.ctx, ds); n != total || err != nil {
			t.Fatalf("stored %d, %v", n, err)
		}
		var mu sync.Mutex
		seen := map[int64]int{}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for {
					n, err := s.Work(s.ctx, fmt.Sprint("w", w), 20, func(_ context.Context, _ webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
						out := make([]webhooks.Digested, len(events))
						mu.Lock()
						defer mu.Unlock()
						for i, e := range events {
							seen[e.ID]++
							if e.ShopID != shop.ID || len(bodyOf(e)) == 0 {
								return nil, errors.New("an event is not whole")
							}
							out[i] = webhooks.Digested{Status: webhooks.EventDone, Reason: "r", OrderID: "o1"}
						}
						return out, nil
					})
					if err != nil {
						t.Error(err)
						return
					}
					if n == 0 && s.count("SELECT count(*) FROM events WHERE status = 'pending'") == 0 {
						return
					}
				}
			})
		}
		wg.Wait()
		if len(seen) != total || s.count("SELECT count(*) FROM events WHERE status = 'done' AND order_id = 'o1' AND attempts = 1") != total {
			t.Fatalf("saw %d of %d", len(seen), total)
		}
		if s.count("SELECT count(*) FROM worker_notes") != 0 {
			t.Fatal("notes were left")
		}
	})
}

// poisoned fails whenever the event with this body is in its batch.
func poisoned(body string, how func() error) webhooks.DigestFunc {
	return func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		for _, e := range events {
			if string(bodyOf(e)) == body {
				return nil, how()
			}
		}
		return all(webhooks.EventDone)(ctx, tx, events)
	}
}

func TestAPoisonEventEndsDeadAndTheOthersAreDone(t *testing.T) {
	for name, how := range map[string]func() error{
		"error": func() error { return rewards.Errorf(rewards.Internal, "poison", "no") },
		"panic": func() error { panic("poison") },
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				shop := s.shop()
				_, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1), delivery(shop.Domain, 2), delivery(shop.Domain, 3)})
				s.no(err)
				s.oneOfThreeEndsDead(poisoned(`{"id":2}`, how))
			})
		})
	}
}

func TestABodyThatCannotBeUnpackedEndsDeadAndTheOthersAreDone(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1), delivery(shop.Domain, 2), delivery(shop.Domain, 3)})
		s.no(err)
		s.raw("UPDATE events SET body = ? WHERE id = (SELECT min(id) FROM events)", []byte("neither packed nor plain"))
		s.oneOfThreeEndsDead(func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
			for _, e := range events {
				if _, err := tx.Unpack(nil, e.Packed); err != nil {
					return nil, err
				}
			}
			return all(webhooks.EventDone)(ctx, tx, events)
		})
	})
}

// oneOfThreeEndsDead works on three events of which f fails for one.
func (s *store) oneOfThreeEndsDead(f webhooks.DigestFunc) {
	s.t.Helper()
	if n, err := s.Work(s.ctx, "w", 10, f); n != 3 || err == nil {
		s.t.Fatalf("claimed %d, %v", n, err)
	}
	for range 20 {
		_, _ = s.WorkSuspect(s.ctx, "w", 3, f)
		s.raw("UPDATE events SET due_at = {now}") // the pause between tries is over
	}
	if done, dead := s.count("SELECT count(*) FROM events WHERE status = 'done'"), s.count("SELECT count(*) FROM events WHERE status = 'dead' AND attempts = 3"); done != 2 || dead != 1 {
		s.t.Fatalf("%d done, %d dead", done, dead)
	}
	if n, err := s.WorkSuspect(s.ctx, "w", 3, f); n != 0 || err != nil {
		s.t.Fatalf("there is more: %d, %v", n, err)
	}
}

func TestAFaultOfTheDatabaseLeavesEventsAsTheyWere(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1)})
		s.no(err)
		down := func() error { return rewards.Errorf(rewards.Unavailable, "database_unavailable", "gone") }
		_, err = s.Work(s.ctx, "w", 10, poisoned(`{"id":1}`, down))
		s.kind(err, rewards.Unavailable, "database_unavailable")
		if s.count("SELECT count(*) FROM events WHERE status = 'pending' AND NOT suspect AND attempts = 0") != 1 || s.count("SELECT count(*) FROM worker_notes") != 0 {
			t.Fatal("the event was touched, or noted still")
		}
		if n, err := s.Work(s.ctx, "w", 10, all(webhooks.EventDone)); n != 1 || err != nil {
			t.Fatalf("claimed %d, %v", n, err)
		}
	})
}

func TestWhatADeadWorkerHadInHandIsTriedAlone(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1), delivery(shop.Domain, 2)})
		s.no(err)
		var ids []eventKey
		_, err = s.direct(s.ctx).scan(&ids, "SELECT shop_id AS shop, id FROM events ORDER BY id")
		s.no(err)
		s.no(s.direct(s.ctx).note(noteRow{ID: "note_dead", Worker: "dead", keys: ids[:1]}))
		if n, err := s.Rescue(s.ctx, false); n != 0 || err != nil {
			t.Fatalf("a living worker was robbed of %d events, %v", n, err)
		}
		s.raw("UPDATE worker_notes SET lease_until = {after}", -time.Minute.Microseconds())
		if n, err := s.Rescue(s.ctx, false); n != 1 || err != nil {
			t.Fatalf("rescued %d, %v", n, err)
		}
		if n, err := s.Work(s.ctx, "w", 10, all(webhooks.EventDone)); n != 1 || err != nil {
			t.Fatalf("the suspect was worked in company: %d, %v", n, err)
		}
		if n, err := s.WorkSuspect(s.ctx, "w", 3, all(webhooks.EventDone)); n != 1 || err != nil {
			t.Fatalf("worked %d suspects, %v", n, err)
		}
		if s.count("SELECT count(*) FROM events WHERE status = 'done'") != 2 || s.count("SELECT count(*) FROM worker_notes") != 0 {
			t.Fatal("not all is done")
		}
		s.no(s.direct(s.ctx).note(noteRow{ID: "note_dead", Worker: "dead", keys: ids}))
		s.raw("UPDATE lanes SET token = 'lease_of_a_dead', lease_until = {after}", time.Minute.Microseconds())
		if n, err := s.Rescue(s.ctx, true); n != 0 || err != nil || s.count("SELECT count(*) FROM worker_notes") != 0 {
			t.Fatalf("done events were rescued: %d, %v", n, err)
		}
		if n := s.count("SELECT count(*) FROM lanes WHERE token <> ''"); n != 0 {
			t.Errorf("%d shops wait for a process that is gone", n)
		}
	})
}

func TestAnEventThatKillsTheProcessEndsDead(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1)})
		s.no(err)
		s.raw("UPDATE events SET suspect = true")
		for range 3 { // the process dies after the try was counted
			if _, tries, err := s.takeSuspect(s.ctx, 3); err != nil || tries > 3 {
				t.Fatalf("try %d, %v", tries, err)
			}
			if n, err := s.WorkSuspect(s.ctx, "w", 3, all(webhooks.EventDone)); n != 0 || err != nil {
				t.Fatalf("tried again at once: %d, %v", n, err)
			}
			s.raw("UPDATE events SET due_at = {now}")
		}
		if n, err := s.WorkSuspect(s.ctx, "w", 3, all(webhooks.EventDone)); n != 1 || err != nil {
			t.Fatalf("worked %d, %v", n, err)
		}
		list, _, err := s.Events(s.ctx, webhooks.EventFilter{Status: webhooks.EventDead}, rewards.Page{})
		s.no(err)
		if len(list) != 1 || list[0].Reason != "worker_died" {
			t.Fatalf("got %+v", list)
		}
		e, err := s.Replay(s.ctx, shop.ID, list[0].ID)
		s.no(err)
		if e.Status != webhooks.EventPending || e.Attempts != 0 || !e.FinishedAt.IsZero() {
			t.Fatalf("got %+v", e)
		}
		if n, err := s.Work(s.ctx, "w", 10, all(webhooks.EventDone)); n != 1 || err != nil {
			t.Fatalf("claimed %d, %v", n, err)
		}
	})
}

func TestEventsAreListedPageByPage(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop, other := s.shop(), s.shop()
		var ds []connectors.Delivery
		for i := range 7 {
			ds = append(ds, delivery(shop.Domain, i))
		}
		_, err := s.Put(s.ctx, append(ds, delivery(other.Domain, 1)))
		s.no(err)
		seen := map[string]bool{}
		page := rewards.Page{Limit: 3}
		for range 5 {
			list, next, err := s.Events(s.ctx, webhooks.EventFilter{ShopID: shop.ID, Status: webhooks.EventPending}, page)
			s.no(err)
			for _, e := range list {
				if seen[e.ID] || e.ShopID != shop.ID {
					t.Fatalf("%s came twice, or is another shop's", e.ID)
				}
				seen[e.ID] = true
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		if len(seen) != 7 {
			t.Fatalf("saw %d of 7", len(seen))
		}
		_, cursor, err := s.Events(s.ctx, webhooks.EventFilter{ShopID: shop.ID}, rewards.Page{Limit: 3})
		s.no(err)
		_, _, err = s.Events(s.ctx, webhooks.EventFilter{ShopID: other.ID}, rewards.Page{Cursor: cursor})
		s.kind(err, rewards.Invalid, "bad_cursor")
		_, _, err = s.Ledger(s.ctx, shop.ID, rewards.LedgerFilter{}, rewards.Page{Cursor: cursor})
		s.kind(err, rewards.Invalid, "bad_cursor")
		_, err = s.Event(s.ctx, other.ID, "evt_1")
		s.kind(err, rewards.NotFound, "event_not_found")
		_, err = s.Event(s.ctx, shop.ID, "evt_x")
		s.kind(err, rewards.NotFound, "event_not_found")
	})
}
