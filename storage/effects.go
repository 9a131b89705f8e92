package storage

import (
	"cmp"
	"time"

	"grapevine/rewards"
)

// saveEffect stores what a step or a batch of orders left behind.
func (x *txn) saveEffect(shopID string, e rewards.Effect) error {
	for _, step := range []func() error{
		func() error { return x.saveRewards(shopID, e.Rewards) },
		func() error { return x.numberTickets(shopID, e.Rewards) },
		func() error { return x.savePostings(shopID, e.Postings) },
		func() error { return x.saveBudgets(shopID, e.Budget) },
		func() error { return x.saveAlerts(shopID, e.Alerts) },
		func() error { return x.enqueue(x.traced(shopJobs(shopID, e.Jobs))) },
		func() error { return x.doubt(shopID, e.Rewards) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// saveRewards writes changed rewards, each guarded by its old state, and their history. A reward that
// changed twice is written once, from its first state to its last. Rows that end come before new ones:
// only one may live.
func (x *txn) saveRewards(shopID string, changes []rewards.RewardChange) error {
	if len(changes) == 0 {
		return nil
	}
	for _, c := range changes {
		if c.Was != c.Reward.Status && !rewards.MayMove(c.Was, c.Reward.Status) {
			return rewards.Errorf(rewards.Internal, "bad_transition", "reward %s may not go from %q to %q", c.Reward.ID, c.Was, c.Reward.Status)
		}
	}
	final := collapse(changes)
	if err := x.spreadExpiries(shopID, final); err != nil {
		return err
	}
	updates, inserts := table{cols: rewardCols}, table{cols: rewardCols}
	for _, c := range final {
		values, err := rewardValues(c)
		if err != nil {
			return err
		}
		if c.Was == "" {
			inserts.add(values...)
		} else {
			updates.add(values...)
		}
	}
	n, err := x.execAll(updates, updateRewards, shopID)
	if err != nil {
		return err
	}
	if int(n) != len(updates.rows) {
		return rewards.Errorf(rewards.Conflict, "reward_moved", "%d of %d rewards were changed by somebody else", len(updates.rows)-int(n), len(updates.rows))
	}
	if _, err := x.execAll(inserts, insertRewards, shopID); err != nil {
		return err
	}
	return x.saveHistory(shopID, changes)
}

const updateRewards = `UPDATE rewards AS r SET version = v.version, currency = v.currency, value_minor = v.value_minor, net_minor = v.net_minor,
  given_minor = v.given_minor, loss_minor = v.loss_minor, used_minor = v.used_minor, void = v.void, status = v.status, reason = v.reason, release_at = v.release_at,
  code = v.code, code_folded = v.code_folded, expires_at = v.expires_at, external_id = v.external_id, refs = v.refs{json},
  withdrawn = v.withdrawn, replaced_by = v.replaced_by FROM v WHERE r.shop_id = ? AND r.id = v.id AND r.status = v.was`

const insertRewards = `INSERT INTO rewards (shop_id, id, order_id, advocate_id, customer_id, beneficiary, rule, milestone, program, version, kind, spec, currency,
  value_minor, net_minor, given_minor, loss_minor, used_minor, void, status, reason, created_at, release_at, code, code_folded, expires_at, tries,
  external_id, refs, withdrawn, replaced_by, replaces)
SELECT ?, v.id, nullif(v.order_id, ''), v.advocate_id, v.customer_id, v.beneficiary, v.rule, v.milestone, v.program, v.version, v.kind, v.spec{json}, v.currency,
  v.value_minor, v.net_minor, v.given_minor, v.loss_minor, v.used_minor, v.void, v.status, v.reason, v.created_at, v.release_at, v.code, v.code_folded, v.expires_at, 0,
  v.external_id, v.refs{json}, v.withdrawn, v.replaced_by, v.replaces FROM v`

// collapse makes one change of several to the same reward.
func collapse(changes []rewards.RewardChange) []rewards.RewardChange {
	var out []rewards.RewardChange
	at := map[string]int{}
	for _, c := range changes {
		if i, seen := at[c.Reward.ID]; seen {
			out[i].Reward = c.Reward
			continue
		}
		at[c.Reward.ID] = len(out)
		out = append(out, c)
	}
	return out
}

type creditKey struct {
	customer string
	expires  int64
}

// spreadExpiries makes the expiry of each new store credit unique for its customer, by adding seconds:
// it is all that a credit is recognised by in the shop. It is fixed once the credit may have been sent.
func (x *txn) spreadExpiries(shopID string, changes []rewards.RewardChange) error {
	from := map[string]time.Time{} // by customer: the first expiry that is asked for
	for _, c := range changes {
		if at, seen := from[c.Reward.CustomerID]; newCredit(c) && (!seen || c.Reward.ExpiresAt.Before(at)) {
			from[c.Reward.CustomerID] = c.Reward.ExpiresAt
		}
	}
	t := table{cols: "customer_id text, expires_at timestamptz"}
	for _, customer := range keysOf(from) {
		t.add(customer, from[customer])
	}
	type credit struct {
		ID         string
		CustomerID string
		ExpiresAt  stamp
	}
	rows, err := queryAll[credit](x, t, `SELECT r.id, r.customer_id, r.expires_at FROM v JOIN rewards r
  ON r.customer_id = v.customer_id AND r.expires_at >= v.expires_at WHERE r.shop_id = ? AND r.kind = 'store_credit' AND r.expires_at IS NOT NULL`, shopID)
	if err != nil {
		return err
	}
	taken := map[creditKey]string{}
	for _, r := range rows {
		taken[creditKey{r.CustomerID, r.ExpiresAt.Unix()}] = r.ID
	}
	for i, c := range changes {
		if !newCredit(c) {
			continue
		}
		r := &changes[i].Reward
		for {
			key := creditKey{r.CustomerID, r.ExpiresAt.Unix()}
			if holder, used := taken[key]; !used || holder == r.ID {
				taken[key] = r.ID
				break
			}
			r.ExpiresAt = r.ExpiresAt.Add(time.Second)
		}
	}
	return nil
}

func newCredit(c rewards.RewardChange) bool {
	return c.Reward.Spec.Kind == rewards.KindStoreCredit && !c.Reward.ExpiresAt.IsZero() &&
		c.Reward.Status == rewards.StatusIssuing && c.Was != rewards.StatusIssuing
}

// saveHistory writes a row for each change of state.
func (x *txn) saveHistory(shopID string, changes []rewards.RewardChange) error {
	t := table{cols: "reward_id text, n integer, from_status text, to_status text, reason text, actor text"}
	for i, c := range changes {
		if c.Was != c.Reward.Status {
			t.add(c.Reward.ID, i+1, string(c.Was), string(c.Reward.Status), string(c.Reward.Reason), clean(cmp.Or(c.Actor, "engine")))
		}
	}
	_, err := x.execAll(t, `INSERT INTO reward_history (shop_id, reward_id, seq, at, from_status, to_status, reason, actor)
SELECT ?, v.reward_id, v.n + coalesce((SELECT max(h.seq) FROM reward_history h WHERE h.shop_id = ? AND h.reward_id = v.reward_id), 0),
  {now}, v.from_status, v.to_status, v.reason, v.actor FROM v`, shopID, shopID)
	return err
}

// savePostings writes two rows a posting, which sum to zero, at the end of the shop's chain.
func (x *txn) savePostings(shopID string, postings []rewards.Posting) error {
	rows := make([]ledgerRow, 0, 2*len(postings))
	for _, p := range postings {
		if p.Amount.Minor <= 0 || p.From == p.To {
			return rewards.Errorf(rewards.Internal, "bad_posting", "reward %s: %s from %s to %s", p.RewardID, p.Amount, p.From, p.To)
		}
		row := ledgerRow{TransactionID: x.d.mint.ID("tx_"), Currency: p.Amount.Currency, RewardID: p.RewardID, Reason: p.Reason}
		row.Account, row.AmountMinor = p.From, -p.Amount.Minor
		rows = append(rows, row)
		row.Account, row.AmountMinor = p.To, p.Amount.Minor
		rows = append(rows, row)
	}
	return x.appendLedger(shopID, rows)
}

// saveBudgets adds to what programmes have given away, and to what their groups have.
func (x *txn) saveBudgets(shopID string, deltas map[string]rewards.Money) error {
	t := table{cols: "name text, delta bigint"}
	for _, name := range keysOf(deltas) {
		if m := deltas[name]; m.Minor != 0 {
			t.add(name, m.Minor)
		}
	}
	rows, err := queryAll[budgetRow](x, t, `UPDATE offers AS o SET budget_used_minor = o.budget_used_minor + v.delta FROM v WHERE o.shop_id = ? AND o.program = v.name
RETURNING program, group_id`, shopID)
	if err == nil && len(rows) != len(t.rows) {
		err = rewards.Errorf(rewards.Internal, "offer_not_found", "%d of %d programmes have no budget", len(t.rows)-len(rows), len(t.rows))
	}
	if err != nil {
		return err
	}
	return x.addToGroup(rows, deltas)
}
