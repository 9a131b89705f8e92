package storage

import (
	"time"

	"grapevine/rewards"
)

// rejected counts the rejected orders by reason, whatever became of their payment: a refund rejects too.
func (g *figuring) rejected(whole rewards.Period) ([]rewards.ReasonFigure, error) {
	var q statement
	q.add("SELECT o.reason, count(*) AS orders FROM orders o WHERE o.shop_id = ? AND o.placed_at >= ? AND o.placed_at < ? AND o.outcome = 'rejected' AND NOT o.test AND NOT o.historic",
		g.shop.Shop, whole.From, whole.Until)
	if g.f.Program != "" {
		q.add(" AND o.program = ?", g.f.Program)
	}
	q.add(" GROUP BY o.reason ORDER BY count(*) DESC, o.reason")
	return answer[rewards.ReasonFigure](g, &q)
}

// valueDays are the spans in which customers are compared.
var valueDays = []int{90, 365}

func (g *figuring) value(whole rewards.Period) (all []rewards.ValueFigures, err error) {
	for _, days := range valueDays {
		v, err := g.valueOver(days, whole)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// valueOver compares the customers whose days ended in the period, so that nobody is counted whose days
// still run. Imported orders count here: they are what tells a new customer from an old one. A customer
// whose first order was rejected, or was referred by another programme than the one asked for, is on
// neither side.
func (g *figuring) valueOver(days int, whole rewards.Period) (rewards.ValueFigures, error) {
	none := rewards.CustomerValue{Revenue: rewards.Money{Currency: g.shop.Currency}}
	v := rewards.ValueFigures{Days: days, Referred: none, Others: none}
	span := time.Duration(days) * 24 * time.Hour
	until := whole.Until
	if g.now.Before(until) {
		until = g.now
	}
	later := "f.placed_at + ?::bigint * interval '1 microsecond'"
	if g.d.lite {
		later = "f.placed_at + ?"
	}
	var q statement
	q.add("SELECT class, count(*) AS customers, CAST(sum(revenue) AS bigint) AS minor FROM (SELECT f.class, (SELECT coalesce(sum(o.eligible_minor), 0) FROM orders o" +
		" WHERE o.shop_id = f.shop_id AND o.customer_id = f.customer_id AND o.customer_id <> '' AND o.placed_at >= f.placed_at AND o.placed_at < " + later)
	q.args = append(q.args, span.Microseconds())
	q.add(" AND "+goodOrder+" AND o.currency = ?) AS revenue FROM (SELECT o.shop_id, o.customer_id, o.placed_at, CASE WHEN o.historic THEN 'other'", g.shop.Currency)
	if g.f.Program != "" {
		q.add(" WHEN o.outcome <> 'none' AND o.program <> ? THEN ''", g.f.Program)
	}
	q.add(" WHEN "+asReferral+" THEN 'referred' WHEN o.outcome = 'none' THEN 'other' ELSE '' END AS class FROM orders o"+
		" WHERE o.shop_id = ? AND o.placed_at >= ? AND o.placed_at < ? AND "+goodOrder+" AND o.currency = ? AND o.customer_id <> ''",
		g.shop.Shop, whole.From.Add(-span), until.Add(-span), g.shop.Currency)
	q.add(" AND NOT EXISTS (SELECT 1 FROM orders e WHERE e.shop_id = o.shop_id AND e.customer_id = o.customer_id AND e.customer_id <> ''" +
		" AND (e.placed_at, e.order_id) < (o.placed_at, o.order_id) AND NOT e.test AND e.status IN ('paid', 'partially_refunded'))) f WHERE f.class <> '') c GROUP BY class")
	rows, err := answer[struct {
		Class            string
		Customers, Minor int64
	}](g, &q)
	for _, r := range rows {
		side := &v.Others
		if r.Class == "referred" {
			side = &v.Referred
		}
		side.Customers, side.Revenue.Minor = r.Customers, r.Minor
	}
	return v, err
}
