package stripe

import (
	"testing"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

func TestCreditNotesCountLikeRefundsAndNotTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	for how, want := range map[string]rewards.Payment{"refund": rewards.PaymentPartiallyRefunded, "balance": rewards.PaymentPartiallyRefunded, "out_of_band": rewards.PaymentPartiallyRefunded} {
		id, err := w.sim.Bill(customer, "20.00", "", false)
		w.no(err)
		_, err = w.sim.CreditNote(id, "5.00", how)
		w.no(err)
		o := w.order(id)
		same(t, how, []any{o.Payment, o.MoneyBack}, []any{want, usd(500)})
		_, err = w.sim.CreditNote(id, "15.00", how)
		w.no(err)
		left, err := w.order(id).Eligible()
		w.no(err)
		same(t, how+", all of it", []any{w.order(id).Payment, left.Left}, []any{rewards.PaymentRefunded, usd(0)})
	}
}

func TestTaxInsideThePricesIsNoGoods(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	items := []stripetest.Item{{Title: "Tea", Price: "11.90"}}
	once := w.buy(stripetest.SessionInput{Buyer: anna, Items: items, Tax: "1.90", Included: true})
	plan := w.subscribe(stripetest.SubscribeInput{Buyer: anna, Items: items, Tax: "1.90", Included: true})
	for _, id := range []string{once.Session, plan.Invoice} {
		same(t, id, w.order(id).Lines[0].Amount, usd(1000))
		_, err := w.sim.RefundPartial(id, "5.95")
		w.no(err)
		same(t, id+", half refunded", w.order(id).MoneyBack, usd(500))
	}
	for _, e := range w.decoded(invoicePaid) {
		same(t, "the webhook", e.(rewards.OrderSeen).Order.Lines[0].Amount, usd(1000))
	}
	for _, e := range w.decoded(sessionCompleted) {
		same(t, "the session's webhook", e.(rewards.OrderSeen).Order.Lines[0].Amount, usd(1000))
	}
}
