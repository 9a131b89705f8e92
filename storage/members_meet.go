package storage

import (
	"slices"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// met is a customer of whom a shop told.
type met struct{ shopID, customerID, emailKey string }

// awaitedRow is a customer who is a member of the shop's group, and no advocate here yet.
type awaitedRow struct {
	ShopID     string
	CustomerID string
	EmailKey   string
	MemberID   string
}

// awaited finds those of the people met who are members elsewhere: in good standing in every shop where they
// are, and no advocate of this one, under whatever name. One person is found once in a shop.
func (x *txn) awaited(people []met) ([]awaitedRow, error) {
	t := table{cols: "shop_id text, customer_id text, email_key text"}
	for _, p := range people {
		if p.customerID != "" && p.emailKey != "" {
			t.add(p.shopID, clean(p.customerID), p.emailKey)
		}
	}
	rows, err := queryAll[awaitedRow](x, t, `SELECT v.shop_id, v.customer_id, v.email_key, k.member_id FROM v CROSS JOIN member_keys k
WHERE k.shop_id = v.shop_id AND k.email_key = v.email_key
  AND NOT EXISTS (SELECT 1 FROM advocates a WHERE a.shop_id = v.shop_id AND a.customer_id = v.customer_id)
  AND NOT EXISTS (SELECT 1 FROM advocates a WHERE a.member_id = k.member_id AND (a.shop_id = v.shop_id OR a.status <> 'active'))`+
		x.alsoAmong("k.shop_id", "v.shop_id")+x.alsoAmong("k.email_key", "v.email_key"))
	slices.SortFunc(rows, func(a, b awaitedRow) int { return slices.Compare(a.key(), b.key()) })
	return slices.CompactFunc(rows, func(a, b awaitedRow) bool { return a.ShopID == b.ShopID && a.MemberID == b.MemberID }), err
}

func (r awaitedRow) key() []string { return []string{r.ShopID, r.MemberID, r.CustomerID} }

// welcome makes advocates of those of the people met who are awaited. The lanes of their shops are locked.
func (x *txn) welcome(people []met) error {
	rows, err := x.awaited(people)
	if err != nil {
		return err
	}
	for i, r := range rows {
		if slices.ContainsFunc(rows[:i], func(b awaitedRow) bool { return b.ShopID == r.ShopID && b.CustomerID == r.CustomerID }) {
			continue // two e-mails of one customer that are two members': the first
		}
		if err := x.admit(r); err != nil {
			return err
		}
	}
	return nil
}

// admit makes a member an advocate of one more shop, with what is known of her elsewhere and a code of her own.
func (x *txn) admit(r awaitedRow) error {
	var known []advocateRow
	if err := x.Where("member_id = ?", r.MemberID).Order("member_since, shop_id").Find(&known).Error; err != nil || len(known) == 0 {
		return err
	}
	from, who := known[0], person{}
	for _, k := range known { // by the e-mail that was met, if it opens
		kept, err := x.d.openPerson(k.ShopID, k.PersonSealed)
		if err == nil && x.d.EmailKey(r.ShopID, kept.Email) == r.EmailKey {
			from, who = k, kept
			break
		}
	}
	now, err := x.now()
	if err != nil {
		return err
	}
	row := advocateRow{
		ShopID: r.ShopID, ID: x.d.mint.ID("adv_"), CustomerID: &r.CustomerID, EmailKey: &r.EmailKey, Locale: from.Locale, Status: "active",
		Created: stamp{now}, MemberID: &r.MemberID, MemberSince: stamp{now},
	}
	if row.PersonSealed, err = x.d.sealedPerson(r.ShopID, who); err != nil {
		return err
	}
	if err := x.Create(&row).Error; err != nil {
		return err
	}
	_, err = x.giveCode(row, rewards.NewAdvocate{FirstName: who.FirstName})
	return err
}

// renamed is an advocate of a group whose e-mail a webhook told.
type renamed struct {
	advocateRow
	email string
}

// enrol makes members and advocates of the people of whom a batch of webhooks told. The lanes of their shops
// are locked together with those that the batch has jobs for, in order.
func (in *inboxTx) enrol() error {
	x := in.x
	awaited, err := x.awaited(in.met)
	if err != nil {
		return err
	}
	var lanes []string
	var told []renamed
	for _, r := range in.renamed {
		group, err := x.groupOf(r.ShopID)
		if err != nil {
			return err
		}
		if group == "" {
			continue
		}
		shops, err := x.shopsOf(group)
		if err != nil {
			return err
		}
		told, lanes = append(told, r), append(lanes, shops...)
	}
	if len(awaited)+len(told) == 0 {
		return nil
	}
	for _, r := range awaited {
		lanes = append(lanes, r.ShopID)
	}
	for _, j := range in.jobs {
		lanes = append(lanes, j.ShopID)
	}
	if err := x.lockLanes(lanes); err != nil {
		return err
	}
	for _, r := range told {
		jobs, err := x.linkRenamed(r)
		if err != nil {
			return err
		}
		in.jobs = append(in.jobs, jobs...)
	}
	return x.welcome(in.met)
}

// linkRenamed links an advocate by the e-mail that was told, if she is still there and her shop in a group.
func (x *txn) linkRenamed(r renamed) ([]webhooks.ShopJob, error) {
	group, err := x.groupOf(r.ShopID)
	if err != nil || group == "" {
		return nil, err
	}
	shops, err := x.shopsOf(group)
	if err != nil {
		return nil, err
	}
	var row advocateRow
	n, err := x.scan(&row, "SELECT * FROM advocates WHERE shop_id = ? AND id = ? AND customer_id IS NOT NULL", r.ShopID, r.ID)
	if err != nil || n == 0 {
		return nil, err
	}
	return x.link(group, shops, row, r.email)
}

// meet makes advocates of the buyers of orders who are members elsewhere. The shop's lane is locked.
func (x *txn) meet(shopID string, orders []webhooks.Confirmed) error {
	var people []met
	for _, c := range orders {
		if who := c.Order.Customer; who != nil {
			people = append(people, met{shopID, who.ID, who.EmailKey})
		}
	}
	return x.welcome(people)
}
