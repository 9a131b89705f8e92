package storage

import (
	"time"

	"grapevine/rewards"
)

// rejected counts the rejected orders by reason, whatever became of their payment: a refund rejects too.
func (g *figuring) rejected(whole rewards.Period) ([]rewards.ReasonFigure, error) {
	if g.rolled {
		return g.rejectedDays(), nil
	}
	var q statement
	q.add("SELECT o.reason, count(*) AS orders FROM orders o WHERE o.shop_id = ? AND o.placed_at >= ? AND o.placed_at < ? AND o.outcome = 'rejected' AND o.outcome <> 'none' AND NOT o.test AND NOT o.historic",
		g.shop.Shop, whole.From, whole.Until) // the second condition is that of an index
	if g.f.Program != "" {
		q.add(" AND o.program = ?", g.f.Program)
	}
	q.add(" GROUP BY o.reason ORDER BY count(*) DESC, o.reason")
	return answer[rewards.ReasonFigure](g, &q)
}

// valueDays are the spans in which customers are compared.
var valueDays = []int{90, 365}

func (g *figuring) value(whole rewards.Period) (all []rewards.ValueFigures, err error) {
	if g.f.Quick {
		return nil, nil
	}
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
	spanned := "?::bigint * interval '1 microsecond'"
	if g.d.lite {
		spanned = "?"
	}
	// Two passes over orders_figures: the first order of each customer, and what followed within the days. With
	// <> '' SQLite would take orders_customer, and read every order's row.
	var q statement
	q.add("SELECT class, count(*) AS customers, CAST(sum(revenue) AS bigint) AS minor FROM (SELECT max(CASE WHEN o.placed_at > f.first_at THEN '' WHEN o.historic THEN 'other'")
	if g.f.Program != "" {
		q.add(" WHEN o.outcome <> 'none' AND o.program <> ? THEN ''", g.f.Program)
	}
	q.add(" WHEN "+asReferral+" THEN 'referred' WHEN o.outcome = 'none' THEN 'other' ELSE '' END) AS class, sum(o.eligible_minor) AS revenue FROM orders o"+
		" CROSS JOIN (SELECT o.customer_id, min(o.placed_at) AS first_at FROM orders o WHERE o.shop_id = ? AND o.placed_at < ? AND "+goodOrder+
		" AND o.currency = ? AND length(o.customer_id) > 0 GROUP BY o.customer_id HAVING min(o.placed_at) >= ?) f", g.shop.Shop, until.Add(-span), g.shop.Currency, whole.From.Add(-span))
	q.add(" WHERE o.shop_id = ? AND o.placed_at >= ? AND o.placed_at < ? AND "+goodOrder+" AND o.currency = ? AND f.customer_id = o.customer_id"+
		" AND o.placed_at < f.first_at + "+spanned+" GROUP BY f.customer_id) c WHERE class <> '' GROUP BY class",
		g.shop.Shop, whole.From.Add(-span), until, g.shop.Currency, span.Microseconds())
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
