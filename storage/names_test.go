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

// heard stores a webhook about each of these names and has them wait for their orders to be read.
func (r *referred) heard(names ...string) {
	r.t.Helper()
	ds := make([]connectors.Delivery, len(names))
	for i, name := range names {
		ds[i] = delivery(r.shop.Domain, int(r.n.Add(1)))
		ds[i].Topic = name
	}
	_, err := r.Put(r.ctx, ds)
	r.no(err)
	_, err = r.Work(r.ctx, "w", 100, func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		out, jobs := make([]webhooks.Digested, len(events)), make([]webhooks.ShopJob, len(events))
		for i, e := range events {
			out[i] = webhooks.Digested{Status: webhooks.EventConfirming, OrderID: e.Topic}
			jobs[i] = webhooks.ShopJob{ShopID: e.ShopID, JobRequest: rewards.JobRequest{Kind: rewards.JobConfirm, Subject: e.Topic}}
		}
		return out, tx.Enqueue(ctx, jobs)
	})
	r.no(err)
}

// begun takes the jobs of these names, in this order.
func (r *referred) begun(names ...string) []webhooks.Job {
	r.t.Helper()
	r.raw("UPDATE jobs SET run_at = {after} WHERE kind = 'confirm'", -time.Hour.Microseconds())
	r.raw("UPDATE jobs SET run_at = {after} WHERE kind <> 'confirm'", time.Hour.Microseconds())
	jobs, err := r.Begin(r.ctx, r.lane, 100)
	r.no(err)
	out := make([]webhooks.Job, len(names))
	for i, name := range names {
		for _, j := range jobs {
			if j.Subject == name {
				out[i] = j
			}
		}
		if out[i].ID == "" {
			r.t.Fatalf("nobody asked for %s", name)
		}
	}
	return out
}

// ended tells how the webhooks about an order ended, by what they are about now.
func (r *referred) ended() string {
	r.t.Helper()
	var rows []string
	_, err := r.direct(r.ctx).scan(&rows, "SELECT topic || ' is ' || order_id || ': ' || status || ' ' || reason FROM events WHERE shop_id = ? ORDER BY topic, id", r.shop.ID)
	r.no(err)
	return fmt.Sprint(rows)
}

// rows counts what the shop has in a table.
func (r *referred) rows(table string) int64 {
	r.t.Helper()
	return r.count("SELECT count(*) FROM "+table+" WHERE shop_id = ?", r.shop.ID)
}

func TestAnOrderThatComesUnderAnotherName(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		for name, tc := range map[string]struct {
			play func(r *referred)
			want string
		}{
			"one name": {func(r *referred) {
				r.heard("pi_1", "pi_1")
				r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{{Job: r.begun("pi_1")[0], Order: r.order("cs_1")}}))
			}, "[pi_1 is cs_1: done  pi_1 is cs_1: done ]"},
			"two names in one batch": {func(r *referred) {
				r.heard("cs_1", "pi_1")
				jobs := r.begun("cs_1", "pi_1")
				r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{{Job: jobs[0], Order: r.order("cs_1")}, {Job: jobs[1], Order: r.order("cs_1")}}))
			}, "[cs_1 is cs_1: done  pi_1 is cs_1: done ]"},
			"two names in two batches": {func(r *referred) {
				r.heard("cs_1", "pi_1")
				jobs := r.begun("cs_1", "pi_1")
				for _, j := range jobs {
					r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{{Job: j, Order: r.order("cs_1")}}))
				}
			}, "[cs_1 is cs_1: done  pi_1 is cs_1: done ]"},
			"the other name first, the own one later": {func(r *referred) {
				r.heard("pi_1")
				r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{{Job: r.begun("pi_1")[0], Order: r.order("cs_1")}}))
				r.heard("cs_1")
				r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{{Job: r.begun("cs_1")[0], Order: r.order("cs_1")}}))
			}, "[cs_1 is cs_1: done  pi_1 is cs_1: done ]"},
			"a name that can be read beside one that cannot": {func(r *referred) {
				r.heard("cs_1", "pi_1")
				jobs := r.begun("cs_1", "pi_1")
				r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{
					{Job: jobs[0], Order: rewards.Order{ID: "cs_1"}, Trouble: rewards.ReasonUnreadableOrder, Detail: "half an answer"}, {Job: jobs[1], Order: r.order("cs_1")}}))
			}, "[cs_1 is cs_1: done  pi_1 is cs_1: done ]"},
			"one that cannot be read behind one that can": {func(r *referred) {
				r.heard("cs_1", "pi_1")
				jobs := r.begun("cs_1", "pi_1")
				r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{
					{Job: jobs[1], Order: r.order("cs_1")}, {Job: jobs[0], Order: rewards.Order{ID: "cs_1"}, Trouble: rewards.ReasonUnreadableOrder, Detail: "half an answer"}}))
			}, "[cs_1 is cs_1: done  pi_1 is cs_1: done ]"},
			"beside something that is no order": {func(r *referred) {
				r.heard("cs_1", "pi_other")
				jobs := r.begun("cs_1", "pi_other")
				r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{{Job: jobs[1], NoOrder: true, Order: rewards.Order{ID: "pi_other"}}, {Job: jobs[0], Order: r.order("cs_1")}}))
			}, "[cs_1 is cs_1: done  pi_other is pi_other: ignored not_an_order]"},
		} {
			r := s.referred(creditProgram())
			tc.play(r)
			if got := r.ended(); got != tc.want {
				t.Errorf("%s: the webhooks ended %s, want %s", name, got, tc.want)
			}
			if r.rows("orders") != 1 || r.rows("rewards") != 1 || r.rows("ledger") != 2 {
				t.Errorf("%s: one order was judged as several", name)
			}
			if o, err := r.Order(r.ctx, r.shop.ID, "cs_1"); err != nil || o.Decision.Outcome != rewards.OutcomeRewarded {
				t.Errorf("%s: cs_1 is %+v, %v", name, o.Decision, err)
			}
			if n := s.count("SELECT count(*) FROM jobs WHERE kind = 'confirm'"); n != 0 {
				t.Errorf("%s: %d orders are still asked for", name, n)
			}
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Error(text)
		}
	})
}

// The order of a batch that came twice makes nobody a customer twice.
func TestAnEarlierOrderOfTwoNamesCountsOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := creditProgram()
		p.Qualify.FirstOrders = 2
		r := s.referred(p)
		r.heard("cs_1", "pi_1", "cs_2", "pi_2")
		jobs := r.begun("cs_1", "pi_1", "cs_2", "pi_2")
		first, second := r.order("cs_1"), r.order("cs_2")
		second.Customer.ID, second.PlacedAt = first.Customer.ID, first.PlacedAt.Add(time.Millisecond)
		r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{{Job: jobs[0], Order: first}, {Job: jobs[1], Order: first}, {Job: jobs[2], Order: second}, {Job: jobs[3], Order: second}}))
		o, err := r.Order(r.ctx, r.shop.ID, "cs_2")
		if r.no(err); o.Facts.EarlierHere != 1 || o.Decision.Outcome != rewards.OutcomeRewarded {
			t.Fatalf("%d earlier orders, %s %s", o.Facts.EarlierHere, o.Decision.Outcome, o.Decision.Reason)
		}
	})
}

func TestWhatIsNoOrderLeavesNone(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.heard("pi_1", "pi_1", "pi_2")
		jobs := r.begun("pi_1", "pi_2")
		nothing := func(j webhooks.Job) webhooks.Confirmed {
			return webhooks.Confirmed{Job: j, NoOrder: true, Order: rewards.Order{ID: j.Subject}}
		}
		r.heard("pi_2") // asked for again while it was being read
		r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{nothing(jobs[0]), nothing(jobs[1])}))
		if got := r.ended(); got != "[pi_1 is pi_1: ignored not_an_order pi_1 is pi_1: ignored not_an_order pi_2 is pi_2: confirming  pi_2 is pi_2: confirming ]" {
			t.Fatalf("the webhooks ended %s", got)
		}
		r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{nothing(r.begun("pi_2")[0])}))
		if n := s.count("SELECT count(*) FROM events WHERE status = 'ignored' AND reason = 'not_an_order' AND finished_at IS NOT NULL"); n != 4 {
			t.Fatalf("the webhooks ended %s", r.ended())
		}
		for _, table := range []string{"orders", "rewards", "ledger"} {
			if n := r.rows(table); n != 0 {
				t.Errorf("%d %s", n, table)
			}
		}
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'confirm'") != 0 {
			t.Error("it is still asked for")
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}

// An order that is given up under another name is held under that name, and comes right under its own.
func TestAnOrderIsGivenUpUnderAnotherName(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.heard("pi_1")
		r.no(r.Bury(r.ctx, r.lane, r.begun("pi_1")[0], rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 503")))
		if got := r.ended(); got != "[pi_1 is pi_1: held unreadable_order]" {
			t.Fatalf("the webhook ended %s", got)
		}
		r.heard("cs_1")
		r.no(r.Decide(r.ctx, r.lane, []webhooks.Confirmed{{Job: r.begun("cs_1")[0], Order: r.order("cs_1")}}))
		if s.count("SELECT count(*) FROM rewards") != 1 || s.count("SELECT count(*) FROM orders WHERE outcome = 'held' AND order_id = 'pi_1'") != 1 {
			t.Fatal("the order was not judged, or what was held is gone")
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}
