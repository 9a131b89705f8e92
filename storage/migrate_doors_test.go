package storage

import (
	"reflect"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// A shop from before there were doors of their own keeps its token, gets no secrets, and can be given some.
func TestAShopFromBeforeTheDoorsGoesOn(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		s := &store{t: t, url: url, ctx: t.Context()}
		s.DB = s.open(Options{})
		p, err := s.provider()
		s.no(err)
		_, err = p.UpTo(s.ctx, 6)
		s.no(err)
		token := s.keys.Seal(tokenPlace("shop_a"), []byte("shpat_old"))
		s.raw("INSERT INTO shops (shop_id, platform, domain, currency, time_zone, status, since, token_sealed, installed_at, created_at) VALUES ('shop_a', 'shopify', 'a.example', 'USD', 'UTC', 'active', {now}, ?, {now}, {now})", token)
		s.raw("INSERT INTO lanes (shop_id, lease_until, paused_until) VALUES ('shop_a', {now}, {now})")
		s.raw("INSERT INTO jobs (shop_id, id, kind, subject, state, attempts, run_at, generation, unclear, note, last_code, last_error) VALUES ('shop_a', 'job_1', 'confirm', 'o1', 'due', 3, {now}, 1, false, '', 'order_missing', '')")
		s.kind(s.CheckSchema(s.ctx), rewards.Conflict, "schema_older")
		if _, _, err := s.Migrate(s.ctx); err != nil {
			t.Fatal(err)
		}
		s.no(s.CheckSchema(s.ctx))
		call, err := s.CallableShop(s.ctx, "shop_a")
		s.no(err)
		want := connectors.Shop{ID: "shop_a", Platform: "shopify", Domain: "a.example", Currency: "USD", TimeZone: "UTC", Token: "shpat_old"}
		if !reflect.DeepEqual(call, want) {
			t.Fatalf("got %+v", call)
		}
		door, err := s.Door(s.ctx, "shopify", "shop_a")
		if s.no(err); !reflect.DeepEqual(door, connectors.Door{ShopID: "shop_a", Domain: "a.example"}) {
			t.Fatalf("got %+v", door)
		}
		_, err = s.UpdateShop(s.ctx, "shop_a", ShopUpdate{Hooks: []secret.Text{"whsec_1"}, Settings: map[string]string{"mode": "live"}})
		s.no(err)
		door, err = s.Door(s.ctx, "shopify", "shop_a")
		if s.no(err); len(door.Secrets) != 1 || door.Settings["mode"] != "live" {
			t.Fatalf("got %+v", door)
		}
		s.no(s.KeepPolling(s.ctx, []string{"shopify"}))
		lane := s.lane("shop_a")
		for _, kind := range []rewards.JobKind{rewards.JobConfirm, rewards.JobPoll} {
			s.raw("UPDATE jobs SET run_at = {after} WHERE kind = ?", -time.Hour.Microseconds(), string(kind))
			jobs, err := s.Begin(s.ctx, lane, 10)
			if s.no(err); len(jobs) != 1 || jobs[0].Kind != kind {
				t.Fatalf("got %+v", jobs)
			}
			s.no(s.Again(s.ctx, lane, jobs[0], time.Hour, ""))
		}
		if list, _, err := s.Jobs(s.ctx, "shop_a", webhooks.JobFilter{State: webhooks.JobDue}, rewards.Page{}); err != nil || len(list) != 2 {
			t.Fatalf("got %+v, %v", list, err)
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}
