package rewards_test

import (
	"fmt"
	"maps"

	"grapevine/rewards"
)

// shop is a small shop that keeps its own account of the codes and credits it gave.
type shop struct {
	silent       bool // does no work for us
	losesAnswers bool // does it, and the answer is lost
	refuses      bool
	things       map[string]*thing // by reward code, or by the credit's expiry
	byID         map[string]*thing
	tags         map[string]bool // by customer and tag
}

// thing is a code or a credit.
type thing struct {
	id     string
	amount int64 // what it is worth now
	used   bool  // the code
	gone   bool  // switched off
	// unheard is a debit whose answer was lost: the account shows it to who looks.
	unheard *rewards.StepResult
}

func newShop() *shop {
	return &shop{things: map[string]*thing{}, byID: map[string]*thing{}, tags: map[string]bool{}}
}

// holds sums what can still be spent.
func (s *shop) holds() (sum int64) {
	for th := range maps.Values(s.things) {
		if !th.gone && !th.used {
			sum += th.amount
		}
	}
	return sum
}

func (s *shop) make(key string, amount int64) rewards.StepResult {
	th := s.things[key]
	if th == nil { // the second time it is there already
		th = &thing{id: fmt.Sprintf("ext-%d", len(s.things)+1), amount: amount}
		s.things[key], s.byID[th.id] = th, th
	}
	return rewards.StepResult{ExternalID: th.id, Refs: map[string]string{rewards.RefAccount: "acc"}}
}

// unheard tells whether the action was carried out and the answer lost: it cannot be refused any more.
func (s *shop) unheard(a rewards.Action) bool {
	switch a := a.(type) {
	case rewards.IssueCode:
		return s.things[a.Code] != nil
	case rewards.GrantCredit:
		return s.things[a.RewardID] != nil
	case rewards.TakeCredit:
		return s.byID[a.CreditID].unheard != nil
	case rewards.IssueGiftCard:
		return s.things[a.Code] != nil
	case rewards.TakeGiftCard:
		return s.byID[a.ExternalID].unheard != nil
	}
	return false
}

// do carries out an action.
func (s *shop) do(t tester, a rewards.Action) rewards.StepResult {
	t.Helper()
	if s.refuses && !s.unheard(a) {
		return rewards.StepResult{Refused: "refused"}
	}
	switch a := a.(type) {
	case rewards.IssueCode:
		return s.make(a.Code, a.Discount.Amount.Minor)
	case rewards.GrantCredit:
		if a.Amount.Minor <= 0 || a.CustomerID == "" || a.ExpiresAt.IsZero() || a.ExpiresAt.Nanosecond() != 0 {
			t.Fatalf("bad credit %+v", a)
		}
		return s.make(a.RewardID, a.Amount.Minor)
	case rewards.ReduceCode:
		th := s.byID[a.ExternalID]
		if th.used {
			return rewards.StepResult{Spent: true}
		}
		th.amount = a.Amount.Minor
		return rewards.StepResult{}
	case rewards.WithdrawCode:
		th := s.byID[a.ExternalID]
		th.gone = !th.used
		return rewards.StepResult{Spent: th.used}
	case rewards.TakeCredit:
		return s.take(s.byID[a.CreditID], a.Amount)
	case rewards.IssueGiftCard:
		if a.Amount.Minor <= 0 || a.Code == "" {
			t.Fatalf("bad gift card %+v", a)
		}
		return s.make(a.Code, a.Amount.Minor)
	case rewards.TakeGiftCard:
		return s.take(s.byID[a.ExternalID], a.Amount)
	case rewards.AddTag:
		s.tags[a.CustomerID+" "+a.Tag] = true
		return s.make(a.RewardID, 0)
	case rewards.RemoveTag:
		delete(s.tags, a.CustomerID+" "+a.Tag)
		return rewards.StepResult{}
	default:
		t.Fatalf("no action for a reward: %T", a)
		return rewards.StepResult{}
	}
}

func (s *shop) take(th *thing, amount rewards.Money) rewards.StepResult {
	res := rewards.StepResult{Taken: amount}
	if th.unheard != nil {
		res, th.unheard = *th.unheard, nil
	} else {
		res.Taken.Minor = min(amount.Minor, th.amount)
		res.Spent = res.Taken.Minor < amount.Minor
		th.amount -= res.Taken.Minor
	}
	if s.losesAnswers {
		th.unheard = &res
	}
	return res
}
