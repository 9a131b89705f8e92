package rewards_test

import (
	"testing"
	"time"

	"grapevine/rewards"
)

// The job that led to an old reading is over, so what waits for a later one must ask for it again.
func TestAnOldReadingKeepsTheNextLookDue(t *testing.T) {
	t.Parallel()
	offer := simpleOffer()
	offer.Hold = time.Hour
	old := simpleOrder("o1")
	old.UpdatedAt = dayZero.Add(-time.Second)
	for name, tc := range map[string]struct {
		at     time.Duration // of the reading
		change func(w *world)
		want   time.Duration // of the next one; zero: none
	}{
		"during the hold":       {time.Minute, nil, time.Hour},
		"when the hold is over": {2 * time.Hour, nil, 2*time.Hour + 10*time.Second},
		"before the payment":    {time.Minute, func(w *world) { w.redecide(func(d *rewards.Decision) { d.ReleaseAt = time.Time{} }) }, 0},
		"of a held reward":      {time.Minute, func(w *world) { w.redecide(func(d *rewards.Decision) { d.Outcome = rewards.OutcomeHeld }) }, 0},
		"of an issued reward":   {time.Minute, func(w *world) { w.redecide(func(d *rewards.Decision) { d.Outcome = rewards.OutcomeRewarded }) }, 0},
		"of one that goes and is deserved again": {time.Minute, func(w *world) {
			r := &w.rewards["o1"][0]
			r.Status, r.Void, r.Net = rewards.StatusIssued, true, usd(0)
			w.redecide(func(d *rewards.Decision) { d.Outcome = rewards.OutcomeRewarded })
		}, 11 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := offerWorld(offer)
			w.orders["o1"] = simpleOrder("o1")
			w.confirm(t, "o1")
			if tc.change != nil {
				tc.change(w)
			}
			w.now = dayZero.Add(tc.at)
			c, err := w.book("o1").Apply(old, "", "")
			if err != nil || len(c.Rewards)+len(c.Postings) != 0 {
				t.Fatalf("an old state changes %+v, %v", c, err)
			}
			if tc.want == 0 {
				if len(c.Jobs) != 0 {
					t.Fatalf("nothing waits for %+v", c.Jobs)
				}
				return
			}
			want := rewards.JobRequest{Kind: rewards.JobConfirm, Subject: "o1", RunAt: dayZero.Add(tc.want)}
			if len(c.Jobs) != 1 || c.Jobs[0] != want {
				t.Fatalf("%+v", c.Jobs)
			}
		})
	}
}

// redecide changes the stored decision on order o1.
func (w *world) redecide(f func(d *rewards.Decision)) {
	rec := w.records["o1"]
	f(&rec.Decision)
	w.records["o1"] = rec
}
