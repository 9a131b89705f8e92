package storage

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// testKey seals in all tests.
const testKey = secret.Text("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")

// migrated databases are copied: to migrate each anew takes most of the suite's time.
var migrated = testdb.NewTemplate(func(ctx context.Context, url string) error {
	d, err := Open(ctx, Options{URL: url, MasterKeys: []secret.Text{testKey}})
	if err != nil {
		return err
	}
	_, _, err = d.Migrate(ctx)
	return errors.Join(err, d.Close())
})

// eachStore runs f on a migrated database of either kind.
func eachStore(t *testing.T, f func(t *testing.T, s *store)) {
	t.Helper()
	t.Parallel()
	migrated.Each(t, func(t *testing.T, url string) { f(t, openStore(t, url)) })
}

// store is a database in a test, with a shop to work in.
type store struct {
	*DB
	t   *testing.T
	url string
	ctx context.Context
	n   atomic.Int64
}

func openStore(t *testing.T, url string) *store {
	t.Helper()
	s := &store{t: t, url: url, ctx: t.Context()}
	s.DB = s.open(Options{})
	if s.CheckSchema(s.ctx) == nil {
		return s
	}
	if _, _, err := s.Migrate(s.ctx); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *store) open(o Options) *DB {
	s.t.Helper()
	o.URL, o.MasterKeys = s.url, []secret.Text{testKey}
	d, err := Open(s.ctx, o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := d.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return d
}

func (s *store) shop() connectors.Installed {
	s.t.Helper()
	shop, err := s.AddShop(s.ctx, NewShop{Platform: "shopify", Domain: fmt.Sprintf("demo%d.myshopify.com", s.n.Add(1)), Currency: "USD", Token: "shpat_canary"})
	s.no(err)
	return shop
}

// no ends the test on an error.
func (s *store) no(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// kind demands an error of a kind and a code.
func (s *store) kind(err error, kind rewards.Kind, code string) {
	s.t.Helper()
	if rewards.KindOf(err) != kind || rewards.CodeOf(err) != code {
		s.t.Fatalf("got %v (%s %s), want %s %s", err, rewards.KindOf(err), rewards.CodeOf(err), kind, code)
	}
}

// count is the answer to a SELECT count(*).
func (s *store) count(sql string, args ...any) int64 {
	s.t.Helper()
	var n int64
	_, err := s.direct(s.ctx).scan(&n, sql, args...)
	s.no(err)
	return n
}

// raw runs a statement past all rules.
func (s *store) raw(sql string, args ...any) {
	s.t.Helper()
	_, err := s.direct(s.ctx).exec(sql, args...)
	s.no(err)
}

func (s *store) lane(shopID string) webhooks.Lane {
	s.t.Helper()
	l := webhooks.Lane{Token: rewards.NewID("lease_")}
	l.Shop.ID, l.Shop.Currency = shopID, "USD"
	s.raw("UPDATE lanes SET token = ?, lease_until = {after} WHERE shop_id = ?", l.Token, time.Hour.Microseconds(), shopID)
	return l
}

func delivery(domain string, n int) connectors.Delivery {
	return connectors.Delivery{Platform: "shopify", Domain: domain, Topic: "orders/paid", DeliveryID: fmt.Sprintf("d-%d", n), Body: fmt.Appendf(nil, `{"id":%d}`, n)}
}

// bodyOf is what an event's body was when it was signed. What cannot be unpacked panics.
func bodyOf(e webhooks.Event) []byte {
	body, err := inflate(nil, e.Packed)
	if err != nil {
		panic(err)
	}
	return body
}

// all gives every event this end.
func all(status webhooks.EventStatus) webhooks.DigestFunc {
	return func(_ context.Context, _ webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		out := make([]webhooks.Digested, len(events))
		for i := range out {
			out[i].Status = status
		}
		return out, nil
	}
}
