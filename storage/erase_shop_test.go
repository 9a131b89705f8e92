package storage

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestAShopOfManyForgetsThemAllAndWhatWasEqualStaysEqual(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r, other := s.referred(creditProgram()), s.referred(creditProgram())
		other.decide(other.order("o1"))
		r.decide(r.order("o1"), r.order("o2"))
		var many []webhooks.ShopOrder
		for i := range erasedAtOnce + 1 {
			many = append(many, webhooks.ShopOrder{ShopID: r.shop.ID, Order: r.earlier(fmt.Sprintf("many-%04d", i), fmt.Sprint("c-many-", i/2), time.Hour)})
		}
		s.no(s.write(s.ctx, "recording orders", func(x *txn) error { return (&inboxTx{x: x}).RecordPlain(s.ctx, many) }))
		r.apply(rewards.AppUninstalled{At: time.Now().Add(time.Minute)}, "")
		if e := r.apply(rewards.ShopErased{}, ""); e.Reason != "shop_erased" {
			t.Fatalf("got %+v", e)
		}
		for _, where := range []string{
			"orders WHERE (customer_id <> '' OR email_key <> '' OR CAST(record AS text) LIKE '%c-%'", "member_keys WHERE (true", "traces WHERE (true",
			"rewards WHERE (customer_id NOT LIKE 'erased%'", "advocates WHERE (customer_id IS NOT NULL OR person_sealed IS NOT NULL",
			"events WHERE (body IS NOT NULL OR customer_id <> ''",
		} {
			if n := s.count("SELECT count(*) FROM "+where+") AND shop_id = ?", r.shop.ID); n != 0 {
				t.Errorf("%d are left in %s", n, where)
			}
		}
		var names []string
		for _, id := range []string{"many-0000", "many-0001", "many-0002", "o1", "o2"} {
			o, err := s.Order(s.ctx, r.shop.ID, id)
			s.no(err)
			names = append(names, o.Facts.Order.Customer.ID)
			if len(o.Facts.Claims) > 0 {
				names = append(names, o.Facts.Claims[0].CustomerID)
			}
		}
		var earner string
		_, err := s.direct(s.ctx).scan(&earner, "SELECT DISTINCT customer_id FROM rewards WHERE shop_id = ? AND beneficiary = 'advocate'", r.shop.ID)
		s.no(err)
		// The two buyers of four orders, then each friend with the advocate.
		if len(names) != 7 || names[0] != names[1] || names[4] != names[6] || names[4] != earner {
			t.Errorf("names are %v, and %s earned", names, earner)
		}
		slices.Sort(names)
		if distinct := slices.Compact(names); len(distinct) != 5 {
			t.Errorf("names are %v", distinct)
		}
		if s.count("SELECT count(*) FROM orders WHERE customer_id <> '' AND shop_id = ?", other.shop.ID) != 1 || s.count("SELECT count(*) FROM advocates WHERE customer_id = 'c-anna'") != 1 {
			t.Error("another shop lost its people")
		}
		s.sound()
	})
}

// slowly has PostgreSQL take its time for a table's deletions.
func (s *store) slowly(table string) {
	s.t.Helper()
	s.raw("CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END'")
	s.raw("CREATE TRIGGER slowly BEFORE DELETE ON " + table + " FOR EACH STATEMENT EXECUTE FUNCTION slowly()")
}

func TestAnErasureMayTakeLongerThanStatementsMay(t *testing.T) {
	t.Parallel()
	url := testdb.Postgres(t)
	s := openStore(t, url)
	r := s.referred(creditProgram())
	r.decide(r.order("o1"))
	s.slowly("traces")
	hurried := openPostgres(t, url+"&statement_timeout=1000")
	for _, e := range []rewards.Event{rewards.CustomerErased{CustomerID: "c-anna"}, rewards.ShopErased{}} {
		name := "customer_erased"
		if _, all := e.(rewards.ShopErased); all {
			name = "shop_erased"
			s.raw("UPDATE shops SET status = 'uninstalled'")
		}
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, int(s.n.Add(1)))})
		s.no(err)
		if n, err := hurried.Work(s.ctx, "w", 10, applying(r.shop.ID, e, "")); n != 1 || err != nil {
			t.Fatalf("%s: worked %d, %v", name, n, err)
		}
		if n := s.count("SELECT count(*) FROM events WHERE status = 'done' AND reason = ?", name); n != 1 {
			t.Errorf("%s: %d events were done", name, n)
		}
	}
}

// What takes too long each time must not keep what came with it from being done.
func TestAnEventWhoseStatementsTakeTooLongEndsDeadAndTheOthersAreDone(t *testing.T) {
	t.Parallel()
	url := testdb.Postgres(t)
	s := openStore(t, url)
	shop := s.shop()
	_, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1), delivery(shop.Domain, 2), delivery(shop.Domain, 3)})
	s.no(err)
	hurried := openPostgres(t, url+"&statement_timeout=1000")
	f := func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		for _, e := range events {
			if string(bodyOf(e)) == `{"id":2}` {
				_, err := tx.(*inboxTx).x.exec("SELECT pg_sleep(30)")
				return nil, tx.(*inboxTx).x.d.fault("looking for long", err)
			}
		}
		return all(webhooks.EventDone)(ctx, tx, events)
	}
	n, err := hurried.Work(s.ctx, "w", 10, f)
	if s.kind(err, rewards.Unavailable, "statement_timeout"); n != 3 {
		t.Fatalf("claimed %d", n)
	}
	for range 4 {
		_, err := hurried.WorkSuspect(s.ctx, "w", 2, f)
		if rewards.CodeOf(err) == "statement_timeout" && s.count("SELECT count(*) FROM events WHERE status = 'dead'") == 0 {
			if s.count("SELECT count(*) FROM events WHERE attempts = 1 AND due_at > {after}", (maxPause-time.Minute).Microseconds()) != 1 {
				t.Error("it is tried again while the database may be at its limit")
			}
		}
		s.raw("UPDATE events SET due_at = {now}")
	}
	if done, dead := s.count("SELECT count(*) FROM events WHERE status = 'done'"), s.count("SELECT count(*) FROM events WHERE status = 'dead' AND reason = 'statement_timeout' AND attempts = 2"); done != 2 || dead != 1 {
		t.Fatalf("%d done, %d dead", done, dead)
	}
}
