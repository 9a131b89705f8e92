package storage

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"grapevine/connectors"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// ninthSchema is a database as version 9 made it, with an event in every state, three months apart.
func ninthSchema(t *testing.T, url string) *store {
	t.Helper()
	s := &store{t: t, url: url, ctx: t.Context()}
	s.DB = s.open(Options{})
	p, err := s.provider()
	s.no(err)
	_, err = p.UpTo(s.ctx, 9)
	s.no(err)
	s.raw("INSERT INTO shops (shop_id, platform, domain, currency, time_zone, status, since, installed_at, created_at) VALUES ('shop_a', 'shopify', 'a.example', 'USD', 'UTC', 'active', {now}, {now}, {now})")
	s.raw("INSERT INTO lanes (shop_id, lease_until, paused_until) VALUES ('shop_a', {now}, {now})")
	s.raw("INSERT INTO jobs (shop_id, id, kind, subject, state, attempts, run_at, generation, unclear, note, last_code, last_error) VALUES ('shop_a', 'job_1', 'confirm', 'o1', 'due', 0, {now}, 1, false, '', '', '')")
	for i, status := range everyStatus {
		key := deliveryKey(oldDelivery(i))
		came := -(time.Duration(len(everyStatus)-i) * 90 * day).Microseconds()
		var finished any
		if status != "pending" && status != "confirming" {
			finished = s.at(came)
		}
		// GORM takes a slice behind a bracket apart.
		s.raw(`INSERT INTO events (shop_id, platform, topic, delivery_key, body, received_at, order_id, customer_id, status, reason, attempts, due_at, finished_at)
VALUES ('shop_a', 'shopify', 'orders/paid', ?, ?, {after}, ?, ?, ?, 'r', 2, {now}, ?)`,
			key[:], s2.Encode(nil, oldDelivery(i).Body), came, fmt.Sprint("o", i), fmt.Sprint("c", i), status, finished)
	}
	return s
}

// at is the database's time so many microseconds from now, as a parameter.
func (s *store) at(us int64) any {
	s.t.Helper()
	x := s.direct(s.ctx)
	now, err := x.now()
	s.no(err)
	return s.value(now.Add(time.Duration(us) * time.Microsecond))
}

func oldDelivery(i int) connectors.Delivery {
	d := delivery("a.example", i)
	d.Body = fmt.Appendf(nil, `{"id":%d,"note":"from before"}`, i)
	return d
}

func TestEventsFromBeforeTheWeeksGoOn(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		s := ninthSchema(t, url)
		if _, _, err := s.Migrate(s.ctx); err != nil {
			t.Fatal(err)
		}
		list, _, err := s.Events(s.ctx, webhooks.EventFilter{ShopID: "shop_a"}, rewards.Page{})
		s.no(err)
		var got []string
		for i, e := range list {
			body, err := s.EventBody(s.ctx, "", e.ID)
			s.no(err)
			if want := string(oldDelivery(len(everyStatus) - 1 - i).Body); string(body) != want {
				t.Fatalf("%s has the body %s, want %s", e.ID, body, want)
			}
			got = append(got, fmt.Sprintf("%s %s %s %d", e.ID, e.OrderID, e.Status, e.Attempts))
		}
		want := []string{"evt_7 o6 dead 2", "evt_6 o5 quarantined 2", "evt_5 o4 held 2", "evt_4 o3 ignored 2", "evt_3 o2 done 2", "evt_2 o1 pending 2", "evt_1 o0 pending 2"}
		if !slices.Equal(got, want) {
			t.Fatalf("got %q", got)
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
		for i := range everyStatus {
			if n, err := s.Put(s.ctx, []connectors.Delivery{oldDelivery(i)}); n != 0 || err != nil {
				t.Fatalf("delivery %d was taken for new, %v", i, err)
			}
		}
		s.goOn()
	})
}

// goOn does with events from before what is done with any.
func (s *store) goOn() {
	s.t.Helper()
	_, err := s.Replay(s.ctx, "shop_a", "evt_7")
	s.no(err)
	if n, err := s.Put(s.ctx, []connectors.Delivery{oldDelivery(99)}); n != 1 || err != nil {
		s.t.Fatalf("stored %d, %v", n, err)
	}
	var bodies []string
	n, err := s.Work(s.ctx, "w", 9, func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		for _, e := range events {
			bodies = append(bodies, string(e.Body))
		}
		return all(webhooks.EventDone)(ctx, tx, events)
	})
	want := []string{string(oldDelivery(0).Body), string(oldDelivery(6).Body), string(oldDelivery(99).Body)}
	if n != 3 || err != nil || !slices.Equal(bodies, want) {
		s.t.Fatalf("worked %d, %v: %q", n, err, bodies)
	}
	_, err = s.Put(s.ctx, []connectors.Delivery{oldDelivery(100)})
	s.no(err)
	_, err = s.Work(s.ctx, "w", 9, func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		if _, err := tx.Apply(ctx, "shop_a", rewards.CustomerErased{CustomerID: "c2", OrderIDs: []string{"o4"}}, time.Time{}); err != nil {
			return nil, err
		}
		return all(webhooks.EventDone)(ctx, tx, events)
	})
	s.no(err)
	if n := s.count("SELECT count(*) FROM events WHERE (order_id IN ('o2', 'o4') OR status = 'quarantined') AND body IS NOT NULL"); n != 0 {
		s.t.Fatalf("%d events tell of her", n)
	}
	// Of those that have ended the young stay: o0 and o6 were done just now, and came long ago.
	if did := s.pruned(Keep{}); did.Events != 4 {
		s.t.Fatalf("dropped %+v", did)
	}
	var left []string
	_, err = s.direct(s.ctx).scan(&left, "SELECT status FROM events ORDER BY received_at, id")
	if s.no(err); !slices.Equal(left, []string{"confirming", "held", "quarantined", "done", "done"}) {
		s.t.Fatalf("left %v", left)
	}
	if !s.lite && slices.Contains(s.weeks(), "events_first") {
		s.t.Fatalf("all that is young lies in weeks, and there are %v", s.weeks())
	}
	s.sound()
}
