package webhooks_test

import (
	"slices"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// A tag that two orders earned stays until neither of them deserves it.
func TestATagGoesWithTheLastRewardThatGivesIt(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url, programSource("reward: {kind: tag, tag: VIP}", ""), twist{})
		first, second := w.buys("ben@first.example"), w.buys("cleo@second.example")
		w.quiet()
		tagged := func() bool {
			state, err := w.shop.State()
			if err != nil {
				t.Fatal(err)
			}
			return slices.Contains(state.Customers[w.ana.ID].Tags, "VIP")
		}
		for _, o := range []*shopifytest.Order{first, second} {
			if got := w.order(o); len(got.Rewards) != 1 || got.Rewards[0].Status != rewards.StatusIssued || !tagged() {
				t.Fatalf("got %+v, tagged %v", got.Rewards, tagged())
			}
		}
		for _, step := range []struct {
			order *shopifytest.Order
			left  bool
		}{{first, true}, {second, false}} {
			if _, err := w.shop.Refund(step.order.ID, shopifytest.RefundInput{Amount: "72.00"}); err != nil {
				t.Fatal(err)
			}
			w.quiet()
			if got := w.order(step.order).Rewards[0].Status; got != rewards.StatusReversed || tagged() != step.left {
				t.Fatalf("the reward is %s, tagged %v", got, tagged())
			}
		}
	})
}
