package storage

import (
	"context"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// recordPlain stores one order and ends all events.
func recordPlain(shopID string, o rewards.Order) webhooks.DigestFunc {
	return func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		if err := tx.RecordPlain(ctx, []webhooks.ShopOrder{{ShopID: shopID, Order: o}}); err != nil {
			return nil, err
		}
		return all(webhooks.EventDone)(ctx, tx, events)
	}
}

// confirming has one order read, for which all events wait.
func confirming(shopID, orderID string) webhooks.DigestFunc {
	return func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		out := make([]webhooks.Digested, len(events))
		for i := range out {
			out[i] = webhooks.Digested{Status: webhooks.EventConfirming, OrderID: orderID}
		}
		return out, tx.Enqueue(ctx, []webhooks.ShopJob{{ShopID: shopID, JobRequest: rewards.JobRequest{Kind: rewards.JobConfirm, Subject: orderID}}})
	}
}

// applying carries out one event about people.
func applying(shopID string, e rewards.Event, customerID string) webhooks.DigestFunc {
	return func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		out := make([]webhooks.Digested, len(events))
		for i, ev := range events {
			reason, err := tx.Apply(ctx, shopID, e, ev.TriggeredAt)
			if err != nil {
				return nil, err
			}
			out[i] = webhooks.Digested{Status: webhooks.EventDone, Reason: reason, CustomerID: customerID}
		}
		return out, nil
	}
}
