package rewards

import "time"

// Books is what the ledger holds for one reward. The programme's account holds minus their sum.
type Books struct {
	Pending Money // earned and not yet given
	Issued  Money // given and, as far as is known here, not used
	Used    Money
	Lost    Money
}

// Booked tells what the ledger holds for a reward. One that was reversed holds nothing, a revoked one its
// loss.
func (r Reward) Booked() Books {
	none := Money{Currency: r.Value.Currency}
	b := Books{none, none, none, none}
	switch r.Status {
	case StatusPending, StatusHeld, StatusApproved:
		b.Pending = r.Net
	case StatusIssuing, StatusFailed:
		b.Pending = r.Given
	case StatusIssued, StatusRedeemed, StatusExpired:
		b.Issued.Minor, b.Used.Minor, b.Lost = r.Given.Minor-r.Loss.Minor-r.Used.Minor, r.Used.Minor, r.Loss
	case StatusRevoked:
		b.Lost = r.Loss
	}
	return b
}

// change records a reward's new state.
func (e *Effect) change(was Status, r Reward) {
	e.Rewards = append(e.Rewards, RewardChange{Was: was, Reward: r, Actor: engine})
}

// fulfil asks for the reward's next step.
func (e *Effect) fulfil(rewardID string) {
	e.Jobs = append(e.Jobs, JobRequest{Kind: JobFulfil, Subject: rewardID})
}

// confirm asks for the order to be read and judged at a time.
func (e *Effect) confirm(orderID string, at time.Time) {
	e.Jobs = append(e.Jobs, JobRequest{Kind: JobConfirm, Subject: orderID, RunAt: at})
}

// post moves an amount between two accounts. The use of a programme's budget is what its account has
// given away, so it follows from the postings. Nothing is posted for nothing.
func (e *Effect) post(r Reward, from, to string, amount Money, reason string) error {
	if amount.Minor == 0 {
		return nil
	}
	if amount.Minor < 0 {
		return Errorf(Internal, "negative_posting", "reward %s: %s from %s to %s", r.ID, amount, from, to)
	}
	e.Postings = append(e.Postings, Posting{RewardID: r.ID, From: from, To: to, Amount: amount, Reason: reason})
	own := ProgramAccount(r.Program)
	if !IsMoney(amount) {
		return nil
	}
	var err error
	if e.Budget == nil {
		e.Budget = map[string]Money{}
	}
	if from == own {
		e.Budget[r.Program], err = e.Budget[r.Program].Add(amount)
	} else if to == own {
		e.Budget[r.Program], err = e.Budget[r.Program].Sub(amount)
	}
	return err
}

// postDifference brings what was reserved from an account to another up or down.
func (e *Effect) postDifference(r Reward, from, to string, was, is Money) error {
	diff, err := is.Sub(was)
	if err != nil {
		return err
	}
	if diff.Minor < 0 {
		diff.Minor = -diff.Minor
		return e.post(r, to, from, diff, "reduced")
	}
	return e.post(r, from, to, diff, "earned")
}

// Drop ends a reward that was only reserved: nothing was given, and what was reserved goes back. Kind
// Conflict, code not_droppable, for one that was given or may be.
func (r Reward) Drop(why Reason, actor string) (Effect, error) {
	switch r.Status {
	case StatusPending, StatusHeld, StatusApproved, StatusFailed:
	default:
		if r.Status != StatusIssuing || r.Tries > 0 {
			return Effect{}, Errorf(Conflict, "not_droppable", "reward %s is %s after %d tries", r.ID, r.Status, r.Tries)
		}
	}
	var e Effect
	was := r.Status
	if err := e.reverse(&r, why); err != nil {
		return Effect{}, err
	}
	e.Rewards = append(e.Rewards, RewardChange{Was: was, Reward: r, Actor: actor})
	return e, nil
}

// reverse ends a reward that the shop does not have, and gives back what was reserved for it.
func (e *Effect) reverse(r *Reward, why Reason) error {
	if err := e.post(*r, r.pendingAccount(), ProgramAccount(r.Program), r.Booked().Pending, "reversed"); err != nil {
		return err
	}
	r.Status, r.Reason, r.Void = StatusReversed, why, true
	r.Net.Minor, r.Given.Minor = 0, 0
	e.freeReplaced(*r)
	return nil
}

// freeReplaced has the reward that r was to replace taken out of the shop: either r is there now, or
// nothing is deserved any more.
func (e *Effect) freeReplaced(r Reward) {
	if r.Replaces != "" {
		e.fulfil(r.Replaces)
	}
}

// lose books what the beneficiary spent beyond what is deserved.
func (e *Effect) lose(r *Reward) error {
	lost := Money{Minor: r.Given.Minor - r.Loss.Minor - r.Net.Minor, Currency: r.Value.Currency}
	if lost.Minor <= 0 {
		return nil
	}
	r.Loss = Money{Minor: r.Loss.Minor + lost.Minor, Currency: lost.Currency}
	return e.post(*r, r.issuedAccount(), LossAccount(r.Program), lost, "lost")
}
