package webhooks

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"grapevine/rewards"
)

// Seal replaces what an order tells of people and places by keyed hashes and forgets it.
type Seal func(shopID string, o *rewards.Order)

// digester turns stored webhooks into work: it decodes them, records orders that carry no code of
// ours, and asks for the others to be confirmed.
type digester struct {
	sources map[string]Source
	seal    Seal
}

// batch is one digest on its way.
type batch struct {
	events  []Event
	results []Digested
	asked   []int // the event of each question
	asks    []OrderQuestion
	open    map[int]bool          // events whose orders have to be read whatever the question brings
	seen    map[int]rewards.Order // orders that came with a state, by event
	changed map[int]time.Time     // when the order changed at least, by event
	jobs    []ShopJob
	plain   map[[2]string]rewards.Order
	traced  []ShopOrder // orders that will be read, as their webhooks told them
	others  []int       // events that are not about orders, to be applied
}

// digest is the DigestFunc of the pipeline. A panic becomes an error, so that the store tries the
// events one by one and the one that panics ends dead.
func (d *digester) digest(ctx context.Context, tx InboxTx, events []Event) (results []Digested, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = rewards.Errorf(rewards.Internal, "panic", "digesting %d events: %v", len(events), p)
		}
	}()
	b := &batch{
		events: events, results: make([]Digested, len(events)),
		open: map[int]bool{}, seen: map[int]rewards.Order{}, changed: map[int]time.Time{}, plain: map[[2]string]rewards.Order{},
	}
	read, err := d.decode(tx, events)
	if err != nil {
		return nil, err
	}
	for i := range events {
		b.sort(i, read[i])
	}
	if err := b.apply(ctx, tx, read); err != nil {
		return nil, err
	}
	concerns, err := tx.Concerns(ctx, b.asks)
	if err != nil {
		return nil, fmt.Errorf("asking which orders concern a programme: %w", err)
	}
	for k, i := range b.asked {
		b.place(i, b.asks[k], concerns[k] || b.open[i])
	}
	orders := make([]ShopOrder, 0, len(b.plain))
	for key, o := range b.plain {
		orders = append(orders, ShopOrder{ShopID: key[0], Order: o})
	}
	slices.SortFunc(orders, func(a, b ShopOrder) int { // one order of locks, and the same run each time
		return cmp.Or(cmp.Compare(a.ShopID, b.ShopID), cmp.Compare(a.Order.ID, b.Order.ID))
	})
	if err := tx.RecordPlain(ctx, orders); err != nil {
		return nil, fmt.Errorf("recording %d orders: %w", len(orders), err)
	}
	if err := tx.Trace(ctx, b.traced); err != nil {
		return nil, fmt.Errorf("keeping where %d orders came from: %w", len(b.traced), err)
	}
	if err := tx.Enqueue(ctx, b.jobs); err != nil {
		return nil, fmt.Errorf("asking for %d confirmations: %w", len(b.jobs), err)
	}
	return b.results, nil
}

// sort settles an event that is neither about an order nor to be applied, and asks about those of orders.
func (b *batch) sort(i int, r decoded) {
	e := b.events[i]
	switch ev := r.event.(type) {
	case nil:
		b.results[i] = Digested{Status: EventQuarantined, Reason: r.trouble}
	case rewards.OrderSeen:
		b.seen[i], b.changed[i], b.open[i] = ev.Order, ev.Order.UpdatedAt, ev.Ask
		b.ask(i, questionOf(e.ShopID, ev.Order))
	case rewards.OrderTouched:
		b.changed[i], b.open[i] = ev.At, ev.Ask
		b.ask(i, OrderQuestion{ShopID: e.ShopID, OrderID: ev.OrderID})
	case rewards.Unheeded:
		b.results[i] = Digested{Status: EventIgnored, Reason: ev.Reason}
	case rewards.HooksBroken:
		b.results[i] = Digested{Status: EventHeld, Reason: ev.Reason}
	case rewards.DataRequested:
		// Nobody but the owner may answer it, so it waits where she sees it.
		b.results[i] = Digested{Status: EventHeld, Reason: "data_request", CustomerID: ev.CustomerID}
	default:
		b.others = append(b.others, i)
	}
}

// apply carries out what events tell about people and shops, in the order of their own times.
func (b *batch) apply(ctx context.Context, tx InboxTx, read []decoded) error {
	slices.SortStableFunc(b.others, func(i, j int) int { return b.events[i].at().Compare(b.events[j].at()) })
	for _, i := range b.others {
		e, ev := b.events[i], read[i].event
		switch ev.(type) {
		case rewards.CustomerSeen, rewards.CustomerGone, rewards.CustomerErased, rewards.AppUninstalled, rewards.ShopErased:
		default:
			return rewards.Errorf(rewards.Internal, "unknown_event", "no rule for %T", ev)
		}
		reason, err := tx.Apply(ctx, e.ShopID, ev, e.TriggeredAt)
		if err != nil {
			return fmt.Errorf("applying %s: %w", e.Topic, err)
		}
		b.results[i] = Digested{Status: EventDone, Reason: reason, CustomerID: customerOf(ev)}
	}
	return nil
}

// at is when the shop sent it, as far as is known.
func (e Event) at() time.Time {
	if e.TriggeredAt.IsZero() {
		return e.ReceivedAt
	}
	return e.TriggeredAt
}

func (b *batch) ask(i int, q OrderQuestion) {
	b.results[i].OrderID, b.results[i].CustomerID = q.OrderID, q.CustomerID
	b.asked = append(b.asked, i)
	b.asks = append(b.asks, q)
}

// place sends an order's event on its way once it is known whether it concerns a programme.
func (b *batch) place(i int, q OrderQuestion, concerns bool) {
	order, hasState := b.seen[i]
	switch {
	case concerns:
		b.results[i].Status = EventConfirming
		b.jobs = append(b.jobs, ShopJob{
			ShopID:     q.ShopID,
			JobRequest: rewards.JobRequest{Kind: rewards.JobConfirm, Subject: q.OrderID},
			Hint:       b.changed[i],
			Trace:      b.events[i].Trace,
		})
		if hasState {
			b.traced = append(b.traced, ShopOrder{ShopID: q.ShopID, Order: order})
		}
	case hasState:
		b.results[i].Status = EventDone
		key := [2]string{q.ShopID, q.OrderID}
		if old, ok := b.plain[key]; !ok || further(order, old) {
			b.plain[key] = order
		}
	default:
		// A refund or an edit of an order without a code, or one whose creation is still on its way: its
		// state is read when that arrives.
		b.results[i].Status, b.results[i].Reason = EventDone, "not_referred"
	}
}

// questionOf asks about an order that came with its state. One code beyond the limit is enough to have it
// confirmed and held; links beyond it are passed over.
func questionOf(shopID string, o rewards.Order) OrderQuestion {
	q := OrderQuestion{ShopID: shopID, OrderID: o.ID}
	for _, c := range o.Codes[:min(len(o.Codes), rewards.MaxCodes+1)] {
		if folded, ok := rewards.FoldCode(c.Code); ok {
			q.Codes = append(q.Codes, folded)
		}
	}
	for _, t := range o.Touches[:min(len(o.Touches), rewards.MaxCodes)] {
		if folded, ok := rewards.FoldCode(t.Code); ok {
			q.Links = append(q.Links, folded)
		}
	}
	if o.Customer != nil {
		q.CustomerID, q.EmailKey = o.Customer.ID, o.Customer.EmailKey
	}
	return q
}

func customerOf(e rewards.Event) string {
	switch ev := e.(type) {
	case rewards.CustomerSeen:
		return ev.Person.ID
	case rewards.CustomerGone:
		return ev.CustomerID
	case rewards.CustomerErased:
		return ev.CustomerID
	}
	return ""
}
