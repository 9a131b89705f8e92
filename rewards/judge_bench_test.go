package rewards_test

import (
	"fmt"
	"testing"
	"time"

	"grapevine/rewards"
)

// BenchmarkJudge decides one order by a programme of ten rules, with all checks of fairness on.
func BenchmarkJudge(b *testing.B) {
	offer := simpleOffer()
	offer.Hold, offer.PerAdvocate, offer.Budget = 14*24*time.Hour, 50, usd(500_000)
	offer.Rules = nil
	for n := range 10 {
		offer.Rules = append(offer.Rules, rewards.Rule{
			Name: fmt.Sprintf("advocate-from-%d", n*5), For: rewards.ForAdvocate, From: n * 5, To: n*5 + 4,
			Reward: rewards.RewardSpec{Kind: rewards.KindStoreCredit, Percent: rewards.BasisPoints(100 * (n + 1))},
		})
	}
	f := rewards.Facts{
		Order: simpleOrder("o1"), At: dayZero.Add(time.Hour), PaidAt: dayZero,
		Claims: []rewards.Claim{{Code: "CODE-ANNA", AdvocateID: "adv-anna", CustomerID: "cust-anna", Program: "offer", TookOff: usd(500)}},
		Room:   &rewards.Room{Referrals: 12, AdvocateUsed: 3, BudgetUsed: usd(1000), Asked: usd(300)},
	}
	b.ReportAllocs()
	for b.Loop() {
		if d := rewards.Judge(rewards.Sole(offer), f); len(d.Grants) != 1 {
			b.Fatalf("%+v", d)
		}
	}
}
