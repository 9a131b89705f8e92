package e2e

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/testdb"
)

// TestNoUnclearAnswerMakesASecondReward has the shop carry out each reward and answer nonsense, or carry
// out nothing; for some it shows an old state to whoever looks afterwards.
func TestNoUnclearAnswerMakesASecondReward(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ program, operation, look string }{
		"credit": {creditProgram, "StoreCreditCredit", "StoreCreditAccountTransactions"},
		"code":   {codeProgram, "DiscountBasicCreate", "DiscountByCode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, testdb.SQLite(t))
			s.start()
			sh := s.newShop("unclear.myshopify.com")
			sh.apply(tc.program)
			sh.offered(name)
			ids := sh.misanswered(sh.joined("ana"), tc.operation, tc.look)
			for _, id := range ids {
				sh.rewarded(id, "issued", patience)
			}
			objects := len(sh.credits()) + len(sh.discounts())
			if objects != len(ids)+1 { // and the discount of the friends
				t.Errorf("the shop holds %d objects for %d orders", objects-1, len(ids))
			}
			s.fsck()
		})
	}
}

// misanswered has a friend buy for each unclear answer, which the shop gives to an operation.
func (sh *shop) misanswered(ana advocate, operation, look string) (ids []int64) {
	sh.site.t.Helper()
	for _, f := range unclearAnswers() {
		f.Operation, f.Count = operation, 1
		faults := []shopifytest.Fault{f}
		if f.Kind == shopifytest.FaultDrop { // one of them meets a look that is late
			faults = append(faults, shopifytest.Fault{Operation: look, Kind: shopifytest.FaultStale, Count: 1})
		}
		if err := sh.sim.SetFaults(faults...); err != nil {
			sh.site.t.Fatal(err)
		}
		before := len(sh.sim.Calls())
		ids = append(ids, sh.buy(ana.Code).ID)
		for _, f := range faults {
			sh.meets(f, before)
		}
		sh.sim.ResetFaults()
	}
	return ids
}

// unclearAnswers are those after which nobody knows whether the shop did what it was asked to.
func unclearAnswers() []shopifytest.Fault {
	faults := []shopifytest.Fault{{Kind: shopifytest.FaultStatus, Status: http.StatusBadGateway}}
	for _, status := range []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout} {
		faults = append(faults, shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: status, Effect: true})
	}
	for _, kind := range []string{
		shopifytest.FaultDrop, shopifytest.FaultTruncate, shopifytest.FaultCut, shopifytest.FaultHTML, shopifytest.FaultEmpty,
		shopifytest.FaultNullData, shopifytest.FaultPartial, shopifytest.FaultHuge,
	} {
		faults = append(faults, shopifytest.Fault{Kind: kind, Effect: true})
	}
	return append(faults, shopifytest.Fault{Kind: shopifytest.FaultSlow, Delay: 11 * time.Second})
}

// meets waits until a call after the first so many met the fault.
func (sh *shop) meets(f shopifytest.Fault, before int) {
	sh.site.t.Helper()
	eventually(sh.site.t, patience, "a call that meets "+f.Kind, func() (bool, any) {
		calls := sh.sim.Calls()[before:]
		return slices.ContainsFunc(calls, func(c shopifytest.Call) bool {
			return c.Operation == f.Operation && c.Fault == f.Kind
		}), len(calls)
	})
}
