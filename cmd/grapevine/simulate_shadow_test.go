package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/storage"
)

func TestHowAShadowDiffers(t *testing.T) {
	t.Parallel()
	const rewarded, pending, held, rejected = rewards.OutcomeRewarded, rewards.OutcomePending, rewards.OutcomeHeld, rewards.OutcomeRejected
	row := func(live, shadow rewards.Outcome, liveCost, cost int64) storage.ShadowRow {
		return storage.ShadowRow{LiveOutcome: live, Outcome: shadow, LiveCost: rewards.Money{Minor: liveCost}, Cost: rewards.Money{Minor: cost}, AdvocateID: "a", LiveAdvocate: "a"}
	}
	because := func(r storage.ShadowRow, live, shadow rewards.Reason) storage.ShadowRow {
		r.LiveReason, r.Reason = live, shadow
		return r
	}
	another := row(rewarded, rewarded, 10, 10)
	another.AdvocateID = "b"
	for name, tc := range map[string]struct {
		row  storage.ShadowRow
		want string
	}{
		"both reward alike":               {row(rewarded, rewarded, 10, 10), ""},
		"both refuse alike":               {because(row(rejected, rejected, 0, 0), "cancelled", "cancelled"), ""},
		"the shadow rewards":              {row(rejected, rewarded, 0, 10), wouldReward},
		"the shadow rewards after a hold": {row(rejected, pending, 0, 10), wouldReward},
		"the shadow refuses":              {row(pending, rejected, 10, 0), wouldRefuse},
		"the shadow holds":                {row(rewarded, held, 10, 10), wouldHold},
		"the shadow does not hold":        {row(held, rewarded, 10, 10), wouldRelease},
		"another amount":                  {row(rewarded, pending, 10, 12), otherAmount},
		"another hold":                    {row(rewarded, pending, 10, 10), otherTime},
		"another advocate":                {another, otherAdvocate},
		"refused for another reason":      {because(row(rejected, rejected, 0, 0), "cancelled", "below_minimum"), otherReason},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := differs(tc.row); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestTheDaysOfAShadowReport(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 15, 0, 0, 0, time.UTC)
	days := func(n int) programShadowCmd { return programShadowCmd{Days: &n} }
	for name, tc := range map[string]struct {
		c        programShadowCmd
		from, to string
		wrong    bool
	}{
		"a week":        {c: programShadowCmd{}, from: "2026-03-04", to: "2026-03-11"},
		"today":         {c: days(1), from: "2026-03-10", to: "2026-03-11"},
		"one day":       {c: programShadowCmd{Day: "2026-02-28"}, from: "2026-02-28", to: "2026-03-01"},
		"no day at all": {c: days(0), wrong: true},
		"what is none":  {c: programShadowCmd{Day: "Monday"}, wrong: true},
	} {
		from, to, err := tc.c.span(now)
		if tc.wrong != (err != nil) || err == nil && (from.Format(time.DateOnly) != tc.from || to.Format(time.DateOnly) != tc.to) {
			t.Errorf("%s: %s to %s, %v", name, from, to, err)
		}
	}
}

func TestAShadowWithoutOrders(t *testing.T) {
	dir := home(t)
	_, id := shopWithAPast(t, dir)
	for _, span := range [][]string{{"--day", "2026-02-28"}, {"--days", "3"}} { // each of the two can be said alone
		if got := grapevine(t, append([]string{"program", "shadow", "--shop", id, "give10"}, span...)...); got.code != exitFailure || !strings.Contains(got.err, "shadow_not_found") {
			t.Errorf("%v: exit %d %s%s", span, got.code, got.out, got.err)
		}
	}
	if got := grapevine(t, "program", "shadow", "--shop", id, "give10"); got.code != exitFailure || !strings.Contains(got.err, "shadow_not_found") {
		t.Errorf("a live programme: exit %d %s%s", got.code, got.out, got.err)
	}
	strict := strings.Replace(tenDollars, "program: give10", "program: strict\nmode: shadow\ninstead_of: [give10]", 1)
	strict = strings.Replace(strict, "friend:\n  discount: {percent: \"10\", once_per_customer: true}\n", "", 1)
	if got := grapevine(t, "program", "apply", "--shop", id, file(t, dir, "strict.yaml", strict)); got.code != exitOK {
		t.Fatal(got.err)
	}
	if got := grapevine(t, "program", "shadow", "--shop", id, "strict"); got.code != exitOK || !strings.Contains(got.out, "No order was judged beside strict") {
		t.Errorf("exit %d %s%s", got.code, got.out, got.err)
	}
	var days []shadowDay
	if got := grapevine(t, "program", "shadow", "--shop", id, "strict", "--json"); json.Unmarshal([]byte(got.out), &days) != nil || len(days) != 0 {
		t.Errorf("exit %d %s%s", got.code, got.out, got.err)
	}
}
