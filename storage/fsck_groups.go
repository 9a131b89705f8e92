package storage

import (
	"fmt"
	"time"
)

// groupChecks: what shops of a group share is shared by all of them, and by nobody else.
var groupChecks = []check{
	{"I31", "what a group has used of a budget is what its shops have, and those that left had, and never more than the budget", search(
		`SELECT g.group_id AS shop_id, g.program AS subject, 'budget says ' || CAST(g.used_minor AS text) || ', its shops say ' || CAST(` + usedByShops + ` AS text) AS detail
FROM group_programs g WHERE g.used_minor <> ` + usedByShops + `
UNION ALL SELECT group_id, program, CAST(used_minor AS text) || ' of ' || CAST(most_minor AS text) || ' were given' FROM group_programs WHERE most_minor > 0 AND used_minor > most_minor`)},
	{"I32", "no member of a group earned more often than allowed, in all its shops together", checkMembers},
	{"I33", "the shops of a group have its currency and all its programmes, its members are advocates of its shops, and blocked in all or none", search(
		`SELECT s.shop_id, s.group_id AS subject, 'shop is in ' || s.currency || ', its group in ' || g.currency AS detail
FROM shops s JOIN shop_groups g ON g.group_id = s.group_id WHERE s.currency <> g.currency
UNION ALL SELECT s.shop_id, p.program, 'shop has not the programme of its group ' || p.group_id FROM shops s JOIN group_programs p ON p.group_id = s.group_id
  WHERE NOT EXISTS (SELECT 1 FROM offers o WHERE o.shop_id = s.shop_id AND o.program = p.program AND o.group_id = p.group_id)
UNION ALL SELECT o.shop_id, o.program, 'programme is of group ' || o.group_id || ' and the shop or the group does not know it' FROM offers o JOIN shops s ON s.shop_id = o.shop_id
  WHERE o.group_id IS NOT NULL AND (coalesce(s.group_id, '') <> o.group_id OR NOT EXISTS (SELECT 1 FROM group_programs p WHERE p.group_id = o.group_id AND p.program = o.program))
UNION ALL SELECT a.shop_id, a.id, 'advocate is member ' || a.member_id || ', whom the shop''s group does not have' FROM advocates a JOIN shops s ON s.shop_id = a.shop_id
  WHERE a.member_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM members m WHERE m.group_id = s.group_id AND m.id = a.member_id)
UNION ALL SELECT k.shop_id, k.member_id, 'a member of group ' || k.group_id || ' is known in a shop of another' FROM member_keys k JOIN shops s ON s.shop_id = k.shop_id
  WHERE coalesce(s.group_id, '') <> k.group_id
UNION ALL SELECT m.group_id, m.id, 'member is an advocate of no shop' FROM members m WHERE NOT EXISTS (SELECT 1 FROM advocates a WHERE a.member_id = m.id)
UNION ALL SELECT a.shop_id, a.id, 'advocate is active, and blocked as member ' || a.member_id || ' in another shop' FROM advocates a
  WHERE a.status = 'active' AND a.member_id IS NOT NULL AND EXISTS (SELECT 1 FROM advocates b WHERE b.member_id = a.member_id AND b.status = 'blocked')`)},
}

// usedByShops is what the shops of a group have used of a programme g, with what those that left had.
const usedByShops = `(g.left_minor + (SELECT coalesce(sum(o.budget_used_minor), 0) FROM offers o WHERE o.group_id = g.group_id AND o.program = g.program))`

// memberEarned is the first reward of an order that a member referred in a programme of her group.
type memberEarned struct {
	ShopID      string
	Program     string
	MemberID    string
	MemberSince stamp
	OrderID     string
	Created     stamp `gorm:"column:created_at"`
}

// checkMembers counts as checkEarned does, over all shops. What an advocate earned before it was known who she
// is in other shops was allowed; it counts from then on.
func checkMembers(x *txn, report func(shopID, subject, text string)) error {
	bounds, err := x.allLimits()
	if err != nil {
		return err
	}
	var all []memberEarned
	end := func() {
		for i, e := range all {
			l := bounds[limitKey{e.ShopID, e.Program}]
			if l.each == 0 || e.Created.Before(e.MemberSince.Time) {
				continue
			}
			if n := earnedBy(all[:i+1], e, l.span); n > l.each {
				report(e.ShopID, e.MemberID, fmt.Sprintf("rewards for %d orders of programme %s in the shops of the group where %d are allowed", n, e.Program, l.each))
			}
		}
		all = all[:0]
	}
	err = stream(x, `SELECT r.shop_id, r.program, a.member_id, a.member_since, r.order_id, min(r.created_at) AS created_at
FROM rewards r JOIN advocates a ON a.shop_id = r.shop_id AND a.id = r.advocate_id AND a.member_id IS NOT NULL
JOIN offers o ON o.shop_id = r.shop_id AND o.program = r.program AND o.group_id IS NOT NULL
WHERE r.replaces = '' AND r.order_id IS NOT NULL AND (r.status NOT IN ('reversed', 'revoked') OR r.replaced_by <> '')
GROUP BY r.shop_id, r.program, a.member_id, a.member_since, r.order_id ORDER BY a.member_id, r.program, 6, r.shop_id, r.order_id`, func(e memberEarned) error {
		if len(all) > 0 && (all[0].MemberID != e.MemberID || all[0].Program != e.Program) {
			end()
		}
		all = append(all, e)
		return nil
	})
	end()
	return err
}

// earnedBy counts the orders that count against a limit when the last of them earned something: those within the
// window, of advocates who were the member by then.
func earnedBy(all []memberEarned, last memberEarned, span time.Duration) (n int) {
	for _, e := range all {
		if !e.MemberSince.After(last.Created.Time) && (span == 0 || e.Created.After(last.Created.Add(-span))) {
			n++
		}
	}
	return n
}
