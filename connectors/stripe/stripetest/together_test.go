package stripetest_test

import (
	"fmt"
	"sync"
	"testing"

	"grapevine/connectors/stripe/stripetest"
)

func TestManyCallsAtOnceAreOneAfterTheOther(t *testing.T) {
	t.Parallel()
	s := start(t)
	hook := receive(t, func(n int) int {
		if n%5 == 0 {
			return 500
		}
		return 200
	})
	s.AddEndpoint(hook.URL, false, "checkout.session.completed", "customer.updated")
	s.code("TEN", "percent_off", "10", "max_redemptions", "12")
	cus := must[string](t)(s.AddCustomer(buyer("anna")))
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for i := range 20 {
		wg.Go(func() {
			in := mugs(fmt.Sprint("friend", i), 1)
			in.Code = "TEN"
			if _, err := s.PlaceSession(in); err == nil {
				mu.Lock()
				taken++
				mu.Unlock()
			}
		})
		wg.Go(func() {
			// Two callers use each key: one credit comes of it.
			s.keyed(fmt.Sprint("credit", i/2), "/v1/customers/"+cus+"/balance_transactions", "amount", "-100", "currency", "usd").ok()
		})
		wg.Go(func() { s.get("/v1/events", "delivery_success", "false").ok() })
	}
	wg.Wait()
	s.quiet()
	same(t, "uses of a code for twelve", taken, 12)
	s.get("/v1/customers/"+cus).ok().wants("balance", "-1000")
	ids := map[string]bool{}
	for _, g := range hook.all() {
		ids[g.at("id")] = true
	}
	same(t, "events that arrived", len(ids), 12+10)
	if _, err := s.PlaceSession(stripetest.SessionInput{Buyer: buyer("late"), Code: "TEN", Items: mugs("late", 1).Items}); err == nil {
		t.Error("a code that is used up was taken")
	}
}

func TestAServerCanBeClosedAtAnyTime(t *testing.T) {
	t.Parallel()
	s := start(t)
	hook := receive(t, func(int) int { return 500 })
	s.AddEndpoint(hook.URL, false)
	for i := range 5 {
		must[string](t)(s.AddCustomer(buyer(fmt.Sprint(i))))
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Redeliver(); err == nil {
		t.Error("a closed server sends on")
	}
}
