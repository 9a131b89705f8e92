package dst

import (
	"slices"
	"strconv"

	"grapevine/connectors/shopify/shopifytest"
)

const (
	earned  = 1000 // cents for an order
	minimum = 3000 // cents of goods
)

// due is what an order deserves by the rules of its programme, read off the shop in the end, one order after the
// other and without any of the program's code. Orders that fell below the minimum count if they were above it
// when they were first judged: which was first, chance decides.
func due(o *shopifytest.Order) (net int64, sure bool) {
	t := o.Totals()
	status := o.FinancialStatus()
	if o.CancelledAt != nil || status != "paid" && status != "partially_refunded" || t.Eligible.Minor == 0 {
		return 0, true
	}
	return earned * t.Eligible.Minor / t.Subtotal.Minor, t.Eligible.Minor >= minimum
}

// meddled are the kinds of faults after which chance, or a person, decides what an order gets.
var meddled = []string{"reissue", "review", "block", "program", "erase", "uninstall"}

// compare checks I17: whatever happened on the way, in the end the books say what the model says.
func (w *world) compare(s *shop) {
	for _, o := range w.bought {
		if o.by.shop != s || o.id == 0 {
			continue
		}
		order, err := s.Order(o.id)
		if err != nil { // it was deleted: what was given stays
			continue
		}
		if w.unheard(s, order) {
			continue
		}
		w.newest(s, order)
		got := w.eye.number("SELECT sum(net_minor) FROM rewards WHERE shop_id = ? AND order_id = ? AND status IN ('issued', 'redeemed', 'expired')", s.id, id(o.id))
		want, sure := due(order)
		switch {
		case o.plain && got == 0, !o.plain && got == want:
		case got == 0 && (!sure || s.cap > 0 || slices.ContainsFunc(meddled, w.plan.on)):
		case s.cap > 0 && got < want:
		case slices.ContainsFunc(meddled, w.plan.on):
		default:
			w.breach("I17", "order %d (%d) at %s got %d and deserves %d (%s, %s)", o.n, o.id, s.name, got, want, order.FinancialStatus(),
				w.eye.texts("SELECT outcome || ' ' || reason || ' ' || status FROM orders WHERE shop_id = ? AND order_id = ?", s.id, id(o.id)))
		}
	}
}

// unheard tells of an order that it was over before the shop was first asked what changed, and that none of its
// webhooks arrived: what was before that moment is history.
func (w *world) unheard(s *shop, o *shopifytest.Order) bool {
	return !o.UpdatedAt.After(s.asked) && !slices.ContainsFunc(w.letters, func(l *letter) bool { return l.acked && l.d.OrderID == o.ID })
}

// newest checks that the books know an order's newest state.
func (w *world) newest(s *shop, o *shopifytest.Order) {
	if slices.ContainsFunc([]string{"uninstall", "erase"}, w.plan.on) {
		return
	}
	got := w.eye.number("SELECT updated_at / 1000000 FROM orders WHERE shop_id = ? AND order_id = ?", s.id, id(o.ID))
	if want := o.UpdatedAt.Unix(); got != want {
		w.breach("I17", "order %d at %s was changed at %d, the books know it of %d", o.ID, s.name, want, got)
	}
}

// id is an object's id as the books have it.
func id(n int64) string { return strconv.FormatInt(n, 10) }
