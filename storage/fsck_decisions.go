package storage

import (
	"encoding/json"
	"fmt"

	"grapevine/rewards"
)

// decisionChecks: every verdict follows from the facts that are stored with it.
var decisionChecks = []check{
	{"I8", "every verdict can be derived again from its stored facts", checkVerdicts},
	{"I15", "no reward came of a test order, an imported or unpaid order or an advocate's own order", checkGrounds},
	{"I21", "of people who were erased it is not kept where their orders came from", search(
		`SELECT t.shop_id, t.order_id AS subject, 'order has a ' || t.kind || ' of somebody who was erased' AS detail
FROM traces t JOIN orders o ON o.shop_id = t.shop_id AND o.order_id = t.order_id
WHERE o.customer_id = '' AND CAST(o.record AS text) LIKE '%"customer":{"id":"erased!_%' ESCAPE '!'`)},
}

// checkVerdicts judges every order again.
func checkVerdicts(x *txn, report func(shopID, subject, text string)) error {
	versions := map[string]map[string][]rewards.Program{}
	err := stream(x, "SELECT shop_id, name, spec FROM programs ORDER BY shop_id, name, version", func(r programRow) error {
		var p rewards.Program
		if err := json.Unmarshal([]byte(r.Spec), &p); err != nil {
			return fmt.Errorf("reading programme %s: %w", r.Name, err)
		}
		if versions[r.ShopID] == nil {
			versions[r.ShopID] = map[string][]rewards.Program{}
		}
		versions[r.ShopID][p.Name] = append(versions[r.ShopID][p.Name], p)
		return nil
	})
	if err != nil {
		return err
	}
	return streamOrders(x, "SELECT shop_id, order_id, outcome, record FROM orders ORDER BY shop_id, order_id", func(shopID string, row orderRow, rec rewards.Record) error {
		again := rec.Rejudge(versions[shopID])
		was, err := json.Marshal(rec.Decision)
		if err != nil {
			return err
		}
		is, err := json.Marshal(again)
		if err != nil {
			return err
		}
		switch {
		case string(was) != string(is):
			report(shopID, row.OrderID, fmt.Sprintf("order was judged %s %s %v and would be judged %s %s %v",
				rec.Decision.Outcome, rec.Decision.Reason, rec.Decision.Grants, again.Outcome, again.Reason, again.Grants))
		case row.Outcome != string(rec.Decision.Outcome):
			report(shopID, row.OrderID, fmt.Sprintf("order is %s in its row and %s in its record", row.Outcome, rec.Decision.Outcome))
		}
		return nil
	})
}

// checkGrounds looks at the orders whose rewards were given.
func checkGrounds(x *txn, report func(shopID, subject, text string)) error {
	return streamOrders(x, `SELECT o.shop_id, o.order_id, o.record FROM orders o WHERE EXISTS (
  SELECT 1 FROM rewards r WHERE r.shop_id = o.shop_id AND r.order_id = o.order_id AND NOT r.void AND r.status IN ('issuing', 'issued', 'redeemed', 'expired')
    AND (r.external_id <> '' OR r.kind IN `+keptHere+`))
ORDER BY o.shop_id, o.order_id`, func(shopID string, row orderRow, rec rewards.Record) error {
		switch {
		case rec.Facts.Order.Test:
			report(shopID, row.OrderID, "a test order was rewarded")
		case rec.Facts.Historic:
			report(shopID, row.OrderID, "an imported order was rewarded")
		case rec.Facts.PaidAt.IsZero():
			report(shopID, row.OrderID, "an order that was never paid was rewarded")
		case rec.Decision.Reason == rewards.ReasonSelfReferral:
			report(shopID, row.OrderID, "an advocate was rewarded for her own order")
		}
		return nil
	})
}

func streamOrders(x *txn, statement string, f func(shopID string, row orderRow, rec rewards.Record) error) error {
	type shopOrder struct {
		ShopID string
		Row    orderRow `gorm:"embedded"`
	}
	return stream(x, statement, func(o shopOrder) error {
		rec, err := o.Row.record()
		if err != nil {
			return err
		}
		return f(o.ShopID, o.Row, rec)
	})
}
