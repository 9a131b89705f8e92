// Package api is the JSON API under /api/v1.
package api

import (
	"context"

	"grapevine/connectors"
	"grapevine/internal/access"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// Advocates keeps the people who share.
type Advocates interface {
	// CreateAdvocate makes an advocate and her code, or returns the one that this customer already is
	// (created false). Kind Conflict code_taken, Invalid bad_code.
	CreateAdvocate(ctx context.Context, shopID string, n rewards.NewAdvocate) (a rewards.Advocate, created bool, err error)
	Advocate(ctx context.Context, shopID, id string) (rewards.Advocate, error)
	Advocates(ctx context.Context, shopID string, f rewards.AdvocateFilter, p rewards.Page) (list []rewards.Advocate, next string, err error)
}

// Orders explains what became of orders and rewards.
type Orders interface {
	Order(ctx context.Context, shopID, orderID string) (rewards.StoredOrder, error)
	Reward(ctx context.Context, shopID, id string) (rewards.StoredReward, error)
	Rewards(ctx context.Context, shopID string, f rewards.RewardFilter, p rewards.Page) (list []rewards.StoredReward, next string, err error)
	// Reissue replaces a reward's code by a new one. Asked again it returns the replacement of the first
	// time (created false). Kind Conflict not_reissuable.
	Reissue(ctx context.Context, shopID, id, reason, actor string) (r rewards.StoredReward, created bool, err error)
	Ledger(ctx context.Context, shopID string, f rewards.LedgerFilter, p rewards.Page) (list []rewards.LedgerEntry, next string, err error)
}

// Reviews is where people decide about orders.
type Reviews interface {
	Reviews(ctx context.Context, shopID string, f rewards.ReviewFilter, p rewards.Page) (list []rewards.QueuedOrder, next string, err error)
	// Review approves or rejects an order, or takes the verdict that stands back. A verdict that stands
	// already changes nothing. Kind Conflict not_reviewable, nothing_to_undo.
	Review(ctx context.Context, shopID, orderID string, verdict rewards.Verdict, actor, reason string) (rewards.StoredOrder, error)
}

// Events shows what came in.
type Events interface {
	Events(ctx context.Context, f webhooks.EventFilter, p rewards.Page) (list []webhooks.StoredEvent, next string, err error)
	Event(ctx context.Context, shopID, id string) (webhooks.StoredEvent, error)
	// Replay makes an event pending again. Kind Conflict body_erased where its body is gone.
	Replay(ctx context.Context, shopID, id string) (webhooks.StoredEvent, error)
}

// Shops knows the installed shops.
type Shops interface {
	Shop(ctx context.Context, id string) (connectors.Installed, error)
}

// Keys answers for tokens and for calls that were made before.
type Keys interface {
	// CheckToken finds the live token with this plain value. Kind Denied otherwise.
	CheckToken(ctx context.Context, plain string) (access.Token, error)
	// BeginCall claims an idempotency key. first is true if the call has to be carried out; else status
	// and body are the answer of the first time. Kind Conflict call_in_progress while the first call runs,
	// Invalid key_reused if the request differs.
	BeginCall(ctx context.Context, shopID, key string, requestHash []byte) (first bool, status int, body []byte, err error)
	EndCall(ctx context.Context, shopID, key string, status int, body []byte) error
	// DropCall forgets a claimed key whose call ended in a fault of ours, so that it can be tried again.
	DropCall(ctx context.Context, shopID, key string) error
}
