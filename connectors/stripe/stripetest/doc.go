// Package stripetest is a simulated Stripe: the other side of the connector. It holds the state of one account
// and of those that are connected to it (customers with their balances, coupons, promotion codes, checkout
// sessions, payments, refunds, disputes, invoices, subscriptions, events, webhook endpoints), answers the API
// of version 2023-10-16 over real HTTP, and sends signed events.
//
//	            ┌───────────────────────── Server ──────────────────────────┐
//	connector ─▶│ /v1/…   key ▸ account ▸ rate ▸ idempotency ▸ parameters ▸ │
//	            │         route ▸ expand                                    │
//	test, demo ▶│ Go methods of Account: PlaceSession, Subscribe, Refund …  │
//	            │   every change ▸ event objects ▸ signed deliveries ───────┼─▶ webhook endpoints
//	            └───────────────────────────────────────────────────────────┘
//
// It shares no code with the connector and nothing with Stripe's library, so that one mistake cannot hide on
// both sides.
//
// # What it models
//
// Keys: secret and restricted ones, Bearer or Basic, of test and of live mode; the two modes of an account share
// nothing. The header Stripe-Account reaches accounts that are connected, until they leave. Parameters: form
// fields with brackets; one that a route does not know, or that is no number, is refused with Stripe's words;
// so is an address that is not here (404), another API version, a body that is no form. Answers carry
// Request-Id, and Date by the simulator's clock. Lists are newest first, with cursors and at most 100 things;
// lists inside objects hold ten. Expansion goes four levels deep and refuses what cannot be expanded.
//
// Idempotency: the first answer to a key stands, a 500 too, and comes again with Idempotent-Replayed; the same
// key with other parameters is an idempotency_error. Refused parameters, keys and rates are not kept.
// ForgetIdempotencyKeys does what Stripe may do after a day.
//
// Coupons keep their terms for ever, their ids are unique, deleted ones make their codes useless. Promotion
// codes are unique among the active ones whatever their case, are never deleted, and end by themselves (expiry,
// redemptions, the coupon's end). Customer balances: credit is below zero, transactions stay as they are, and
// the next invoice in that currency is paid from them first; checkouts are not.
//
// Sales: a checkout session that is paid, paid later (a delayed method), free, open, expired; with or without an
// invoice; with tax on top or inside, shipping, a code whose terms are checked. Subscriptions with a first
// invoice, renewals, trials, failed renewals, changed plans (a line below zero). Refunds in part, which add up in
// the charge; refunds that fail later; credit notes; disputes and inquiries.
//
// Events: what Stripe tells of each, at 2023-10-16: no code in a session, none in payments; several events of
// one sale, in an order that is not always the logical one; previous_attributes; the request's idempotency key;
// account on Connect endpoints; 30 days. Endpoints: the version and secret of their making, several secrets
// while one is rolled, disabled ones. Deliveries are tried seven times.
//
// # What it does not model
//
// Making checkout sessions, payment links, prices, products, refunds or invoices through the API; draft and void
// invoices, voided credit notes; automatic tax; several discounts of one thing; payment methods, cards (everybody
// has one), payouts, fees; the search API; Connect's OAuth and account links; thin events (v2); Stripe's own rate
// limits (Throttle stands for them).
//
// Where Stripe's behaviour is not known the simulator decides, and a test must not lean on it: most messages; a
// second active promotion code of one word is refused without an error code, also where one of them is for a single
// customer and the other for all; first_time_transaction lets every guest pass; percentages are rounded half up; a
// coupon counts a redemption without an event of its own; a once coupon is spent on the free first invoice of a
// trial; what the balance paid is given back by a credit note alone; a failed refund comes off amount_refunded; a
// cancelled delayed payment is one that failed; UGX is written as ISK is; endpoints may have plain HTTP addresses
// in live mode too; everybody's events of one moment have the same second.
//
// # In a test
//
//	server, err := stripetest.Start(stripetest.Options{Seed: 7})
//	defer server.Close()
//	sale, err := server.PlaceSession(stripetest.SessionInput{Buyer: ben, Items: […], Code: "ANNA-7Q2M"})
//	sub, err := server.Subscribe(stripetest.SubscribeInput{…})
//	_, err = server.Renew(sub.Subscription)
//	err = server.WaitQuiet(ctx)                    // every delivery is answered or given up
//	shop := server.Connect()                       // an account behind the same key
//	server.FailNext("POST", "/v1/coupons", true)   // carried out, answered with 500, kept under its key
//
// # Sources
//
// docs.stripe.com/api at version 2023-10-16, and stripe-go v76.25.0, which pins it, for the shapes and parameters;
// docs.stripe.com: webhooks, idempotency, expanding objects, currencies, billing/customer/balance,
// connect/webhooks. All bodies here are written by the simulator from its own state.
package stripetest
