package storage

import (
	"context"
	"strings"
	"time"

	"grapevine/rewards"
)

// payoutItem is one reward on a list.
type payoutItem struct {
	reward rewards.Reward
	holder string
	amount int64 // when the list was made
	told   int64
	paid   int64
}

// left is what can be paid of it now: what refunds have left of the amount.
func (i payoutItem) left() int64 { return min(i.amount, i.reward.Unused().Minor) }

// payoutItems returns what stands on a list, its rewards locked where the database locks rows.
func (x *txn) payoutItems(shopID, id string) ([]payoutItem, error) {
	return x.listItems(shopID, id, "{lock}")
}

func (x *txn) listItems(shopID, id, lock string) ([]payoutItem, error) {
	var rows []struct {
		Reward      rewardRow `gorm:"embedded"`
		Holder      string
		AmountMinor int64
		ToldMinor   int64
		PaidMinor   int64
	}
	_, err := x.scan(&rows, `SELECT r.*, i.holder, i.amount_minor, i.told_minor, i.paid_minor
FROM payout_items i JOIN rewards r ON r.shop_id = i.shop_id AND r.id = i.reward_id
WHERE i.shop_id = ? AND i.payout_id = ? ORDER BY r.created_at, r.id `+lock, shopID, id)
	if err != nil {
		return nil, err
	}
	items := make([]payoutItem, len(rows))
	for i, row := range rows {
		r, err := row.Reward.reward()
		if err != nil {
			return nil, err
		}
		items[i] = payoutItem{reward: r, holder: row.Holder, amount: row.AmountMinor, told: row.ToldMinor, paid: row.PaidMinor}
	}
	return items, nil
}

// Payout returns a list with its lines, without e-mail addresses. Kind NotFound.
func (d *DB) Payout(ctx context.Context, shopID, id string) (rewards.Payout, error) {
	p, err := d.read(ctx).payout(shopID, clean(id))
	return p, d.fault("reading a list of payments", err)
}

func (x *txn) payout(shopID, id string) (rewards.Payout, error) {
	var row payoutRow
	if err := x.Where("shop_id = ? AND id = ?", shopID, id).Take(&row).Error; err != nil {
		return rewards.Payout{}, missing(err, "payout", id)
	}
	items, err := x.listItems(shopID, id, "")
	if err != nil {
		return rewards.Payout{}, err
	}
	p := row.payout()
	p.Lines = linesOf(p, items)
	for _, l := range p.Lines {
		p.Left.Minor += l.Left.Minor
		p.Paid.Minor += l.Paid.Minor
	}
	return p, nil
}

// linesOf gathers the items of each payee, in the order in which they first come.
func linesOf(p rewards.Payout, items []payoutItem) []rewards.PayoutLine {
	none := rewards.Money{Currency: p.Total.Currency}
	lines, at, orders := []rewards.PayoutLine{}, map[string]int{}, map[string]bool{}
	for _, it := range items {
		r, key := it.reward, it.holder
		if key == string(rewards.ForFriend) {
			key += "/" + r.CustomerID
		}
		i, seen := at[key]
		if !seen {
			i = len(lines)
			at[key] = i
			line := rewards.PayoutLine{Amount: none, Told: none, Left: none, Paid: none}
			if charity, ok := strings.CutPrefix(it.holder, charityHolder); ok {
				line.Charity = charity
			} else {
				line.AdvocateID, line.CustomerID = r.AdvocateID, r.CustomerID
			}
			lines = append(lines, line)
		}
		l := &lines[i]
		l.Amount.Minor += it.amount
		l.Told.Minor += it.told
		l.Paid.Minor += it.paid
		if p.Status == rewards.PayoutOpen {
			l.Left.Minor += it.left()
		}
		if order := key + "\x00" + r.OrderID; r.OrderID != "" && !orders[order] {
			orders[order] = true
			l.Referrals++
		}
		l.Rewards = append(l.Rewards, r.ID)
	}
	return lines
}

// addresses adds the e-mail addresses of advocates, as far as they are stored. Nothing is kept of friends.
func (x *txn) addresses(shopID string, lines []rewards.PayoutLine) error {
	wanted := table{cols: "id text"}
	for _, l := range lines {
		if l.AdvocateID != "" {
			wanted.add(l.AdvocateID)
		}
	}
	rows, err := queryAll[advocateRow](x, wanted, "SELECT a.id, a.customer_id, a.person_sealed FROM v JOIN advocates a ON a.id = v.id WHERE a.shop_id = ?", shopID)
	if err != nil {
		return err
	}
	email, customer := map[string]string{}, map[string]string{}
	for _, row := range rows {
		who, err := x.d.openPerson(shopID, row.PersonSealed)
		if err != nil {
			return err
		}
		email[row.ID], customer[row.ID] = who.Email, plain(row.CustomerID)
	}
	for i := range lines {
		if l := &lines[i]; l.CustomerID != "" && l.CustomerID == customer[l.AdvocateID] {
			l.Email = email[l.AdvocateID]
		}
	}
	return nil
}

// Payouts lists a shop's lists without their lines, newest first.
func (d *DB) Payouts(ctx context.Context, shopID string, f rewards.PayoutFilter, p rewards.Page) (list []rewards.Payout, next string, err error) {
	x := d.read(ctx)
	q := x.Where("shop_id = ?", shopID)
	if f.Kind != "" {
		q = q.Where("kind = ?", string(f.Kind))
	}
	if f.Status != "" {
		q = q.Where("status = ?", string(f.Status))
	}
	if p.Cursor != "" {
		at, err := d.position("payouts", shopID, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		q = q.Where("(created_at, id) < (?, ?)", stamp{at.at}, at.id)
	}
	var rows []payoutRow
	if err := q.Order("created_at DESC, id DESC").Limit(limit(p) + 1).Find(&rows).Error; err != nil {
		return nil, "", d.fault("listing payments", err)
	}
	rows, more := cut(rows, limit(p))
	if more {
		last := rows[len(rows)-1]
		next = d.cursor("payouts", shopID, position{last.Created.Time, last.ID})
	}
	list, err = x.sums(shopID, rows)
	return list, next, d.fault("listing payments", err)
}

// sums adds to lists what is left of them and what was paid.
func (x *txn) sums(shopID string, rows []payoutRow) ([]rewards.Payout, error) {
	t, list, at := table{cols: "id text"}, make([]rewards.Payout, len(rows)), map[string]int{}
	for i, r := range rows {
		list[i], at[r.ID] = r.payout(), i
		t.add(r.ID)
	}
	type sum struct {
		ID         string
		Paid, Rest int64
	}
	found, err := queryAll[sum](x, t, `SELECT v.id, sum(i.paid_minor) AS paid,
  sum(CASE WHEN r.status <> 'issued' THEN 0 WHEN r.given_minor - r.loss_minor - r.used_minor < i.amount_minor THEN r.given_minor - r.loss_minor - r.used_minor ELSE i.amount_minor END) AS rest
FROM v JOIN payout_items i ON i.payout_id = v.id JOIN rewards r ON r.shop_id = i.shop_id AND r.id = i.reward_id WHERE i.shop_id = ? GROUP BY v.id`, shopID)
	for _, s := range found {
		p := &list[at[s.ID]]
		p.Paid.Minor = s.Paid
		if p.Status == rewards.PayoutOpen {
			p.Left.Minor = s.Rest
		}
	}
	return list, err
}

type donationRow struct {
	Program, Charity, Currency  string
	Promised, Given, Paid, Lost int64
}

func (r donationRow) total() rewards.CharityTotal {
	money := func(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: r.Currency} }
	return rewards.CharityTotal{Charity: r.Charity, Promised: money(r.Promised), Given: money(r.Given), Paid: money(r.Paid), Lost: money(r.Lost)}
}

// Donations tells what each programme's orders brought its charities, by programme and charity. A
// programme that changed its currency stands there once for each.
func (d *DB) Donations(ctx context.Context, shopID string) ([]rewards.Donations, error) {
	x := d.read(ctx)
	var rows []donationRow
	_, err := x.scan(&rows, `SELECT program, spec ->> 'charity' AS charity, currency,
  sum(CASE WHEN status IN ('pending', 'held', 'approved') THEN net_minor WHEN status IN ('issuing', 'failed') THEN given_minor ELSE 0 END) AS promised,
  sum(CASE WHEN status = 'issued' THEN given_minor - loss_minor - used_minor ELSE 0 END) AS given, sum(used_minor) AS paid, sum(loss_minor) AS lost
FROM rewards WHERE shop_id = ? AND kind = 'donation' AND status NOT IN ('reversed', 'revoked')
GROUP BY program, currency, spec ->> 'charity' ORDER BY program, currency, spec ->> 'charity'`, shopID)
	if err != nil {
		return nil, d.fault("adding up donations", err)
	}
	versions, err := x.programVersions(shopID, nil)
	if err != nil {
		return nil, d.fault("adding up donations", err)
	}
	list := []rewards.Donations{}
	for _, r := range rows {
		n := len(list) - 1
		if n < 0 || list[n].Program != r.Program || list[n].Raised.Currency != r.Currency {
			list = append(list, rewards.Donations{Program: r.Program, Goal: newestOf(versions[r.Program]).Goal, Raised: rewards.Money{Currency: r.Currency}})
			n++
		}
		list[n].Raised.Minor += r.Given + r.Paid
		list[n].Charities = append(list[n].Charities, r.total())
	}
	return list, nil
}

// TimeZone is the zone in which a shop counts its days; UTC where it is not known. Kind NotFound.
func (d *DB) TimeZone(ctx context.Context, shopID string) (*time.Location, error) {
	row, err := d.read(ctx).shop(shopID)
	if err != nil {
		return nil, d.fault("reading a shop", err)
	}
	zone, err := time.LoadLocation(row.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return zone, nil
}
