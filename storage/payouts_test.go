package storage

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"grapevine/rewards"
)

// cashProgram pays a commission of $10 in cash.
func cashProgram() rewards.Program {
	return keptProgram("cash", rewards.RewardSpec{Kind: rewards.KindCash, Amount: usd(1000)})
}

// cashList makes a list of all cash that is due.
func (r *referred) cashList() rewards.Payout {
	r.t.Helper()
	p, err := r.CreatePayout(r.ctx, r.shop.ID, rewards.PayoutWanted{Kind: rewards.KindCash}, "user:cli")
	r.no(err)
	return p
}

// paidEntries is what the ledger has as paid.
func (s *store) paidEntries() int64 {
	s.t.Helper()
	return s.count("SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE reason = 'paid' AND account LIKE 'used:%'")
}

func TestCashIsPaidOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(cashProgram())
		r.decide(r.order("o1"), r.order("o2"))
		p := r.cashList()
		want := rewards.PayoutLine{AdvocateID: r.advocate.ID, CustomerID: "c-anna", Amount: usd(2000), Told: usd(2000), Left: usd(2000), Paid: usd(0), Referrals: 2}
		if len(p.Lines) != 1 || p.Total != usd(2000) || p.Left != usd(2000) || p.Status != rewards.PayoutOpen || p.CreatedBy != "user:cli" {
			t.Fatalf("got %+v", p)
		}
		if got := p.Lines[0]; len(got.Rewards) != 2 || !sameLine(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
		_, err := s.CreatePayout(s.ctx, r.shop.ID, rewards.PayoutWanted{Kind: rewards.KindCash}, "user:cli")
		s.kind(err, rewards.Conflict, "nothing_to_pay")

		out, err := s.ExportPayout(s.ctx, r.shop.ID, p.ID)
		s.no(err)
		if out.Lines[0].Email != "anna@canary.example" || out.ExportedAt.IsZero() {
			t.Fatalf("got %+v", out)
		}
		paid, err := s.PayPayout(s.ctx, r.shop.ID, p.ID, "SEPA 4711", "token:tok_1")
		s.no(err)
		if paid.Status != rewards.PayoutPaid || paid.Paid != usd(2000) || paid.Left != usd(0) || paid.ClosedBy != "token:tok_1" || paid.Reference != "SEPA 4711" || paid.Lines[0].Overpaid() != usd(0) {
			t.Fatalf("got %+v", paid)
		}
		got := r.the("o1")
		if got.Status != rewards.StatusRedeemed || got.Used != usd(1000) || got.History[len(got.History)-1].Actor != "token:tok_1" {
			t.Fatalf("got %+v", got)
		}
		again, err := s.PayPayout(s.ctx, r.shop.ID, p.ID, "SEPA 4712", "user:cli")
		s.kind(err, rewards.Conflict, "already_paid")
		if again.Reference != "SEPA 4711" || again.ClosedBy != "token:tok_1" || !again.ClosedAt.Equal(paid.ClosedAt) {
			t.Fatalf("the refusal shows %+v", again)
		}
		_, err = s.CancelPayout(s.ctx, r.shop.ID, p.ID, "user:cli")
		s.kind(err, rewards.Conflict, "already_paid")
		if n := s.paidEntries(); n != 2000 {
			t.Fatalf("the ledger has %d as paid", n)
		}
		s.sound()
	})
}

// sameLine compares lines but for their rewards.
func sameLine(a, b rewards.PayoutLine) bool {
	a.Rewards, b.Rewards = nil, nil
	return a.AdvocateID == b.AdvocateID && a.CustomerID == b.CustomerID && a.Charity == b.Charity && a.Email == b.Email &&
		a.Amount == b.Amount && a.Told == b.Told && a.Left == b.Left && a.Paid == b.Paid && a.Referrals == b.Referrals
}

// What a refund does to a list depends on when it comes: before the export the owner is told of it, after
// the export he was told to pay more than was left.
func TestARefundWhileAListIsOpenIsNeverSilent(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(cashProgram())
		whole, part, gone, kept := r.order("whole"), r.order("part"), r.order("gone"), r.order("kept")
		r.decide(whole, part, gone, kept)
		p := r.cashList()
		r.refundPart(part, 2250) // half: 5.00 is left
		r.refund(gone)
		out, err := s.ExportPayout(s.ctx, r.shop.ID, p.ID)
		s.no(err)
		if l := out.Lines[0]; l.Amount != usd(4000) || l.Left != usd(2500) || l.Told != usd(2500) || l.TakenBack() != usd(1500) || out.Left != usd(2500) {
			t.Fatalf("exported %+v", l)
		}
		r.refund(whole)
		paid, err := s.PayPayout(s.ctx, r.shop.ID, p.ID, "SEPA", "user:cli")
		s.no(err)
		l := paid.Lines[0]
		if l.Paid != usd(1500) || l.Told != usd(2500) || l.TakenBack() != usd(2500) || l.Overpaid() != usd(1000) || paid.Total != usd(4000) || paid.Paid != usd(1500) {
			t.Fatalf("paid %+v", l)
		}
		shown, err := s.Payout(s.ctx, r.shop.ID, p.ID)
		s.no(err)
		if !sameLine(shown.Lines[0], l) {
			t.Fatalf("later it shows %+v", shown.Lines[0])
		}
		if n := s.paidEntries(); n != 1500 {
			t.Fatalf("the ledger has %d as paid", n)
		}
		_, err = s.CreatePayout(s.ctx, r.shop.ID, rewards.PayoutWanted{Kind: rewards.KindCash}, "user:cli")
		s.kind(err, rewards.Conflict, "nothing_to_pay")
		s.sound()

		r.refund(kept) // after it was paid: a loss, and the list stays as it is
		if got := r.the("kept"); got.Status != rewards.StatusRedeemed || got.Loss != usd(1000) {
			t.Fatalf("got %+v", got.Reward)
		}
		if shown, err = s.Payout(s.ctx, r.shop.ID, p.ID); err != nil || !sameLine(shown.Lines[0], l) {
			t.Fatalf("later it shows %+v, %v", shown.Lines[0], err)
		}
		s.sound()
	})
}

func TestWhatStoodOnACancelledListStandsOnTheNext(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(cashProgram())
		r.decide(r.order("o1"))
		first := r.cashList()
		closed, err := s.CancelPayout(s.ctx, r.shop.ID, first.ID, "user:cli")
		s.no(err)
		if closed.Status != rewards.PayoutCancelled || closed.Left != usd(0) || closed.Paid != usd(0) {
			t.Fatalf("got %+v", closed)
		}
		_, err = s.PayPayout(s.ctx, r.shop.ID, first.ID, "x", "user:cli")
		s.kind(err, rewards.Conflict, "payout_cancelled")
		second := r.cashList()
		_, err = s.PayPayout(s.ctx, r.shop.ID, second.ID, "x", "user:cli")
		s.no(err)
		list, next, err := s.Payouts(s.ctx, r.shop.ID, rewards.PayoutFilter{}, rewards.Page{Limit: 1})
		s.no(err)
		if len(list) != 1 || list[0].ID != second.ID || list[0].Paid != usd(1000) || next == "" {
			t.Fatalf("got %+v, %q", list, next)
		}
		list, next, err = s.Payouts(s.ctx, r.shop.ID, rewards.PayoutFilter{}, rewards.Page{Limit: 1, Cursor: next})
		s.no(err)
		if len(list) != 1 || list[0].ID != first.ID || list[0].Paid != usd(0) || next != "" {
			t.Fatalf("got %+v, %q", list, next)
		}
		list, _, err = s.Payouts(s.ctx, r.shop.ID, rewards.PayoutFilter{Status: rewards.PayoutOpen}, rewards.Page{})
		s.no(err)
		if len(list) != 0 {
			t.Fatalf("got %+v", list)
		}
		s.sound()
	})
}

func TestWhatGoesOnAList(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(cashProgram())
		r.decide(r.order("o1"), r.order("o2"), r.order("o3"))
		ask := func(w rewards.PayoutWanted) error {
			p, err := s.CreatePayout(s.ctx, r.shop.ID, w, "user:cli")
			if err != nil {
				return err
			}
			_, err = s.CancelPayout(s.ctx, r.shop.ID, p.ID, "user:cli")
			return err
		}
		cash := rewards.PayoutWanted{Kind: rewards.KindCash}
		s.no(ask(cash))
		early, other, foreign := cash, cash, cash
		early.Until, other.Program, foreign.Currency = time.Now().Add(-time.Hour), "other", "EUR"
		for name, w := range map[string]rewards.PayoutWanted{"earned later": early, "another programme": other, "another currency": foreign, "donations": {Kind: rewards.KindDonation}} {
			if err := ask(w); rewards.CodeOf(err) != "nothing_to_pay" {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.kind(ask(rewards.PayoutWanted{Kind: rewards.KindPoints}), rewards.Invalid, "bad_payout_kind")
		_, err := s.CreatePayout(s.ctx, "shop_none", cash, "user:cli")
		s.kind(err, rewards.NotFound, "shop_not_found")
		_, err = s.Payout(s.ctx, r.shop.ID, "po_none")
		s.kind(err, rewards.NotFound, "payout_not_found")
		_, err = s.PayPayout(s.ctx, r.shop.ID, "po_none", "x", "user:cli")
		s.kind(err, rewards.NotFound, "payout_not_found")

		s.raw("UPDATE advocates SET status = 'blocked'")
		s.kind(ask(cash), rewards.Conflict, "nothing_to_pay")
		s.raw("UPDATE advocates SET status = 'active'")
		s.raw("UPDATE rewards SET expires_at = {hourago}")
		s.kind(ask(cash), rewards.Conflict, "nothing_to_pay")
	})
}

func TestListsMadeAtOnceShareNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(cashProgram())
		r.decide(r.order("o1"), r.order("o2"), r.order("o3"))
		var all sync.WaitGroup
		made, paid := make([]rewards.Payout, 8), make([]error, 8)
		for i := range made {
			all.Go(func() {
				made[i], _ = s.CreatePayout(s.ctx, r.shop.ID, rewards.PayoutWanted{Kind: rewards.KindCash}, "user:cli")
			})
		}
		all.Wait()
		var list rewards.Payout
		for _, p := range made {
			if p.ID != "" && list.ID != "" {
				t.Fatalf("lists %s and %s were made of the same rewards", p.ID, list.ID)
			} else if p.ID != "" {
				list = p
			}
		}
		for i := range paid {
			all.Go(func() { _, paid[i] = s.PayPayout(s.ctx, r.shop.ID, list.ID, "x", "user:cli") })
		}
		all.Wait()
		done := 0
		for _, err := range paid {
			if err == nil {
				done++
			} else {
				s.kind(err, rewards.Conflict, "already_paid")
			}
		}
		if done != 1 || s.paidEntries() != 3000 {
			t.Fatalf("%d booked %d", done, s.paidEntries())
		}
		s.sound()
	})
}

func TestAnErasedAdvocateStaysOnAListWithoutHerName(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(cashProgram())
		r.decide(r.order("o1"))
		p := r.cashList()
		r.apply(rewards.CustomerErased{CustomerID: "c-anna"}, "c-anna")
		out, err := s.ExportPayout(s.ctx, r.shop.ID, p.ID)
		s.no(err)
		if l := out.Lines[0]; l.Email != "" || l.CustomerID == "c-anna" || l.CustomerID == "" || l.Left != usd(1000) {
			t.Fatalf("got %+v", l)
		}
		s.sound()
	})
}

func TestAnErasedFriendsRewardsNameNobody(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := cashProgram()
		p.Rules[0].For = rewards.ForFriend
		p.Rules = append(p.Rules, rewards.Rule{Name: "credit", For: rewards.ForFriend, Reward: creditProgram().Rules[0].Reward})
		r := s.referred(p)
		r.decide(r.order("o1"), r.order("o2"))
		list := r.cashList()
		r.apply(rewards.CustomerErased{CustomerID: "c-o1"}, "c-o1")
		r.issue()
		r.issue()
		if n := s.count("SELECT count(*) FROM rewards WHERE customer_id = 'c-o1'"); n != 0 {
			t.Fatalf("%d rewards name the friend", n)
		}
		if n := s.count("SELECT count(*) FROM rewards WHERE customer_id = 'c-o2'"); n != 2 {
			t.Fatalf("%d rewards name the other friend", n)
		}
		out, err := s.ExportPayout(s.ctx, r.shop.ID, list.ID)
		s.no(err)
		if len(out.Lines) != 2 || out.Left != usd(2000) {
			t.Fatalf("got %+v", out.Lines)
		}
		s.sound()
	})
}

func TestCashOfFriendsHasALineForEach(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := cashProgram()
		p.Rules[0].For = rewards.ForFriend
		r := s.referred(p)
		r.decide(r.order("o1"), r.order("o2"))
		out, err := s.ExportPayout(s.ctx, r.shop.ID, r.cashList().ID)
		s.no(err)
		payees := map[string]bool{}
		for _, l := range out.Lines {
			payees[l.CustomerID] = l.Email == "" && l.AdvocateID == r.advocate.ID && l.Amount == usd(1000)
		}
		if len(out.Lines) != 2 || !payees["c-o1"] || !payees["c-o2"] {
			t.Fatalf("got %+v", out.Lines)
		}
	})
}

func TestDonationsAreAddedUp(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := keptProgram("trees", rewards.RewardSpec{Kind: rewards.KindDonation, Amount: usd(300), Charity: "forest"})
		p.Goal, p.Rules[0].Reward.Percent = usd(50_000), 0
		r := s.referred(p)
		paidAndGone := r.order("lost")
		r.decide(paidAndGone, r.order("paid"))
		list, err := s.CreatePayout(s.ctx, r.shop.ID, rewards.PayoutWanted{Kind: rewards.KindDonation, Program: "trees"}, "user:cli")
		s.no(err)
		if len(list.Lines) != 1 || list.Lines[0].Charity != "forest" || list.Lines[0].AdvocateID != "" || list.Lines[0].Referrals != 2 {
			t.Fatalf("got %+v", list.Lines)
		}
		_, err = s.PayPayout(s.ctx, r.shop.ID, list.ID, "x", "user:cli")
		s.no(err)
		r.refund(paidAndGone)
		r.decide(r.order("given"))
		r.decide(r.order("promised"))
		s.raw("UPDATE rewards SET status = 'held' WHERE order_id = 'promised'")
		got, err := s.Donations(s.ctx, r.shop.ID)
		s.no(err)
		want := rewards.Donations{Program: "trees", Goal: usd(50_000), Raised: usd(600), Charities: []rewards.CharityTotal{
			{Charity: "forest", Promised: usd(300), Given: usd(300), Paid: usd(300), Lost: usd(300)}}}
		if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
	})
}
