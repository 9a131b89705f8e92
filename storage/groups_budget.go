package storage

import (
	"slices"

	"grapevine/internal/fault"
	"grapevine/rewards"
)

// budgetRow is what was used of a programme's budget: by the shop, or, where the programme is a group's, by
// all shops of the group.
type budgetRow struct {
	Program         string
	BudgetUsedMinor int64
	Currency        string
	GroupID         *string
}

func (r budgetRow) used() rewards.Money {
	return rewards.Money{Minor: r.BudgetUsedMinor, Currency: r.Currency}
}

const (
	lockOffers        = "SELECT program, budget_used_minor, currency, group_id FROM offers WHERE shop_id = ? AND program IN ? ORDER BY program {lock}"
	lockGroupPrograms = "SELECT program, used_minor AS budget_used_minor, currency, group_id FROM group_programs WHERE group_id = ? AND program IN ? ORDER BY program {lock}"
)

// lockBudgets returns what programmes of a shop have used of their budgets, by name, which nobody can change
// until the transaction ends. The shop's own rows come first and a group's after them, always in this order:
// shops of one group wait for each other only at the last, and not in a circle.
func (x *txn) lockBudgets(shopID string, programs []string) ([]budgetRow, error) {
	var rows []budgetRow
	if _, err := x.scan(&rows, lockOffers, shopID, programs); err != nil {
		return nil, err
	}
	if fault.Bug(fault.CapOutside) {
		rows = x.readBefore(shopID, rows)
	}
	group, shared := "", []string(nil)
	for _, r := range rows {
		if r.GroupID != nil {
			group, shared = *r.GroupID, append(shared, r.Program)
		}
	}
	if group == "" {
		return rows, nil
	}
	var all []budgetRow
	if _, err := x.scan(&all, lockGroupPrograms, group, shared); err != nil {
		return nil, err
	}
	for _, g := range all {
		i := slices.IndexFunc(rows, func(r budgetRow) bool { return r.Program == g.Program })
		rows[i] = g
	}
	return rows, nil
}

func (x *txn) lockOffers(shopID string, programs []string) error {
	_, err := x.lockBudgets(shopID, programs)
	return err
}

// addToGroup adds what programmes of a shop have given to what their group has, for those that are a group's.
func (x *txn) addToGroup(programs []budgetRow, deltas map[string]rewards.Money) error {
	group, names := "", []string(nil)
	t := table{cols: "program text, delta bigint"}
	for _, r := range programs {
		if r.GroupID != nil {
			group, names = *r.GroupID, append(names, r.Program)
			t.add(r.Program, deltas[r.Program].Minor)
		}
	}
	if group == "" {
		return nil
	}
	var rows []budgetRow // in order, where the caller had no need to lock them before
	if _, err := x.scan(&rows, lockGroupPrograms, group, names); err != nil {
		return err
	}
	n, err := x.execAll(t, "UPDATE group_programs AS g SET used_minor = g.used_minor + v.delta FROM v WHERE g.group_id = ? AND g.program = v.program", group)
	if err == nil && int(n) != len(t.rows) {
		err = rewards.Errorf(rewards.Internal, "group_program_not_found", "%d of %d programmes of group %s have no budget", len(t.rows)-int(n), len(t.rows), group)
	}
	return err
}

// mate is an advocate of a group as she stands in another of its shops.
type mate struct {
	AdvocateID string // her row in the shop at hand
	ShopID     string // the other shop
	Holder     string // her row there
}

// others finds the advocates at hand in the other shops of the group, where one of its programmes judges: what
// counts for her there counts here.
func (b *bookLoad) others() error {
	if len(b.shared) == 0 || len(b.people) == 0 {
		return nil
	}
	_, err := b.scan(&b.mates, `SELECT a.id AS advocate_id, m.shop_id, m.id AS holder FROM advocates a CROSS JOIN advocates m
WHERE a.shop_id = ? AND a.id IN ? AND a.member_id IS NOT NULL AND m.member_id = a.member_id AND m.shop_id <> a.shop_id`, b.shopID, keysOf(b.people))
	return err
}

// matesIn are the mates who count in a programme: those of all where it is a group's, nobody otherwise.
func (b *bookLoad) matesIn(program string) []mate {
	if !b.shared[program] {
		return nil
	}
	return b.mates
}

// usedElsewhere lists what mates earned of the group's programmes among those of limits (program, since,
// milestones), under the ids of the advocates at hand.
func (b *bookLoad) usedElsewhere(limits table) ([]rewardRow, error) {
	t := table{cols: "program text, since timestamptz, milestones boolean, advocate_id text, shop_id text, holder text"}
	for _, l := range limits.rows {
		for _, m := range b.matesIn(l[0].(string)) {
			t.add(l[0], l[1], l[2], m.AdvocateID, m.ShopID, m.Holder)
		}
	}
	return queryAll[rewardRow](b.txn, t, `SELECT r.shop_id, v.advocate_id, r.program, r.order_id, r.id, r.milestone, r.created_at FROM v CROSS JOIN rewards r
WHERE r.shop_id = v.shop_id AND r.advocate_id = v.holder AND r.program = v.program AND r.status NOT IN ('reversed', 'revoked') AND r.order_id IS NOT NULL
  AND (r.created_at >= v.since OR v.milestones AND r.milestone <> '')`)
}

// orderOf is an order's id as the book knows it: shops number their orders alike, so those of another shop
// carry its name.
func (b *bookLoad) orderOf(shopID, orderID string) string {
	if shopID == b.shopID {
		return orderID
	}
	return shopID + "/" + orderID
}

// sameMembers notes the friends whose e-mail is the advocate's, as another shop of the group knows her: here she
// may have another one.
func (b *bookLoad) sameMembers() error {
	var hers []advocateRow
	for _, id := range keysOf(b.sealed) {
		if a := b.sealed[id]; a.MemberID != nil {
			hers = append(hers, a)
		}
	}
	keys := map[string]bool{}
	for _, c := range b.orders {
		if key := personOf(c.Order).EmailKey; key != "" {
			keys[key] = true
		}
	}
	if len(hers) == 0 || len(keys) == 0 {
		return nil
	}
	var rows []struct{ EmailKey, MemberID string }
	_, err := b.scan(&rows, "SELECT email_key, member_id FROM member_keys WHERE shop_id = ? AND email_key IN ?", b.shopID, keysOf(keys))
	of := map[string]string{}
	for _, r := range rows {
		of[r.EmailKey] = r.MemberID
	}
	for _, c := range b.orders {
		member, known := of[personOf(c.Order).EmailKey]
		for _, a := range hers {
			key := rewards.CaseKey(c.Order.ID, a.ID)
			if found, asked := b.book.Cases[key]; asked && known && member == *a.MemberID {
				found.Pair.SameEmail = true
				b.book.Cases[key] = found
			}
		}
	}
	return err
}
