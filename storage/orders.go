package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"grapevine/internal/fault"
	"grapevine/rewards"
)

type orderRow struct {
	OrderID   string
	Status    string
	UpdatedAt stamp
	Outcome   string
	Record    string
}

func (orderRow) TableName() string { return "orders" }

func (r orderRow) record() (rewards.Record, error) {
	var rec rewards.Record
	if err := json.Unmarshal([]byte(r.Record), &rec); err != nil {
		return rec, fmt.Errorf("reading the record of order %s: %w", r.OrderID, err)
	}
	return rec, nil
}

// orderRecord is an order on its way into its row.
type orderRecord struct {
	shopID string
	rec    rewards.Record
}

const orderCols = `shop_id text, order_id text, name text, status text, currency text, original_minor bigint, eligible_minor bigint,
  customer_id text, email_key text, placed_at timestamptz, updated_at timestamptz, paid boolean, test boolean,
  outcome text, reason text, program text, version integer, variant text, referral integer, advocate_id text, code text, linked boolean,
  took_off_minor bigint, historic boolean, record text`

// The ways of meeting a row that is there. A plain order never replaces a judged one, a newer one, nor one
// that was imported, unless it is marked as such; a judged one replaces what it was judged from. Of two states
// of one moment the one counts that has gone further, whichever comes first: so says the pipeline too.
const (
	stageIs  = "CASE excluded.status WHEN 'open' THEN 0 WHEN 'paid' THEN 1 WHEN 'partially_refunded' THEN 2 WHEN 'refunded' THEN 3 ELSE 4 END"
	stageWas = "CASE orders.status WHEN 'open' THEN 0 WHEN 'paid' THEN 1 WHEN 'partially_refunded' THEN 2 WHEN 'refunded' THEN 3 ELSE 4 END"
	newer    = " WHERE orders.outcome = 'none' AND (orders.updated_at IS NULL OR excluded.updated_at > orders.updated_at OR excluded.updated_at = orders.updated_at" +
		" AND (" + stageIs + ", -excluded.eligible_minor) >= (" + stageWas + ", -orders.eligible_minor))"
	newerPlain    = newer + " AND NOT orders.historic"
	newerImported = newer + " AND orders.historic"
	always        = ""
)

const saveOrdersSQL = `INSERT INTO orders (shop_id, order_id, name, status, currency, original_minor, eligible_minor, customer_id, email_key,
  placed_at, updated_at, paid, test, outcome, reason, program, version, variant, referral, advocate_id, code, linked, took_off_minor, historic, record)
SELECT v.shop_id, v.order_id, v.name, v.status, v.currency, v.original_minor, v.eligible_minor, v.customer_id, v.email_key,
  v.placed_at, v.updated_at, v.paid, v.test, v.outcome, v.reason, v.program, v.version, v.variant, v.referral, v.advocate_id, v.code, v.linked,
  v.took_off_minor, v.historic, v.record{json} FROM v WHERE true
ORDER BY v.shop_id, v.order_id
ON CONFLICT (shop_id, order_id) DO UPDATE SET name = excluded.name, status = excluded.status, currency = excluded.currency,
  original_minor = excluded.original_minor, eligible_minor = excluded.eligible_minor, customer_id = excluded.customer_id,
  email_key = excluded.email_key, placed_at = excluded.placed_at, updated_at = excluded.updated_at, paid = excluded.paid,
  test = excluded.test, outcome = excluded.outcome, reason = excluded.reason, program = excluded.program,
  version = excluded.version, variant = excluded.variant, referral = excluded.referral, advocate_id = excluded.advocate_id,
  code = excluded.code, linked = excluded.linked, took_off_minor = excluded.took_off_minor, historic = excluded.historic, record = excluded.record`

func (x *txn) saveOrders(orders []orderRecord, where string) error {
	_, err := x.upsertOrders(orders, where)
	return err
}

// savePlain stores orders that carry no code of ours. One that was imported stays so: of those that were
// passed over it is asked whether they were.
func (x *txn) savePlain(orders []orderRecord) error {
	where := newerPlain
	if fault.Bug(fault.LastArrival) {
		where = " WHERE orders.outcome = 'none'"
	}
	n, err := x.upsertOrders(orders, where)
	if err != nil || int(n) == len(orders) {
		return err
	}
	t, at := table{cols: "i integer, shop_id text, order_id text"}, []orderRecord{}
	for i, o := range orders {
		t.add(i, o.shopID, clean(o.rec.Facts.Order.ID))
	}
	found, err := queryAll[int](x, t, "SELECT v.i FROM v JOIN orders o ON o.shop_id = v.shop_id AND o.order_id = v.order_id AND o.historic AND o.outcome = 'none'")
	if err != nil || len(found) == 0 {
		return err
	}
	for _, i := range found {
		o := orders[i]
		o.rec.Facts.Historic, o.rec.Decision.Reason = true, rewards.ReasonHistoric
		at = append(at, o)
	}
	return x.saveOrders(at, newerImported)
}

func (x *txn) upsertOrders(orders []orderRecord, where string) (int64, error) {
	t := table{cols: orderCols}
	for _, o := range orders {
		values, err := o.values()
		if err != nil {
			return 0, err
		}
		t.add(values...)
	}
	return x.execAll(t, saveOrdersSQL+where)
}

// referrer finds the winner's code, "" for a bond, and whether a link with it was followed. A link that was
// beaten by its own code was followed all the same.
func referrer(rec rewards.Record) (code string, linked bool) {
	for _, c := range rec.Decision.Candidates {
		if c.Won {
			code = c.Code
		}
	}
	for _, c := range rec.Facts.Claims {
		linked = linked || code != "" && c.Code == code && c.Via == rewards.ViaLink
	}
	return code, linked
}

// tookOff is what the codes of advocates took off an order, in minor units.
func tookOff(rec rewards.Record) (minor int64) {
	for _, c := range rec.Facts.Claims {
		minor += c.TookOff.Minor
	}
	return minor
}

func (o orderRecord) values() ([]any, error) {
	text, err := json.Marshal(o.rec)
	if err != nil {
		return nil, fmt.Errorf("writing the record of order %s: %w", o.rec.Facts.Order.ID, err)
	}
	order, d := o.rec.Facts.Order, o.rec.Decision
	code, linked := referrer(o.rec)
	var who rewards.Person
	if order.Customer != nil {
		who = *order.Customer
	}
	var advocate any
	if d.Advocate != "" {
		advocate = d.Advocate
	}
	return []any{
		o.shopID, clean(order.ID), clean(order.Name), order.Status(), clean(order.Currency),
		o.rec.Eligible.Original.Minor, o.rec.Eligible.Left.Minor, clean(who.ID), who.EmailKey,
		order.PlacedAt, order.UpdatedAt, order.Paid(), order.Test,
		string(d.Outcome), string(d.Reason), d.Program, d.Version, d.Variant, d.Referral, advocate, code, linked,
		tookOff(o.rec), o.rec.Facts.Historic, string(text),
	}, nil
}

// Order returns an order with its verdict and its rewards. Kind NotFound if it was never seen.
func (d *DB) Order(ctx context.Context, shopID, orderID string) (rewards.StoredOrder, error) {
	x := d.read(ctx)
	var row orderRow
	err := x.Where("shop_id = ? AND order_id = ?", shopID, clean(orderID)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return x.unread(shopID, orderID)
	}
	if err != nil {
		return rewards.StoredOrder{}, d.fault("reading an order", err)
	}
	rec, err := row.record()
	if err != nil {
		return rewards.StoredOrder{}, err
	}
	list, err := x.storedRewards(shopID, "order_id = ?", row.OrderID)
	if err != nil {
		return rewards.StoredOrder{}, d.fault("reading an order's rewards", err)
	}
	reviews, err := x.reviewsOf(shopID, []string{row.OrderID})
	return rewards.StoredOrder{OrderID: row.OrderID, Status: row.Status, Record: rec, Rewards: list, Reviews: reviews[row.OrderID]}, d.fault("reading an order's reviews", err)
}

// readsShown is how many reads of an order fail before it shows as held, while it is still tried.
const readsShown = 3

// unread tells of an order that a webhook named and that could not be read from the shop yet: pending, or
// held for a person where the shop keeps refusing to show it. Kind NotFound if no webhook named it, or
// while its first reading is under way, which takes moments.
func (x *txn) unread(shopID, orderID string) (rewards.StoredOrder, error) {
	var job struct {
		Attempts int
		LastCode string
	}
	n, err := x.scan(&job, `SELECT j.attempts, j.last_code FROM jobs j JOIN shops s ON s.shop_id = j.shop_id
WHERE j.shop_id = ? AND j.kind = 'confirm' AND j.subject = ? AND (j.last_code <> '' OR s.status <> 'active')`, shopID, clean(orderID))
	if err != nil {
		return rewards.StoredOrder{}, x.d.fault("reading an order's job", err)
	}
	if n == 0 {
		return rewards.StoredOrder{}, missing(gorm.ErrRecordNotFound, "order", orderID)
	}
	o := rewards.StoredOrder{OrderID: orderID, Status: "open"}
	o.Facts.Order.ID = orderID
	o.Decision = rewards.Decision{Outcome: rewards.OutcomePending, Reason: rewards.ReasonConfirming}
	if job.Attempts >= readsShown && job.LastCode != "" && job.LastCode != "shop_resting" && job.LastCode != "shop_throttled" {
		o.Decision.Outcome, o.Decision.Reason = rewards.OutcomeHeld, rewards.ReasonUnreadableOrder
		o.Decision.Checks = []rewards.Check{{Name: "readable", Evidence: "the shop answers " + job.LastCode}}
	}
	return o, nil
}
