package rewards_test

import (
	"fmt"
	"testing"

	"grapevine/rewards"
)

func counting() rewards.Mint {
	n := 0
	return rewards.Mint{
		ID:   func(prefix string) string { n++; return fmt.Sprintf("%sn%d", prefix, n) },
		Code: func() string { n++; return fmt.Sprint("GV-", n) },
	}
}

func TestAReplacementOfARefusedReplacementTakesTheFirstCodeOut(t *testing.T) {
	t.Parallel()
	mint := counting()
	e, second, err := rewards.Reissue(sample(rewards.KindDiscountCode), mint, dayZero, "user:mia")
	if err != nil {
		t.Fatal(err)
	}
	first := e.Rewards[0].Reward
	if e, err = second.Record(rewards.StepResult{Step: rewards.StepIssue, Refused: "customer_invalid"}, dayZero); err != nil {
		t.Fatal(err)
	}
	e, third, err := rewards.Reissue(e.Rewards[0].Reward, mint, dayZero, "user:mia")
	if err != nil {
		t.Fatal(err)
	}
	if was := e.Rewards[0].Reward; was.ReplacedBy != third.ID || was.Status != rewards.StatusRevoked {
		t.Fatalf("%+v", was)
	}
	if e, err = third.Record(rewards.StepResult{Step: rewards.StepIssue, ExternalID: "ext-3"}, dayZero); err != nil {
		t.Fatal(err)
	}
	if len(e.Jobs) != 1 || e.Jobs[0] != (rewards.JobRequest{Kind: rewards.JobFulfil, Subject: first.ID}) || first.Next() != rewards.StepWithdraw {
		t.Fatalf("the first code, %s, stays in the shop: %+v", first.Next(), e.Jobs)
	}
}

func TestAReplacedCodeThatIsUsedAfterAllIsALoss(t *testing.T) {
	t.Parallel()
	old := sample(rewards.KindDiscountCode)
	old.Status, old.Net, old.ReplacedBy = rewards.StatusRevoked, usd(0), "rw_2"
	w := offerWorld(simpleOffer())
	o := simpleOrder("o9")
	o.Codes = []rewards.AppliedCode{{Code: old.Code, TookOff: usd(1000)}}
	b := w.book()
	b.RewardCodes[old.Code] = old
	c, err := b.Apply(o, "", "")
	if err != nil || len(c.Rewards) != 1 || len(c.Postings) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	r, p := c.Rewards[0].Reward, c.Postings[0]
	if r.Status != rewards.StatusRevoked || !r.Withdrawn || r.Loss != usd(1000) || p.To != rewards.LossAccount("offer") || p.Amount != usd(1000) {
		t.Fatalf("%+v %+v", r, p)
	}
	if again, err := b.Apply(o, "", ""); err != nil || len(again.Rewards) != 0 {
		t.Fatalf("%+v, %v", again, err)
	}
}
