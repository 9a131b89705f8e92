package e2e

import (
	"net/http"
	"strconv"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
)

// erase demands that an advocate is forgotten, and waits until she is.
func (sh *shop) erase(a advocate) {
	sh.site.t.Helper()
	id, err := strconv.ParseInt(a.CustomerID, 10, 64)
	if err != nil {
		sh.site.t.Fatal(err)
	}
	if err := sh.sim.Compliance(shopifytest.ComplianceInput{Topic: "customers/redact", CustomerID: id}); err != nil {
		sh.site.t.Fatal(err)
	}
	eventually(sh.site.t, patience, "the advocate is retired", func() (bool, any) {
		now := read[advocate](sh, "/advocates/"+a.ID)
		return now.Status == "retired" && now.CustomerID == "", now
	})
}

func TestWhatAnErasedAdvocateWasGivenCanStillBeTakenBack(t *testing.T) {
	t.Parallel()
	sh, ana := lit(t, "late-refund.myshopify.com")
	o := sh.buy(ana.Code)
	sh.rewarded(o.ID, "issued", patience)
	sh.erase(ana)
	if _, err := sh.sim.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: 0}}}); err != nil {
		t.Fatal(err)
	}
	sh.rewarded(o.ID, "reversed", patience)
	for _, a := range sh.state().Accounts {
		if a.Balance.Minor != 0 {
			t.Errorf("the account holds %s", a.Balance)
		}
	}
	sh.site.fsck()
}

func TestARewardThatWasUnderWayWhenItsAdvocateWasErasedEndsAsTheShopHasIt(t *testing.T) {
	t.Parallel()
	sh, ana := lit(t, "erased-under-way.myshopify.com")
	faults := []shopifytest.Fault{
		{Operation: "StoreCreditCredit", Kind: shopifytest.FaultStatus, Status: http.StatusGatewayTimeout, Effect: true},
		{Operation: "StoreCreditAccounts", Kind: shopifytest.FaultStatus, Status: http.StatusServiceUnavailable},
	}
	if err := sh.sim.SetFaults(faults...); err != nil {
		t.Fatal(err)
	}
	before := len(sh.sim.Calls())
	o := sh.buy(ana.Code)
	sh.meets(faults[1], before)
	sh.erase(ana)
	sh.sim.ResetFaults()
	sh.rewarded(o.ID, "issued", patience)
	if n := len(sh.credits()); n != 1 {
		t.Errorf("the shop holds %d credits", n)
	}
	sh.site.holdsNothingOf(ana.CustomerID)
	sh.site.fsck()
}

func TestWhatTheShopHasNotHeardOfIsReversedWhenItsAdvocateIsErased(t *testing.T) {
	t.Parallel()
	sh, ana := lit(t, "erased-before.myshopify.com")
	throttled := shopifytest.Fault{Operation: "StoreCreditCredit", Kind: shopifytest.FaultThrottled}
	if err := sh.sim.SetFaults(throttled); err != nil {
		t.Fatal(err)
	}
	var orders []int64
	for range 6 {
		orders = append(orders, sh.buy(ana.Code).ID)
	}
	for _, id := range orders {
		sh.rewarded(id, "issuing", patience)
	}
	sh.erase(ana)
	sh.sim.ResetFaults()
	ended := map[string]int{}
	for _, id := range orders {
		eventually(t, patience, "a reward that is issued or reversed", func() (bool, any) {
			o := read[order](sh, orderPath(id))
			done := len(o.Rewards) == 1 && (o.Rewards[0].Status == "issued" || o.Rewards[0].Status == "reversed")
			if done {
				ended[o.Rewards[0].Status]++
			}
			return done, o
		})
	}
	if ended["reversed"] == 0 || ended["issued"] != len(sh.credits()) {
		t.Errorf("rewards ended %v, the shop holds %d credits", ended, len(sh.credits()))
	}
	sh.quiet()
	sh.site.holdsNothingOf(ana.CustomerID)
	sh.site.fsck()
}
