package storage

import (
	"context"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// Review lets a person decide about an order: approve, reject, or undo the verdict that stands. The order is
// judged again in the same transaction, from what is stored, and what was given follows. A verdict that
// stands already changes nothing, unless it is an approval from before the buyer disputed the payment.
//
// actor is "user:…" or "token:…". reason is kept for ever, whatever becomes of the people whom it names: it
// should name none. Kind NotFound order_not_found; Conflict not_reviewable for an order that was never
// referred, nothing_to_undo where no verdict stands; Invalid bad_verdict.
func (d *DB) Review(ctx context.Context, shopID, orderID string, verdict rewards.Verdict, actor, reason string) (rewards.StoredOrder, error) {
	err := d.write(ctx, "reviewing an order", func(x *txn) error {
		if err := x.lockLane(shopID); err != nil {
			return err
		}
		return x.review(shopID, clean(orderID), verdict, clean(actor), short(reason))
	})
	if err != nil {
		return rewards.StoredOrder{}, err
	}
	return d.Order(ctx, shopID, orderID)
}

func (x *txn) review(shopID, orderID string, verdict rewards.Verdict, actor, reason string) error {
	shop, err := x.shop(shopID)
	if err != nil {
		return err
	}
	stored, err := x.lockOrder(shopID, orderID)
	if err != nil {
		return err
	}
	history, err := x.reviewsOf(shopID, []string{orderID})
	if err != nil {
		return err
	}
	at, err := x.reviewTime(history[orderID])
	if err != nil {
		return err
	}
	review, changed, err := rewards.NextReview(history[orderID], verdict, actor, reason, at)
	if err == nil && !changed && stored.Facts.Outdated(*review) {
		review, changed = &rewards.Review{Verdict: verdict, Actor: actor, Reason: reason, At: at}, true
	}
	if err != nil || !changed {
		return err
	}
	book, err := x.book(connectors.Shop{ID: shopID, Currency: shop.Currency}, []webhooks.Confirmed{{Order: stored.Facts.Order}})
	if err != nil {
		return err
	}
	change, err := book.review(stored, review)
	if err != nil {
		return err
	}
	for i := range change.Rewards {
		change.Rewards[i].Actor = actor
	}
	if err := x.saveChanges(shopID, []rewards.Change{change}); err != nil {
		return err
	}
	was := strings.TrimSpace(string(stored.Decision.Outcome) + " " + string(stored.Decision.Reason))
	_, err = x.exec("INSERT INTO reviews (shop_id, id, order_id, verdict, actor, reason, at, was) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		shopID, x.d.mint.ID("rev_"), orderID, string(verdict), actor, reason, at, was)
	return err
}

// lockOrder reads an order's record under its lock. Kind NotFound.
func (x *txn) lockOrder(shopID, orderID string) (rewards.Record, error) {
	var row orderRow
	n, err := x.scan(&row, "SELECT order_id, record FROM orders WHERE shop_id = ? AND order_id = ? {lock}", shopID, orderID)
	if err == nil && n == 0 {
		err = rewards.Errorf(rewards.NotFound, "order_not_found", "there is no order %.80q", orderID)
	}
	if err != nil {
		return rewards.Record{}, err
	}
	return row.record()
}

// reviewTime is now, and after the decision before: their times tell the order of decisions, and a
// transaction that waited for another may have begun before it.
func (x *txn) reviewTime(history []rewards.ReviewEntry) (time.Time, error) {
	now, err := x.now()
	if n := len(history); n > 0 && !now.After(history[n-1].At) {
		now = history[n-1].At.Add(time.Microsecond)
	}
	return now, err
}

// review judges a stored order again. What friend and advocate have in common is taken from the record:
// much of it was known for a moment only, when the order was first read.
func (b *bookLoad) review(stored rewards.Record, r *rewards.Review) (rewards.Change, error) {
	order := stored.Facts.Order
	for folded, code := range b.retired {
		if order.PlacedAt.Before(code.at) {
			b.book.Owners[folded] = code.claim
		}
	}
	for _, c := range stored.Facts.Claims {
		kept := c.Case
		kept.Counts.AdvocateDay, kept.Counts.AdvocateMonth = 0, 0 // counted from the book again
		b.book.Cases[rewards.CaseKey(order.ID, c.AdvocateID)] = kept
	}
	return b.book.Review(order.ID, r)
}

type reviewRow struct {
	ID      string
	OrderID string
	Verdict string
	Actor   string
	Reason  string
	At      stamp
	Was     string
}

func (r reviewRow) entry() rewards.ReviewEntry {
	outcome, reason, _ := strings.Cut(r.Was, " ")
	return rewards.ReviewEntry{ID: r.ID, Verdict: rewards.Verdict(r.Verdict), Actor: r.Actor, Reason: r.Reason, At: r.At.Time,
		WasOutcome: rewards.Outcome(outcome), WasReason: rewards.Reason(reason)}
}

// reviewsOf returns what people decided about orders, by order, oldest first.
func (x *txn) reviewsOf(shopID string, orderIDs []string) (map[string][]rewards.ReviewEntry, error) {
	var rows []reviewRow
	_, err := x.scan(&rows, "SELECT id, order_id, verdict, actor, reason, at, was FROM reviews WHERE shop_id = ? AND order_id IN ? ORDER BY order_id, at, id", shopID, orderIDs)
	found := map[string][]rewards.ReviewEntry{}
	for _, r := range rows {
		found[r.OrderID] = append(found[r.OrderID], r.entry())
	}
	return found, err
}
