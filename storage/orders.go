package storage

import (
	"context"
	"encoding/json"
	"fmt"

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
  outcome text, reason text, program text, version integer, advocate_id text, record text`

// The two ways of meeting a row that is there. A plain order never replaces a judged one nor a newer
// one; a judged one replaces what it was judged from.
const (
	newerPlain = " WHERE orders.outcome = 'none' AND (orders.updated_at IS NULL OR excluded.updated_at >= orders.updated_at)"
	always     = ""
)

const saveOrdersSQL = `INSERT INTO orders (shop_id, order_id, name, status, currency, original_minor, eligible_minor, customer_id, email_key,
  placed_at, updated_at, paid, test, outcome, reason, program, version, advocate_id, record)
SELECT v.shop_id, v.order_id, v.name, v.status, v.currency, v.original_minor, v.eligible_minor, v.customer_id, v.email_key,
  v.placed_at, v.updated_at, v.paid, v.test, v.outcome, v.reason, v.program, v.version, v.advocate_id, v.record{json} FROM v WHERE true
ORDER BY v.shop_id, v.order_id
ON CONFLICT (shop_id, order_id) DO UPDATE SET name = excluded.name, status = excluded.status, currency = excluded.currency,
  original_minor = excluded.original_minor, eligible_minor = excluded.eligible_minor, customer_id = excluded.customer_id,
  email_key = excluded.email_key, placed_at = excluded.placed_at, updated_at = excluded.updated_at, paid = excluded.paid,
  test = excluded.test, outcome = excluded.outcome, reason = excluded.reason, program = excluded.program,
  version = excluded.version, advocate_id = excluded.advocate_id, record = excluded.record`

func (x *txn) saveOrders(orders []orderRecord, where string) error {
	t := table{cols: orderCols}
	for _, o := range orders {
		values, err := o.values()
		if err != nil {
			return err
		}
		t.add(values...)
	}
	_, err := x.execAll(t, saveOrdersSQL+where)
	return err
}

func (o orderRecord) values() ([]any, error) {
	text, err := json.Marshal(o.rec)
	if err != nil {
		return nil, fmt.Errorf("writing the record of order %s: %w", o.rec.Facts.Order.ID, err)
	}
	order, d := o.rec.Facts.Order, o.rec.Decision
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
		string(d.Outcome), string(d.Reason), d.Program, d.Version, advocate, string(text),
	}, nil
}

// Order returns an order with its verdict and its rewards. Kind NotFound if it was never seen.
func (d *DB) Order(ctx context.Context, shopID, orderID string) (rewards.StoredOrder, error) {
	x := d.read(ctx)
	var row orderRow
	err := x.Where("shop_id = ? AND order_id = ?", shopID, clean(orderID)).Take(&row).Error
	if err != nil {
		return rewards.StoredOrder{}, d.fault("reading an order", missing(err, "order", orderID))
	}
	rec, err := row.record()
	if err != nil {
		return rewards.StoredOrder{}, err
	}
	list, err := x.storedRewards(shopID, "order_id = ?", row.OrderID)
	return rewards.StoredOrder{OrderID: row.OrderID, Status: row.Status, Record: rec, Rewards: list}, d.fault("reading an order's rewards", err)
}
