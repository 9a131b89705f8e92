package storage

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// timeouts are what PostgreSQL has been told of time-outs on a connection of d.
func timeouts(t *testing.T, d *DB) string {
	t.Helper()
	var said []string
	for _, name := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		var value string
		if _, err := d.direct(t.Context()).scan(&value, "SHOW "+name); err != nil {
			t.Fatal(err)
		}
		said = append(said, value)
	}
	return strings.Join(said, " ")
}

func openPostgres(t *testing.T, url string) *DB {
	t.Helper()
	d, err := Open(t.Context(), Options{URL: url, MasterKeys: []secret.Text{testKey}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestEachPartHasItsOwnTimeouts(t *testing.T) {
	t.Parallel()
	url := testdb.Postgres(t)
	for name, tc := range map[string]struct {
		more                       string
		door, work, pages, patient string
	}{
		"as we choose":      {"", "8s 3s 10s", "1min 5s 15s", "5s 3s 10s", "0 0 10min"},
		"as the URL says":   {"&statement_timeout=20000&lock_timeout=7s", "20s 7s 10s", "20s 7s 15s", "20s 7s 10s", "20s 7s 10min"},
		"as the server has": {"&statement_timeout=&lock_timeout=&idle_in_transaction_session_timeout=", "0 0 0", "0 0 0", "0 0 0", "0 0 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openPostgres(t, url+tc.more)
			for part, is := range map[string][2]string{
				"door":    {timeouts(t, d.pools.door), tc.door},
				"work":    {timeouts(t, d), tc.work},
				"pages":   {timeouts(t, d.Pages()), tc.pages},
				"patient": {timeouts(t, d.Patient()), tc.patient},
			} {
				if is[0] != is[1] {
					t.Errorf("%s: the time-outs of statements, locks and open transactions are %s, want %s", part, is[0], is[1])
				}
			}
		})
	}
}

func TestConnectionsAreSharedOut(t *testing.T) {
	t.Parallel()
	for connections, want := range map[int]string{15: "4 8 3", 20: "4 12 4", 100: "4 76 20"} {
		ingest, work, pages, _ := split(connections)
		if got := fmt.Sprint(ingest.size, work.size, pages.size); got != want {
			t.Errorf("%d connections become %s, want %s", connections, got, want)
		}
	}
	_, err := Open(t.Context(), Options{URL: "postgres://nobody@127.0.0.1/none?pool_max_conns=14", MasterKeys: []secret.Text{testKey}})
	if rewards.CodeOf(err) != "bad_setting" {
		t.Errorf("14 connections: %v, want a bad_setting", err)
	}
}

// Who looks at pages, and who does long work, leave the door its connections.
func TestADeliveryIsStoredWhileAllPagesAndWorkersWait(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	shop := s.shop()
	ctx, cancel := context.WithCancel(s.ctx)
	var busy sync.WaitGroup
	for d, n := range map[*DB]int{s.DB: 12, s.Pages(): 4} {
		for range n {
			busy.Go(func() { _, _ = d.direct(ctx).exec("SELECT pg_sleep(30)") })
		}
	}
	defer busy.Wait()
	defer cancel()
	for s.countBy(s.Patient(), "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database()") < 16 {
		time.Sleep(time.Millisecond)
	}
	if n, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1)}); n != 1 || err != nil {
		t.Errorf("stored %d, %v", n, err)
	}
	if _, err := s.Door(s.ctx, "shopify", shop.ID); err != nil {
		t.Errorf("the door: %v", err)
	}
}

func (s *store) countBy(d *DB, sql string) (n int64) {
	s.t.Helper()
	_, err := d.direct(s.ctx).scan(&n, sql)
	s.no(err)
	return n
}

func TestWhatATimeoutEndsIsCalledByItsSetting(t *testing.T) {
	t.Parallel()
	url := testdb.Postgres(t)
	openStore(t, url)
	for name, tc := range map[string]struct {
		setting, code string
		do            func(ctx context.Context, d, other *DB) error
	}{
		"a statement that takes too long": {"statement_timeout", "statement_timeout", func(ctx context.Context, d, _ *DB) error {
			return d.once(ctx, "waiting", func(x *txn) error { _, err := x.exec("SELECT pg_sleep(30)"); return err })
		}},
		"a lock that is not let go": {"lock_timeout", "lock_timeout", func(ctx context.Context, d, other *DB) error {
			return other.write(ctx, "holding", func(x *txn) error {
				if _, err := x.exec("LOCK TABLE shops"); err != nil {
					return err
				}
				return d.write(ctx, "waiting", func(x *txn) error { _, err := x.exec("LOCK TABLE shops"); return err })
			})
		}},
		// Its connection is closed, and the driver says no more than that.
		"a transaction that stands still": {"idle_in_transaction_session_timeout", "database_unavailable", func(ctx context.Context, d, other *DB) error {
			return d.write(ctx, "standing still", func(x *txn) error {
				if _, err := x.exec("SELECT 1"); err != nil {
					return err
				}
				if _, err := other.direct(ctx).exec("SELECT pg_sleep(1)"); err != nil {
					return err
				}
				_, err := x.exec("SELECT 1")
				return err
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, other := openPostgres(t, url+"&"+tc.setting+"=100ms"), openPostgres(t, url)
			err := tc.do(t.Context(), d, other)
			if rewards.KindOf(err) != rewards.Unavailable || rewards.CodeOf(err) != tc.code {
				t.Errorf("got %v (%s %s), want unavailable %s", err, rewards.KindOf(err), rewards.CodeOf(err), tc.code)
			}
			if _, err := d.direct(t.Context()).exec("SELECT 1"); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// A pooler that hands a connection on after each transaction may know nothing of prepared statements: the URL then
// says how statements are sent.
func TestDeliveriesAreStoredHoweverStatementsAreSent(t *testing.T) {
	t.Parallel()
	url := testdb.Postgres(t)
	s := openStore(t, url)
	shop := s.shop()
	for i, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		d := openPostgres(t, url+"&default_query_exec_mode="+mode)
		e := delivery(shop.Domain, i)
		e.TriggeredAt = time.Date(2026, 11, 22, 10, 0, i, 123456000, time.UTC)
		if n, err := d.Put(t.Context(), []connectors.Delivery{e, delivery("nobody.example", i)}); n != 2 || err != nil {
			t.Errorf("%s: stored %d, %v", mode, n, err)
		}
	}
	if n := s.count("SELECT count(*) FROM events WHERE shop_id = ? AND triggered_at = received_at - (received_at - triggered_at) AND body IS NOT NULL", shop.ID); n != 5 {
		t.Errorf("%d events with a body and a time, want 5", n)
	}
}
