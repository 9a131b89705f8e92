package storage

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// patient is a programme that minds nothing but leaks: many friends a day are welcome.
func patient() rewards.Program {
	p := creditProgram()
	p.Fairness.PerDay, p.Fairness.PerMonth, p.Fairness.Strangers = 10_000, 10_000, 0
	return p
}

// stream is a run of orders with the advocate's code, a minute apart, the last of them just now.
func (r *referred) stream(name string, n int, linked func(i int) bool) []rewards.Order {
	orders := make([]rewards.Order, n)
	for i := range orders {
		o := r.order(fmt.Sprint(name, i))
		ago := time.Duration(n-i) * time.Minute
		paid := o.PlacedAt.Add(-ago)
		o.PlacedAt, o.UpdatedAt, o.PaidAt = paid, paid, &paid
		if linked(i) {
			o.Touches = []rewards.Touch{{Code: r.advocate.Code, At: o.PlacedAt.Add(-time.Minute)}}
		}
		orders[i] = o
	}
	return orders
}

// leaked tells whether the rule of leaks fired on an order.
func (r *referred) leaked(orderID string) bool {
	r.t.Helper()
	o, err := r.Order(r.ctx, r.shop.ID, orderID)
	r.no(err)
	for _, s := range o.Decision.Signals {
		if s.Rule == leakRule {
			return o.Decision.Outcome == rewards.OutcomeHeld
		}
	}
	return false
}

// A code lands on a coupon site. Of the default limit of ten strangers a day the twelfth order is the first
// that is held, and from then on the code is listed as leaked.
func TestALeakIsFoundAtTheTwelfthStranger(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(patient())
		first := 0
		for i, o := range r.stream("o", 15, func(int) bool { return false }) {
			r.decide(o)
			if r.leaked(o.ID) && first == 0 {
				first = i + 1
			}
			found, err := s.DetectLeaks(s.ctx, "", time.Now().Add(-time.Hour))
			s.no(err)
			switch {
			case i+1 == 12 && (len(found) != 1 || found[0].Code != r.advocate.Code || found[0].AdvocateID != r.advocate.ID || found[0].DetectedAt.IsZero()):
				t.Fatalf("the twelfth order finds %+v", found)
			case i+1 != 12 && len(found) != 0:
				t.Fatalf("order %d finds %+v", i+1, found)
			}
		}
		if first != 12 {
			t.Fatalf("the first order that is held is number %d", first)
		}
		listed, next, err := s.Leaks(s.ctx, r.shop.ID, rewards.Page{})
		s.no(err)
		want := "strangers used the code 11 times within 24 hours, allowed 10; the shop does not tell of links; the code should be rotated"
		if len(listed) != 1 || next != "" || listed[0].Evidence != want || listed[0].Program != "give10" || listed[0].ReplacedBy != "" {
			t.Fatalf("listed are %+v", listed)
		}
		r.sound()
	})
}

func TestWhatIsNoLeak(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		for name, tc := range map[string]struct {
			orders  int
			linked  func(i int) bool
			program func(p *rewards.Program)
		}{
			"a popular advocate whose friends come by links":    {40, func(i int) bool { return i%10 != 0 }, nil},
			"one of whom a quarter of the friends come by link": {40, func(i int) bool { return i%4 == 0 }, nil},
			"eleven strangers":              {11, func(int) bool { return false }, nil},
			"a programme that expects many": {30, func(int) bool { return false }, func(p *rewards.Program) { p.Fairness.Strangers = 50 }},
			"a programme with the rule off": {30, func(int) bool { return false }, func(p *rewards.Program) { p.Fairness.Override = map[string]fairness.Verdict{leakRule: fairness.Off} }},
		} {
			p := patient()
			if tc.program != nil {
				tc.program(&p)
			}
			r := s.referred(p)
			orders := r.stream("o", tc.orders, tc.linked)
			for len(orders) > 0 {
				part := min(10, len(orders))
				r.decide(orders[:part]...)
				orders = orders[part:]
			}
			if n := s.count("SELECT count(*) FROM orders WHERE shop_id = ? AND outcome = 'held'", r.shop.ID); n != 0 {
				t.Errorf("%s: %d orders are held", name, n)
			}
			found, err := s.DetectLeaks(s.ctx, r.shop.ID, time.Now().Add(-24*time.Hour))
			s.no(err)
			if len(found) != 0 {
				t.Errorf("%s: found %+v", name, found)
			}
		}
	})
}

func TestAShopThatCannotBeLookedAtDoesNotHideTheLeaksOfOthers(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		for range 3 {
			r := s.referred(patient())
			r.decide(r.stream("o", 12, func(int) bool { return false })...)
		}
		s.raw("UPDATE programs SET spec = '[]' WHERE shop_id <> (SELECT max(shop_id) FROM shops)")
		found, err := s.DetectLeaks(s.ctx, "", time.Now().Add(-time.Hour))
		if len(found) != 1 || err == nil || strings.Count(err.Error(), "reading a programme") != 2 {
			t.Fatalf("got %+v, %v", found, err)
		}
	})
}

func TestALeakThatNobodyLookedForInTimeIsFoundByItsDay(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(patient())
		orders := r.stream("o", 12, func(int) bool { return false })
		for i := range orders {
			back := time.Duration(0)
			if i < 6 { // half of them a day and more before the others
				back = 25 * time.Hour
			}
			at := orders[i].PlacedAt.Add(-back)
			orders[i].PlacedAt, orders[i].UpdatedAt, orders[i].PaidAt = at, at, &at
		}
		r.decide(orders...)
		found, err := s.DetectLeaks(s.ctx, r.shop.ID, time.Now().Add(-72*time.Hour))
		s.no(err)
		if len(found) != 0 {
			t.Fatalf("six strangers on each of two days are %+v", found)
		}
		later := r.stream("p", 12, func(int) bool { return false })
		r.decide(later...)
		if found, err = s.DetectLeaks(s.ctx, r.shop.ID, time.Now().Add(time.Minute)); err != nil || len(found) != 0 {
			t.Fatalf("before it is looked at: %+v, %v", found, err)
		}
		if found, err = s.DetectLeaks(s.ctx, r.shop.ID, time.Now().Add(-time.Hour)); err != nil || len(found) != 1 {
			t.Fatalf("got %+v, %v", found, err)
		}
	})
}

func TestALeakedCodeIsReplacedAndStillAttributes(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(patient())
		early := r.order("early")
		r.decide(early)
		r.issue()
		old := r.advocate.Code
		s.no(s.Desk().SaveCodes(s.ctx, r.lane, r.begin(rewards.JobCodes), []string{old}, nil))
		r.raw("DELETE FROM jobs")

		a, rotated, err := s.RotateCode(s.ctx, r.shop.ID, " "+old+" ", "user:mia", "on a coupon site")
		s.no(err)
		if !rotated || a.ID != r.advocate.ID || a.Code == old || a.Status != "pending" || a.Program != "give10" {
			t.Fatalf("got %+v", a)
		}
		if len(a.OldCodes) != 1 || a.OldCodes[0].Code != old || !a.OldCodes[0].Alias || a.OldCodes[0].Status != "retired" || a.OldCodes[0].Reason != codeLeaked || a.OldCodes[0].RetiredAt.IsZero() {
			t.Fatalf("her old codes are %+v", a.OldCodes)
		}
		if last := a.History[len(a.History)-1]; last.Change != "rotate" || last.Value != a.Code || last.Reason != "on a coupon site" {
			t.Fatalf("her history tells %+v", a.History)
		}
		for kind, subject := range map[rewards.JobKind]string{rewards.JobRetire: rewards.RetireSubject("give10", old), rewards.JobCodes: "give10"} {
			if s.count("SELECT count(*) FROM jobs WHERE kind = ? AND subject = ?", string(kind), subject) != 1 {
				t.Errorf("no job %s %s", kind, subject)
			}
		}
		again, twice, err := s.RotateCode(s.ctx, r.shop.ID, old, "user:tom", "once more")
		s.no(err)
		if twice || again.Code != a.Code || len(again.OldCodes) != 1 {
			t.Fatalf("rotated twice: %+v", again)
		}
		listed, _, err := s.Leaks(s.ctx, r.shop.ID, rewards.Page{})
		s.no(err)
		if len(listed) != 1 || listed[0].Code != old || listed[0].ReplacedBy != a.Code || listed[0].Actor != "user:mia" || listed[0].Reason != "on a coupon site" || listed[0].RotatedAt.IsZero() {
			t.Fatalf("listed are %+v", listed)
		}

		late := r.order("late") // the shop had not removed it yet
		byLink := r.order("link")
		byLink.Codes, byLink.Touches = nil, []rewards.Touch{{Code: old, At: byLink.PlacedAt.Add(-time.Hour)}}
		useless := r.order("useless") // it takes nothing off any more, and nobody came by the link
		useless.Codes[0].TookOff = usd(0)
		fresh := r.order("fresh")
		fresh.Codes[0].Code = a.Code
		r.decide(late, byLink, useless, fresh)
		for order, want := range map[string]rewards.Outcome{"late": rewards.OutcomeRewarded, "link": rewards.OutcomeRewarded, "useless": rewards.OutcomeRejected, "fresh": rewards.OutcomeRewarded} {
			o, err := s.Order(s.ctx, r.shop.ID, order)
			s.no(err)
			if o.Decision.Outcome != want || want == rewards.OutcomeRewarded && o.Decision.Advocate != r.advocate.ID {
				t.Errorf("%s: %+v", order, o.Decision)
			}
		}
		if got := r.the("early"); got.Status != rewards.StatusIssued {
			t.Errorf("what she has is %+v", got)
		}
		r.sound()
	})
}

func TestACodeThatCannotBeRotated(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(patient())
		for _, code := range []string{"NOBODY", "ÄÖ Ü", ""} {
			_, _, err := s.RotateCode(s.ctx, r.shop.ID, code, "user:mia", "x")
			s.kind(err, rewards.NotFound, "code_not_found")
		}
		_, _, err := s.RotateCode(s.ctx, s.shop().ID, r.advocate.Code, "user:mia", "x")
		s.kind(err, rewards.NotFound, "code_not_found")
		_, err = s.RetireAdvocate(s.ctx, r.shop.ID, r.advocate.ID, "left", "user:mia")
		s.no(err)
		_, _, err = s.RotateCode(s.ctx, r.shop.ID, r.advocate.Code, "user:mia", "x")
		s.kind(err, rewards.Conflict, "code_not_rotatable")
		if s.count("SELECT count(*) FROM leaks") != 0 {
			t.Fatal("a leak was recorded all the same")
		}
	})
}

func TestLeaksAreListedPageByPage(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(patient())
		code, seen := r.advocate.Code, map[string]bool{}
		for range 3 {
			a, _, err := s.RotateCode(s.ctx, r.shop.ID, code, "user:mia", "again")
			s.no(err)
			code = a.Code
		}
		for page := (rewards.Page{Limit: 2}); ; {
			list, next, err := s.Leaks(s.ctx, r.shop.ID, page)
			s.no(err)
			for _, l := range list {
				seen[l.Code] = true
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		if len(seen) != 3 || seen[code] {
			t.Fatalf("saw %v", seen)
		}
	})
}
