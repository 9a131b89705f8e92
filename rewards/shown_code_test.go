package rewards_test

import (
	"testing"

	"grapevine/rewards"
)

func TestTheCodeThatIsShown(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		r    rewards.Reward
		want string
	}{
		"a discount code is its own":           {rewards.Reward{Code: "THANKS-1"}, "THANKS-1"},
		"a gift card as the shop spells it":    {rewards.Reward{Code: "THANKS1", Refs: map[string]string{rewards.RefCode: "thanks1"}}, "thanks1"},
		"a credit that the shop made a coupon": {rewards.Reward{Refs: map[string]string{rewards.RefCode: "credit-x"}}, "credit-x"},
		"a credit on an account needs none":    {rewards.Reward{Refs: map[string]string{rewards.RefAccount: "a"}}, ""},
		"a reward that the shop does not have": {rewards.Reward{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.r.ShownCode(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
