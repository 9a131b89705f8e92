package rewards

import "time"

// giveHere gives a reward that no shop is asked for, as soon as it is intended.
func (s *settling) giveHere(r Reward) error {
	if !r.Spec.Kind.InHouse() || r.Status != StatusIssuing {
		return nil
	}
	if err := s.post(r, r.pendingAccount(), r.issuedAccount(), r.Given, "issued"); err != nil {
		return err
	}
	r.Status = StatusIssued
	s.change(StatusIssuing, r)
	return nil
}

// takeHere brings a reward that is kept here down to its net. What was used already is lost, and stays
// with whoever has it.
func (e *Effect) takeHere(r *Reward) error {
	b := r.Booked()
	wanted := b.Issued.Minor + b.Used.Minor - r.Net.Minor
	if wanted <= 0 {
		return nil
	}
	none := r.Value.Currency
	back := Money{Minor: min(wanted, b.Issued.Minor), Currency: none}
	gone := Money{Minor: wanted - back.Minor, Currency: none}
	if err := e.post(*r, r.issuedAccount(), ProgramAccount(r.Program), back, "reversed"); err != nil {
		return err
	}
	if err := e.post(*r, UsedAccount(r.Program), LossAccount(r.Program), gone, "lost"); err != nil {
		return err
	}
	r.Given.Minor -= back.Minor
	r.Used.Minor -= gone.Minor
	r.Loss.Minor += gone.Minor
	if r.Given.Minor == 0 {
		r.Status = StatusReversed
	} else if r.Void || r.Status == StatusIssued && r.Booked().Issued.Minor == 0 {
		r.Status = StatusRedeemed
	}
	return nil
}

// Unused is what is left of a reward that is kept here.
func (r Reward) Unused() Money {
	if !r.Spec.Kind.InHouse() || r.Status != StatusIssued {
		return Money{Currency: r.Value.Currency}
	}
	return r.Booked().Issued
}

// Use marks a part of a reward that is kept here as exchanged, paid or redeemed; how says which, and stands
// in the ledger. Once all of it is used the reward is redeemed. Kind Conflict, code not_usable, for more
// than is left, and for a reward of another kind or state.
func (r Reward) Use(amount Money, how, actor string) (Effect, Reward, error) {
	left := r.Unused()
	if amount.Minor <= 0 || amount.Currency != left.Currency || amount.Minor > left.Minor {
		return Effect{}, r, Errorf(Conflict, "not_usable", "reward %s is %s with %s unused: %s cannot be used", r.ID, r.Status, left, amount)
	}
	var e Effect
	if err := e.post(r, r.issuedAccount(), UsedAccount(r.Program), amount, how); err != nil {
		return Effect{}, r, err
	}
	next := r
	next.Used.Minor += amount.Minor
	next.Used.Currency = amount.Currency
	if next.Unused().Minor == 0 {
		next.Status = StatusRedeemed
	}
	e.Rewards = []RewardChange{{Was: r.Status, Reward: next, Actor: actor}}
	return e, next, nil
}

// Expire ends a reward whose time is over. What is kept here and was not used goes back to the programme;
// of a reward in the shop only the state is noted, for the shop sees to its end. Kind Conflict, code
// not_expired, where its time is not over or it is not there to expire.
func (r Reward) Expire(now time.Time) (Effect, error) {
	if r.Status != StatusIssued || r.ExpiresAt.IsZero() || r.ExpiresAt.After(now) {
		return Effect{}, Errorf(Conflict, "not_expired", "reward %s is %s, its time ends at %s", r.ID, r.Status, stamp(r.ExpiresAt))
	}
	var e Effect
	was := r.Status
	if r.Spec.Kind.InHouse() {
		left := r.Unused()
		if err := e.post(r, r.issuedAccount(), ProgramAccount(r.Program), left, "expired"); err != nil {
			return Effect{}, err
		}
		r.Given.Minor -= left.Minor
		r.Net.Minor = min(r.Net.Minor, r.Given.Minor)
	}
	r.Status = StatusExpired
	e.change(was, r)
	return e, nil
}
