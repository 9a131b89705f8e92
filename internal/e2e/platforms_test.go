package e2e

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/connectors/stripe/stripetest"
	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/internal/simshop"
)

// simulations are the simulated shops of all platforms.
var simulations = map[string]func(simshop.Options) (simshop.Shop, error){
	"shopify":     shopifytest.Simulate,
	"stripe":      stripetest.Simulate,
	"woocommerce": woocommercetest.Simulate,
}

// till is a simulated shop of any platform, installed at a site.
type till struct {
	*shop
	sim simshop.Shop
	ana advocate
	who string // her id in the shop
}

// openTill installs a simulated shop by the command line, with a programme and an advocate.
func openTill(t *testing.T, s *site, platform string) *till {
	t.Helper()
	s.env["GRAPEVINE_PUBLIC_URL"] = s.url // the shop is told where to send its webhooks
	sim, err := simulations[platform](simshop.Options{Hooks: s.url + "/webhooks/" + platform, Seed: int64(seed)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	in := sim.Install()
	for name, value := range in.Settings {
		s.env[name] = value
		s.hide(value)
	}
	s.hide(in.Token)
	s.start()
	var added shopView
	args := []string{"shop", "add", "--platform", in.Platform, "--access-token", in.Token, "--api-url", in.APIURL}
	if in.Domain != "" {
		args = append(args, "--domain", in.Domain)
	}
	s.ask(&added, args...)
	var token struct{ Token string }
	s.ask(&token, "token", "create", "--shop", added.ID, "--scope", "write")
	s.hide(token.Token)
	k := &till{shop: &shop{site: s, ID: added.ID, token: token.Token}, sim: sim}
	k.apply(creditProgram)
	k.offered("credit")
	if k.who, err = sim.AddCustomer(simshop.Buyer{Email: "ana@" + mailDomain, FirstName: "Ana"}); err != nil {
		t.Fatal(err)
	}
	body := map[string]string{"customer_id": k.who, "email": "ana@" + mailDomain, "first_name": "Ana"}
	if err := k.call(http.MethodPost, "/advocates", body, http.StatusCreated, &k.ana); err != nil {
		t.Fatal(err)
	}
	k.active(k.ana)
	return k
}

// friends lets so many new customers buy for 80.00 with Ana's code.
func (k *till) friends(from, n int) (orders []simshop.Sold) {
	k.site.t.Helper()
	for i := range n {
		sold, err := k.sim.Place(simshop.Basket{
			Buyer: simshop.Buyer{Email: fmt.Sprintf("friend%d@%s", from+i, mailDomain), FirstName: "Friend"},
			Goods: []simshop.Goods{{Title: "Teapot", Price: "80.00"}}, Code: k.ana.Code, Shipping: "5.00",
		})
		if err != nil {
			k.site.t.Fatal(err)
		}
		orders = append(orders, sold)
	}
	return orders
}

// holds waits until Ana can spend this by so many credits.
func (k *till) holds(balance string, live int, within time.Duration) {
	k.site.t.Helper()
	eventually(k.site.t, within, fmt.Sprintf("%s by %d credits", balance, live), func() (bool, any) {
		got, n, err := k.sim.Credit(k.who)
		return err == nil && got == balance && n == live, fmt.Sprint(got, " by ", n, " ", err)
	})
}

// TestEveryPlatformRewardsOnceWhateverIsLost plays on each platform with the real program: a fifth of the
// webhooks gets lost, the program is killed, all webhooks of the refunds get lost, and in the end everything
// is sent again.
func TestEveryPlatformRewardsOnceWhateverIsLost(t *testing.T) {
	t.Parallel()
	for platform := range simulations {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, s *site) {
				k := openTill(t, s, platform)
				k.sim.Lose(0.2)
				sold := k.friends(0, 4)
				s.signal(syscall.SIGKILL)
				s.start()
				sold = append(sold, k.friends(4, 4)...)
				s.run("reconcile", "--shop", k.ID, "--since", "1h")
				k.holds("80.00", 8, patience)

				k.sim.Lose(1)
				for _, o := range sold[:3] {
					if err := k.sim.Refund(o.ID, simshop.Refund{}); err != nil {
						t.Fatal(err)
					}
				}
				s.run("reconcile", "--shop", k.ID, "--since", "1h")
				k.holds("50.00", 5, patience)

				k.sim.Lose(0)
				if _, err := k.sim.Redeliver(); err != nil {
					t.Fatal(err)
				}
				if err := k.sim.WaitQuiet(t.Context()); err != nil {
					t.Fatal(err)
				}
				k.quiet()
				k.holds("50.00", 5, patience)
				s.fsck()
			})
		})
	}
}
