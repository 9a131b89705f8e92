package storage

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/webhooks"
)

// bookLoad gathers what a batch of orders is judged against.
type bookLoad struct {
	*txn
	shopID   string
	orders   []webhooks.Confirmed       // sealed
	friends  map[string]fairness.Person // plain, by order id
	book     *rewards.Book
	retired  map[string]retiredCode
	programs map[string]bool
	people   map[string]bool          // advocates
	shared   map[string]bool          // programmes that are a group's
	mates    []mate                   // the same people in other shops of the group
	own      map[string][]ownOrder    // by order id: what else its buyer ordered
	bonds    map[string]ownOrder      // by order id: the order that binds its buyer
	sealed   map[string]advocateRow   // advocates of claims, by id
	kept     map[string]rewards.Claim // by case key: claims of orders that were judged before
}

// retiredCode is a code that counts only for orders that were placed before it was retired.
type retiredCode struct {
	claim rewards.Claim
	at    time.Time
}

// book loads and locks the state of a shop for orders that were judged before, or whose people are not
// known any more.
func (x *txn) book(shop connectors.Shop, orders []webhooks.Confirmed) (*bookLoad, error) {
	return x.loadBook(shop, orders, nil)
}

// loadBook loads and locks the state of a shop for sealed orders; friends are who placed them, plain, by
// order id. The offers, and a group's budgets after them, are locked before anything is counted: what was used
// cannot change until the transaction ends. The number of statements does not depend on that of the orders.
func (x *txn) loadBook(shop connectors.Shop, orders []webhooks.Confirmed, friends map[string]fairness.Person) (*bookLoad, error) {
	now, err := x.now()
	if err != nil {
		return nil, err
	}
	b := &bookLoad{
		txn: x, shopID: shop.ID, orders: orders, friends: friends, retired: map[string]retiredCode{}, programs: map[string]bool{}, people: map[string]bool{},
		shared: map[string]bool{}, own: map[string][]ownOrder{}, bonds: map[string]ownOrder{}, sealed: map[string]advocateRow{}, kept: map[string]rewards.Claim{},
		book: &rewards.Book{
			ShopCurrency: shop.Currency, Now: now, Mint: x.d.mint,
			Versions: map[string][]rewards.Program{}, Owners: map[string]rewards.Claim{}, Records: map[string]rewards.Record{},
			Rewards: map[string][]rewards.Reward{}, EarlierHere: map[string]int64{}, BudgetUsed: map[string]rewards.Money{},
			AdvocateUsed: map[string][]rewards.Use{}, Referrals: map[string][]rewards.Referral{}, Bonds: map[string]rewards.Claim{},
			Cases: map[string]fairness.Case{}, RewardCodes: map[string]rewards.Reward{},
		}}
	for _, step := range []func() error{
		b.records, b.trails, b.owners, b.rewards, b.rewardCodes, b.ownOrders, b.bind, b.family, b.offers, b.versions,
		b.others, b.used, b.referrals, b.earlier, b.cases, b.sameMembers,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *bookLoad) orderIDs() []string {
	ids := make([]string, len(b.orders))
	for i, c := range b.orders {
		ids[i] = clean(c.Order.ID)
	}
	return ids
}

// records reads the orders that were judged before. Here and below what a row is locked in order of is no bare
// column: an index that has this order would otherwise be read from end to end.
func (b *bookLoad) records() error {
	var rows []orderRow
	if _, err := b.scan(&rows, "SELECT order_id, record FROM orders WHERE shop_id = ? AND order_id IN ? ORDER BY order_id || '' {lock}", b.shopID, b.orderIDs()); err != nil {
		return err
	}
	for _, r := range rows {
		rec, err := r.record()
		if err != nil {
			return err
		}
		b.book.Records[r.OrderID] = rec
		b.need(rec.Decision.Program, rec.Decision.Advocate)
		for _, c := range rec.Facts.Claims {
			b.need(c.Program, c.AdvocateID)
			b.kept[rewards.CaseKey(r.OrderID, c.AdvocateID)] = c
		}
	}
	return nil
}

func (b *bookLoad) need(program, advocate string) {
	if program != "" {
		b.programs[program] = true
	}
	if advocate != "" {
		b.people[advocate] = true
	}
}

// trails completes where the orders came from.
func (b *bookLoad) trails() error {
	orders := make([]*rewards.Order, len(b.orders))
	for i := range b.orders {
		orders[i] = &b.orders[i].Order
	}
	return b.earlierTrails(b.shopID, orders)
}

// codes returns the folded codes of the orders, those of links included.
func (b *bookLoad) codes() []string {
	found := map[string]bool{}
	for _, c := range b.orders {
		for _, folded := range codesOn(c.Order) {
			found[folded] = true
		}
	}
	return keysOf(found)
}

// codesOn are the folded codes and links of an order.
func codesOn(o rewards.Order) (found []string) {
	note := func(code string) {
		if folded, ok := rewards.FoldCode(code); ok && !slices.Contains(found, folded) {
			found = append(found, folded)
		}
	}
	for _, applied := range o.Codes[:min(len(o.Codes), rewards.MaxCodes+1)] {
		note(applied.Code)
	}
	for _, touch := range o.Touches {
		if len(found) > 2*rewards.MaxCodes {
			break
		}
		note(touch.Code)
	}
	return found
}

type ownerRow struct {
	Folded     string
	AdvocateID string
	Program    *string
	Created    stamp `gorm:"column:created_at"`
	RetiredAt  stamp
	Status     string
	CustomerID *string
	EmailKey   *string
	Standing   string
	Alias      bool
	OfTeam     string
}

// owners finds whose codes are on the orders. A code that failed was never in the shop; one that was
// retired counts for orders from before, or as an alias at any time; one whose advocate was erased counts
// no more.
func (b *bookLoad) owners() error {
	var rows []ownerRow
	_, err := b.scan(&rows, `SELECT c.folded, c.advocate_id, c.program, c.created_at, c.retired_at, c.status, c.alias, a.customer_id, a.email_key, a.status AS standing, a.team AS of_team
FROM codes c JOIN advocates a ON a.shop_id = c.shop_id AND a.id = c.advocate_id
WHERE c.shop_id = ? AND c.folded IN ? AND c.status <> 'failed' AND a.customer_id IS NOT NULL`, b.shopID, b.codes())
	if err != nil {
		return err
	}
	for _, r := range rows {
		claim := rewards.Claim{
			Code: r.Folded, AdvocateID: r.AdvocateID, CustomerID: plain(r.CustomerID), EmailKey: plain(r.EmailKey),
			Blocked: r.Standing == "blocked", Program: plain(r.Program), Since: r.Created.Time, Group: r.OfTeam,
		}
		if r.Status == "retired" && !r.Alias {
			b.retired[r.Folded] = retiredCode{claim, r.RetiredAt.Time}
		} else {
			b.book.Owners[r.Folded] = claim
		}
		b.need(plain(r.Program), r.AdvocateID)
	}
	return nil
}

// rewards reads what orders were given that were judged before: no other has anything.
func (b *bookLoad) rewards() error {
	if len(b.book.Records) == 0 {
		return nil
	}
	var rows []rewardRow
	if _, err := b.scan(&rows, "SELECT * FROM rewards WHERE shop_id = ? AND order_id IN ? ORDER BY order_id || '', id {lock}", b.shopID, keysOf(b.book.Records)); err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b rewardRow) int { return cmp.Or(a.Created.Compare(b.Created.Time), cmp.Compare(a.ID, b.ID)) })
	list, err := rewardsOf(rows)
	for _, r := range list {
		b.book.Rewards[r.OrderID] = append(b.book.Rewards[r.OrderID], r)
		b.need(r.Program, r.AdvocateID)
	}
	return err
}

func (b *bookLoad) rewardCodes() error {
	var rows []rewardRow
	if _, err := b.scan(&rows, "SELECT * FROM rewards WHERE shop_id = ? AND code_folded IN ? AND code_folded <> '' ORDER BY id || '' {lock}", b.shopID, b.codes()); err != nil {
		return err
	}
	list, err := rewardsOf(rows)
	for _, r := range list {
		folded, _ := rewards.FoldCode(r.Code)
		b.book.RewardCodes[folded] = r
		b.need(r.Program, "")
	}
	return err
}

func (b *bookLoad) offers() error {
	if len(b.programs) == 0 {
		return nil
	}
	rows, err := b.lockBudgets(b.shopID, keysOf(b.programs))
	for _, r := range rows {
		b.book.BudgetUsed[r.Program] = r.used()
		if r.GroupID != nil {
			b.shared[r.Program] = true
		}
	}
	return err
}

func (b *bookLoad) versions() (err error) {
	b.book.Versions, err = b.programVersions(b.shopID, keysOf(b.programs))
	return err
}

// programVersions returns the versions of programmes, rising. names nil: all of the shop.
func (x *txn) programVersions(shopID string, names []string) (map[string][]rewards.Program, error) {
	var specs []string
	_, err := x.scan(&specs, "SELECT spec FROM programs WHERE shop_id = ? AND (? OR name IN ?) ORDER BY name, version", shopID, names == nil, names)
	if err != nil {
		return nil, err
	}
	versions := map[string][]rewards.Program{}
	for _, s := range specs {
		var p rewards.Program
		if err := json.Unmarshal([]byte(s), &p); err != nil {
			return nil, fmt.Errorf("reading a programme: %w", err)
		}
		versions[p.Name] = append(versions[p.Name], p)
	}
	return versions, nil
}

// earlier counts each friend's earlier orders: those that are stored, and those that are being judged
// beside this one. Test orders and cancelled ones make nobody a customer.
func (b *bookLoad) earlier() error {
	t := table{cols: "order_id text, customer_id text, email_key text, placed_at timestamptz"}
	for _, c := range b.orders {
		if who := c.Order.Customer; who != nil && !c.Order.PlacedAt.IsZero() {
			t.add(clean(c.Order.ID), clean(who.ID), who.EmailKey, c.Order.PlacedAt)
		}
		for _, other := range b.orders {
			if other.Order.ID != c.Order.ID && earlierOrder(other.Order, c.Order) {
				b.book.EarlierHere[c.Order.ID]++
			}
		}
	}
	counts, err := queryAll[struct {
		OrderID string
		N       int64
	}](b.txn, t, `SELECT order_id, count(DISTINCT earlier) AS n FROM (
  SELECT v.order_id, o.order_id AS earlier FROM v CROSS JOIN orders o
    WHERE o.shop_id = ? AND o.customer_id = v.customer_id AND o.customer_id <> '' AND o.placed_at < v.placed_at AND NOT o.test AND o.status <> 'cancelled'`+b.alsoAmong("o.customer_id", "v.customer_id")+`
  UNION ALL SELECT v.order_id, o.order_id FROM v CROSS JOIN orders o
    WHERE o.shop_id = ? AND o.email_key = v.email_key AND o.email_key <> '' AND o.placed_at < v.placed_at AND NOT o.test AND o.status <> 'cancelled'`+b.alsoAmong("o.email_key", "v.email_key")+`) e
WHERE earlier NOT IN (SELECT v.order_id FROM v) GROUP BY order_id`, b.shopID, b.shopID)
	for _, c := range counts {
		b.book.EarlierHere[c.OrderID] += c.N
	}
	return err
}

func earlierOrder(a, b rewards.Order) bool {
	if a.Customer == nil || b.Customer == nil || a.PlacedAt.IsZero() || !a.PlacedAt.Before(b.PlacedAt) || a.Test || a.Status() == "cancelled" {
		return false
	}
	return a.Customer.ID != "" && a.Customer.ID == b.Customer.ID || a.Customer.EmailKey != "" && a.Customer.EmailKey == b.Customer.EmailKey
}

// keysOf returns the keys in order.
func keysOf[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func plain(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
