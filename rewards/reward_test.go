package rewards_test

import (
	"slices"
	"strings"
	"testing"

	"grapevine/rewards"
)

var statuses = []rewards.Status{
	"", rewards.StatusPending, rewards.StatusHeld, rewards.StatusApproved, rewards.StatusIssuing, rewards.StatusIssued, rewards.StatusRedeemed,
	rewards.StatusExpired, rewards.StatusFailed, rewards.StatusReversed, rewards.StatusRevoked,
}

// The table once more, as a picture: a column is the state that a reward comes from, a row the one it
// goes to. Both lists must be changed together.
const picture = `
            new pending held approved issuing issued redeemed expired failed reversed revoked
pending      x     .     x     .        .       .       .        .      .       .       .
held         x     x     .     x        .       .       .        .      .       .       .
approved     x     x     x     .        .       .       .        .      .       .       .
issuing      x     x     x     x        .       .       .        .      x       .       .
issued       .     .     .     .        x       .       .        .      .       .       .
redeemed     .     .     .     .        .       x       .        x      .       .       .
expired      .     .     .     .        .       x       .        .      .       .       .
failed       .     .     .     .        x       .       .        .      .       .       .
reversed     .     x     x     x        x       x       .        x      x       .       .
revoked      .     x     x     x        .       x       .        x      x       .       .
`

func TestOnlyListedTransitionsArePossible(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(picture), "\n")
	columns := strings.Fields(lines[0])
	pairs := 0
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, cell := range cells[1:] {
			from, to := rewards.Status(strings.Replace(columns[i], "new", "", 1)), rewards.Status(cells[0])
			if !slices.Contains(statuses, from) || !slices.Contains(statuses, to) {
				t.Fatalf("the picture has an unknown state: %q or %q", from, to)
			}
			if rewards.MayMove(from, to) != (cell == "x") {
				t.Errorf("from %q to %q: %v", from, to, cell != "x")
			}
			pairs++
		}
	}
	for _, s := range statuses {
		if rewards.MayMove(s, "") || rewards.MayMove("nonsense", s) || rewards.MayMove(s, "nonsense") {
			t.Errorf("%q moves where nothing can", s)
		}
	}
	if pairs != len(statuses)*(len(statuses)-1) {
		t.Errorf("%d pairs in the picture", pairs)
	}
}

func TestWhatCountsAndWhatIsGranted(t *testing.T) {
	t.Parallel()
	for _, s := range statuses[1:] {
		if s.Live() != (s != rewards.StatusReversed && s != rewards.StatusRevoked) {
			t.Errorf("%s live: %v", s, s.Live())
		}
		granted := slices.Contains(statuses[4:9], s)
		if s.Granted() != granted {
			t.Errorf("%s granted: %v", s, s.Granted())
		}
	}
}

func TestNextStep(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		r    rewards.Reward
		want rewards.StepKind
	}{
		"a pending reward waits":                   {rewards.Reward{Status: rewards.StatusPending}, rewards.StepNone},
		"an intent is carried out":                 {rewards.Reward{Status: rewards.StatusIssuing}, rewards.StepIssue},
		"an intent that was never sent is dropped": {rewards.Reward{Status: rewards.StatusIssuing, Void: true}, rewards.StepDrop},
		"one that may have been sent is found out": {rewards.Reward{Status: rewards.StatusIssuing, Void: true, Tries: 1}, rewards.StepIssue},
		"what agrees needs nothing":                {rewards.Reward{Status: rewards.StatusIssued, Value: usd(10), Net: usd(10), Given: usd(10)}, rewards.StepNone},
		"what is too much is reduced":              {rewards.Reward{Status: rewards.StatusIssued, Value: usd(10), Net: usd(5), Given: usd(10)}, rewards.StepReduce},
		"unless the rest is lost":                  {rewards.Reward{Status: rewards.StatusIssued, Value: usd(10), Net: usd(5), Given: usd(10), Loss: usd(5)}, rewards.StepNone},
		"what is not deserved is withdrawn":        {rewards.Reward{Status: rewards.StatusIssued, Void: true}, rewards.StepWithdraw},
		"even when it has expired":                 {rewards.Reward{Status: rewards.StatusExpired, Void: true}, rewards.StepWithdraw},
		"what was used cannot be taken back":       {rewards.Reward{Status: rewards.StatusRedeemed, Void: true}, rewards.StepNone},
		"a revoked one is taken out of the shop":   {rewards.Reward{Status: rewards.StatusRevoked, ExternalID: "x"}, rewards.StepWithdraw},
		"once":                                     {rewards.Reward{Status: rewards.StatusRevoked, ExternalID: "x", Withdrawn: true}, rewards.StepNone},
		"and not where it never was":               {rewards.Reward{Status: rewards.StatusRevoked}, rewards.StepNone},
		"a reversed one is over":                   {rewards.Reward{Status: rewards.StatusReversed, Void: true, ExternalID: "x"}, rewards.StepNone},
		"a failed one waits for a person":          {rewards.Reward{Status: rewards.StatusFailed}, rewards.StepNone},
		"a held one too":                           {rewards.Reward{Status: rewards.StatusHeld}, rewards.StepNone},
		"a code of a percentage is never reduced":  {rewards.Reward{Status: rewards.StatusIssued}, rewards.StepNone},
		"a state that does not exist has no step":  {rewards.Reward{Status: "nonsense"}, rewards.StepNone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.r.Next(); got != tc.want {
				t.Fatalf("%q", got)
			}
		})
	}
}
