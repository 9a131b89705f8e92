package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"grapevine/connectors"
	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
	"grapevine/storage"
)

// halting is a platform whose shop takes some webhooks with a new secret, and then no more.
type halting struct {
	platform
	made connectors.Subscription
	err  error
	stop context.CancelFunc // the person who waits gives up; nil: she does not
}

func (h halting) Capabilities() connectors.Capabilities {
	return connectors.Capabilities{OwnDoor: true}
}

func (h halting) Subscribe(context.Context, connectors.Shop, string) (connectors.Subscription, error) {
	if h.stop != nil {
		h.stop()
	}
	return h.made, h.err
}

func TestWhatIsKeptOfASettingUpOfWebhooks(t *testing.T) {
	home(t)
	t.Setenv("GRAPEVINE_PUBLIC_URL", "https://refer.example.com")
	trouble := errors.New("the shop fell silent")
	for name, tc := range map[string]struct {
		made     connectors.Subscription
		err      error
		stopped  bool
		secrets  []string
		settings map[string]string
	}{
		"all have the new secret": {made: connectors.Subscription{Secrets: []string{"new"}, Settings: map[string]string{"hooks": "1,2"}},
			secrets: []string{"new"}, settings: map[string]string{"hooks": "1,2"}},
		"nothing was to be done": {secrets: []string{"old"}, settings: map[string]string{"auth": "query"}},
		"some have it, and some the old one": {made: connectors.Subscription{Secrets: []string{"new"}}, err: trouble,
			secrets: []string{"new", "old"}, settings: map[string]string{"auth": "query"}},
		"some have it when a person gives up": {made: connectors.Subscription{Secrets: []string{"new"}}, err: trouble, stopped: true,
			secrets: []string{"new", "old"}, settings: map[string]string{"auth": "query"}},
		"none has it": {err: trouble, secrets: []string{"old"}, settings: map[string]string{"auth": "query"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &settings{DatabaseURL: "sqlite:" + t.TempDir() + "/test.db", PublicURL: "https://refer.example.com"}
			err := s.with(t.Context(), func(db *storage.DB) error {
				shop, err := db.AddShop(t.Context(), storage.NewShop{Platform: "woocommerce", Domain: "wool.example", Currency: "EUR", Token: "x",
					Settings: map[string]string{"auth": "query"}, Hooks: texts([]string{"old"})})
				if err != nil {
					return err
				}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				p := halting{made: tc.made, err: tc.err}
				if tc.stopped {
					p.stop = stop
				}
				if _, err := (enrolment{settings: s, db: db}).subscribe(ctx, p, shop); !errors.Is(err, tc.err) {
					return fmt.Errorf("it ended with %w", err)
				}
				door, err := db.Door(t.Context(), "woocommerce", shop.ID)
				if err == nil && (!slices.Equal(door.Secrets, tc.secrets) || !maps.Equal(door.Settings, tc.settings)) {
					return fmt.Errorf("kept are %q and %v", door.Secrets, door.Settings)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// A key of another account than the one that was named must not be taken for a shop that is away.
func TestAKeyOfAnotherAccountIsRefused(t *testing.T) {
	home(t)
	sim, err := stripetest.Simulate(simshop.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	in := sim.Install()
	got := grapevine(t, "shop", "add", "--platform", "stripe", "--domain", "acct_somebodyelse", "--currency", "USD", "--access-token", in.Token, "--api-url", in.APIURL)
	if got.code == exitOK || !strings.Contains(got.err, "refuses the token") || strings.Contains(got.err, in.Token) {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	if got := grapevine(t, "shop", "list", "--json"); strings.Contains(got.out, "acct_") {
		t.Errorf("it was installed all the same:\n%s", got.out)
	}
}

// addSimulated installs a simulated shop.
func addSimulated(t *testing.T, sim simshop.Shop) shopView {
	t.Helper()
	in := sim.Install()
	args := []string{"shop", "add", "--platform", in.Platform, "--access-token", in.Token, "--api-url", in.APIURL, "--json"}
	if in.Domain != "" {
		args = append(args, "--domain", in.Domain)
	}
	got := grapevine(t, args...)
	var v shopView
	if err := json.Unmarshal([]byte(got.out), &v); err != nil || got.code != exitOK {
		t.Fatalf("exit %d: %s %v", got.code, got.err, err)
	}
	return v
}

func TestAShopThatHasLeftGetsNoWebhooks(t *testing.T) {
	home(t)
	t.Setenv("GRAPEVINE_PUBLIC_URL", "https://refer.example.com")
	sim, err := stripetest.Simulate(simshop.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	shop := addSimulated(t, sim)
	if got := grapevine(t, "shop", "remove", shop.ID); got.code != exitOK {
		t.Fatal(got.err)
	}
	for _, command := range [][]string{{"shop", "subscribe", shop.ID}, {"reconcile", "--shop", shop.ID}} {
		if got := grapevine(t, command...); got.code == exitOK || !strings.Contains(got.err, "add it again") {
			t.Errorf("%v: exit %d: %s", command, got.code, got.err)
		}
	}
}
