package storage

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/access"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestAShopIsInstalledPausedRemovedAndComesBack(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		if shop.Status != ShopActive || !strings.HasPrefix(shop.ID, "shop_") || shop.Since.IsZero() {
			t.Fatalf("got %+v", shop)
		}
		_, err := s.AddShop(s.ctx, NewShop{Platform: "shopify", Domain: strings.ToUpper(shop.Domain)})
		s.kind(err, rewards.Conflict, "shop_exists")
		if paused, err := s.PauseShop(s.ctx, shop.ID); err != nil || paused.Status != ShopPaused {
			t.Fatalf("got %+v, %v", paused, err)
		}
		if resumed, err := s.ResumeShop(s.ctx, shop.ID); err != nil || resumed.Status != ShopActive || resumed.Reason != "" {
			t.Fatalf("got %+v, %v", resumed, err)
		}
		if removed, err := s.RemoveShop(s.ctx, shop.ID); err != nil || removed.Status != ShopUninstalled {
			t.Fatalf("got %+v, %v", removed, err)
		}
		if call, err := s.CallableShop(s.ctx, shop.ID); err != nil || call.Token != "" {
			t.Fatalf("the token stayed: %v", err)
		}
		_, err = s.ResumeShop(s.ctx, shop.ID)
		s.kind(err, rewards.Conflict, "shop_uninstalled")
		back, err := s.AddShop(s.ctx, NewShop{Platform: "shopify", Domain: shop.Domain, Token: "new"})
		s.no(err)
		if back.ID != shop.ID || back.Status != ShopActive {
			t.Fatalf("got %+v", back)
		}
		_, err = s.Shop(s.ctx, "shop_none")
		s.kind(err, rewards.NotFound, "shop_not_found")
		if list, err := s.InstalledShops(s.ctx, 10); err != nil || len(list) != 1 {
			t.Fatalf("got %v, %v", list, err)
		}
	})
}

func TestAShopIsLeasedOnceAndRestsAsItAsks(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		_, err := s.Lease(s.ctx, "w", time.Minute)
		s.kind(err, rewards.NotFound, "nothing_due")
		r := s.referred(creditProgram())
		s.raw("UPDATE lanes SET token = '', lease_until = {now}")
		lane, err := s.Lease(s.ctx, "w", time.Minute)
		s.no(err)
		if lane.Shop.ID != r.shop.ID || lane.Shop.Token != "shpat_canary" || lane.Shop.Currency != "USD" {
			t.Fatalf("got %+v", lane.Shop)
		}
		_, err = s.Lease(s.ctx, "w2", time.Minute)
		s.kind(err, rewards.NotFound, "nothing_due")
		s.no(s.Renew(s.ctx, lane, time.Minute))
		s.no(s.Release(s.ctx, lane, time.Hour))
		_, err = s.Lease(s.ctx, "w", time.Minute)
		s.kind(err, rewards.NotFound, "nothing_due")
		s.raw("UPDATE lanes SET paused_until = {now}")
		lane, err = s.Lease(s.ctx, "w", time.Minute)
		s.no(err)
		s.no(s.Park(s.ctx, lane, "token_refused"))
		s.no(s.Release(s.ctx, lane, 0))
		_, err = s.Lease(s.ctx, "w", time.Minute)
		s.kind(err, rewards.NotFound, "nothing_due")
		token := secret.Text("fresh")
		if u, err := s.UpdateShop(s.ctx, r.shop.ID, ShopUpdate{Token: &token}); err != nil || u.Status != ShopActive {
			t.Fatalf("got %+v, %v", u, err)
		}
		lane, err = s.Lease(s.ctx, "w", -time.Second) // its holder dies
		s.no(err)
		if other, err := s.Lease(s.ctx, "w", time.Minute); err != nil || other.Token == lane.Token || other.Shop.Token != "fresh" {
			t.Fatalf("got %+v, %v", other, err)
		}
	})
}

func TestALaneIsDueAgainWithItsNextJob(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		s.raw("DELETE FROM jobs")
		later := []rewards.JobRequest{{Kind: rewards.JobConfirm, Subject: "o1", RunAt: time.Now().Add(time.Hour)}}
		s.no(s.write(s.ctx, "asking", func(x *txn) error { return x.enqueue(shopJobs(r.shop.ID, later)) }))
		s.no(s.Release(s.ctx, r.lane, 0))
		_, err := s.Lease(s.ctx, "w", time.Minute)
		s.kind(err, rewards.NotFound, "nothing_due")
		later[0].RunAt = time.Time{} // an earlier time wins
		s.no(s.write(s.ctx, "asking", func(x *txn) error { return x.enqueue(shopJobs(r.shop.ID, later)) }))
		lane, err := s.Lease(s.ctx, "w", time.Minute)
		s.no(err)
		jobs, err := s.Begin(s.ctx, lane, 10)
		s.no(err)
		if len(jobs) != 1 || jobs[0].Generation != 2 {
			t.Fatalf("got %+v", jobs)
		}
		s.no(s.Done(s.ctx, lane, jobs[0]))
		s.no(s.Release(s.ctx, lane, 0))
		if s.count("SELECT count(*) FROM lanes WHERE next_at IS NULL") != 1 {
			t.Fatal("an idle lane is due")
		}
	})
}

func TestATokenSealedWithAnotherKeyParksTheShop(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		s.raw("UPDATE lanes SET token = '', lease_until = {now}")
		keys, err := secret.NewKeyring(secret.Generate())
		s.no(err)
		s.keys = keys
		_, err = s.Lease(s.ctx, "w", time.Minute)
		s.kind(err, rewards.Denied, "token_unreadable")
		if shop, err := s.Shop(s.ctx, r.shop.ID); err != nil || shop.Status != ShopParked || shop.Reason != "token_unreadable" {
			t.Fatalf("got %+v, %v", shop, err)
		}
	})
}

func TestUninstallingCountsOnlyForTheInstallationAtHand(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		apply := func(at time.Time) {
			t.Helper()
			_, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, int(s.n.Add(1)))})
			s.no(err)
			_, err = s.Work(s.ctx, "w", 1, applying(shop.ID, rewards.AppUninstalled{At: at}, ""))
			s.no(err)
		}
		apply(time.Now().Add(-time.Hour))
		if got, err := s.Shop(s.ctx, shop.ID); err != nil || got.Status != ShopActive {
			t.Fatalf("got %+v, %v", got, err)
		}
		apply(time.Now().Add(time.Minute))
		if got, err := s.Shop(s.ctx, shop.ID); err != nil || got.Status != ShopUninstalled || got.Reason != "app_uninstalled" {
			t.Fatalf("got %+v, %v", got, err)
		}
		if s.count("SELECT count(*) FROM shops WHERE token_sealed IS NOT NULL") != 0 {
			t.Fatal("the token was kept")
		}
		if list, _, err := s.Events(s.ctx, webhooks.EventFilter{ShopID: shop.ID}, rewards.Page{}); err != nil || list[1].Reason != "older_than_installation" {
			t.Fatalf("got %+v, %v", list, err)
		}
	})
}

func TestAShopThatWasGivenANewTokenIsNotParkedForTheOldOne(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		s.no(s.write(s.ctx, "asking", func(x *txn) error {
			return x.enqueue([]webhooks.ShopJob{{ShopID: shop.ID, JobRequest: rewards.JobRequest{Kind: rewards.JobPoll, Subject: webhooks.PollSubject}}})
		}))
		status := func() string {
			t.Helper()
			got, err := s.Shop(s.ctx, shop.ID)
			s.no(err)
			return got.Status
		}
		old, err := s.Lease(s.ctx, "w", time.Hour)
		s.no(err)
		token := secret.Text("shpat_of_today")
		_, err = s.UpdateShop(s.ctx, shop.ID, ShopUpdate{Token: &token})
		s.no(err)
		s.no(s.Park(s.ctx, old, "token_refused"))
		if got := status(); got != ShopActive {
			t.Fatalf("it is %s", got)
		}
		old.Shop.Token = token.Reveal()
		s.no(s.Park(s.ctx, old, "token_refused"))
		if got := status(); got != ShopParked {
			t.Fatalf("it is %s", got)
		}
	})
}

func TestLateNewsOfALeavingDoesNotEndWhatWasConnectedAnewMeanwhile(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		s.raw("UPDATE shops SET installed_at = {after}", -time.Hour.Microseconds())
		left, token := time.Now().Add(-time.Minute), secret.Text("shpat_of_the_second_installation")
		_, err := s.UpdateShop(s.ctx, shop.ID, ShopUpdate{Token: &token})
		s.no(err)
		_, err = s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, 1)})
		s.no(err)
		_, err = s.Work(s.ctx, "w", 1, applying(shop.ID, rewards.AppUninstalled{At: left}, ""))
		s.no(err)
		if got, err := s.Shop(s.ctx, shop.ID); err != nil || got.Status != ShopActive {
			t.Fatalf("got %+v, %v", got, err)
		}
	})
}

func TestEventsOfAShopThatLeftDoNotWait(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		for i := range 2 { // one waits when the shop leaves, one comes afterwards
			_, err := s.Put(s.ctx, []connectors.Delivery{delivery(shop.Domain, i)})
			s.no(err)
			_, err = s.Work(s.ctx, "w", 10, confirming(shop.ID, "o1"))
			s.no(err)
			if i == 0 {
				_, err = s.RemoveShop(s.ctx, shop.ID)
				s.no(err)
			}
		}
		if s.count("SELECT count(*) FROM events WHERE status = 'ignored' AND reason = 'shop_uninstalled' AND finished_at IS NOT NULL") != 2 {
			t.Fatal("an event waits for a shop that has left")
		}
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'confirm'") != 1 {
			t.Fatal("the order is forgotten for the shop's return")
		}
	})
}

func TestTokensAndIdempotencyKeys(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		tok, plain, err := s.CreateToken(s.ctx, shop.ID, access.Read)
		s.no(err)
		for range 2 {
			if got, err := s.CheckToken(s.ctx, plain.Reveal()); err != nil || got != tok {
				t.Fatalf("got %+v, %v", got, err)
			}
		}
		for _, bad := range []string{"", "gv_x", plain.Reveal() + "A"} {
			_, err = s.CheckToken(s.ctx, bad)
			s.kind(err, rewards.Denied, "bad_token")
		}
		s.no(s.RevokeToken(s.ctx, shop.ID, tok.ID))
		_, err = s.CheckToken(s.ctx, plain.Reveal())
		s.kind(err, rewards.Denied, "bad_token")
		list, err := s.Tokens(s.ctx, shop.ID)
		s.no(err)
		if len(list) != 1 || list[0].LastUsedAt.IsZero() || list[0].RevokedAt.IsZero() {
			t.Fatalf("got %+v", list)
		}
		_, _, err = s.CreateToken(s.ctx, shop.ID, "admin")
		s.kind(err, rewards.Invalid, "bad_scope")

		a, b := []byte("a"), []byte("b")
		begin := func(hash []byte) (bool, int, error) {
			first, status, body, err := s.BeginCall(s.ctx, shop.ID, "k", hash)
			if status != 0 && string(body) != "{}" {
				t.Fatalf("body %q", body)
			}
			return first, status, err
		}
		if first, _, err := begin(a); !first || err != nil {
			t.Fatalf("not first: %v", err)
		}
		_, _, err = begin(a)
		s.kind(err, rewards.Conflict, "call_in_progress")
		_, _, err = begin(b)
		s.kind(err, rewards.Invalid, "key_reused")
		s.raw("UPDATE idempotency SET created_at = {after}", -time.Hour.Microseconds())
		if first, _, err := begin(a); !first || err != nil {
			t.Fatalf("a call that died holds its key: %v", err)
		}
		s.no(s.DropCall(s.ctx, shop.ID, "k"))
		if first, _, err := begin(a); !first || err != nil {
			t.Fatalf("not first: %v", err)
		}
		s.no(s.EndCall(s.ctx, shop.ID, "k", 201, []byte("{}")))
		if first, status, err := begin(a); first || status != 201 || err != nil {
			t.Fatalf("got %v, %d, %v", first, status, err)
		}
	})
}

func TestASecondServerOfAFileIsRefusedByThePidOfTheFirst(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.SQLite(t))
	s.open(Options{Exclusive: true})
	s.open(Options{}) // commands run beside it
	_, err := Open(s.ctx, Options{URL: s.url, Exclusive: true})
	s.kind(err, rewards.Conflict, "database_in_use")
	if !strings.Contains(err.Error(), "process "+strconv.Itoa(os.Getpid())) {
		t.Fatalf("the first is not named: %v", err)
	}
}

func TestASecondProcessIsRefusedToo(t *testing.T) {
	if path := os.Getenv("GRAPEVINE_TEST_LOCK"); path != "" {
		if _, err := lockFile(path); rewards.CodeOf(err) != "database_in_use" {
			t.Fatalf("got %v", err)
		}
		return
	}
	t.Parallel()
	path := t.TempDir() + "/g.lock"
	unlock, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestASecondProcessIsRefusedToo$")
	cmd.Env = append(os.Environ(), "GRAPEVINE_TEST_LOCK="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if unlock, err = lockFile(path); err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestBadSettingsAreRefused(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"no scheme":               {URL: "grapevine.db"},
		"memory":                  {URL: "sqlite::memory:"},
		"no path":                 {URL: "sqlite:"},
		"a small pool":            {URL: "postgres://localhost/x", PoolSize: 5, MasterKeys: []secret.Text{testKey}},
		"a small pool in the URL": {URL: "postgres://localhost/x?pool_max_conns=3", MasterKeys: []secret.Text{testKey}},
		"no key for PostgreSQL":   {URL: "postgres://localhost/x"},
		"a short key":             {URL: "postgres://localhost/x", MasterKeys: []secret.Text{"AAAA"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Open(t.Context(), o)
			if rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) != "bad_setting" {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestSQLiteMakesItsOwnKeyAndKeepsNoSecretInPlain(t *testing.T) {
	t.Parallel()
	url := testdb.SQLite(t)
	path := strings.TrimPrefix(url, "sqlite:")
	d, err := Open(t.Context(), Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	s := &store{DB: d, t: t, url: url, ctx: t.Context()}
	_, _, err = d.Migrate(s.ctx)
	s.no(err)
	s.referred(creditProgram())
	s.no(d.Close())
	for _, name := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("canary")) {
			t.Fatalf("%s shows a secret", name)
		}
	}
	if info, err := os.Stat(path + ".key"); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got %v, %v", info, err)
	}
}
