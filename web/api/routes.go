package api

import (
	"context"
	"net/http"

	"grapevine/internal/access"
)

// prefix is where the API lies.
const prefix = "/api/v1"

// route is one call that the API takes.
type route struct {
	method string
	path   string       // below prefix; :shop and :id are ids of ours, :order is the platform's, :friendcode an advocate's code, :code a ticket's
	scope  access.Scope // what the token has to carry; "" for a call without a token
	query  []string     // the parameters that it knows
	// idempotent calls may carry an Idempotency-Key: sent again, they get the answer of the first time.
	idempotent bool
	handle     handler
}

// handler carries out one call: it parses, calls one method and returns what to show.
type handler func(ctx context.Context, c call) (answer, error)

// routes is everything under /api/v1. openapi.yaml describes the same, and a test compares the two.
func (a *API) routes() []route {
	paged := func(names ...string) []string { return append(names, "limit", "cursor") }
	return []route{
		{http.MethodGet, "/openapi.yaml", "", nil, false, nil},
		{http.MethodGet, "/shops/:shop", access.Read, nil, false, a.showShop},
		{http.MethodPost, "/shops/:shop/advocates", access.Write, nil, true, a.createAdvocate},
		{http.MethodGet, "/shops/:shop/advocates", access.Read, paged("email", "customer_id", "code"), false, a.listAdvocates},
		{http.MethodGet, "/shops/:shop/advocates/:id", access.Read, nil, false, a.showAdvocate},
		{http.MethodPost, "/shops/:shop/advocates/:id/block", access.Write, nil, true, a.blockAdvocate},
		{http.MethodPost, "/shops/:shop/advocates/:id/unblock", access.Write, nil, true, a.unblockAdvocate},
		{http.MethodPut, "/shops/:shop/advocates/:id/team", access.Write, nil, false, a.setTeam},
		{http.MethodGet, "/shops/:shop/leaks", access.Read, paged(), false, a.listLeaks},
		{http.MethodPost, "/shops/:shop/codes/:friendcode/rotate", access.Write, nil, true, a.rotateCode},
		{http.MethodGet, "/shops/:shop/advocates/:id/points", access.Read, nil, false, a.showPoints},
		{http.MethodPost, "/shops/:shop/advocates/:id/points/exchange", access.Write, nil, true, a.exchangePoints},
		{http.MethodGet, "/shops/:shop/orders/:order", access.Read, nil, false, a.showOrder},
		{http.MethodGet, "/shops/:shop/reviews", access.Read, paged("status", "reason", "advocate"), false, a.listReviews},
		{http.MethodPost, "/shops/:shop/orders/:order/review", access.Write, nil, true, a.reviewOrder},
		{http.MethodGet, "/shops/:shop/rewards", access.Read, paged("order", "advocate", "status"), false, a.listRewards},
		{http.MethodGet, "/shops/:shop/rewards/:id", access.Read, nil, false, a.showReward},
		{http.MethodPost, "/shops/:shop/rewards/:id/reissue", access.Write, nil, true, a.reissueReward},
		{http.MethodGet, "/shops/:shop/payouts", access.Read, paged("kind", "status"), false, a.listPayouts},
		{http.MethodPost, "/shops/:shop/payouts", access.Write, nil, true, a.createPayout},
		{http.MethodGet, "/shops/:shop/payouts/:id", access.Read, nil, false, a.showPayout},
		// An answer with e-mail addresses is not kept for a repetition.
		{http.MethodPost, "/shops/:shop/payouts/:id/export", access.Write, nil, false, a.exportPayout},
		{http.MethodPost, "/shops/:shop/payouts/:id/paid", access.Write, nil, true, a.payPayout},
		{http.MethodPost, "/shops/:shop/payouts/:id/cancel", access.Write, nil, true, a.cancelPayout},
		{http.MethodGet, "/shops/:shop/donations", access.Read, nil, false, a.listDonations},
		{http.MethodGet, "/shops/:shop/contests", access.Read, nil, false, a.listContests},
		{http.MethodGet, "/shops/:shop/contests/:id", access.Read, nil, false, a.showContest},
		{http.MethodGet, "/shops/:shop/tickets/:code", access.Read, nil, false, a.showTicket},
		{http.MethodPost, "/shops/:shop/tickets/:code/redeem", access.Write, nil, true, a.redeemTicket},
		{http.MethodGet, "/shops/:shop/events", access.Read, paged("status", "order"), false, a.listEvents},
		{http.MethodGet, "/shops/:shop/events/:id", access.Read, nil, false, a.showEvent},
		{http.MethodPost, "/shops/:shop/events/:id/replay", access.Write, nil, true, a.replayEvent},
		{http.MethodGet, "/shops/:shop/jobs", access.Read, paged("state"), false, a.listJobs},
		{http.MethodPost, "/shops/:shop/jobs/:id/retry", access.Write, nil, true, a.retryJob},
		{http.MethodGet, "/shops/:shop/metrics", access.Read, []string{"from", "to", "by", "program", "top", "quick"}, false, a.showMetrics},
		{http.MethodGet, "/shops/:shop/programs/:name/experiment", access.Read, nil, false, a.showExperiment},
		{http.MethodGet, "/shops/:shop/ledger", access.Read, paged("account", "reward"), false, a.listLedger},
	}
}
