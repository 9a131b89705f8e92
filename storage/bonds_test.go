package storage

import (
	"context"
	"fmt"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// binding is a programme that keeps friends with the advocate of their first order.
func binding() rewards.Program {
	p := lenient()
	p.Attribution.Bind = true
	return p
}

// asks has the inbox answer questions about orders.
func (r *referred) asks(qs ...webhooks.OrderQuestion) (answers []bool) {
	r.t.Helper()
	_, err := r.Put(r.ctx, []connectors.Delivery{delivery(r.shop.Domain, int(r.n.Add(1)))})
	r.no(err)
	_, err = r.Work(r.ctx, "w", 1, func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) (_ []webhooks.Digested, err error) {
		if answers, err = tx.Concerns(ctx, qs); err != nil {
			return nil, err
		}
		return all(webhooks.EventDone)(ctx, tx, events)
	})
	r.no(err)
	return answers
}

// outcome is the verdict on an order, who won it and how.
func (r *referred) outcome(orderID string) string {
	r.t.Helper()
	o, err := r.Order(r.ctx, r.shop.ID, orderID)
	r.no(err)
	for _, c := range o.Decision.Candidates {
		if c.Won {
			return fmt.Sprintf("%s by %s%s", o.Decision.Outcome, c.Via, c.Code)
		}
	}
	return string(o.Decision.Outcome) + " " + string(o.Decision.Reason)
}

func TestAFriendStaysWithTheFirstAdvocate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		program rewards.Program
		edit    func(second *rewards.Order)
		concern bool
		expect  string
	}{
		"by the shop's id":                  {binding(), func(o *rewards.Order) { o.Customer.Email = "" }, true, "rewarded by bound"},
		"by e-mail":                         {binding(), func(o *rewards.Order) { o.Customer.ID = "c-new" }, true, "rewarded by bound"},
		"somebody else":                     {binding(), func(o *rewards.Order) { o.Customer.ID, o.Customer.Email = "c-new", "new@new.example" }, false, "none no_attribution"},
		"where the programme binds nobody":  {lenient(), func(*rewards.Order) {}, false, "none no_attribution"},
		"but not for an order from before ": {binding(), func(o *rewards.Order) { o.PlacedAt = o.PlacedAt.Add(-time.Hour) }, true, "none no_attribution"},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				r := s.referred(tc.program)
				first := r.order("first")
				first.PlacedAt = first.PlacedAt.Add(-time.Minute)
				r.decide(first)
				second := r.order("second")
				second.Customer.ID, second.Customer.Email, second.Codes = "c-first", "friend@first.canary.example", nil
				tc.edit(&second)
				q := webhooks.OrderQuestion{ShopID: r.shop.ID, OrderID: "second", CustomerID: second.Customer.ID, EmailKey: s.EmailKey(r.shop.ID, second.Customer.Email)}
				if got := r.asks(q); got[0] != tc.concern {
					t.Errorf("the order concerns us: %v", got)
				}
				r.decide(second)
				if got := r.outcome("second"); got != tc.expect {
					t.Fatalf("got %s", got)
				}
			})
		})
	}
}

func TestAnAdvocateWhoLeftBindsNobody(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(binding())
		first := r.order("first")
		first.PlacedAt = first.PlacedAt.Add(-time.Minute)
		r.decide(first)
		s.raw("UPDATE advocates SET status = 'retired'")
		second := r.order("second")
		second.Customer.ID, second.Codes = "c-first", nil
		r.decide(second)
		if got := r.outcome("second"); got != "none no_attribution" {
			t.Fatalf("got %s", got)
		}
	})
}

func TestLinksAndRetiredCodesAttribute(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		retire string // how the code was retired before the order, "" not at all
		link   bool
		expect string
	}{
		"a link":                     {"", true, "rewarded by link"},
		"a code that was retired":    {"UPDATE codes SET status = 'retired', retired_at = {hourago}", false, "none no_attribution"},
		"a link to a retired code":   {"UPDATE codes SET status = 'retired', retired_at = {hourago}", true, "none no_attribution"},
		"an alias":                   {"UPDATE codes SET status = 'retired', retired_at = {hourago}, alias = true", false, "rewarded by "},
		"a link to an alias":         {"UPDATE codes SET status = 'retired', retired_at = {hourago}, alias = true", true, "rewarded by link"},
		"a code that is retired now": {"UPDATE codes SET status = 'retired', retired_at = {now}", false, "rewarded by "},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				r := s.referred(lenient())
				o := r.order("o1")
				if tc.retire != "" {
					s.raw(tc.retire)
				}
				q := webhooks.OrderQuestion{ShopID: r.shop.ID, OrderID: "o1", Codes: []string{r.advocate.Code}}
				if tc.link {
					o.Touches, o.Codes = []rewards.Touch{{Code: r.advocate.Code, At: o.PlacedAt.Add(-time.Hour)}}, nil
					q.Links, q.Codes = q.Codes, nil
				}
				if got := r.asks(q); !got[0] {
					t.Error("the order does not concern us")
				}
				r.decide(o)
				want := tc.expect
				if want[len(want)-1] == ' ' || tc.link && want != "none no_attribution" {
					want += r.advocate.Code
				}
				if got := r.outcome("o1"); got != want {
					t.Fatalf("got %s, want %s", got, want)
				}
			})
		})
	}
}

// A summer programme judges the codes of the usual one, pays by its own terms and out of its own budget.
func TestAProgrammeJudgesInsteadOfAnother(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(lenient())
		summer := lenient()
		summer.Name, summer.Title, summer.InsteadOf, summer.Friend = "summer", "Summer", []string{"give10"}, rewards.Discount{}
		summer.Rules[0].Reward.Amount, summer.Budget = usd(2000), usd(3000)
		_, _, err := s.ApplyProgram(s.ctx, r.shop.ID, summer, "")
		s.no(err)
		late := func(id string) rewards.Order { // placed after it was applied
			o := r.order(id)
			o.PlacedAt = o.PlacedAt.Add(5 * time.Second)
			return o
		}
		r.decide(late("o1"))
		r.decide(late("o2"), late("o3"))
		if got := r.the("o1"); got.Program != "summer" || got.Value != usd(2000) {
			t.Fatalf("got %+v", got)
		}
		for _, id := range []string{"o2", "o3"} {
			if got := r.outcome(id); got != "rejected by "+r.advocate.Code {
				t.Errorf("order %s: %s, and the budget is exhausted", id, got)
			}
		}
		for program, want := range map[string]int64{"summer": 2000, "give10": 0} {
			if got := s.count("SELECT budget_used_minor FROM offers WHERE program = ?", program); got != want {
				t.Errorf("%s used %d", program, got)
			}
		}
		p, err := s.Program(s.ctx, r.shop.ID, "summer")
		s.no(err)
		if len(p.Alerts) != 1 || p.Alerts[0].Level != 50 || p.Alerts[0].Used != usd(2000) || p.Alerts[0].At.IsZero() {
			t.Errorf("alerts are %+v", p.Alerts)
		}
		if fresh := r.member("c-new", "new@new.example"); fresh.Program != "give10" {
			t.Errorf("a new advocate's code is of %q", fresh.Program)
		}
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'offer' AND subject = 'summer'") != 0 {
			t.Error("a discount is asked for that takes nothing off")
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}

func TestAShadowJudgesAndGivesNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(lenient())
		shadow := lenient()
		shadow.Name, shadow.Shadow, shadow.InsteadOf = "strict", true, []string{"give10"}
		shadow.Qualify.Minimum, shadow.Rules[0].Reward.Amount = usd(5000), usd(700)
		_, _, err := s.ApplyProgram(s.ctx, r.shop.ID, shadow, "")
		s.no(err)
		large := r.order("large")
		large.Lines[0].Amount = usd(9000)
		r.decide(r.order("small"), large)
		refunded := r.order("large")
		refunded.Lines[0].Amount, refunded.Payment, refunded.UpdatedAt = usd(9000), rewards.PaymentRefunded, large.UpdatedAt.Add(time.Second)
		verdicts := func() (rows []string) {
			_, err := s.read(s.ctx).scan(&rows, `SELECT order_id || ' ' || outcome || ' ' || reason || ' ' || CAST(cost_minor AS text) || ', ' || live_outcome || ' ' || live_reason || ' ' ||
  CAST(live_cost_minor AS text) || ' ' || currency FROM shadow_verdicts WHERE program = 'strict' AND version = 1 ORDER BY order_id`)
			s.no(err)
			return rows
		}
		if got := fmt.Sprint(verdicts()); got != "[large rewarded  700, rewarded  1000 USD small rejected below_minimum 0, rewarded  1000 USD]" {
			t.Fatalf("got %s", got)
		}
		r.decide(refunded)
		if got := verdicts()[0]; got != "large rejected refunded 0, rejected refunded 0 USD" {
			t.Fatalf("got %s", got)
		}
		if s.count("SELECT count(*) FROM rewards WHERE program <> 'give10'") != 0 || s.count("SELECT count(*) FROM ledger WHERE account LIKE '%strict%'") != 0 {
			t.Fatal("a shadow gave something")
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}
