package storage

import (
	"fmt"
	"testing"
	"time"

	"grapevine/rewards"
)

// past is an order as an import reads it, with plain people in it.
func past(id string, at time.Time) rewards.Order {
	return rewards.Order{
		ID: id, Name: "#" + id, PlacedAt: at, UpdatedAt: at, PaidAt: &at, Currency: "USD", Payment: rewards.PaymentPaid, Country: "US",
		Customer: &rewards.Person{ID: "c-" + id, Email: id + "@canary.example", Phone: "+1 202 555 0143", Name: "Canary"},
		Lines:    []rewards.Line{{ID: "1", Quantity: 1, Current: 1, Amount: usd(2500)}},
	}
}

func TestImportedOrdersMakeCustomersKnown(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		day := time.Now().UTC().Add(-48 * time.Hour).Truncate(time.Second)
		var orders []rewards.Order
		for i := range 300 {
			orders = append(orders, past(fmt.Sprint("old", i), day.Add(time.Duration(i)*time.Second)))
		}
		orders[7].Codes = []rewards.AppliedCode{{Code: r.advocate.Code, TookOff: usd(500)}}
		twice := append([]rewards.Order{}, orders...)
		done, err := s.ImportOrders(s.ctx, r.shop.ID, append(orders, orders[0]))
		s.no(err)
		if done != (Imported{Stored: 300, Known: 1}) {
			t.Fatalf("%+v", done)
		}
		for i := range twice {
			twice[i].Name = "changed"
		}
		done, err = s.ImportOrders(s.ctx, r.shop.ID, twice)
		s.no(err)
		if done != (Imported{Known: 300}) {
			t.Fatalf("a second time: %+v", done)
		}
		if n := s.count("SELECT count(*) FROM orders WHERE historic AND outcome = 'none' AND reason = 'historic' AND name <> 'changed'"); n != 300 {
			t.Errorf("%d historic orders", n)
		}
		if n := s.count("SELECT count(*) FROM rewards") + s.count("SELECT count(*) FROM jobs WHERE kind = 'confirm'"); n != 0 {
			t.Errorf("%d rewards and jobs came of an import", n)
		}
		if n := s.count("SELECT count(*) FROM orders WHERE CAST(record AS text) LIKE '%canary.example%' OR CAST(record AS text) LIKE '%Canary%' OR CAST(record AS text) LIKE '%202 555%'"); n != 0 {
			t.Errorf("%d orders hold plain people", n)
		}
		// Somebody who bought before comes back with a friend's code.
		again := r.order("new")
		again.Customer.Email, again.Customer.ID = "old5@canary.example", "c-another"
		r.decide(again)
		o, err := s.Order(s.ctx, r.shop.ID, "new")
		s.no(err)
		if o.Decision.Outcome != rewards.OutcomeRejected || o.Decision.Reason != rewards.ReasonExistingCustomer {
			t.Errorf("judged %s %s, %d earlier here", o.Decision.Outcome, o.Decision.Reason, o.Facts.EarlierHere)
		}
	})
}

func TestAnImportLeavesJudgedOrdersAlone(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("o1"))
		known, err := s.KnownOrders(s.ctx, r.shop.ID, []rewards.Order{past("o1", time.Now()), past("o2", time.Now())})
		s.no(err)
		done, err := s.ImportOrders(s.ctx, r.shop.ID, []rewards.Order{past("o1", time.Now()), past("o2", time.Now())})
		s.no(err)
		if known != 1 || done != (Imported{Stored: 1, Known: 1}) {
			t.Errorf("%d known, %+v", known, done)
		}
		o, err := s.Order(s.ctx, r.shop.ID, "o1")
		s.no(err)
		if o.Facts.Historic || o.Decision.Outcome != rewards.OutcomeRewarded {
			t.Errorf("%+v", o.Decision)
		}
		_, err = s.ImportOrders(s.ctx, "shop_nobody", []rewards.Order{past("o1", time.Now())})
		s.kind(err, rewards.NotFound, "shop_not_found")
	})
}
