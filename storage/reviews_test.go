package storage

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"grapevine/rewards"
)

// risky is an order that the shop itself advises to look into: it is held for a person.
func (r *referred) risky(id string) rewards.Order {
	o := r.order(id)
	o.Risk = rewards.RiskInvestigate
	return o
}

func (r *referred) review(orderID string, v rewards.Verdict) rewards.StoredOrder {
	r.t.Helper()
	o, err := r.Review(r.ctx, r.shop.ID, orderID, v, "user:mia", "looked at it: "+string(v))
	r.no(err)
	return o
}

// balances are what the ledger holds, by account.
func (r *referred) balances() map[string]int64 {
	r.t.Helper()
	var rows []struct {
		Account string
		Sum     int64
	}
	_, err := r.direct(r.ctx).scan(&rows, "SELECT account, CAST(sum(amount_minor) AS bigint) AS sum FROM ledger WHERE shop_id = ? GROUP BY account", r.shop.ID)
	r.no(err)
	found := map[string]int64{}
	for _, row := range rows {
		if row.Sum != 0 {
			found[row.Account] = row.Sum
		}
	}
	return found
}

// fulfil has the shop agree to every step that is due.
func (r *referred) fulfil() {
	r.t.Helper()
	for {
		r.raw("UPDATE jobs SET run_at = {after} WHERE kind = 'fulfil' AND state = 'due'", -2*time.Hour.Microseconds())
		if r.count("SELECT count(*) FROM jobs WHERE kind = 'fulfil' AND state = 'due'") == 0 {
			return
		}
		j := r.begin(rewards.JobFulfil)
		stored, err := r.Reward(r.ctx, r.shop.ID, j.Subject)
		r.no(err)
		step := stored.Next()
		if step == rewards.StepNone {
			r.no(r.Done(r.ctx, r.lane, j))
			continue
		}
		res := rewards.StepResult{Step: step}
		if step == rewards.StepIssue {
			res.ExternalID = "ext-" + j.Subject
		} else {
			res.Taken = rewards.Money{Minor: stored.Given.Minor - stored.Loss.Minor - stored.Net.Minor, Currency: stored.Given.Currency}
		}
		r.no(r.Step(r.ctx, r.lane, j, res))
	}
}

func (r *referred) sound() {
	r.t.Helper()
	if ids, text := r.broken(); len(ids) != 0 {
		r.t.Fatal(text)
	}
}

func TestAPersonApprovesRejectsAndTakesItBack(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.risky("o1"))
		before := r.balances()
		if o := r.the("o1"); o.Status != rewards.StatusHeld || o.Reason != rewards.ReasonFraudReview {
			t.Fatalf("got %+v", o)
		}

		o := r.review("o1", rewards.VerdictApprove)
		if o.Decision.Outcome != rewards.OutcomeRewarded || o.Facts.Review == nil || o.Facts.Review.Actor != "user:mia" || o.Rewards[0].Status != rewards.StatusIssuing {
			t.Fatalf("approved: %+v, rewards %+v", o.Decision, o.Rewards)
		}
		if last := o.Rewards[0].History[len(o.Rewards[0].History)-1]; last.Actor != "user:mia" || last.To != rewards.StatusIssuing {
			t.Fatalf("the history says %+v", last)
		}
		r.fulfil()
		if o = r.review("o1", rewards.VerdictApprove); len(o.Reviews) != 1 || o.Rewards[0].Status != rewards.StatusIssued {
			t.Fatalf("the same again: %+v", o.Reviews)
		}
		o = r.review("o1", rewards.VerdictUndo)
		if o.Decision.Outcome != rewards.OutcomeHeld || o.Facts.Review != nil || !o.Rewards[0].Void {
			t.Fatalf("undone: %+v", o)
		}
		r.fulfil()
		r.decide(r.risky("o1"))
		if got := r.balances(); fmt.Sprint(got) != fmt.Sprint(before) {
			t.Fatalf("approve and undo leave %v, before %v", got, before)
		}
		_, err := s.Review(s.ctx, r.shop.ID, "o1", rewards.VerdictUndo, "user:mia", "once more")
		s.kind(err, rewards.Conflict, "nothing_to_undo")

		if o = r.review("o1", rewards.VerdictReject); o.Decision.Reason != rewards.ReasonFraudRejected || len(r.balances()) != 0 {
			t.Fatalf("rejected: %+v, %v", o.Decision, r.balances())
		}
		if o = r.review("o1", rewards.VerdictApprove); o.Decision.Outcome != rewards.OutcomeRewarded {
			t.Fatalf("approved after all: %+v", o.Decision)
		}
		if o = r.review("o1", rewards.VerdictUndo); o.Decision.Reason != rewards.ReasonFraudRejected {
			t.Fatalf("the rejection counts again: %+v", o.Decision)
		}
		o = r.review("o1", rewards.VerdictUndo)
		if got := r.balances(); fmt.Sprint(got) != fmt.Sprint(before) {
			t.Fatalf("all undone leaves %v, before %v", got, before)
		}
		var told []string
		for _, e := range o.Reviews {
			told = append(told, fmt.Sprint(e.Verdict, " was ", e.WasOutcome, " ", e.WasReason))
		}
		want := []string{"approve was held fraud_review", "undo was rewarded ", "reject was held fraud_review", "approve was rejected fraud_rejected",
			"undo was rewarded ", "undo was rejected fraud_rejected"}
		if fmt.Sprint(told) != fmt.Sprint(want) {
			t.Fatalf("the reviews tell %q", told)
		}
		r.sound()
	})
}

func TestARejectedOrderCanBeApproved(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(codeProgram())
		o := r.order("o1")
		earlier := int64(2)
		o.Customer.EarlierOrders = &earlier
		r.decide(o)
		got := r.review("o1", rewards.VerdictApprove)
		if got.Decision.Outcome != rewards.OutcomeRewarded || len(got.Rewards) != 1 {
			t.Fatalf("got %+v", got)
		}
		o.UpdatedAt = o.UpdatedAt.Add(time.Second)
		r.decide(o) // a later word of the shop does not forget the person's
		if r.the("o1").Status != rewards.StatusIssuing {
			t.Fatalf("got %+v", r.the("o1"))
		}
		r.sound()
	})
}

func TestWhatCannotBeReviewed(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		plain := r.order("o1")
		plain.Codes = nil
		r.decide(plain, r.risky("o2"))
		for name, tc := range map[string]struct {
			order   string
			verdict rewards.Verdict
			kind    rewards.Kind
			code    string
		}{
			"an order that is not there":         {"none", rewards.VerdictApprove, rewards.NotFound, "order_not_found"},
			"an order that nobody referred":      {"o1", rewards.VerdictApprove, rewards.Conflict, "not_reviewable"},
			"an undo of nothing":                 {"o2", rewards.VerdictUndo, rewards.Conflict, "nothing_to_undo"},
			"a verdict that there is not":        {"o2", "maybe", rewards.Invalid, "bad_verdict"},
			"an undo of an order without a code": {"o1", rewards.VerdictUndo, rewards.Conflict, "nothing_to_undo"},
		} {
			_, err := s.Review(s.ctx, r.shop.ID, tc.order, tc.verdict, "user:mia", name)
			s.kind(err, tc.kind, tc.code)
		}
		_, err := s.Review(s.ctx, s.shop().ID, "o2", rewards.VerdictApprove, "user:mia", "another shop's")
		s.kind(err, rewards.NotFound, "order_not_found")
		if s.count("SELECT count(*) FROM reviews") != 0 {
			t.Fatal("a refused review was kept")
		}
	})
}

func TestReviewsAreNeverChanged(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.risky("o1"))
		r.review("o1", rewards.VerdictReject)
		changes := []string{"UPDATE reviews SET reason = 'another'", "DELETE FROM reviews"}
		if !s.lite {
			changes = append(changes, "TRUNCATE reviews", "TRUNCATE orders CASCADE")
		}
		for _, sql := range changes {
			if _, err := s.direct(s.ctx).exec(sql); err == nil {
				t.Errorf("%s went through", sql)
			}
		}
		if s.count("SELECT count(*) FROM reviews WHERE reason = 'looked at it: reject'") != 1 {
			t.Fatal("the review is another")
		}
	})
}

func TestTheQueueIsListedPageByPage(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := creditProgram()
		p.Fairness.PerDay = 100
		r := s.referred(p)
		var orders []rewards.Order
		for i := range 5 {
			o := r.risky(fmt.Sprint("o", i))
			o.PlacedAt = o.PlacedAt.Add(time.Duration(i-10) * time.Second)
			orders = append(orders, o)
		}
		known := r.order("known")
		earlier := int64(1)
		known.Customer.EarlierOrders = &earlier
		r.decide(append(orders, known, r.order("good"))...)
		list := func(f rewards.ReviewFilter) (ids []string) {
			for page := (rewards.Page{Limit: 2}); ; {
				found, next, err := s.Reviews(s.ctx, r.shop.ID, f, page)
				s.no(err)
				for _, q := range found {
					ids = append(ids, q.OrderID)
				}
				if page.Cursor = next; next == "" {
					return ids
				}
			}
		}
		r.review("o3", rewards.VerdictApprove)
		r.review("o1", rewards.VerdictReject)
		r.review("o0", rewards.VerdictApprove)
		r.review("o0", rewards.VerdictUndo)
		for name, tc := range map[string]struct {
			filter rewards.ReviewFilter
			want   string
		}{
			"the queue, newest first": {rewards.ReviewFilter{}, "[o4 o2 o0]"},
			"what was rejected":       {rewards.ReviewFilter{Status: rewards.QueueRejected}, "[known o1]"},
			"existing customers":      {rewards.ReviewFilter{Status: rewards.QueueRejected, Reason: rewards.ReasonExistingCustomer}, "[known]"},
			"what people looked at":   {rewards.ReviewFilter{Status: rewards.QueueReviewed}, "[o3 o1 o0]"},
			"of the advocate":         {rewards.ReviewFilter{AdvocateID: r.advocate.ID}, "[o4 o2 o0]"},
			"of another advocate":     {rewards.ReviewFilter{AdvocateID: "adv_other"}, "[]"},
		} {
			if got := fmt.Sprint(list(tc.filter)); got != tc.want {
				t.Errorf("%s: %s, want %s", name, got, tc.want)
			}
		}
		_, _, err := s.Reviews(s.ctx, r.shop.ID, rewards.ReviewFilter{Status: "lost"}, rewards.Page{})
		s.kind(err, rewards.Invalid, "bad_status")
		_, next, err := s.Reviews(s.ctx, r.shop.ID, rewards.ReviewFilter{}, rewards.Page{Limit: 1})
		s.no(err)
		_, _, err = s.Rewards(s.ctx, r.shop.ID, rewards.RewardFilter{}, rewards.Page{Cursor: next})
		s.kind(err, rewards.Invalid, "bad_cursor")
	})
}

func TestAQueuedOrderTellsWhatIsAtStake(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.risky("o1"))
		found, _, err := s.Reviews(s.ctx, r.shop.ID, rewards.ReviewFilter{}, rewards.Page{})
		s.no(err)
		q := found[0]
		stake, err := q.Decision.AtStake("USD")
		s.no(err)
		if stake != usd(1000) || q.Facts.Order.Name != "#o1" || len(q.Decision.Signals) != 1 || q.Decision.Points != 60 {
			t.Fatalf("at stake %s, %+v", stake, q.Decision)
		}
		if held := q.Rewards[0].History[0].At; !q.Since.Equal(held) {
			t.Fatalf("held since %s, the reward since %s", q.Since, held)
		}
		again := r.risky("o1")
		again.UpdatedAt = again.UpdatedAt.Add(time.Second)
		r.decide(again)
		found, _, err = s.Reviews(s.ctx, r.shop.ID, rewards.ReviewFilter{}, rewards.Page{})
		s.no(err)
		if !found[0].Since.Equal(q.Since) {
			t.Fatalf("a second look moves the time from %s to %s", q.Since, found[0].Since)
		}
		rejected := r.review("o1", rewards.VerdictReject)
		if stake, err = rejected.Decision.AtStake("USD"); err != nil || stake != usd(1000) {
			t.Fatalf("at stake once rejected: %s, %v", stake, err)
		}
	})
}

// Two people and the shop's news fall upon one order at once: whoever comes first is first, and all that
// follows fits together.
func TestReviewsAndConfirmationsOfOneOrderWaitForEachOther(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		o := r.risky("o1")
		r.decide(o)
		var wait sync.WaitGroup
		failures := make(chan error, 100)
		for person := range 3 {
			wait.Go(func() {
				for i := range 8 {
					v := []rewards.Verdict{rewards.VerdictApprove, rewards.VerdictReject, rewards.VerdictUndo}[(person+i)%3]
					_, err := s.Review(s.ctx, r.shop.ID, "o1", v, fmt.Sprint("user:", person), fmt.Sprint(i))
					if err != nil && rewards.CodeOf(err) != "nothing_to_undo" {
						failures <- err
					}
				}
			})
		}
		wait.Go(func() {
			for i := range 8 {
				o := r.risky("o1")
				o.UpdatedAt = o.UpdatedAt.Add(time.Duration(i+1) * time.Millisecond)
				r.decide(o)
			}
		})
		wait.Wait()
		close(failures)
		var all []error
		for err := range failures {
			all = append(all, err)
		}
		s.no(errors.Join(all...))
		got, err := s.Order(s.ctx, r.shop.ID, "o1")
		s.no(err)
		stands := rewards.Standing(got.Reviews)
		if len(stands) == 0 != (got.Facts.Review == nil) {
			t.Fatalf("standing %+v, judged with %+v", stands, got.Facts.Review)
		}
		if n := len(stands); n > 0 && (stands[n-1].Actor != got.Facts.Review.Actor || stands[n-1].Reason != got.Facts.Review.Reason || !stands[n-1].At.Equal(got.Facts.Review.At)) {
			t.Fatalf("standing %+v, judged with %+v", stands[n-1], got.Facts.Review)
		}
		for i, e := range got.Reviews[1:] {
			if !e.At.After(got.Reviews[i].At) {
				t.Fatalf("review %d is not after the one before it", i+1)
			}
		}
		r.sound()
	})
}
