package storage

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"grapevine/rewards"
)

// ledgerChecks: the books balance and agree with what they are the books of.
var ledgerChecks = []check{
	{"I5", "the ledger sums to zero, and so does each transaction, of two entries at least", search(
		`SELECT shop_id, transaction_id AS subject, 'transaction sums to ' || CAST(sum(amount_minor) AS text) || ' ' || currency || ' over ' || CAST(count(*) AS text) || ' entries' AS detail
FROM ledger GROUP BY shop_id, transaction_id, currency HAVING sum(amount_minor) <> 0 OR count(*) < 2
UNION ALL SELECT '', currency, 'all entries sum to ' || CAST(sum(amount_minor) AS text) FROM ledger GROUP BY currency HAVING sum(amount_minor) <> 0`)},
	{"I6", "what a programme has given and what a reward is worth is what the ledger says", checkBalances},
	{"I7", "no row of the ledger was changed, removed or put between others: every shop's chain is unbroken to its head", checkChain},
	{"I10", "no programme ever gave more than its budget, and no advocate earned more often than allowed", checkLimits},
}

// checkBalances compares stored sums with the entries that they are sums of.
func checkBalances(x *txn, report func(shopID, subject, text string)) error {
	err := search(`SELECT o.shop_id, o.program AS subject, 'budget says ' || CAST(o.budget_used_minor AS text) || ', ledger says ' || CAST(coalesce(-sum(l.amount_minor), 0) AS text) AS detail
FROM offers o LEFT JOIN ledger l ON l.shop_id = o.shop_id AND l.account = 'program:' || o.program AND l.currency = o.currency
GROUP BY o.shop_id, o.program, o.budget_used_minor HAVING o.budget_used_minor <> coalesce(-sum(l.amount_minor), 0)`)(x, report)
	if err != nil {
		return err
	}
	type booked struct {
		Reward  rewardRow `gorm:"embedded"`
		Pending int64
		Issued  int64
		Used    int64
		Lost    int64
	}
	return stream(x, `SELECT r.*, `+sumOf("pending:%")+` AS pending, `+sumOf("issued:%")+` AS issued, `+sumOf("used:%")+` AS used, `+sumOf("loss:%")+` AS lost
FROM rewards r ORDER BY r.shop_id, r.id`, func(b booked) error {
		r, err := b.Reward.reward()
		if err != nil {
			return err
		}
		want, got := r.Booked(), [4]int64{b.Pending, b.Issued, b.Used, b.Lost}
		if should := [4]int64{want.Pending.Minor, want.Issued.Minor, want.Used.Minor, want.Lost.Minor}; should != got {
			report(b.Reward.ShopID, r.ID, fmt.Sprintf("%s reward should be booked as %d pending, issued, used and lost; the ledger has %d", r.Status, should, got))
		}
		return nil
	})
}

func sumOf(account string) string {
	return `(SELECT coalesce(sum(l.amount_minor), 0) FROM ledger l WHERE l.shop_id = r.shop_id AND l.reward_id = r.id AND l.account LIKE '` + account + `')`
}

// limits are the widest bounds that any version of a programme set; zero is none.
type limits struct {
	budget int64
	each   int
	span   time.Duration
}

type limitKey struct{ shop, program string }

func (x *txn) allLimits() (map[limitKey]limits, error) {
	all, first := map[limitKey]limits{}, map[limitKey]bool{}
	err := stream(x, "SELECT shop_id, name, spec FROM programs ORDER BY shop_id, name, version", func(r programRow) error {
		var p rewards.Program
		if err := json.Unmarshal([]byte(r.Spec), &p); err != nil {
			return fmt.Errorf("reading programme %s: %w", r.Name, err)
		}
		key := limitKey{r.ShopID, r.Name}
		l := all[key]
		if !first[key] {
			first[key] = true
			l = limits{p.Budget.Minor, p.PerAdvocate, p.PerAdvocateSpan}
		}
		l.budget, l.each = wider(l.budget, p.Budget.Minor), wider(l.each, p.PerAdvocate)
		if l.span != p.PerAdvocateSpan { // different windows have no common bound
			l.each = 0
		}
		all[key] = l
		return nil
	})
	return all, err
}

func wider[T int | int64](a, b T) T {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}

// checkLimits walks the ledger in its order, and each advocate's orders in theirs.
func checkLimits(x *txn, report func(shopID, subject, text string)) error {
	bounds, err := x.allLimits()
	if err != nil {
		return err
	}
	if err := checkBudgets(x, bounds, report); err != nil {
		return err
	}
	return checkEarned(x, bounds, report)
}

// earner is an advocate in a programme, and the orders by which she earned something within the limit's
// window, by when they first did.
type earner struct {
	shop, program, advocate string
	orders                  map[string]time.Time
}

// checkEarned counts orders: an order may earn an advocate, and her friend, several rewards, and counts once.
func checkEarned(x *txn, bounds map[limitKey]limits, report func(shopID, subject, text string)) error {
	var e earner
	return stream(x, `SELECT shop_id, program, advocate_id, order_id, min(created_at) AS created_at FROM rewards
WHERE replaces = '' AND order_id IS NOT NULL AND (status NOT IN ('reversed', 'revoked') OR replaced_by <> '')
GROUP BY shop_id, program, advocate_id, order_id ORDER BY shop_id, program, advocate_id, 5, order_id`, func(r rewardRow) error {
		l := bounds[limitKey{r.ShopID, r.Program}]
		if l.each == 0 {
			return nil
		}
		if e.shop != r.ShopID || e.program != r.Program || e.advocate != r.AdvocateID {
			e = earner{r.ShopID, r.Program, r.AdvocateID, map[string]time.Time{}}
		}
		for id, at := range e.orders {
			if l.span > 0 && !at.After(r.Created.Add(-l.span)) {
				delete(e.orders, id)
			}
		}
		e.orders[plain(r.OrderID)] = r.Created.Time
		if len(e.orders) > l.each {
			report(r.ShopID, r.AdvocateID, fmt.Sprintf("rewards for %d orders of programme %s where %d are allowed", len(e.orders), r.Program, l.each))
		}
		return nil
	})
}

// checkBudgets compares at the end of each transaction, which is where its entries' time ends.
func checkBudgets(x *txn, bounds map[limitKey]limits, report func(shopID, subject, text string)) error {
	used, last := map[limitKey]int64{}, ledgerRow{}
	var lastKey limitKey
	compare := func() {
		if cap := bounds[lastKey].budget; cap > 0 && used[lastKey] > cap {
			report(lastKey.shop, lastKey.program, fmt.Sprintf("%d of %d were given at %s", used[lastKey], cap, last.At.Format(time.RFC3339)))
			used[lastKey] -= 1 << 62 // once is enough
		}
	}
	type entry struct {
		Shop string    `gorm:"column:shop_id"`
		Row  ledgerRow `gorm:"embedded"`
	}
	err := stream(x, "SELECT shop_id, at, account, amount_minor FROM ledger WHERE account LIKE 'program:%' AND currency NOT IN ('points', 'entries', 'tickets') ORDER BY shop_id, account, id", func(e entry) error {
		key := limitKey{e.Shop, strings.TrimPrefix(e.Row.Account, "program:")}
		if key != lastKey || !e.Row.At.Equal(last.At.Time) {
			compare()
		}
		used[key] -= e.Row.AmountMinor
		last, lastKey = e.Row, key
		return nil
	})
	compare()
	return err
}
