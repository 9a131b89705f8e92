package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/testdb"
)

// lit is a running serve on SQLite with one shop whose credit programme works, and an advocate.
func lit(t *testing.T, domain string) (*shop, advocate) {
	t.Helper()
	s := newSite(t, testdb.SQLite(t))
	s.start()
	sh := s.newShop(domain)
	return sh, sh.opened("ana")
}

// opened applies the credit programme and makes an advocate.
func (sh *shop) opened(name string) advocate {
	sh.site.t.Helper()
	sh.apply(creditProgram)
	sh.offered("credit")
	return sh.joined(name)
}

func TestAShopThatRefusesItsTokenIsParkedUntilItGetsANewOne(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, s *site) {
		s.start()
		sh := s.newShop("token.myshopify.com")
		ana := sh.opened("ana")
		const newToken = shopToken + "-new"
		sh.sim.Change(func(c *shopifytest.Settings) { c.AccessToken = newToken })
		o := sh.buy(ana.Code)
		eventually(t, patience, "the shop is parked", func() (bool, any) {
			now := sh.status()
			return now.Status == "parked" && now.Reason == "token_refused", now
		})
		calls := len(sh.sim.Calls())
		later := sh.buy(ana.Code)
		eventually(t, patience, "webhooks of a parked shop are stored", func() (bool, any) {
			events := list[event](sh, "/events", "order", orderID(later.ID))
			return len(events) == 3, events
		})
		if more := len(sh.sim.Calls()); more != calls {
			t.Errorf("a parked shop was called %d times", more-calls)
		}
		var now shopView
		s.ask(&now, "shop", "update", sh.ID, "--access-token", newToken)
		if now.Status != "active" || now.Reason != "" {
			t.Errorf("after its new token the shop is %+v", now)
		}
		sh.rewarded(o.ID, "issued", patience)
		sh.rewarded(later.ID, "issued", patience)
		if n := len(sh.credits()); n != 2 {
			t.Errorf("the shop holds %d credits, want 2", n)
		}
		s.fsck()
	})
}

func TestAThrottledShopRestsAndNoOtherWaitsForIt(t *testing.T) {
	t.Parallel()
	slow, ana := lit(t, "throttled.myshopify.com")
	quick := slow.site.newShop("quick.myshopify.com")
	bea := quick.opened("bea")
	for _, kind := range []string{shopifytest.FaultThrottled, shopifytest.FaultThrottle} {
		if err := slow.sim.SetFaults(shopifytest.Fault{Kind: kind, Percent: 50}, shopifytest.Fault{Kind: kind}); err != nil {
			t.Fatal(err)
		}
		var waiting []int64
		for range 20 {
			waiting = append(waiting, slow.buy(ana.Code).ID)
		}
		eventually(t, patience, "the shop throttles", func() (bool, any) {
			calls := slow.sim.Calls()
			return calls[len(calls)-1].Fault == kind, len(calls)
		})
		before := len(slow.sim.Calls())
		for range 5 {
			quick.rewarded(quick.buy(bea.Code).ID, "issued", 5*time.Second)
		}
		if calls := len(slow.sim.Calls()) - before; calls > 20 {
			t.Errorf("a shop that asked for rest was called %d times", calls)
		}
		slow.sim.ResetFaults()
		for _, id := range waiting {
			slow.rewarded(id, "issued", patience)
		}
	}
	if n := len(slow.credits()); n != 40 {
		t.Errorf("the shop holds %d credits, want 40", n)
	}
	slow.site.fsck()
}

func TestAShopThatIsDownForAWhileGetsItsRewardsLater(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	s.start()
	sim := s.newSim("down.myshopify.com")
	gate := newGateway(t, sim)
	sh := s.install(sim, gate.url())
	ana := sh.opened("ana")
	gate.shut()
	o := sh.buy(ana.Code)
	eventually(t, patience, "the call to the shop has failed", func() (bool, any) {
		return strings.Contains(s.log.String(), "job will be tried again"), s.log.last(3)
	})
	eventually(t, patience, "its webhooks are stored", func() (bool, any) {
		events := list[event](sh, "/events", "order", orderID(o.ID), "status", "pending")
		return len(events) == 3, events
	})
	if now := sh.status(); now.Status != "active" {
		t.Errorf("the shop is %+v", now)
	}
	gate.open()
	sh.rewarded(o.ID, "issued", patience)
	if n := len(sh.credits()); n != 1 {
		t.Errorf("the shop holds %d credits, want 1", n)
	}
	s.fsck()
}

func TestAnOrderThatCannotBeReadIsHeldForAPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	s.start()
	sim := s.newSim("unreadable.myshopify.com", held)
	gate := newGateway(t, sim)
	sh := s.install(sim, gate.url())
	ana := sh.opened("ana")
	sh.taken()
	refused, gone, fine := sh.buy(ana.Code), sh.buy(ana.Code), sh.buy(ana.Code)
	gate.refuseCalls(orderID(refused.ID), `{"errors":[{"message":"Query cost is 1200, which exceeds the single query max cost limit","extensions":{"code":"MAX_COST_EXCEEDED"}}]}`)
	if err := sim.DeleteOrder(gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, d := range sim.TakeWebhooks() {
		sh.deliver(d, http.StatusOK)
	}
	sh.rewarded(fine.ID, "issued", patience)
	for _, id := range []int64{refused.ID, gone.ID} {
		eventually(t, patience, "the order is held", func() (bool, any) {
			var o order
			err := sh.call(http.MethodGet, orderPath(id), nil, http.StatusOK, &o)
			return o.Decision.Outcome == "held" && o.Decision.Reason == "unreadable_order", fmt.Sprintf("%+v %v", o, err)
		})
	}
	if n := len(sh.credits()); n != 1 {
		t.Errorf("the shop holds %d credits, want 1", n)
	}
	gate.refuseCalls("", "")
	for _, e := range list[event](sh, "/events", "order", orderID(refused.ID)) {
		s.run("events", "replay", "--shop", sh.ID, e.ID)
	}
	sh.rewarded(refused.ID, "issued", patience) // once it can be read it is judged
	s.fsck()
}
