package storage

import (
	"fmt"
	"testing"
	"time"

	"grapevine/rewards"
)

// payment is the n-th payment of a subscription, a month after the one before. The shop tells of the payments
// before as of earlier orders.
func (r *referred) payment(n int) rewards.Order {
	o := r.order(fmt.Sprint("in_", n))
	earlier := int64(n - 1)
	o.Renewal, o.Customer.ID, o.Customer.Email, o.Customer.EarlierOrders = n, "c-ben", "ben@ben.canary.example", &earlier
	o.PlacedAt = o.PlacedAt.Add(time.Duration(n-5) * 30 * 24 * time.Hour)
	o.PaidAt, o.UpdatedAt = &o.PlacedAt, o.PlacedAt
	return o
}

// The payments of a subscription come one by one, or all at once after a silence: the same ones count.
func TestTheFirstPaymentsOfASubscriptionCount(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		for name, play := range map[string]func(r *referred){
			"one by one": func(r *referred) {
				for n := range 5 {
					r.decide(r.payment(n + 1))
				}
			},
			"all at once": func(r *referred) {
				r.decide(r.payment(3), r.payment(1), r.payment(5), r.payment(2), r.payment(4))
			},
			"the later ones first": func(r *referred) {
				r.decide(r.payment(4), r.payment(3))
				r.decide(r.payment(2), r.payment(1), r.payment(5))
			},
		} {
			p := creditProgram()
			p.Qualify.Payments = 3
			r := s.referred(p)
			play(r)
			for n := 1; n <= 5; n++ {
				o, err := r.Order(r.ctx, r.shop.ID, fmt.Sprint("in_", n))
				s.no(err)
				want := "rewarded "
				if n > 3 {
					want = "rejected later_payment"
				}
				if got := fmt.Sprint(o.Decision.Outcome, " ", o.Decision.Reason); got != want {
					t.Errorf("%s: payment %d is %s, want %s", name, n, got, want)
				}
			}
			if got := r.balances()["program:give10"]; got != -3000 {
				t.Errorf("%s: the programme paid %d", name, -got)
			}
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}

// What a person says of a disputed order counts from when the dispute was known, whenever it is read again.
func TestADisputeIsKeptWithItsOrder(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := creditProgram()
		p.Hold = time.Hour // so that an approval has something to wait for
		r := s.referred(p)
		o := r.risky("o1")
		judged := func(disputed bool, want string) {
			t.Helper()
			o.Disputed, o.UpdatedAt = disputed, o.UpdatedAt.Add(time.Millisecond)
			r.decide(o)
			r.decide(o)
			got, err := r.Order(r.ctx, r.shop.ID, "o1")
			s.no(err)
			if is := fmt.Sprint(got.Decision.Outcome, " ", got.Decision.Reason); is != want || disputed == got.Facts.DisputedAt.IsZero() {
				t.Fatalf("it is %s, disputed since %s; want %s", is, got.Facts.DisputedAt, want)
			}
		}
		judged(false, "held fraud_review")
		r.review("o1", rewards.VerdictApprove)
		judged(false, "pending in_review")
		judged(true, "held disputed")
		if got := r.the("o1"); got.Status != rewards.StatusHeld || got.Net != usd(1000) {
			t.Fatalf("its reward is %s, %s", got.Status, got.Net)
		}
		judged(false, "pending in_review")
		judged(true, "held disputed")
		r.review("o1", rewards.VerdictApprove)
		judged(true, "pending in_review")
		if n := r.rows("reviews"); n != 2 {
			t.Fatalf("%d decisions are kept, want both", n)
		}
		r.review("o1", rewards.VerdictApprove) // which stands
		if n := r.rows("reviews"); n != 2 {
			t.Fatalf("%d decisions are kept", n)
		}
		r.review("o1", rewards.VerdictUndo)
		judged(true, "held disputed")
		r.review("o1", rewards.VerdictApprove)
		r.review("o1", rewards.VerdictReject)
		judged(true, "rejected fraud_rejected")
		if sums := r.balances(); len(sums) != 0 {
			t.Fatalf("the books hold %v", sums)
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}
