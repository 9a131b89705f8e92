package storage

import (
	"fmt"
	"strings"

	"grapevine/rewards/contest"
)

// keptChecks: what is kept here is paid, drawn and redeemed once, and as the ledger has it.
var keptChecks = []check{
	{"I28", "no reward stands on two lists of payments, and what lists say was paid is what the ledger says", search(
		`SELECT shop_id, reward_id AS subject, 'reward stands on ' || CAST(count(*) AS text) || ' lists that are open or paid' AS detail
FROM payout_items WHERE open GROUP BY shop_id, reward_id HAVING count(*) > 1
UNION ALL SELECT p.shop_id, p.id, 'list comes to ' || CAST(p.total_minor AS text) || ', its rewards to ' || CAST(coalesce(sum(i.amount_minor), 0) AS text)
FROM payouts p LEFT JOIN payout_items i ON i.shop_id = p.shop_id AND i.payout_id = p.id GROUP BY p.shop_id, p.id, p.total_minor HAVING p.total_minor <> coalesce(sum(i.amount_minor), 0)
UNION ALL SELECT r.shop_id, r.id, 'lists paid ' || CAST(` + listedPaid + ` AS text) || ', the ledger has ' || CAST(` + bookedPaid + ` AS text)
FROM rewards r WHERE r.kind IN ('cash', 'donation') AND ` + listedPaid + ` <> ` + bookedPaid + `
UNION ALL SELECT p.shop_id, i.reward_id, 'reward was paid on list ' || p.id || ', which is ' || p.status
FROM payouts p JOIN payout_items i ON i.shop_id = p.shop_id AND i.payout_id = p.id WHERE i.paid_minor <> 0 AND p.status <> 'paid'
UNION ALL SELECT p.shop_id, i.reward_id, 'reward of list ' || p.id || ' was to be paid ' || CAST(i.amount_minor AS text) || ' and was paid ' || CAST(i.paid_minor AS text)
FROM payouts p JOIN payout_items i ON i.shop_id = p.shop_id AND i.payout_id = p.id WHERE i.paid_minor > i.amount_minor OR i.paid_minor < 0`)},
	{"I29", "the winners of each contest follow from its seed and its entries, and the seed is the one that was committed to", checkDraws},
	{"I30", "each ticket that was issued has a number, and those that were redeemed at the door are those that the ledger has as redeemed", search(
		`SELECT r.shop_id, r.id AS subject, 'ticket is ' || r.status || ' and has no number' AS detail
FROM rewards r WHERE r.kind = 'ticket' AND r.status IN ('issued', 'redeemed') AND NOT EXISTS (SELECT 1 FROM ticket_numbers n WHERE n.shop_id = r.shop_id AND n.reward_id = r.id)
UNION ALL SELECT r.shop_id, r.id, 'ticket ' || CAST(n.number AS text) || ' of ' || n.program || ' is ' || r.status || CASE WHEN n.redeemed_at IS NULL THEN ' and was not redeemed at the door' ELSE ' and was redeemed at the door' END
FROM ticket_numbers n JOIN rewards r ON r.shop_id = n.shop_id AND r.id = n.reward_id
WHERE (n.redeemed_at IS NULL) <> (r.status <> 'redeemed') OR r.kind <> 'ticket' OR r.program <> n.program`)},
}

// What lists and the ledger say was paid of a reward.
const (
	listedPaid = `(SELECT coalesce(sum(i.paid_minor), 0) FROM payout_items i WHERE i.shop_id = r.shop_id AND i.reward_id = r.id)`
	bookedPaid = `(SELECT coalesce(sum(l.amount_minor), 0) FROM ledger l WHERE l.shop_id = r.shop_id AND l.reward_id = r.id AND l.reason = 'paid' AND l.account LIKE 'used:%')`
)

// checkDraws draws every contest again, and compares its record with the row that it stands in. What
// became of the entries since does not matter; that they were there does.
func checkDraws(x *txn, report func(shopID, subject, text string)) error {
	entries, err := x.allEntries()
	if err != nil {
		return err
	}
	return stream(x, "SELECT * FROM draws WHERE drawn_at IS NOT NULL ORDER BY shop_id, id", func(row drawRow) error {
		c, err := row.contest()
		if err != nil || c.Record == nil {
			report(row.ShopID, row.ID, "the record of the draw cannot be read")
			return nil
		}
		rec := *c.Record
		if err := contest.Verify(rec); err != nil {
			report(row.ShopID, row.ID, err.Error())
		}
		if rec.Commitment != row.Commitment || rec.Programme != row.Program || !rec.ClosedAt.Equal(row.DrawnAt.Time) || rec.WinnersWanted != row.Winners || rec.OncePerHolder != row.OncePerHolder {
			report(row.ShopID, row.ID, "the record is of another contest than the one that was opened")
		}
		known := entries[limitKey{row.ShopID, row.Program}]
		for _, e := range rec.Entries {
			if holder, there := known[e.ID]; !there || holder != e.Holder && !strings.HasPrefix(e.Holder, friendEntrant) {
				report(row.ShopID, row.ID, fmt.Sprintf("entry %s of %s is no reward of programme %s", e.ID, e.Holder, row.Program))
			}
		}
		return nil
	})
}

// allEntries finds the holders of the entries of programmes that were drawn, by their ids.
func (x *txn) allEntries() (map[limitKey]map[string]string, error) {
	all := map[limitKey]map[string]string{}
	err := stream(x, `SELECT r.shop_id, r.id, r.program, r.advocate_id FROM rewards r WHERE r.kind = 'entry'
  AND EXISTS (SELECT 1 FROM draws d WHERE d.shop_id = r.shop_id AND d.program = r.program AND d.drawn_at IS NOT NULL)`, func(r rewardRow) error {
		key := limitKey{r.ShopID, r.Program}
		if all[key] == nil {
			all[key] = map[string]string{}
		}
		all[key][r.ID] = r.AdvocateID
		return nil
	})
	return all, err
}
