package rewards

import (
	"cmp"
	"fmt"
	"time"
)

// RefAccount is the key in Reward.Refs under which a connector keeps the store-credit account that it
// credited.
const RefAccount = "account"

// RefCode is the key in Reward.Refs of the code by which its owner uses a reward, as the shop spells it: of a
// gift card, or of a store credit that the shop carries as a single-use coupon.
const RefCode = "code"

// ShownCode is what the owner types to use the reward; "" if she need not type anything.
func (r Reward) ShownCode() string { return cmp.Or(r.Refs[RefCode], r.Code) }

// RefNewest is the key in a receipt's Refs of what a TakeCredit wants back in After: what the connector knows
// the account's present state by.
const RefNewest = "newest"

// RefDebit begins the keys in Reward.Refs that name the transactions by which it was taken back: one for
// each, because a reward can be reduced more than once.
const RefDebit = "debit/"

// Action says what a step means in the shop. It depends on nothing but the reward, so a retry asks for
// the same. TakeCredit.After is left to the caller, who reads the account first. Kind Invalid, code
// no_action, for a step that needs no call.
func (r Reward) Action(step StepKind) (Action, error) {
	if step != StepIssue && step != StepReduce && step != StepWithdraw || r.Spec.Kind.InHouse() {
		return nil, Errorf(Invalid, "no_action", "reward %s, a %s: step %q needs no call", r.ID, r.Spec.Kind, step)
	}
	switch r.Spec.Kind {
	case KindStoreCredit:
		return r.creditAction(step), nil
	case KindGiftCard:
		return r.cardAction(step), nil
	case KindTag:
		if step == StepIssue {
			return AddTag{RewardID: r.ID, CustomerID: r.CustomerID, Tag: r.Spec.Tag}, nil
		}
		return RemoveTag{CustomerID: r.CustomerID, Tag: r.Spec.Tag}, nil
	}
	switch step {
	case StepIssue:
		return r.issueCode(), nil
	case StepReduce:
		return ReduceCode{ExternalID: r.ExternalID, Code: r.Code, Amount: r.Net}, nil
	}
	return WithdrawCode{ExternalID: r.ExternalID, Code: r.Code}, nil
}

func (r Reward) creditAction(step StepKind) Action {
	switch step {
	case StepIssue:
		return GrantCredit{RewardID: r.ID, CustomerID: r.CustomerID, Amount: r.Given, ExpiresAt: r.ExpiresAt}
	case StepReduce:
		return r.takeCredit(r.Net)
	}
	return r.takeCredit(Money{})
}

func (r Reward) cardAction(step StepKind) Action {
	left := Money{Currency: r.Value.Currency}
	switch step {
	case StepIssue:
		return IssueGiftCard{RewardID: r.ID, Code: r.Code, CustomerID: r.CustomerID, Amount: r.Given, ExpiresAt: r.ExpiresAt}
	case StepReduce:
		left = r.Net
	}
	return TakeGiftCard{ExternalID: r.ExternalID, Left: left, Amount: r.takeCredit(left).Amount}
}

// issueCode carries the amount that the intent fixed, which a refund before the issue made smaller than
// the rule's.
func (r Reward) issueCode() IssueCode {
	d := r.Spec.Discount
	switch {
	case r.Spec.Kind == KindProduct:
		d = Discount{Percent: 10_000, Products: []string{r.Spec.ProductID}, OnePiece: true, Amount: Money{Currency: r.Value.Currency}, Minimum: Money{Currency: r.Value.Currency}}
	case r.Priced():
		d.Amount = r.Given
	}
	return IssueCode{
		RewardID: r.ID, Title: fmt.Sprintf("%s reward %s", r.Program, r.ID), Code: r.Code,
		CustomerID: r.CustomerID, Discount: d, StartsAt: r.CreatedAt, EndsAt: r.ExpiresAt,
	}
}

func (r Reward) takeCredit(down Money) TakeCredit {
	amount := Money{Minor: r.Given.Minor - r.Loss.Minor - down.Minor, Currency: r.Value.Currency}
	return TakeCredit{CustomerID: r.CustomerID, CreditID: r.ExternalID, AccountID: r.Refs[RefAccount], Amount: amount}
}

// Reissue replaces a reward that its owner cannot use: an issued or expired code, or anything that the
// shop refused. The old reward is revoked, and taken out of the shop once the new one is there; the new
// one has what is still deserved, with a code and an expiry of its own. The programme's use of its
// budget does not change by more than what is no longer deserved.
//
// Kind Conflict, code not_reissuable: store credit that was issued, a reward that was used or is not
// deserved any more, or one that is still on its way.
func Reissue(r Reward, mint Mint, now time.Time, actor string) (Effect, Reward, error) {
	failed := r.Status == StatusFailed
	code := r.Spec.Kind.AsCode() && (r.Status == StatusIssued || r.Status == StatusExpired)
	if !failed && !code || r.Void || r.Priced() && r.Net.Minor <= 0 {
		return Effect{}, Reward{}, Errorf(Conflict, "not_reissuable", "reward %s is %s, a %s", r.ID, r.Status, r.Spec.Kind)
	}
	none := Money{Currency: r.Value.Currency}
	next := r
	next.ID, next.Replaces, next.ReplacedBy = mint.ID("rw_"), r.ID, ""
	if r.ExternalID == "" && r.Replaces != "" { // it never was in the shop: what it was to replace is
		next.Replaces = r.Replaces
	}
	next.Given, next.Loss, next.CreatedAt = none, none, now
	next.Code, next.ExternalID, next.Refs, next.Tries, next.Withdrawn = "", "", nil, 0, false
	next.intend(mint, now)

	old := r
	old.Status, old.ReplacedBy, old.Net = StatusRevoked, next.ID, none
	e, err := moveBooks(r, next)
	if err != nil {
		return Effect{}, Reward{}, err
	}
	e.Rewards = []RewardChange{{Was: r.Status, Reward: old, Actor: actor}, {Reward: next, Actor: actor}}
	e.fulfil(next.ID)
	return e, next, nil
}

// moveBooks gives back what the ledger holds for the old reward and reserves the new one.
func moveBooks(old, next Reward) (Effect, error) {
	var e Effect
	was, program := old.Booked(), ProgramAccount(old.Program)
	if err := e.post(old, old.pendingAccount(), program, was.Pending, "reissued"); err != nil {
		return e, err
	}
	if err := e.post(old, old.issuedAccount(), program, was.Issued, "reissued"); err != nil {
		return e, err
	}
	return e, e.post(next, program, next.pendingAccount(), next.Given, "reissued")
}
