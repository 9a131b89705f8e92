package storage

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/internal/invite"
	"grapevine/rewards"
)

func TestAnInstallLinkIsUsedOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		state, err := s.CreateInstall(s.ctx, "woocommerce", "shop.example", invite.Life)
		s.no(err)
		plain := state.Reveal()
		made, err := s.Install(s.ctx, "woocommerce", plain)
		s.no(err)
		want := invite.Invitation{Platform: "woocommerce", Domain: "shop.example", CreatedAt: made.CreatedAt, ExpiresAt: made.CreatedAt.Add(invite.Life)}
		if made != want || made.CreatedAt.IsZero() {
			t.Fatalf("got %+v, want %+v", made, want)
		}
		used, err := s.UseInstall(s.ctx, "woocommerce", plain)
		s.no(err)
		if want.UsedAt = used.UsedAt; used != want || used.UsedAt.IsZero() {
			t.Fatalf("got %+v, want %+v", used, want)
		}
		_, err = s.UseInstall(s.ctx, "woocommerce", plain)
		s.kind(err, rewards.Conflict, "install_used")
		s.no(s.EndInstall(s.ctx, "woocommerce", plain, "shop_1", ""))
		s.no(s.EndInstall(s.ctx, "woocommerce", plain, "shop_2", "late")) // the first end counts
		want.ShopID = "shop_1"
		if got, err := s.Install(s.ctx, "woocommerce", plain); err != nil || got != want {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	})
}

func TestOfManyThatUseALinkAtOnceOneSucceeds(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		state, err := s.CreateInstall(s.ctx, "woocommerce", "shop.example", invite.Life)
		s.no(err)
		var won, lost atomic.Int64
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				_, err := s.UseInstall(s.ctx, "woocommerce", state.Reveal())
				switch {
				case err == nil:
					won.Add(1)
				case rewards.CodeOf(err) == "install_used":
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if won.Load() != 1 || lost.Load() != 7 {
			t.Fatalf("%d won and %d lost", won.Load(), lost.Load())
		}
	})
}

func TestAnInstallLinkThatIsNotGoodDoesNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		state, err := s.CreateInstall(s.ctx, "woocommerce", "shop.example", invite.Life)
		s.no(err)
		for name, tc := range map[string][2]string{
			"forged":             {"woocommerce", "in_FORGED"},
			"empty":              {"woocommerce", ""},
			"another platform's": {"shopify", state.Reveal()},
			"in small letters":   {"woocommerce", strings.ToLower(state.Reveal())},
		} {
			_, err := s.UseInstall(s.ctx, tc[0], tc[1])
			if rewards.KindOf(err) != rewards.NotFound || rewards.CodeOf(err) != "install_not_found" {
				t.Errorf("%s: using gives %v", name, err)
			}
			if _, err = s.Install(s.ctx, tc[0], tc[1]); rewards.KindOf(err) != rewards.NotFound {
				t.Errorf("%s: reading gives %v", name, err)
			}
		}
		s.kind(s.EndInstall(s.ctx, "woocommerce", state.Reveal(), "shop_1", ""), rewards.NotFound, "install_not_found") // not used yet
		_, err = s.CreateInstall(s.ctx, "woocommerce", "", time.Hour)
		s.kind(err, rewards.Invalid, "bad_install")
		if got, err := s.Install(s.ctx, "woocommerce", state.Reveal()); err != nil || !got.UsedAt.IsZero() || got.ShopID != "" {
			t.Fatalf("got %+v, %v", got, err)
		}
	})
}

func TestAnInstallLinkRunsOutAndIsForgottenLater(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		state, err := s.CreateInstall(s.ctx, "woocommerce", "shop.example", invite.Life)
		s.no(err)
		s.raw("UPDATE installs SET expires_at = {after}", -time.Minute.Microseconds())
		_, err = s.UseInstall(s.ctx, "woocommerce", state.Reveal())
		s.kind(err, rewards.Denied, "install_expired")
		if got, err := s.Install(s.ctx, "woocommerce", state.Reveal()); err != nil || !got.UsedAt.IsZero() {
			t.Fatalf("got %+v, %v", got, err)
		}
		_, err = s.CreateInstall(s.ctx, "woocommerce", "other.example", invite.Life)
		s.no(err)
		if n := s.count("SELECT count(*) FROM installs"); n != 2 {
			t.Fatalf("%d links are left", n)
		}
		s.raw("UPDATE installs SET expires_at = {after} WHERE domain = 'shop.example'", -(installsKept + time.Minute).Microseconds())
		_, err = s.CreateInstall(s.ctx, "woocommerce", "third.example", invite.Life)
		s.no(err)
		if n := s.count("SELECT count(*) FROM installs WHERE domain = 'shop.example'"); n != 0 {
			t.Fatal("a link of long ago is kept")
		}
	})
}

func TestWhatALinkCarriesIsNotStored(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		state, err := s.CreateInstall(s.ctx, "woocommerce", "shop.example", invite.Life)
		s.no(err)
		var hashes [][]byte
		_, err = s.read(s.ctx).scan(&hashes, "SELECT state_hash FROM installs")
		s.no(err)
		if len(hashes) != 1 || len(hashes[0]) != 32 || bytes.Contains(hashes[0], []byte(state.Reveal()[:8])) {
			t.Fatalf("stored is %x", hashes)
		}
	})
}
