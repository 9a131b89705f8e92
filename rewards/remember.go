package rewards

import "slices"

// remember brings the book up to date with a change.
func (b *Book) remember(rec Record, e Effect) {
	b.prepare()
	b.Records[rec.Facts.Order.ID] = rec
	b.count(rec)
	for _, c := range e.Rewards {
		b.keep(c)
	}
	for name, delta := range e.Budget {
		b.BudgetUsed[name], _ = b.BudgetUsed[name].Add(delta) // the postings were checked for overflow
	}
}

// prepare makes the maps that a caller left out.
func (b *Book) prepare() {
	if b.Records == nil {
		b.Records = map[string]Record{}
	}
	if b.Rewards == nil {
		b.Rewards = map[string][]Reward{}
	}
	if b.AdvocateUsed == nil {
		b.AdvocateUsed = map[string][]Use{}
	}
	if b.Referrals == nil {
		b.Referrals = map[string][]Referral{}
	}
	if b.BudgetUsed == nil {
		b.BudgetUsed = map[string]Money{}
	}
}

// Counts tells whether an order is a referral that lifts its advocate: it deserves a reward, it is paid, and
// no person has to look at it first.
func (r Record) Counts() bool {
	d := r.Decision
	return d.Reckoned && (d.Outcome == OutcomeRewarded || d.Outcome == OutcomePending && d.Reason == ReasonInReview)
}

// count notes a referral that stands, or forgets one that no longer does.
func (b *Book) count(rec Record) {
	d, o := rec.Decision, rec.Facts.Order
	for key, list := range b.Referrals {
		if i := slices.IndexFunc(list, func(r Referral) bool { return r.OrderID == o.ID }); i >= 0 {
			b.Referrals[key] = slices.Delete(slices.Clone(list), i, i+1)
		}
	}
	if d.Stands() && d.Reckoned {
		key := UsedKey(d.Program, d.Advocate)
		b.Referrals[key] = append(slices.Clone(b.Referrals[key]), Referral{OrderID: o.ID, PlacedAt: o.PlacedAt, Counts: rec.Counts()})
	}
}

// keep stores a changed reward and counts or forgets its use of the advocate's limit.
func (b *Book) keep(c RewardChange) {
	r := c.Reward
	list := slices.Clone(b.Rewards[r.OrderID])
	if i := slices.IndexFunc(list, func(x Reward) bool { return x.ID == r.ID }); i >= 0 {
		list[i] = r
	} else {
		list = append(list, r)
	}
	b.Rewards[r.OrderID] = list
	if known, ok := b.RewardCodes[r.Code]; ok && known.ID == r.ID {
		b.RewardCodes[r.Code] = r
	}
	key := UsedKey(r.Program, r.AdvocateID)
	used := b.AdvocateUsed[key]
	if c.Was == "" {
		b.AdvocateUsed[key] = append(slices.Clone(used), Use{OrderID: r.OrderID, RewardID: r.ID, At: r.CreatedAt, Milestone: r.Milestone})
	} else if c.Was.Live() && !r.Status.Live() {
		b.AdvocateUsed[key] = slices.DeleteFunc(slices.Clone(used), func(u Use) bool { return u.RewardID == r.ID })
	}
}
