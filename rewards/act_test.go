package rewards_test

import (
	"reflect"
	"testing"
	"time"

	"grapevine/rewards"
)

// sample is an issued reward of ten dollars of which six are still deserved.
func sample(kind rewards.RewardKind) rewards.Reward {
	r := rewards.Reward{
		ID: "rw_1", OrderID: "1001", AdvocateID: "adv-anna", CustomerID: "c1", Program: "offer", Status: rewards.StatusIssued,
		Spec: rewards.RewardSpec{Kind: kind, Amount: usd(1000)}, Value: usd(1000), Net: usd(600), Given: usd(1000), Loss: usd(0),
		CreatedAt: dayZero, ExpiresAt: dayZero.Add(time.Hour), ExternalID: "ext-1", Refs: map[string]string{rewards.RefAccount: "acc"},
	}
	if kind == rewards.KindDiscountCode {
		r.Code = "GV-1"
		r.Spec.Discount = rewards.Discount{Amount: usd(1000), Minimum: usd(2000)}
	}
	return r
}

func TestStepsBecomeActions(t *testing.T) {
	t.Parallel()
	code, credit := sample(rewards.KindDiscountCode), sample(rewards.KindStoreCredit)
	percent := code
	percent.Spec.Discount, percent.Value, percent.Net, percent.Given = rewards.Discount{Percent: 1500}, usd(0), usd(0), usd(0)
	spent := credit
	spent.Loss = usd(100)
	for name, tc := range map[string]struct {
		r    rewards.Reward
		step rewards.StepKind
		want rewards.Action
	}{
		"a code carries the amount of its intent": {code, rewards.StepIssue, rewards.IssueCode{
			RewardID: "rw_1", Title: "offer reward rw_1", Code: "GV-1", CustomerID: "c1",
			Discount: rewards.Discount{Amount: usd(1000), Minimum: usd(2000)}, StartsAt: dayZero, EndsAt: dayZero.Add(time.Hour)}},
		"a percentage is left as it is": {percent, rewards.StepIssue, rewards.IssueCode{
			RewardID: "rw_1", Title: "offer reward rw_1", Code: "GV-1", CustomerID: "c1",
			Discount: rewards.Discount{Percent: 1500}, StartsAt: dayZero, EndsAt: dayZero.Add(time.Hour)}},
		"a code comes down to its net":  {code, rewards.StepReduce, rewards.ReduceCode{ExternalID: "ext-1", Code: "GV-1", Amount: usd(600)}},
		"a code is switched off":        {code, rewards.StepWithdraw, rewards.WithdrawCode{ExternalID: "ext-1", Code: "GV-1"}},
		"a credit":                      {credit, rewards.StepIssue, rewards.GrantCredit{RewardID: "rw_1", CustomerID: "c1", Amount: usd(1000), ExpiresAt: dayZero.Add(time.Hour)}},
		"what a credit has too much":    {credit, rewards.StepReduce, rewards.TakeCredit{CustomerID: "c1", CreditID: "ext-1", AccountID: "acc", Amount: usd(400)}},
		"all of a credit":               {credit, rewards.StepWithdraw, rewards.TakeCredit{CustomerID: "c1", CreditID: "ext-1", AccountID: "acc", Amount: usd(1000)}},
		"what is not lost of a credit":  {spent, rewards.StepWithdraw, rewards.TakeCredit{CustomerID: "c1", CreditID: "ext-1", AccountID: "acc", Amount: usd(900)}},
		"less what is lost of a credit": {spent, rewards.StepReduce, rewards.TakeCredit{CustomerID: "c1", CreditID: "ext-1", AccountID: "acc", Amount: usd(300)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := tc.r.Action(tc.step); !reflect.DeepEqual(got, tc.want) || err != nil {
				t.Fatalf("%+v, %v", got, err)
			}
		})
	}
	for _, step := range []rewards.StepKind{rewards.StepNone, rewards.StepDrop, "nonsense"} {
		if a, err := code.Action(step); a != nil || rewards.CodeOf(err) != "no_action" || rewards.KindOf(err) != rewards.Invalid {
			t.Errorf("%q: %v %v", step, a, err)
		}
	}
}

func TestStepsOutOfTurnAreRefused(t *testing.T) {
	t.Parallel()
	credit := sample(rewards.KindStoreCredit)
	with := func(change func(r *rewards.Reward)) rewards.Reward {
		r := credit
		change(&r)
		return r
	}
	for name, tc := range map[string]struct {
		r    rewards.Reward
		res  rewards.StepResult
		code string
	}{
		"issued twice":               {credit, rewards.StepResult{Step: rewards.StepIssue}, "step_out_of_turn"},
		"withdrawn though deserved":  {credit, rewards.StepResult{Step: rewards.StepWithdraw}, "step_out_of_turn"},
		"dropped though in the shop": {with(func(r *rewards.Reward) { r.Void = true }), rewards.StepResult{Step: rewards.StepDrop}, "step_out_of_turn"},
		"reduced before the issue":   {with(func(r *rewards.Reward) { r.Status = rewards.StatusPending }), rewards.StepResult{Step: rewards.StepReduce}, "step_out_of_turn"},
		"reduced after the end":      {with(func(r *rewards.Reward) { r.Status = rewards.StatusReversed }), rewards.StepResult{Step: rewards.StepReduce}, "step_out_of_turn"},
		"no step at all":             {credit, rewards.StepResult{}, "step_out_of_turn"},
		"more taken than asked":      {credit, rewards.StepResult{Step: rewards.StepReduce, Taken: usd(401)}, "bad_step_result"},
		"less than nothing taken":    {credit, rewards.StepResult{Step: rewards.StepReduce, Taken: usd(-1)}, "bad_step_result"},
		"other money taken":          {credit, rewards.StepResult{Step: rewards.StepReduce, Taken: rewards.Money{Minor: 1, Currency: "EUR"}}, "bad_step_result"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := tc.r.Record(tc.res, dayZero)
			if rewards.CodeOf(err) != tc.code || len(e.Rewards)+len(e.Postings)+len(e.Jobs) > 0 {
				t.Fatalf("%+v, %v", e, err)
			}
		})
	}
}

func TestAStepAsksForTheNextOne(t *testing.T) {
	t.Parallel()
	credit := sample(rewards.KindStoreCredit)
	gone := credit
	gone.Void, gone.Net = true, usd(0)

	e, err := gone.Record(rewards.StepResult{Step: rewards.StepReduce, Net: usd(600), Taken: usd(400)}, dayZero)
	if err != nil || len(e.Jobs) != 1 || e.Jobs[0] != (rewards.JobRequest{Kind: rewards.JobFulfil, Subject: "rw_1"}) {
		t.Fatalf("a reduce that is overtaken by a cancellation: %+v, %v", e, err)
	}
	if r := e.Rewards[0].Reward; r.Status != rewards.StatusIssued || r.Given != usd(600) || r.Next() != rewards.StepWithdraw || r.Loss != usd(0) {
		t.Fatalf("%+v", r)
	}
	for _, step := range []rewards.StepKind{rewards.StepReduce, rewards.StepWithdraw} {
		e, err = gone.Record(rewards.StepResult{Step: step, Refused: "frozen"}, dayZero)
		lost := rewards.Posting{RewardID: "rw_1", From: "issued:adv-anna", To: "loss:offer", Amount: usd(1000), Reason: "lost"}
		if err != nil || len(e.Jobs) != 0 || len(e.Postings) != 1 || e.Postings[0] != lost || len(e.Budget) != 0 {
			t.Fatalf("what a refused %s leaves in the shop is lost: %+v, %v", step, e, err)
		}
		if r := e.Rewards[0].Reward; r.Reason != rewards.ReasonCouponFailed || r.Status != rewards.StatusRedeemed || r.Loss != usd(1000) || r.Next() != rewards.StepNone {
			t.Fatalf("%+v", r)
		}
	}
}

func TestARefusedReductionLosesOnlyWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	e, err := sample(rewards.KindStoreCredit).Record(rewards.StepResult{Step: rewards.StepReduce, Net: usd(600), Refused: "credit_missing"}, dayZero)
	if err != nil || len(e.Postings) != 1 || e.Postings[0].Amount != usd(400) {
		t.Fatalf("%+v, %v", e, err)
	}
	if r := e.Rewards[0].Reward; r.Status != rewards.StatusRedeemed || r.Given != usd(1000) || r.Loss != usd(400) {
		t.Fatalf("%+v", r)
	}
	percent := sample(rewards.KindDiscountCode)
	percent.Value, percent.Net, percent.Given, percent.Void = usd(0), usd(0), usd(0), true
	if e, err = percent.Record(rewards.StepResult{Step: rewards.StepWithdraw, Refused: "code_gone"}, dayZero); err != nil || len(e.Postings) != 0 || e.Rewards[0].Reward.Status != rewards.StatusRedeemed {
		t.Fatalf("%+v, %v", e, err)
	}
}

func TestReceiptsAreKept(t *testing.T) {
	t.Parallel()
	r := sample(rewards.KindStoreCredit)
	r.Status, r.ExternalID, r.Net, r.Reason = rewards.StatusIssuing, "", usd(1000), rewards.ReasonRefunded
	res := rewards.StepResult{Step: rewards.StepIssue, ExternalID: "t1", Refs: map[string]string{"more": "x"}, Expires: dayZero.Add(2 * time.Hour)}
	e, err := r.Record(res, dayZero)
	if err != nil {
		t.Fatal(err)
	}
	got := e.Rewards[0].Reward
	if got.ExternalID != "t1" || got.Refs["more"] != "x" || got.Refs[rewards.RefAccount] != "acc" || !got.ExpiresAt.Equal(res.Expires) {
		t.Fatalf("%+v", got)
	}
	if _, changed := r.Refs["more"]; changed {
		t.Fatal("the reward that was handed in changed")
	}
	if want := (rewards.Posting{RewardID: "rw_1", From: "pending:adv-anna", To: "issued:adv-anna", Amount: usd(1000), Reason: "issued"}); len(e.Postings) != 1 || e.Postings[0] != want || len(e.Budget) != 0 {
		t.Fatalf("%+v %+v", e.Postings, e.Budget)
	}
}

func TestReissueKeepsWhatIsDeserved(t *testing.T) {
	t.Parallel()
	old := sample(rewards.KindDiscountCode) // a reduction to six dollars is under way
	n := 0
	mint := rewards.Mint{ID: func(p string) string { return p + "2" }, Code: func() string { n++; return "GV-2" }}
	now := dayZero.Add(48 * time.Hour)
	old.Spec.Expires = time.Hour + time.Millisecond
	e, next, err := rewards.Reissue(old, mint, now, "user:mia")
	if err != nil || n != 1 {
		t.Fatal(err, n)
	}
	if next.Net != usd(600) || next.Given != usd(600) || next.Code != "GV-2" || next.Replaces != "rw_1" || next.Status != rewards.StatusIssuing ||
		next.ExternalID != "" || next.Refs != nil || !next.ExpiresAt.Equal(now.Add(time.Hour)) || !next.CreatedAt.Equal(now) {
		t.Fatalf("%+v", next)
	}
	if was := e.Rewards[0].Reward; was.Status != rewards.StatusRevoked || was.ReplacedBy != "rw_2" || was.Net != usd(0) || was.ExternalID != "ext-1" || e.Rewards[0].Actor != "user:mia" {
		t.Fatalf("%+v", was)
	}
	if e.Budget["offer"] != usd(-400) || len(e.Jobs) != 1 || e.Jobs[0].Subject != "rw_2" {
		t.Fatalf("%+v %+v", e.Budget, e.Jobs)
	}
}
