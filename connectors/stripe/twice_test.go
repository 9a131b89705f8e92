package stripe

import (
	"context"
	"testing"
	"time"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

// names are the ids of orders that the account's events tell, in the order in which they came, and those that
// are read where an event asks for it.
func (w *world) names() map[string]bool {
	w.Helper()
	out := map[string]bool{}
	for _, topic := range Topics() {
		for _, e := range w.decoded(topic) {
			id, ask := "", true
			switch e := e.(type) {
			case rewards.OrderSeen:
				id, ask = e.Order.ID, e.Ask
			case rewards.OrderTouched:
				id = e.OrderID
			}
			if id == "" {
				continue
			}
			if ask {
				o, err := w.conn.Order(context.Background(), w.shop, id)
				if rewards.CodeOf(err) == "invoice_pending" {
					continue
				}
				w.no(err)
				id = o.ID
			}
			out[id] = true
		}
	}
	return out
}

func TestAnInvoiceThatComesAfterItsSessionIsTheOnlyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Link: "CARL-9XYZ", Invoiced: true, Late: true})
	_, err := w.conn.Order(context.Background(), w.shop, sold.Session)
	failed(t, "before the invoice", err, "unavailable invoice_pending")
	_, err = w.conn.Order(context.Background(), w.shop, sold.PaymentIntent)
	failed(t, "its payment", err, "unavailable invoice_pending")
	same(t, "orders before the invoice", w.names(), map[string]bool{})
	past, err := w.conn.History(context.Background(), w.shop, time.Now().Add(-time.Hour), "")
	same(t, "history before the invoice", []any{past.Orders, past.Skipped, err}, []any{[]rewards.Order(nil), map[string]string(nil), nil})

	invoice, err := w.sim.MakeInvoice(sold.Session)
	w.no(err)
	_, err = w.sim.RefundPartial(invoice, "10.00")
	w.no(err)
	same(t, "orders", w.names(), map[string]bool{invoice: true})
	for _, id := range []string{sold.Session, sold.PaymentIntent, invoice} {
		o := w.order(id)
		same(t, id, []any{o.ID, o.Touches, o.MoneyBack}, []any{invoice, []rewards.Touch{{Code: "CARL-9XYZ"}}, usd(1000)})
	}
}

func TestADelayedPaymentWithAnInvoiceIsOneOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Invoiced: true, Late: true, Delayed: true})
	_, err := w.conn.Order(context.Background(), w.shop, sold.Session)
	failed(t, "before it was paid", err, "invalid not_an_order")
	w.later(5 * 24 * time.Hour)
	w.no(w.sim.Pay(sold.Session))
	_, err = w.conn.Order(context.Background(), w.shop, sold.Session)
	failed(t, "days later, before the invoice", err, "unavailable invoice_pending")
	invoice, err := w.sim.MakeInvoice(sold.Session)
	w.no(err)
	same(t, "order", w.order(sold.Session).ID, invoice)
}

func TestWhatCostsNothingIsAnOrderWhenNoInvoiceCame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	w.friendCode("FREE-4ALL", rewards.Discount{Percent: 10_000})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Code: "FREE-4ALL", Invoiced: true, Late: true})
	_, err := w.conn.Order(context.Background(), w.shop, sold.Session)
	failed(t, "on the day", err, "unavailable invoice_pending")
	w.later(26 * time.Hour)
	same(t, "after it", w.order(sold.Session).ID, sold.Session)
}
