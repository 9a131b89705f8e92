package storage

import (
	"bytes"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// hooked installs a shop with a door of its own.
func (s *store) hooked(domain string, hooks ...secret.Text) connectors.Installed {
	s.t.Helper()
	shop, err := s.AddShop(s.ctx, NewShop{
		Platform: "woocommerce", Domain: domain, Currency: "EUR", Token: "ck_canary:cs_canary",
		Settings: map[string]string{"account": "acct_1", "mode": "test"}, Hooks: hooks,
	})
	s.no(err)
	return shop
}

func (s *store) doorOf(shopID string) connectors.Door {
	s.t.Helper()
	door, err := s.Door(s.ctx, "woocommerce", shopID)
	s.no(err)
	return door
}

func TestADoorOpensForTheShopsOfItsPlatform(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.hooked("wool.example", "whsec_new", "whsec_old")
		want := connectors.Door{ShopID: shop.ID, Domain: "wool.example", Secrets: []string{"whsec_new", "whsec_old"}, Settings: map[string]string{"account": "acct_1", "mode": "test"}}
		if got := s.doorOf(shop.ID); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		for name, at := range map[string][2]string{
			"a shop that there is not":  {"woocommerce", "shop_none"},
			"another platform's door":   {"stripe", shop.ID},
			"nothing":                   {"woocommerce", ""},
			"what no database takes":    {"woocommerce", "shop_\x00\xff"},
			"a piece of SQL":            {"woocommerce", "' OR ''='"},
			"its id in capital letters": {"woocommerce", strings.ToUpper(shop.ID)},
		} {
			if got, err := s.Door(s.ctx, at[0], at[1]); rewards.KindOf(err) != rewards.NotFound || rewards.CodeOf(err) != "shop_not_found" || got.Secrets != nil {
				t.Errorf("%s: got %+v, %v", name, got, err)
			}
		}
		for name, change := range map[string]func(string) error{
			"paused": func(id string) error { _, err := s.PauseShop(s.ctx, id); return err },
			"parked": func(id string) error { return s.Park(s.ctx, s.lane(id), "token_refused") },
		} {
			s.raw("UPDATE shops SET status = 'active'")
			if s.no(change(shop.ID)); !reflect.DeepEqual(s.doorOf(shop.ID), want) {
				t.Errorf("a shop that is %s cannot send", name)
			}
		}
		silent, err := s.AddShop(s.ctx, NewShop{Platform: "woocommerce", Domain: "silent.example", Token: "x"})
		s.no(err)
		if got := s.doorOf(silent.ID); !reflect.DeepEqual(got, connectors.Door{ShopID: silent.ID, Domain: "silent.example"}) {
			t.Errorf("a shop without secrets has %+v", got)
		}
	})
}

func TestSecretsAndSettingsOfAShopChangeApart(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop, other := s.hooked("wool.example", "whsec_1"), s.hooked("yarn.example", "whsec_other")
		update := func(u ShopUpdate) connectors.Door {
			t.Helper()
			_, err := s.UpdateShop(s.ctx, shop.ID, u)
			s.no(err)
			return s.doorOf(shop.ID)
		}
		first := map[string]string{"account": "acct_1", "mode": "test"}
		if got := update(ShopUpdate{Hooks: []secret.Text{"whsec_2", "whsec_1"}}); strings.Join(got.Secrets, " ") != "whsec_2 whsec_1" || !maps.Equal(got.Settings, first) {
			t.Fatalf("after a second secret: %+v", got)
		}
		if got := update(ShopUpdate{Settings: map[string]string{"mode": "live", "hook": "we_1"}}); len(got.Secrets) != 2 || !maps.Equal(got.Settings, map[string]string{"mode": "live", "hook": "we_1"}) {
			t.Fatalf("after other settings: %+v", got)
		}
		currency := "USD"
		if got := update(ShopUpdate{Currency: &currency}); len(got.Secrets) != 2 || len(got.Settings) != 2 {
			t.Fatalf("after another currency: %+v", got)
		}
		if got := update(ShopUpdate{Hooks: []secret.Text{}}); got.Secrets != nil || len(got.Settings) != 2 {
			t.Fatalf("after the secrets were taken away: %+v", got)
		}
		call, err := s.CallableShop(s.ctx, shop.ID)
		if s.no(err); call.Token != "ck_canary:cs_canary" || call.Settings["mode"] != "live" {
			t.Fatalf("a call is made with %+v", call)
		}
		s.raw("UPDATE lanes SET next_at = {now} WHERE shop_id = ?", shop.ID)
		lane, err := s.Lease(s.ctx, "w", time.Minute)
		if s.no(err); !maps.Equal(lane.Shop.Settings, call.Settings) {
			t.Fatalf("a lane has the settings %v", lane.Shop.Settings)
		}
		if got := s.doorOf(other.ID); got.Secrets[0] != "whsec_other" || !maps.Equal(got.Settings, first) {
			t.Fatalf("another shop has %+v", got)
		}
	})
}

func TestAShopThatLeavesTakesItsSecretsAlong(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		for name, leave := range map[string]func(id string) error{
			"removed": func(id string) error { _, err := s.RemoveShop(s.ctx, id); return err },
			"uninstalled": func(id string) error {
				return s.write(s.ctx, "leaving", func(x *txn) error { _, err := x.uninstall(id, time.Time{}); return err })
			},
			"erased": func(id string) error {
				s.raw("UPDATE shops SET status = 'uninstalled' WHERE shop_id = ?", id)
				_, err := s.Put(s.ctx, []connectors.Delivery{{Platform: "woocommerce", Domain: "erased.example", Topic: "t", DeliveryID: "d1", Body: []byte("{}")}})
				s.no(err)
				_, err = s.Work(s.ctx, "w", 1, applying(id, rewards.ShopErased{}, "shop_erased"))
				return err
			},
		} {
			shop := s.hooked(name+".example", "whsec_canary")
			s.no(leave(shop.ID))
			if n := s.count("SELECT count(*) FROM shops WHERE shop_id = ? AND (hooks_sealed IS NOT NULL OR token_sealed IS NOT NULL)", shop.ID); n != 0 {
				t.Errorf("of a shop that was %s a secret is left", name)
			}
			_, err := s.Door(s.ctx, "woocommerce", shop.ID)
			s.kind(err, rewards.NotFound, "shop_not_found")
			back, err := s.AddShop(s.ctx, NewShop{Platform: "woocommerce", Domain: name + ".example", Token: "x", Hooks: []secret.Text{"whsec_fresh"}})
			s.no(err)
			if got := s.doorOf(back.ID); back.ID != shop.ID || len(got.Secrets) != 1 || got.Secrets[0] != "whsec_fresh" || got.Settings != nil {
				t.Errorf("a shop that was %s comes back with %+v", name, got)
			}
		}
	})
}

// Sealed for one place, a secret opens nowhere else, and stands in no file.
func TestWebhookSecretsAreSealed(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.SQLite(t))
	shop := s.hooked("wool.example", "whsec_canary_one", "whsec_canary_two")
	_, err := s.UpdateShop(s.ctx, shop.ID, ShopUpdate{Hooks: []secret.Text{"whsec_canary_three"}})
	s.no(err)
	var all []byte
	for _, file := range []string{"", "-wal"} {
		b, err := os.ReadFile(strings.TrimPrefix(s.url, "sqlite:") + file)
		s.no(err)
		all = append(all, b...)
		if bytes.Contains(b, []byte("canary")) {
			t.Errorf("a secret stands in the database's file%s", file)
		}
	}
	if !bytes.Contains(all, []byte("wool.example")) {
		t.Fatal("the files hold nothing at all of the shop")
	}
	s.raw("UPDATE shops SET hooks_sealed = token_sealed WHERE shop_id = ?", shop.ID)
	_, err = s.Door(s.ctx, "woocommerce", shop.ID)
	s.kind(err, rewards.Internal, "token_unreadable")
}

func TestADoorSealedWithAnotherKeyStaysShut(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.hooked("wool.example", "whsec_1")
		keys, err := secret.NewKeyring(secret.Generate())
		s.no(err)
		s.keys = keys
		_, err = s.Door(s.ctx, "woocommerce", shop.ID)
		s.kind(err, rewards.Internal, "token_unreadable")
	})
}

func TestAShopMayLiveInAFolder(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.hooked(" Yarn.Example/Shop ")
		if shop.Domain != "yarn.example/Shop" {
			t.Fatalf("it is called %q", shop.Domain)
		}
		_, err := s.AddShop(s.ctx, NewShop{Platform: "woocommerce", Domain: "YARN.example/Shop", Token: "x"})
		s.kind(err, rewards.Conflict, "shop_exists")
		other := s.hooked("yarn.example")
		for domain, want := range map[string]string{"yarn.EXAMPLE/Shop": shop.ID, "Yarn.example": other.ID} {
			if found, err := s.FindShop(s.ctx, domain); err != nil || found.ID != want {
				t.Errorf("%s: %+v, %v", domain, found, err)
			}
			if _, err := s.Put(s.ctx, []connectors.Delivery{{Platform: "woocommerce", Domain: domain, DeliveryID: "d1", Body: []byte("{}")}}); err != nil || s.count("SELECT count(*) FROM events WHERE shop_id = ?", want) != 1 {
				t.Errorf("a webhook of %s went astray: %v", domain, err)
			}
		}
		for _, domain := range []string{"", " ", "a b", "a\x00b", "a\nb"} {
			_, err := s.AddShop(s.ctx, NewShop{Platform: "woocommerce", Domain: domain, Token: "x"})
			s.kind(err, rewards.Invalid, "bad_shop")
		}
	})
}
