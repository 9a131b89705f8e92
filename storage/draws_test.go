package storage

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"grapevine/rewards"
	"grapevine/rewards/contest"
)

// contestProgram gives two entries an order; one advocate of three wins.
func contestProgram() rewards.Program {
	p := keptProgram("contest", rewards.RewardSpec{Kind: rewards.KindEntry, Amount: rewards.Money{Minor: 2, Currency: rewards.UnitEntries}})
	p.Contest = &rewards.ContestPlan{Winners: 2, OncePerHolder: true}
	return p
}

// join makes another advocate, whose code order puts on orders.
func (r *referred) join(customerID string) rewards.Advocate {
	r.t.Helper()
	a, _, err := r.CreateAdvocate(r.ctx, r.shop.ID, rewards.NewAdvocate{CustomerID: customerID, FirstName: customerID})
	r.no(err)
	r.advocate = a
	return a
}

func TestAContestIsDrawnOnceAndItsRecordVerifies(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(contestProgram())
		open, err := s.OpenContest(s.ctx, r.shop.ID, "contest")
		s.no(err)
		if len(open.Commitment) != 64 || open.Winners != 2 || !open.OncePerHolder || open.Record != nil || !open.DrawnAt.IsZero() {
			t.Fatalf("got %+v", open)
		}
		_, err = s.OpenContest(s.ctx, r.shop.ID, "contest")
		s.kind(err, rewards.Conflict, "contest_open")
		_, err = s.DrawContest(s.ctx, r.shop.ID, open.ID, "user:cli")
		s.kind(err, rewards.Conflict, "no_entries")

		anna := r.advocate
		back := r.order("back")
		r.decide(r.order("a1"), r.order("a2"), back)
		r.refund(back)
		bob := r.join("c-bob")
		late := r.order("b1")
		r.decide(late)
		blocked := r.join("c-cid")
		r.decide(r.order("c1"))
		s.raw("UPDATE advocates SET status = 'blocked' WHERE id = ?", blocked.ID)

		drawn, err := s.DrawContest(s.ctx, r.shop.ID, open.ID, "user:cli")
		s.no(err)
		rec := drawn.Record
		if rec == nil || rec.Commitment != open.Commitment || rec.Programme != "contest" || rec.Tickets != 6 || len(rec.Winners) != 2 || !rec.ClosedAt.Equal(drawn.DrawnAt) || drawn.DrawnBy != "user:cli" {
			t.Fatalf("got %+v", drawn)
		}
		s.no(contest.Verify(*rec))
		holders := []string{rec.Winners[0].Holder, rec.Winners[1].Holder}
		want := []string{anna.ID, bob.ID}
		slices.Sort(holders)
		slices.Sort(want)
		if !slices.Equal(holders, want) {
			t.Fatalf("winners %v, want %v", holders, want)
		}
		s.sound()

		again, err := s.DrawContest(s.ctx, r.shop.ID, open.ID, "user:mia")
		s.kind(err, rewards.Conflict, "already_drawn")
		if again.DrawnBy != "user:cli" || !reflect.DeepEqual(again.Record, rec) {
			t.Fatalf("the refusal shows %+v", again)
		}
		r.refund(late) // the draw stays
		shown, err := s.Contest(s.ctx, r.shop.ID, open.ID)
		s.no(err)
		if !reflect.DeepEqual(shown.Record, rec) {
			t.Fatalf("later it shows %+v", shown.Record)
		}
		s.sound()
	})
}

func TestAnEntryTakesPartInOneDraw(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(contestProgram())
		r.decide(r.order("o1"))
		first, err := s.OpenContest(s.ctx, r.shop.ID, "contest")
		s.no(err)
		_, err = s.DrawContest(s.ctx, r.shop.ID, first.ID, "user:cli")
		s.no(err)
		second, err := s.OpenContest(s.ctx, r.shop.ID, "contest")
		s.no(err)
		_, err = s.DrawContest(s.ctx, r.shop.ID, second.ID, "user:cli")
		s.kind(err, rewards.Conflict, "no_entries")
		r.decide(r.order("o2"))
		drawn, err := s.DrawContest(s.ctx, r.shop.ID, second.ID, "user:cli")
		s.no(err)
		if len(drawn.Record.Entries) != 1 || drawn.Record.Entries[0].ID != r.the("o2").ID || drawn.Commitment == first.Commitment {
			t.Fatalf("got %+v", drawn.Record)
		}
		list, err := s.Contests(s.ctx, r.shop.ID)
		s.no(err)
		if len(list) != 2 || list[0].ID != second.ID || list[1].ID != first.ID || list[0].Record != nil || list[0].DrawnAt.IsZero() {
			t.Fatalf("got %+v", list)
		}
		s.sound()
	})
}

func TestEntriesOfFriendsNameNobody(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := contestProgram()
		p.Rules[0].For, p.Contest.Winners, p.Qualify.Customers = rewards.ForFriend, 5, rewards.CustomersAny
		r := s.referred(p)
		again := r.order("o2")
		again.Customer.ID = "c-o1" // a second order of the same friend
		r.decide(r.order("o1"), again, r.order("o3"))
		open, err := s.OpenContest(s.ctx, r.shop.ID, "contest")
		s.no(err)
		drawn, err := s.DrawContest(s.ctx, r.shop.ID, open.ID, "user:cli")
		s.no(err)
		holder := map[string]string{}
		for _, e := range drawn.Record.Entries {
			holder[e.ID] = e.Holder
		}
		first, second, third := holder[r.the("o1").ID], holder[r.the("o2").ID], holder[r.the("o3").ID]
		if len(holder) != 3 || first == "" || first != second || first == third || strings.Contains(first, "c-o1") || len(drawn.Record.Winners) != 2 || !drawn.Record.Short {
			t.Fatalf("got %+v", drawn.Record)
		}
		s.sound()
	})
}

func TestAContestIsDrawnOnceByManyAtOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(contestProgram())
		r.decide(r.order("o1"))
		var all sync.WaitGroup
		opened, drawn := make([]rewards.Contest, 6), make([]error, 6)
		for i := range opened {
			all.Go(func() { opened[i], _ = s.OpenContest(s.ctx, r.shop.ID, "contest") })
		}
		all.Wait()
		opened = slices.DeleteFunc(opened, func(c rewards.Contest) bool { return c.ID == "" })
		if len(opened) != 1 {
			t.Fatalf("%d contests were opened", len(opened))
		}
		for i := range drawn {
			all.Go(func() { _, drawn[i] = s.DrawContest(s.ctx, r.shop.ID, opened[0].ID, "user:cli") })
		}
		all.Wait()
		good := 0
		for _, err := range drawn {
			if err == nil {
				good++
			} else {
				s.kind(err, rewards.Conflict, "already_drawn")
			}
		}
		if good != 1 {
			t.Fatalf("it was drawn %d times", good)
		}
	})
}

func TestAContestThatCannotBeIsRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(cashProgram())
		_, err := s.OpenContest(s.ctx, r.shop.ID, "cash")
		s.kind(err, rewards.Invalid, "no_contest_plan")
		_, err = s.OpenContest(s.ctx, r.shop.ID, "nothing")
		s.kind(err, rewards.NotFound, "program_not_found")
		_, err = s.OpenContest(s.ctx, "shop_none", "cash")
		s.kind(err, rewards.NotFound, "shop_not_found")
		_, err = s.Contest(s.ctx, r.shop.ID, "draw_none")
		s.kind(err, rewards.NotFound, "contest_not_found")
		_, err = s.DrawContest(s.ctx, r.shop.ID, "draw_none", "user:cli")
		s.kind(err, rewards.NotFound, "contest_not_found")
	})
}
