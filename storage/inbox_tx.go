package storage

import (
	"context"
	"slices"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// inboxTx is what a digest may ask and write. Jobs are kept back to the end, so that all lanes are
// locked at once and in order.
type inboxTx struct {
	x      *txn
	jobs   []webhooks.ShopJob
	erased map[[2]string]bool // (shop, customer) whose events lose their bodies; customer "" is all
	// Of groups of shops: customers who may be members, and advocates whose e-mail was told.
	met     []met
	renamed []renamed
}

// Concerns tells which orders concern a programme. See webhooks.InboxTx.
func (in *inboxTx) Concerns(_ context.Context, qs []webhooks.OrderQuestion) ([]bool, error) {
	orders := table{cols: "i integer, shop_id text, order_id text, customer_id text, email_key text"}
	codes := table{cols: "i integer, shop_id text, folded text"}
	for i, q := range qs {
		orders.add(i, q.ShopID, clean(q.OrderID), clean(q.CustomerID), q.EmailKey)
		in.met = append(in.met, met{q.ShopID, q.CustomerID, q.EmailKey})
		for _, c := range slices.Concat(q.Codes, q.Links) {
			codes.add(i, q.ShopID, clean(c))
		}
	}
	known, err := queryAll[int](in.x, orders, knownOrders)
	if err != nil {
		return nil, in.x.d.fault("asking for known orders", err)
	}
	ours, err := queryAll[int](in.x, codes, `SELECT v.i FROM v JOIN codes c ON c.shop_id = v.shop_id AND c.folded = v.folded AND c.status <> 'failed'
UNION SELECT v.i FROM v JOIN rewards r ON r.shop_id = v.shop_id AND r.code_folded = v.folded AND r.code_folded <> ''`)
	if err != nil {
		return nil, in.x.d.fault("asking for known codes", err)
	}
	answers := make([]bool, len(qs))
	for i, q := range qs {
		answers[i] = len(q.Codes) > rewards.MaxCodes // a person must look, whosever they are
	}
	for _, i := range append(known, ours...) {
		answers[i] = true
	}
	return answers, nil
}

// knownOrders finds orders that were found to concern a programme before, those that are to be read or are being read
// for the first time, and those whose buyer is bound: an earlier order of theirs counts in a programme that keeps
// friends with their first advocate.
const knownOrders = `SELECT v.i FROM v CROSS JOIN orders o WHERE o.shop_id = v.shop_id AND o.order_id = v.order_id AND o.outcome <> 'none'
UNION SELECT v.i FROM v CROSS JOIN jobs j WHERE j.shop_id = v.shop_id AND j.kind = 'confirm' AND j.subject = v.order_id
UNION SELECT v.i ` + bound + `o.customer_id = v.customer_id AND o.customer_id <> ''
UNION SELECT v.i ` + bound + `o.email_key = v.email_key AND o.email_key <> ''`

const bound = `FROM v CROSS JOIN orders o CROSS JOIN offers p WHERE o.shop_id = v.shop_id AND o.advocate_id IS NOT NULL AND o.outcome IN ` + stood + `
  AND o.order_id <> v.order_id AND p.shop_id = o.shop_id AND p.program = o.program AND p.binds AND `

// RecordPlain stores orders that carry no code of ours. See webhooks.InboxTx.
func (in *inboxTx) RecordPlain(_ context.Context, orders []webhooks.ShopOrder) error {
	if len(orders) == 0 {
		return nil
	}
	now, err := in.x.now()
	if err != nil {
		return in.x.d.fault("recording orders", err)
	}
	rows, sealed := make([]orderRecord, len(orders)), make([]shopOrder, len(orders))
	for i, o := range orders {
		in.x.d.Seal(o.ShopID, &o.Order)
		o.Order.Codes = o.Order.Codes[:min(len(o.Order.Codes), rewards.MaxCodes)]
		o.Order.Touches = o.Order.Touches[:min(len(o.Order.Touches), rewards.MaxCodes)]
		rec := rewards.Record{
			Facts:    rewards.Facts{Order: o.Order, At: now},
			Decision: rewards.Decision{Outcome: rewards.OutcomeNone, Reason: rewards.ReasonNoAttribution},
		}
		rec.Eligible, _ = o.Order.Eligible() // an order that cannot be reckoned and earns nothing is only recorded
		rows[i], sealed[i] = orderRecord{o.ShopID, rec}, shopOrder{shopID: o.ShopID, order: o.Order}
	}
	if err := in.x.savePlain(rows); err != nil {
		return in.x.d.fault("recording orders", err)
	}
	return in.x.d.fault("recording where orders came from", in.x.saveTraces(sealed))
}

// Trace keeps where orders came from that are still to be read. See webhooks.InboxTx.
func (in *inboxTx) Trace(_ context.Context, orders []webhooks.ShopOrder) error {
	sealed := make([]shopOrder, len(orders))
	for i, o := range orders {
		in.x.d.Seal(o.ShopID, &o.Order)
		sealed[i] = shopOrder{shopID: o.ShopID, order: o.Order, unread: true}
	}
	return in.x.d.fault("recording where orders came from", in.x.saveTraces(sealed))
}

// Enqueue asks for jobs. See webhooks.InboxTx.
func (in *inboxTx) Enqueue(_ context.Context, jobs []webhooks.ShopJob) error {
	in.jobs = append(in.jobs, jobs...)
	return nil
}

// Apply carries out what events tell about people and shops. See webhooks.InboxTx.
func (in *inboxTx) Apply(_ context.Context, shopID string, e rewards.Event, triggeredAt time.Time) (reason string, err error) {
	switch e := e.(type) {
	case rewards.CustomerSeen:
		reason, err = in.customerSeen(shopID, e.Person)
	case rewards.CustomerGone:
		reason, err = in.customerErased(shopID, e.CustomerID, nil, "customer_gone")
	case rewards.CustomerErased:
		reason, err = in.customerErased(shopID, e.CustomerID, e.OrderIDs, "customer_erased")
	case rewards.AppUninstalled:
		if e.At.IsZero() {
			e.At = triggeredAt
		}
		reason, err = in.x.uninstall(shopID, e.At)
	case rewards.ShopErased:
		reason, err = in.shopErased(shopID)
	default:
		err = rewards.Errorf(rewards.Internal, "unknown_event", "no rule for %T", e)
	}
	return reason, in.x.d.fault("applying an event", err)
}
