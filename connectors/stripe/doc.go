// Package stripe connects Stripe accounts: it checks and reads their webhooks, reads sales, and makes and takes
// back promotion codes and customer balance. Its API version is 2023-10-16, that of stripe-go v76.
//
//	webhook ─▶ Receive (verify.go) ─▶ stored ─▶ Decode (decode.go, payload.go) ─▶ rewards.Event
//	                                    ▲                    └┐
//	            Changes (poll.go) ──────┘      sale.go, reckon.go, people.go: one arithmetic for both
//	                 ▲                                       ┌┘
//	API ◀─▶ client.go, answer.go ─▶ Order, History (order.go, payments.go, past.go) ─▶ rewards.Order
//	                 ▲
//	                 └─ Do, Find (act.go ─▶ terms.go, promotions.go, offers.go, codes.go, credit.go)
//	                    Prepare, Probe, Subscribe, KeepHooks (keys.go, install.go, hooks.go)
//
// # Whose it is
//
// A shop is an account in one mode: "acct_1a2b" or "acct_1a2b.test". The key says its mode, and every event
// says its own. The key of one mode is never used for a shop of the other, and an event of the other never
// reaches it. An account either has a key of its own and an endpoint that Subscribe makes, or belongs to a
// Connect platform, whose key names it in every call and whose one endpoint serves all accounts.
//
// # Which order it is
//
// There are no orders at Stripe. One sale arrives as a session, a payment, a charge and an invoice, each with
// events of its own. The order is the invoice where there is one, else the checkout session, however many
// events tell of it; a payment is another name for it, and is asked back to it. Payments without either are no
// orders: they never carry a discount. Where an invoice is to be made of a session and is not there yet, the sale
// waits for it: as two orders it would earn twice.
//
// # What is believed
//
// An event is a hint. At this version it tells no promotion code at all, so a session is read with its
// breakdown wherever something was taken off. Completed is not paid. What was refunded adds up in the charge.
// Events of other versions are accepted, because the signature is as good, and only name their order.
//
// A POST that ended in 409, 5xx, silence or anything but JSON may have worked. Stripe keeps the answer
// under the Idempotency-Key, a failure too, for a day: an answer that comes from there is checked, and after
// that day our own marks are what tells (a coupon's id, a code's text, metadata).
//
// # How things are recognised
//
// A coupon has an id that is made of its terms. A promotion code has its text, unique among the active ones
// whatever its case, and the mark in its metadata. Neither can be changed, so a code with new terms is
// switched off and made anew. A balance transaction has the reward in its metadata, a debit the credit,
// and what gives back what a debit took too much, the debit.
//
// # What orders tell of people
//
// Addresses and the card's fingerprint are read for the rules about fairness; none is logged. Stripe tells
// neither the buyer's address on the network nor her browser. client_reference_id and metadata carry links.
//
// # What is not certain
//
// Nothing here was tried on live Stripe. Not documented or not clear: the error of a code that is taken (it is
// looked up instead); whether GET /v1/account works for every restricted key; how soon a list shows what was
// just made; amounts in UGX (such sales are held); whether the sessions' filter by e-mail minds case. A
// checkout that is open when its code is switched off may still be paid with it.
//
// # github.com/stripe/stripe-go
//
// Version 76.25.0 makes the requests and reads Stripe's errors. Retries, telemetry and its log are off, every
// call has a deadline and a key of its own, and answers are read here: its types are lenient and lose what
// they do not know. Its webhook package is not used: it refuses other API versions like a bad signature, takes
// any time in the future, and knows one secret.
package stripe
