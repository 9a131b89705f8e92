package e2e

import (
	"net/http"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
)

func TestReplayingEveryEventChangesNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, s *site) {
		s.start()
		sh := s.newShop("replay.myshopify.com")
		ana := sh.opened("ana")
		kept, refunded := sh.buy(ana.Code), sh.buy(ana.Code)
		sh.rewarded(kept.ID, "issued", patience)
		sh.rewarded(refunded.ID, "issued", patience)
		if _, err := sh.sim.Refund(refunded.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: 0}}}); err != nil {
			t.Fatal(err)
		}
		sh.rewarded(refunded.ID, "reversed", patience)
		sh.quiet()
		before := sh.snapshot()
		events := list[event](sh, "/events")
		for i, e := range events {
			if i%4 == 0 { // by hand, and the others by API
				s.run("events", "replay", "--shop", sh.ID, e.ID)
			} else if err := sh.call(http.MethodPost, "/events/"+e.ID+"/replay", nil, http.StatusAccepted, nil); err != nil {
				t.Error(err)
			}
		}
		sh.quiet()
		sh.unchanged(before, "every event was replayed")
		for _, e := range list[event](sh, "/events") {
			if e.Status != "done" && e.Status != "ignored" {
				t.Errorf("event %+v", e)
			}
		}
		s.fsck()
	})
}

func TestAShopThatUninstalledIsNeverCalledAgain(t *testing.T) {
	t.Parallel()
	sh, ana := lit(t, "gone.myshopify.com")
	sh.rewarded(sh.buy(ana.Code).ID, "issued", patience)
	sh.quiet()
	sh.buy(ana.Code)
	sh.sim.Uninstall()
	uninstalled := func() (bool, any) {
		var now shopView
		sh.site.ask(&now, "shop", "show", sh.ID)
		return now.Status == "uninstalled", now
	}
	eventually(t, patience, "the shop is uninstalled", uninstalled)
	calls, late := len(sh.sim.Calls()), sh.sim.Deliveries()[0]
	signature := shopifytest.Sign(clientSecret, late.Body)
	if status := sh.site.post(sh.sim.domain, late.Topic, "after-the-end", signature, late.Body); status != http.StatusOK {
		t.Errorf("a late webhook was answered %d", status)
	}
	sh.site.kill()
	sh.site.start()
	eventually(t, patience, "the late webhook is worked on", func() (bool, any) {
		var n int
		err := openSQL(t, sh.site.env["GRAPEVINE_DATABASE_URL"]).QueryRow("SELECT count(*) FROM events WHERE status = 'pending'").Scan(&n)
		return err == nil && n == 0, err
	})
	if ok, now := uninstalled(); !ok || len(sh.sim.Calls()) != calls {
		t.Errorf("the shop is %+v and was called %d times after it left", now, len(sh.sim.Calls())-calls)
	}
	sh.site.fsck()
}
