package history_test

import (
	"encoding/json"
	"hash/fnv"
	"testing"
	"time"

	"grapevine/internal/bench/history"
	"grapevine/rewards"
)

func TestAPastIsPlausibleAndTheSameEachTime(t *testing.T) {
	t.Parallel()
	plan := history.Plan{Seed: 7, Orders: 5000}
	var sums [2]uint64
	for i := range sums {
		h := fnv.New64()
		outcomes := map[rewards.Outcome]int{}
		var last time.Time
		n := 0
		err := plan.Each(func(rec rewards.Record) error {
			if at := rec.Facts.Order.PlacedAt; at.Before(last) {
				t.Fatalf("order %s is older than the one before", rec.Facts.Order.ID)
			} else {
				last = at
			}
			n++
			outcomes[rec.Decision.Outcome]++
			return json.NewEncoder(h).Encode(rec)
		})
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = h.Sum64()
		judged := n - outcomes[rewards.OutcomeNone]
		if n != plan.Orders || judged < 120 || judged > 220 || outcomes[rewards.OutcomeRewarded] < judged/2 || outcomes[rewards.OutcomeRejected] < 5 {
			t.Errorf("%d orders: %v", n, outcomes)
		}
	}
	if sums[0] != sums[1] {
		t.Error("one plan gave two pasts")
	}
}
