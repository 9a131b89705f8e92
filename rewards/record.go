package rewards

import (
	"maps"
	"time"
)

// Record books what the shop answered to a step of this reward, which must be read under the lock of the
// transaction that stores the effect: it may have changed since the step was begun. Where a further step
// is needed the effect asks for it.
//
// Given was fixed with the intent and is what an issue granted. A reduce or withdraw lowers it by what
// came back; what had been spent, or what the shop refuses to take, stays given and becomes a loss. Kind Conflict, code step_out_of_turn,
// where the reward is past this step; Invalid where the shop took more than was asked.
func (r Reward) Record(res StepResult, now time.Time) (Effect, error) {
	was := r
	var e Effect
	var err error
	switch {
	case res.Step == StepDrop && r.Next() == StepDrop:
		err = e.reverse(&r, r.Reason)
	case res.Step == StepIssue && r.Status == StatusIssuing:
		err = e.issued(&r, res)
	case res.Step == StepReduce && (r.Status == StatusIssued || r.Status == StatusExpired):
		err = e.reduced(&r, res, now)
	case res.Step == StepWithdraw && (r.Status == StatusIssued || r.Status == StatusExpired) && r.Void:
		err = e.withdrawn(&r, res, now)
	case res.Step == StepWithdraw && r.Next() == StepWithdraw:
		err = e.retired(&r, res)
	default:
		err = Errorf(Conflict, "step_out_of_turn", "reward %s is %s: no %q to record", r.ID, r.Status, res.Step)
	}
	if err != nil {
		return Effect{}, err
	}
	if res.Refused == "" && r.Next() != StepNone {
		e.fulfil(r.ID)
	}
	e.change(was.Status, r)
	return e, nil
}

// issued books that the shop made the reward, or refused to.
func (e *Effect) issued(r *Reward, res StepResult) error {
	if res.Refused != "" {
		return e.refused(r)
	}
	r.adopt(res)
	if err := e.post(*r, r.pendingAccount(), r.issuedAccount(), r.Given, "issued"); err != nil {
		return err
	}
	r.Status = StatusIssued
	e.freeReplaced(*r)
	return nil
}

// refused books the shop's lasting refusal. The reservation stays, at what is deserved now; where
// nothing is, the reward ends.
func (e *Effect) refused(r *Reward) error {
	if r.Void {
		return e.reverse(r, r.Reason)
	}
	was := r.Given
	r.Status, r.Reason, r.Given = StatusFailed, ReasonCouponFailed, r.Net
	return e.postDifference(*r, ProgramAccount(r.Program), r.pendingAccount(), was, r.Given)
}

// adopt keeps what the shop calls the reward.
func (r *Reward) adopt(res StepResult) {
	if res.ExternalID != "" {
		r.ExternalID = res.ExternalID
	}
	if len(res.Refs) > 0 {
		refs := maps.Clone(r.Refs)
		if refs == nil {
			refs = map[string]string{}
		}
		maps.Copy(refs, res.Refs)
		r.Refs = refs
	}
	if !res.Expires.IsZero() {
		r.ExpiresAt = res.Expires.UTC()
	}
}

// reduced books that the reward was brought down to its net. A code that was used could not be; of a
// credit that was spent in part only the rest came back.
func (e *Effect) reduced(r *Reward, res StepResult, now time.Time) error {
	if res.Refused != "" {
		return e.kept(r, r.Given.Minor-r.Loss.Minor-r.Net.Minor)
	}
	net := r.Net
	if res.Net.Currency != "" && res.Net.Minor > net.Minor {
		net = res.Net // the order lost more ground meanwhile: that is the next step
	}
	wanted := max(0, r.Given.Minor-r.Loss.Minor-net.Minor)
	lost, err := e.takeBack(r, wanted, r.taken(res, wanted, now))
	if err != nil {
		return err
	}
	r.adopt(StepResult{Refs: res.Refs})
	if lost {
		r.Status = StatusRedeemed
		return e.lose(r) // what it lost meanwhile is gone as well
	}
	return nil
}

// withdrawn books that the reward was taken away: reversed if all of it came back, else spent.
func (e *Effect) withdrawn(r *Reward, res StepResult, now time.Time) error {
	wanted := r.Given.Minor - r.Loss.Minor
	if res.Refused != "" {
		return e.kept(r, wanted)
	}
	lost, err := e.takeBack(r, wanted, r.taken(res, wanted, now))
	if err != nil {
		return err
	}
	r.adopt(StepResult{Refs: res.Refs})
	r.Withdrawn = true
	if lost || r.Loss.Minor > 0 || res.Spent && !r.Priced() {
		r.Status = StatusRedeemed
		return nil
	}
	r.Status, r.Given.Minor = StatusReversed, 0
	e.freeReplaced(*r)
	return nil
}

// kept books a take-back that the shop refuses for good: whoever has the reward keeps it, and what was
// to come back is lost. Nothing is left to do, so that nobody waits for it.
func (e *Effect) kept(r *Reward, wanted int64) error {
	r.Status, r.Reason = StatusRedeemed, ReasonCouponFailed
	_, err := e.takeBack(r, max(0, wanted), 0)
	return err
}

// takeBack books the end of a reduce or withdraw that wanted this much and got taken. lost tells that
// something was spent.
func (e *Effect) takeBack(r *Reward, wanted, taken int64) (lost bool, err error) {
	if taken < 0 || taken > wanted {
		return false, Errorf(Invalid, "bad_step_result", "reward %s: %d taken back, %d wanted", r.ID, taken, wanted)
	}
	back := Money{Minor: taken, Currency: r.Value.Currency}
	if err := e.post(*r, r.issuedAccount(), ProgramAccount(r.Program), back, "reversed"); err != nil {
		return false, err
	}
	r.Given = Money{Minor: r.Given.Minor - taken, Currency: r.Value.Currency}
	gone := Money{Minor: wanted - taken, Currency: r.Value.Currency}
	r.Loss = Money{Minor: r.Loss.Minor + gone.Minor, Currency: r.Value.Currency}
	return gone.Minor > 0, e.post(*r, r.issuedAccount(), LossAccount(r.Program), gone, "lost")
}

// taken tells how much of what was wanted came back. A code is used or it is not. Of a credit or gift card the shop
// tells what it took; a credit that ran out unspent is back as well. -1: the answer makes no sense.
func (r Reward) taken(res StepResult, wanted int64, now time.Time) int64 {
	ranOut := r.Status == StatusExpired || !r.ExpiresAt.IsZero() && r.ExpiresAt.Before(now)
	switch {
	case !r.Spec.Kind.drainable() && res.Spent:
		return 0
	case !r.Spec.Kind.drainable(), ranOut && !res.Spent:
		return wanted
	case res.Taken.Minor != 0 && res.Taken.Currency != r.Value.Currency:
		return -1
	}
	return res.Taken.Minor
}

// retired books that a revoked reward is out of the shop. Its amount went with the revocation; if it had
// been used all the same, that is a loss.
func (e *Effect) retired(r *Reward, res StepResult) error {
	if res.Refused != "" {
		r.Reason = ReasonCouponFailed
		return nil
	}
	r.Withdrawn = true
	r.adopt(StepResult{Refs: res.Refs})
	if !res.Spent {
		r.Given.Minor = 0
		return nil
	}
	lost := Money{Minor: r.Given.Minor - r.Loss.Minor, Currency: r.Value.Currency}
	r.Loss = r.Given
	return e.post(*r, ProgramAccount(r.Program), LossAccount(r.Program), lost, "lost")
}
