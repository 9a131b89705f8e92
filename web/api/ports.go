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

// Standings is where people decide about advocates and their codes. Each change keeps its actor.
type Standings interface {
	BlockAdvocate(ctx context.Context, shopID, id, reason, actor string) (rewards.Advocate, error)
	UnblockAdvocate(ctx context.Context, shopID, id, reason, actor string) (rewards.Advocate, error)
	// SetTeam puts an advocate into a team, or into none for "". Kind Invalid bad_team.
	SetTeam(ctx context.Context, shopID, id, team, actor string) (rewards.Advocate, error)
	Leaks(ctx context.Context, shopID string, p rewards.Page) (list []rewards.Leak, next string, err error)
	// RotateCode gives the advocate of a code a new one; the old one goes on leading to her. Asked again it
	// changes nothing (rotated false). Kind Conflict code_not_rotatable.
	RotateCode(ctx context.Context, shopID, code, actor, reason string) (a rewards.Advocate, rotated bool, err error)
}

// Jobs shows what is still to be done in the shop.
type Jobs interface {
	Jobs(ctx context.Context, shopID string, f webhooks.JobFilter, p rewards.Page) (list []webhooks.StoredJob, next string, err error)
	// RetryJob makes a job that was given up due at once; one that is due stays as it is.
	RetryJob(ctx context.Context, shopID, id string) (webhooks.StoredJob, error)
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

// Figures reckons what referrals come to.
type Figures interface {
	// Figures answers a filter. Kind Invalid bad_range, NotFound.
	Figures(ctx context.Context, shopID string, f rewards.FigureFilter) (rewards.FigureReport, error)
	// Experiment compares the variants of a programme. Kind NotFound where it has none.
	Experiment(ctx context.Context, shopID, program string) (rewards.Experiment, error)
}

// Events shows what came in.
type Events interface {
	Events(ctx context.Context, f webhooks.EventFilter, p rewards.Page) (list []webhooks.StoredEvent, next string, err error)
	Event(ctx context.Context, shopID, id string) (webhooks.StoredEvent, error)
	// Replay makes an event pending again. Kind Conflict body_erased where its body is gone.
	Replay(ctx context.Context, shopID, id string) (webhooks.StoredEvent, error)
}

// Points is what advocates have of points.
type Points interface {
	Points(ctx context.Context, shopID, advocateID string) ([]rewards.PointsBalance, error)
	// ExchangePoints turns points into a reward in the shop. Kind Invalid no_points_plan, bad_points,
	// below_minimum; Conflict not_enough_points, budget_exhausted, advocate_blocked, advocate_retired.
	ExchangePoints(ctx context.Context, shopID, advocateID, program string, points int64, actor string) (rewards.StoredReward, error)
}

// Payouts shows what the owner pays by list.
type Payouts interface {
	Payouts(ctx context.Context, shopID string, f rewards.PayoutFilter, p rewards.Page) (list []rewards.Payout, next string, err error)
	Payout(ctx context.Context, shopID, id string) (rewards.Payout, error)
	Donations(ctx context.Context, shopID string) ([]rewards.Donations, error)
}

// Payments makes lists of payments and closes them. What closes one that is closed answers with Kind
// Conflict, code already_paid or payout_cancelled, and the list as it is.
type Payments interface {
	// CreatePayout fails with Kind Conflict nothing_to_pay where nothing is due.
	CreatePayout(ctx context.Context, shopID string, w rewards.PayoutWanted, actor string) (rewards.Payout, error)
	ExportPayout(ctx context.Context, shopID, id string) (rewards.Payout, error)
	PayPayout(ctx context.Context, shopID, id, reference, actor string) (rewards.Payout, error)
	CancelPayout(ctx context.Context, shopID, id, actor string) (rewards.Payout, error)
}

// Contests shows what was announced, and what it came to.
type Contests interface {
	Contests(ctx context.Context, shopID string) ([]rewards.Contest, error)
	Contest(ctx context.Context, shopID, id string) (rewards.Contest, error)
}

// Tickets looks tickets up by their codes and lets people in.
type Tickets interface {
	Ticket(ctx context.Context, shopID, code string) (rewards.Ticket, error)
	// RedeemTicket fails with Kind Conflict already_redeemed, ticket_reversed or ticket_expired, and the
	// ticket as it is.
	RedeemTicket(ctx context.Context, shopID, code, by, actor string) (rewards.Ticket, error)
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
