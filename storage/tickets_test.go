package storage

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"grapevine/rewards"
)

// ticketProgram gives the advocate a ticket that admits two.
func ticketProgram() rewards.Program {
	return keptProgram("gala", rewards.RewardSpec{Kind: rewards.KindTicket, Amount: rewards.Money{Minor: 2, Currency: rewards.UnitTickets}})
}

// ticketOf is the ticket of an order.
func (r *referred) ticketOf(orderID string) rewards.Ticket {
	r.t.Helper()
	t, err := r.Ticket(r.ctx, r.shop.ID, r.the(orderID).Code)
	r.no(err)
	return t
}

func TestTicketsAreNumberedAsTheyAreIssued(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(ticketProgram())
		var orders []rewards.Order
		for i := range 30 {
			orders = append(orders, r.order(fmt.Sprintf("o%02d", i)))
		}
		r.decide(orders[:20]...)
		r.refund(orders[3])
		r.decide(orders[20:]...)
		var numbers []int64
		for _, o := range orders {
			numbers = append(numbers, r.ticketOf(o.ID).Number)
		}
		first := slices.Clone(numbers[:20])
		slices.Sort(first)
		rest := slices.Clone(numbers[20:])
		slices.Sort(rest)
		if !slices.Equal(append(first, rest...), counting(30)) {
			t.Fatalf("numbers %v", numbers)
		}
		gone := r.ticketOf("o03")
		if gone.Status != rewards.StatusReversed || gone.Admits != 0 || gone.Number > 20 {
			t.Fatalf("got %+v", gone)
		}
		list, err := s.Tickets(s.ctx, r.shop.ID, rewards.TicketFilter{Program: "gala", Status: rewards.StatusIssued}, "", 0, 10)
		s.no(err)
		more, err := s.Tickets(s.ctx, r.shop.ID, rewards.TicketFilter{}, "gala", 25, 100)
		s.no(err)
		if len(list) != 10 || len(more) != 5 || more[0].Number != 26 || list[0].Program != "gala" || list[0].IssuedAt.IsZero() {
			t.Fatalf("got %+v and %+v", list, more)
		}
		s.sound()
	})
}

func counting(n int64) (out []int64) {
	for i := range n {
		out = append(out, i+1)
	}
	return out
}

func TestATicketIsNumberedWhenItsHoldEnds(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(ticketProgram())
		o := r.order("o1")
		o.Payment, o.PaidAt = rewards.PaymentPending, nil
		r.decide(o)
		if got := r.the("o1"); got.Status != rewards.StatusPending || got.Code != "" || s.count("SELECT count(*) FROM ticket_numbers") != 0 {
			t.Fatalf("got %+v", got.Reward)
		}
		r.decide(r.order("o1"))
		if got := r.ticketOf("o1"); got.Number != 1 || got.Status != rewards.StatusIssued {
			t.Fatalf("got %+v", got)
		}
		r.decide(r.order("o1")) // the same again
		s.sound()
	})
}

func TestATicketIsRedeemedOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(ticketProgram())
		r.decide(r.order("o1"))
		code := strings.ToLower(r.the("o1").Code)
		const tries = 10
		errs, seen := make([]error, tries), make([]rewards.Ticket, tries)
		var all sync.WaitGroup
		for i := range tries {
			all.Go(func() {
				seen[i], errs[i] = s.RedeemTicket(s.ctx, r.shop.ID, code, fmt.Sprint("door ", i), "token:tok_1")
			})
		}
		all.Wait()
		won := slices.Index(errs, nil)
		for i, err := range errs {
			if i != won {
				s.kind(err, rewards.Conflict, "already_redeemed")
			}
			if seen[i].RedeemedBy != fmt.Sprint("door ", won) || seen[i].RedeemedAt.IsZero() || seen[i].Admits != 2 || seen[i].Number != 1 {
				t.Fatalf("door %d was told %+v, door %d let in", i, seen[i], won)
			}
		}
		got := r.the("o1")
		if got.Status != rewards.StatusRedeemed || got.Used != got.Value || got.History[len(got.History)-1].Actor != "token:tok_1" {
			t.Fatalf("got %+v", got)
		}
		s.sound()
	})
}

func TestATicketThatLetsNobodyIn(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(ticketProgram())
		back, part := r.order("back"), r.order("part")
		r.decide(back, part, r.order("old"))
		r.refund(back)
		r.refundPart(part, 2250)
		s.raw("UPDATE rewards SET expires_at = {hourago} WHERE order_id = 'old'")
		redeem := func(code string) (rewards.Ticket, error) {
			return s.RedeemTicket(s.ctx, r.shop.ID, code, "", "user:cli")
		}
		_, err := redeem(r.the("back").Code)
		s.kind(err, rewards.Conflict, "ticket_reversed")
		_, err = redeem(r.the("old").Code)
		s.kind(err, rewards.Conflict, "ticket_expired")
		_, err = redeem("GV-NONE-NONE-NONE")
		s.kind(err, rewards.NotFound, "ticket_not_found")
		_, err = redeem("")
		s.kind(err, rewards.NotFound, "ticket_not_found")
		got, err := redeem(r.the("part").Code) // half of the order is left: one of two
		s.no(err)
		if got.Admits != 1 || got.RedeemedBy != "user:cli" {
			t.Fatalf("got %+v", got)
		}
		s.sound()
	})
}

func TestARefundAfterTheDoorIsALoss(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(ticketProgram())
		o := r.order("o1")
		r.decide(o)
		_, err := s.RedeemTicket(s.ctx, r.shop.ID, r.the("o1").Code, "door 1", "user:cli")
		s.no(err)
		r.refund(o)
		if got := r.the("o1"); got.Status != rewards.StatusRedeemed || got.Loss != got.Value {
			t.Fatalf("got %+v", got.Reward)
		}
		s.sound()
	})
}
