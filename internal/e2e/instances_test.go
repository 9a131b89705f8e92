package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/testdb"
)

// TestTwoInstancesShareTheWorkAndOneMayDie runs two servers on one database. One is killed with -9 while
// orders come in; the other does what that one had in hand once its leases have run out.
func TestTwoInstancesShareTheWorkAndOneMayDie(t *testing.T) {
	t.Parallel()
	const shops, orders = 6, 90
	first := newSite(t, testdb.Postgres(t))
	first.migrate()
	second := first.beside(t, "GRAPEVINE_LISTEN", freeAddress(t))
	first.start()
	second.start()
	var all []*shop
	var codes []string
	for i := range shops {
		sh := first.newShop(fmt.Sprintf("twin%d.myshopify.com", i), func(o *shopifytest.Options) {
			o.WebhookURL = []*site{first, second}[i%2].url + "/webhooks/shopify"
		})
		err := sh.sim.SetFaults(shopifytest.Fault{Operation: "StoreCreditCredit", Kind: shopifytest.FaultStatus, Status: http.StatusGatewayTimeout, Effect: true, Percent: 30})
		if err != nil {
			t.Fatal(err)
		}
		sh.site = second
		all, codes = append(all, sh), append(codes, sh.opened("ana").Code)
	}
	placed := make([]int, shops)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := range orders {
		if n == orders/2 {
			first.kill()
			for _, sh := range all {
				sh.sim.Change(func(c *shopifytest.Settings) { c.WebhookURL = second.url + "/webhooks/shopify" })
			}
		}
		all[n%shops].buy(codes[n%shops])
		placed[n%shops]++
		<-tick.C
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for i, sh := range all {
		if err := sh.sim.WaitQuiet(ctx); err != nil {
			t.Fatal(err)
		}
		eventually(t, patience, fmt.Sprintf("%d issued rewards of %s", placed[i], sh.sim.domain), func() (bool, any) {
			issued := list[reward](sh, "/rewards", "status", "issued")
			return len(issued) == placed[i], len(issued)
		})
		sh.quiet()
		if rewards, credits := len(list[reward](sh, "/rewards")), len(sh.credits()); rewards != placed[i] || credits != placed[i] {
			t.Errorf("%s: %d orders, %d rewards, %d credits in the shop", sh.sim.domain, placed[i], rewards, credits)
		}
	}
	second.fsck()
}
