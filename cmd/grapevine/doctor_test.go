package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/internal/simshop"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/webhooks"
)

func TestTheDoctorSaysWhereNoNewsComesFrom(t *testing.T) {
	home(t)
	sim, err := woocommercetest.Simulate(simshop.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	shop := addSimulated(t, sim) // without a public address no webhooks can be set up
	if got := grapevine(t, "doctor"); !strings.Contains(got.out, "webhooks are not set up") || !strings.Contains(got.out, "grapevine shop subscribe "+shop.ID) {
		t.Errorf("webhooks that are not set up are passed over:\n%s", got.out)
	}
	t.Setenv("GRAPEVINE_PUBLIC_URL", "https://refer.example.com")
	if got := grapevine(t, "shop", "subscribe", shop.ID); got.code != exitOK {
		t.Fatal(got.err)
	}
	if got := grapevine(t, "doctor"); strings.Contains(got.out, "news") || got.code != exitOK {
		t.Errorf("a shop that is well is complained about:\n%s", got.out)
	}
	failPolls(t, shop.ID, pollTries+1)
	if got := grapevine(t, "doctor"); !strings.Contains(got.out, "could not be asked what changed, 4 times in a row: shop_firewall") || got.code == exitOK {
		t.Errorf("a shop that cannot be asked is passed over:\n%s", got.out)
	}
}

// failPolls lets asking a shop fail so often.
func failPolls(t *testing.T, shop string, times int) {
	t.Helper()
	s := &settings{DatabaseURL: os.Getenv("GRAPEVINE_DATABASE_URL")}
	ctx := t.Context()
	if err := s.with(ctx, func(db *storage.DB) error {
		if err := db.KeepPolling(ctx, []string{"woocommerce"}); err != nil {
			return err
		}
		for range times {
			lane, err := db.Lease(ctx, "w", time.Minute)
			if err != nil {
				return err
			}
			jobs, err := db.Begin(ctx, lane, 1)
			if err != nil {
				return err
			}
			if jobs[0].Kind != rewards.JobPoll || jobs[0].Subject != webhooks.PollSubject {
				t.Fatalf("%s is due", jobs[0].Kind)
			}
			if err := db.Retry(ctx, lane, jobs[0], rewards.Errorf(rewards.Unavailable, "shop_firewall", "no way in"), 0, false, ""); err != nil {
				return err
			}
			if err := db.Release(ctx, lane, 0); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// A shop that a newer program added keeps the doctor from none of the others.
func TestTheDoctorGoesOnPastAShopOfAnUnknownPlatform(t *testing.T) {
	home(t)
	s := &settings{DatabaseURL: os.Getenv("GRAPEVINE_DATABASE_URL")}
	if err := s.with(t.Context(), func(db *storage.DB) error {
		_, err := db.AddShop(t.Context(), storage.NewShop{Platform: "abacus", Domain: "abacus.example", Currency: "EUR", Token: "x"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	sim, err := woocommercetest.Simulate(simshop.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	shop := addSimulated(t, sim)
	got := grapevine(t, "doctor")
	if !strings.Contains(got.out, "abacus.example: this program has no connector for abacus") || !strings.Contains(got.out, shop.Domain+": token and scopes are right") {
		t.Errorf("exit %d: %s\n%s", got.code, got.err, got.out)
	}
	if got := grapevine(t, "fsck"); !strings.Contains(got.out+got.err, "unknown_platform") {
		t.Errorf("fsck: exit %d: %s\n%s", got.code, got.err, got.out)
	}
}

func TestHowFarBackPeopleWrite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"48h": "48h0m0s", "30d": "720h0m0s", "1h30m": "1h30m0s", "90s": "1m30s", "365d": "8760h0m0s",
		"0d": "", "-1d": "", "-5h": "", "0s": "", "d": "", "": "", "30": "", "1.5d": "", "60000d": "", "70000d": "", "yesterday": "",
	} {
		var s span
		err := s.UnmarshalText([]byte(text))
		if got := time.Duration(s).String(); err == nil && got != want || err != nil && want != "" {
			t.Errorf("%q: %s %v, want %q", text, got, err, want)
		}
	}
}

func TestTheDoctorNamesChoresThatHaveNotGoneWellForLong(t *testing.T) {
	t.Parallel()
	got := examineChores([]storage.Chore{
		{Name: "expire", Every: time.Hour, Since: 2 * time.Hour},
		{Name: "prune", Every: time.Hour, Since: 72 * time.Hour, Tries: 9, Code: "lock_timeout"},
		{Name: "polls", Every: 15 * time.Second, Since: 61 * time.Minute},
	})
	var said []string
	for _, f := range got {
		said = append(said, f.About+" "+f.Says)
		if f.OK || !strings.Contains(f.Do, "grapevine serve") {
			t.Errorf("%+v", f)
		}
	}
	if text := strings.Join(said, "; "); text != "chore prune has not gone well for 72h0m0s, 9 tries: lock_timeout; chore polls has not gone well for 1h1m0s" {
		t.Error(text)
	}
}
