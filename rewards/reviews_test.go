package rewards_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"grapevine/rewards"
)

func TestWhichVerdictStands(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		said  string // a approve, r reject, u undo: what was decided before
		next  rewards.Verdict
		judge string // what the order is judged with then
		same  bool
		code  string
	}{
		"a first approval":               {said: "", next: rewards.VerdictApprove, judge: "approve"},
		"a first rejection":              {said: "", next: rewards.VerdictReject, judge: "reject"},
		"the same verdict again":         {said: "a", next: rewards.VerdictApprove, judge: "approve", same: true},
		"the other verdict":              {said: "a", next: rewards.VerdictReject, judge: "reject"},
		"an undo":                        {said: "a", next: rewards.VerdictUndo, judge: ""},
		"an undo of the second":          {said: "ar", next: rewards.VerdictUndo, judge: "approve"},
		"an undo of both":                {said: "aru", next: rewards.VerdictUndo, judge: ""},
		"the first verdict after undos":  {said: "aruu", next: rewards.VerdictApprove, judge: "approve"},
		"an undo of nothing":             {said: "", next: rewards.VerdictUndo, code: "nothing_to_undo"},
		"an undo too many":               {said: "au", next: rewards.VerdictUndo, code: "nothing_to_undo"},
		"a verdict that there is not":    {said: "a", next: "shrug", code: "bad_verdict"},
		"the verdict that came to count": {said: "aru", next: rewards.VerdictApprove, judge: "approve", same: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var history []rewards.ReviewEntry
			for i, c := range tc.said {
				v := map[rune]rewards.Verdict{'a': rewards.VerdictApprove, 'r': rewards.VerdictReject, 'u': rewards.VerdictUndo}[c]
				history = append(history, rewards.ReviewEntry{Verdict: v, Actor: fmt.Sprint("user:", i)})
			}
			got, changed, err := rewards.NextReview(history, tc.next, "user:new", "why", dayZero)
			if rewards.CodeOf(err) != tc.code && err != nil || (err == nil) != (tc.code == "") {
				t.Fatalf("error %v, want %q", err, tc.code)
			}
			if err != nil {
				return
			}
			verdict := ""
			if got != nil {
				verdict = string(got.Verdict)
			}
			if verdict != tc.judge || changed == tc.same {
				t.Fatalf("judged with %q, changed %v", verdict, changed)
			}
		})
	}
}

// clerk decides about orders of a world, as the store lets a person do.
type clerk struct {
	w       *world
	history map[string][]rewards.ReviewEntry
}

// decide gives a verdict on an order; what cannot be reviewed is left.
func (c *clerk) decide(t tester, id string, v rewards.Verdict) {
	t.Helper()
	r, changed, err := rewards.NextReview(c.history[id], v, "user:mia", "looked at it", c.w.now)
	if err != nil || !changed {
		return
	}
	change, err := c.w.book(id).Review(id, r)
	if rewards.CodeOf(err) == "not_reviewable" {
		return
	}
	if err != nil {
		t.Fatalf("%s of %s: %v", v, id, err)
	}
	c.history[id] = append(c.history[id], rewards.ReviewEntry{Verdict: v, Actor: "user:mia", Reason: "looked at it", At: c.w.now})
	c.w.records[id] = change.Record
	c.w.store(t, change.Effect)
	c.w.check(t)
}

// Whatever people approve and reject at any moment, once all of it is taken back and nothing was spent, the
// ledger and the shop hold what they would if nobody had ever decided anything.
func TestTakingBackEveryVerdictLeavesNothingOfIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		offer := anyOffer(t)
		ids := []string{"o1", "o2", "o3"}[:rapid.IntRange(1, 3).Draw(t, "orders")]
		lives := map[string][]rewards.Order{}
		for _, id := range ids {
			o := anyOrder(t, id)
			o.Risk = rapid.SampledFrom([]rewards.Risk{rewards.RiskNone, rewards.RiskInvestigate, rewards.RiskCancel}).Draw(t, "risk")
			if earlier := rapid.Int64Range(0, 1).Draw(t, "earlier"); earlier > 0 {
				o.Customer.EarlierOrders = &earlier
			}
			lives[id] = []rewards.Order{o}
			for range rapid.IntRange(0, 3).Draw(t, "states") {
				lives[id] = append(lives[id], later(t, lives[id][len(lives[id])-1]))
			}
			// What was given before a dispute began stays until it ends, and what was not waits: it has to end.
			lives[id][len(lives[id])-1].Disputed = false
		}

		alone, seen := offerWorld(offer), offerWorld(offer)
		people := &clerk{w: seen, history: map[string][]rewards.ReviewEntry{}}
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			id := rapid.SampledFrom(ids).Draw(t, "order")
			if _, known := seen.records[id]; known && rapid.Bool().Draw(t, "a person") {
				people.decide(t, id, rapid.SampledFrom([]rewards.Verdict{rewards.VerdictApprove, rewards.VerdictReject, rewards.VerdictUndo}).Draw(t, "verdict"))
				if rapid.Bool().Draw(t, "worked") {
					seen.work(t)
				}
				continue
			}
			seen.now = seen.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
			seen.orders[id] = lives[id][min(rapid.IntRange(0, 3).Draw(t, "state"), len(lives[id])-1)]
			seen.confirm(t, id)
			seen.work(t)
		}
		for _, id := range ids {
			for len(rewards.Standing(people.history[id])) > 0 {
				people.decide(t, id, rewards.VerdictUndo)
			}
		}
		for _, w := range []*world{alone, seen} {
			for _, id := range ids {
				w.orders[id] = lives[id][len(lives[id])-1]
			}
			w.confirm(t, ids...)
			w.settleDown(t)
		}
		sameBalances(t, alone, seen)
	})
}
