package rewards_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"grapevine/rewards"
)

// several is a rulebook in which each programme judges its own codes.
type several map[string]rewards.Program

func (s several) Judging(name string) (rewards.Program, bool) { p, ok := s[name]; return p, ok }

// linkOffer is an offer by links.
func linkOffer(name string, window time.Duration, touchFirst bool, insteadOf ...string) rewards.Program {
	p := simpleOffer()
	p.Name, p.InsteadOf = name, insteadOf
	p.Attribution = rewards.Attribution{Window: window, TouchFirst: touchFirst}
	return p
}

// followedLink is a claim by a link with an advocate's code.
func followedLink(code, program string, at time.Time) rewards.Claim {
	return rewards.Claim{Code: code, Via: rewards.ViaLink, AdvocateID: "adv-" + code, CustomerID: "cust-" + code, Program: program, TookOff: cents, TouchedAt: at}
}

// Links of programmes that count the first touch and of some that count the last are one list, however they
// come.
func TestTheWinnerDoesNotDependOnTheOrderOfLinks(t *testing.T) {
	t.Parallel()
	offers := several{"first": linkOffer("first", 240*time.Hour, true), "last": linkOffer("last", 5*time.Hour, false)}
	rapid.Check(t, func(t *rapid.T) {
		f := rewards.Facts{Order: simpleOrder("o1"), At: dayZero, PaidAt: dayZero}
		for i := range rapid.IntRange(2, 6).Draw(t, "links") {
			at := dayZero.Add(-time.Duration(rapid.IntRange(1, 9).Draw(t, "hours")) * time.Hour)
			f.Claims = append(f.Claims, followedLink(fmt.Sprint("C", i), rapid.SampledFrom([]string{"first", "last"}).Draw(t, "program"), at))
		}
		straight := rewards.Judge(offers, f)
		f.Claims = rapid.Permutation(f.Claims).Draw(t, "shuffled")
		if shuffled := rewards.Judge(offers, f); fmt.Sprint(straight) != fmt.Sprint(shuffled) {
			t.Fatalf("%+v\n%+v", straight.Candidates, shuffled.Candidates)
		}
	})
}

func TestALinkWithoutATimeCountsAsAtTheOrder(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		touchFirst bool
		want       string
	}{
		"where the last touch counts it wins":   {false, "adv-NOW"},
		"where the first touch counts it loses": {true, "adv-THEN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			offers := several{"offer": linkOffer("offer", 240*time.Hour, tc.touchFirst)}
			d := rewards.Judge(offers, rewards.Facts{Order: simpleOrder("o1"), At: dayZero, PaidAt: dayZero, Claims: []rewards.Claim{
				followedLink("THEN", "offer", dayZero.Add(-time.Hour)), followedLink("NOW", "offer", time.Time{}),
			}})
			if d.Advocate != tc.want {
				t.Fatalf("%s won: %+v", d.Advocate, d.Candidates)
			}
		})
	}
}

// A programme that judges another's codes may itself have one that judges for it. What judged the winner is
// kept for the winner's codes only: the other claims are judged the second time as they were the first.
func TestWhatJudgedTheWinnerDoesNotJudgeTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld("USD")
	for _, p := range []rewards.Program{
		linkOffer("plain", 0, false), linkOffer("over", time.Hour, false, "plain"), linkOffer("top", 240*time.Hour, false, "over"),
	} {
		w.versions[p.Name] = []rewards.Program{p}
	}
	for code, program := range map[string]string{"CODE-ANNA": "plain", "CODE-BOB": "over"} {
		w.owners[code] = rewards.Claim{Code: code, AdvocateID: "adv-" + code, CustomerID: "cust-" + code, Program: program}
	}
	o := simpleOrder("o1")
	o.Touches = []rewards.Touch{{Code: "CODE-BOB", At: dayZero.Add(-5 * time.Hour)}}
	w.orders["o1"] = o
	for range 3 {
		w.confirm(t, "o1") // judges again from the stored facts, too
		d := w.records["o1"].Decision
		want := []rewards.Candidate{
			{Code: "CODE-ANNA", Advocate: "adv-CODE-ANNA", Won: true},
			{Code: "CODE-BOB", Via: rewards.ViaLink, Advocate: "adv-CODE-BOB", Reason: rewards.ReasonCodeWins},
		}
		if d.Program != "over" || fmt.Sprint(d.Candidates) != fmt.Sprint(want) {
			t.Fatalf("judged by %s: %+v", d.Program, d.Candidates)
		}
		w.now = w.now.Add(time.Hour)
	}
}

// The order goes to the code that took most off. Its programme has no shadow, so no shadow judges it.
func TestAShadowLeavesCodesAloneThatItDoesNotName(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		other   int64 // what the other programme's code took off
		shadows int
	}{
		"the code that it names wins": {400, 1},
		"another's code wins":         {600, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld("USD")
			shadow := linkOffer("shadow", 0, false, "named")
			shadow.Shadow = true
			for _, p := range []rewards.Program{linkOffer("named", 0, false), linkOffer("other", 0, false), shadow} {
				w.versions[p.Name] = []rewards.Program{p}
			}
			for code, program := range map[string]string{"CODE-ANNA": "named", "CODE-BOB": "other"} {
				w.owners[code] = rewards.Claim{Code: code, AdvocateID: "adv-" + code, CustomerID: "cust-" + code, Program: program}
			}
			o := simpleOrder("o1")
			o.Codes = append(o.Codes, rewards.AppliedCode{Code: "CODE-BOB", TookOff: usd(tc.other)})
			w.orders["o1"] = o
			w.confirm(t, "o1")
			if len(w.shadows) != tc.shadows {
				t.Fatalf("%+v", w.shadows)
			}
		})
	}
}

func TestACountBelowZeroIsNoCount(t *testing.T) {
	t.Parallel()
	o, below := simpleOrder("o1"), int64(-1)
	o.Customer.EarlierOrders = &below
	d := rewards.Judge(several{"offer": linkOffer("offer", 0, false)}, rewards.Facts{
		Order: o, At: dayZero, PaidAt: dayZero, Claims: []rewards.Claim{followedLink("ANNA", "offer", time.Time{})},
	})
	if d.Outcome != rewards.OutcomeHeld || d.Reason != rewards.ReasonUnreadableOrder {
		t.Fatalf("%s %s", d.Outcome, d.Reason)
	}
}

// A version may be stored after an order was judged and still count as applied before: its transaction began
// earlier. The decision names the version that judged, and that one judges again.
func TestAVersionThatComesLateDoesNotUnsettleAVerdict(t *testing.T) {
	t.Parallel()
	w := offerWorld(simpleOffer())
	w.orders["o1"] = simpleOrder("o1")
	w.confirm(t, "o1")
	late := simpleOffer()
	late.Version, late.Qualify.Minimum = 2, usd(50000)
	w.versions["offer"] = append(w.versions["offer"], late)
	w.check(t) // judges again from the stored facts
	w.confirm(t, "o1")
	if d := w.records["o1"].Decision; d.Outcome != rewards.OutcomeRewarded || d.Version != 1 {
		t.Fatalf("%s %s by version %d", d.Outcome, d.Reason, d.Version)
	}
}
