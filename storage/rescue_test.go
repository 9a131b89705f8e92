package storage

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestPostgreSQLKnowsALivingWorkerFromADeadOne(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	shop := s.shop()
	_, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1)})
	s.no(err)
	aged := func() { s.raw("UPDATE worker_notes SET lease_until = {after}", time.Minute.Microseconds()) }
	for _, expired := range []bool{false, true} {
		_, err = s.Work(s.ctx, "slow", 10, func(context.Context, webhooks.InboxTx, []webhooks.Event) ([]webhooks.Digested, error) {
			aged()
			if expired {
				s.raw("UPDATE worker_notes SET lease_until = {hourago}")
			}
			if n, err := s.Rescue(s.ctx, false); n != 0 || err != nil {
				t.Errorf("a living worker was robbed of %d events, %v", n, err)
			}
			return nil, rewards.Errorf(rewards.Unavailable, "database_unavailable", "gone")
		})
		s.kind(err, rewards.Unavailable, "database_unavailable")
	}
	var keys []eventKey
	_, err = s.direct(s.ctx).scan(&keys, "SELECT shop_id AS shop, id FROM events")
	s.no(err)
	s.no(s.direct(s.ctx).note(noteRow{ID: "note_dead", Worker: "dead", keys: keys}))
	aged() // and no transaction holds its lock
	if n, err := s.Rescue(s.ctx, false); n != 1 || err != nil {
		t.Fatalf("rescued %d, %v", n, err)
	}
}

func TestAKilledTransactionLeavesNothingBehind(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 1)})
		s.no(err)
		ctx, kill := context.WithCancel(s.ctx)
		_, err = s.Work(ctx, "w", 10, func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
			if err := tx.RecordPlain(ctx, []webhooks.ShopOrder{{ShopID: r.shop.ID, Order: rewards.Order{ID: "o1", Currency: "USD"}}}); err != nil {
				return nil, err
			}
			kill()
			return all(webhooks.EventDone)(ctx, tx, events)
		})
		if rewards.KindOf(err) != rewards.Unavailable {
			t.Fatalf("got %v", err)
		}
		if s.count("SELECT count(*) FROM orders") != 0 || s.count("SELECT count(*) FROM events WHERE status = 'pending' AND NOT suspect") != 1 || s.count("SELECT count(*) FROM worker_notes") != 0 {
			t.Fatal("the transaction left something")
		}
	})
}

func TestATransactionRunsAgainAfterADeadlockAndNotForEver(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	for _, state := range []string{"40001", "40P01"} {
		runs := 0
		s.no(s.write(s.ctx, "trying", func(*txn) error {
			if runs++; runs < 3 {
				return &pgconn.PgError{Code: state}
			}
			return nil
		}))
		if runs != 3 {
			t.Fatalf("%d runs", runs)
		}
	}
	runs := 0
	err := s.write(s.ctx, "trying", func(*txn) error { runs++; return &pgconn.PgError{Code: "40P01"} })
	s.kind(err, rewards.Unavailable, "database_unavailable")
	if runs != maxRuns {
		t.Fatalf("%d runs", runs)
	}
	runs = 0
	if err := s.write(s.ctx, "trying", func(*txn) error { runs++; return errors.New("no") }); err == nil || runs != 1 {
		t.Fatalf("%d runs, %v", runs, err)
	}
}

func TestARealDeadlockIsSurvived(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	a, b := s.shop(), s.shop()
	lock := func(x *txn, id string) error {
		_, err := x.exec("UPDATE shops SET reason = 'x' WHERE shop_id = ?", id)
		return err
	}
	ready := make(chan struct{}, 2)
	both := make(chan struct{})
	done := make(chan error, 2)
	for _, order := range [][2]string{{a.ID, b.ID}, {b.ID, a.ID}} {
		first := true
		go func() {
			done <- s.write(s.ctx, "meeting", func(x *txn) error {
				if err := lock(x, order[0]); err != nil {
					return err
				}
				if first {
					first = false
					ready <- struct{}{}
					<-both
				}
				return lock(x, order[1])
			})
		}()
	}
	<-ready
	<-ready
	close(both)
	s.no(<-done)
	s.no(<-done)
}

func TestADatabaseThatIsGoneIsUnavailable(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), Options{URL: "postgres:///x?host=" + t.TempDir(), MasterKeys: []secret.Text{testKey}})
	if rewards.KindOf(err) != rewards.Unavailable {
		t.Fatalf("got %v", err)
	}
	server := testdb.Own(t, testdb.Options{Fsync: true})
	name, err := server.CreateDatabase()
	if err != nil {
		t.Fatal(err)
	}
	s := openStore(t, server.URL(name))
	shop := s.shop()
	s.no(server.StopImmediate())
	_, err = s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1)})
	if rewards.KindOf(err) != rewards.Unavailable {
		t.Fatalf("got %v", err)
	}
	if err := s.Ping(s.ctx); rewards.KindOf(err) != rewards.Unavailable {
		t.Fatalf("got %v", err)
	}
	s.no(server.Restart())
	if n, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1)}); n != 1 || err != nil {
		t.Fatalf("stored %d after the database came back, %v", n, err)
	}
}

func TestTheStatesOfADatabaseThatIsNotUpToIt(t *testing.T) {
	t.Parallel()
	for state, gone := range map[string]bool{
		"08006": true, "57P01": true, "57P03": true, "53100": true, "40001": true, "57014": true, "25006": true, "23505": false, "22P02": false, "42P01": false, "": false,
	} {
		if transientState(state) != gone {
			t.Errorf("SQLSTATE %q: %v", state, !gone)
		}
	}
	for code, gone := range map[int]bool{5: true, 5 | 2<<8: true, 10 | 1<<8: true, 13: true, 1: false, 19: false, 2067: false} {
		if transientResult(code) != gone {
			t.Errorf("result %d: %v", code, !gone)
		}
	}
}
