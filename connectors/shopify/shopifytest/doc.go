// Package shopifytest is a simulated Shopify shop: the other side of the connector. It holds state
// (customers with tags, products in collections, orders, discounts with their codes, store-credit
// accounts, gift cards), answers the Admin GraphQL API over real HTTP, sends signed webhooks, and
// misbehaves on demand.
//
//	            ┌──────────────────────── Shop ────────────────────────┐
//	connector ─▶│ POST /admin/api/2026-10/graphql.json                  │
//	            │   faults ▸ token ▸ validate (schema/) ▸ cost ▸ resolve│
//	test, demo ▶│ /sim/…  or the Go methods: orders, refunds, faults …  │
//	            │   every change ▸ payload ▸ webhook deliveries ────────┼─▶ webhook URL
//	            └──────────────────────────────────────────────────────┘
//
// It shares no code with the connector and imports nothing of Grapevine, so that one mistake cannot
// hide on both sides.
//
// # What it models
//
// Documents are validated against schema/, which declares only what is used here and agrees with
// Shopify's own schema (schema_test.go). Answers carry Shopify's headers and extensions.cost; a
// bucket of cost points fills with time and an empty one answers THROTTLED; a document that asks for
// more than 1000 points is refused. Missing scopes give ACCESS_DENIED.
//
// Orders: real discount codes are checked as a checkout would (dates, minimum, once per customer,
// bound customers, usage limit, combining) and refused with a reason; amounts are allocated to lines
// in whole minor units; refunds of lines, of money alone, of shipping; cancelling, editing, deleting.
// Orders tell addresses, visits, the card and the risk as far as they were given; those older than 60
// days are hidden without read_all_orders. Products are named nowhere without read_products.
//
// Discounts: on everything, on products or on collections, with the minimum of those goods alone; codes
// are unique in the shop whatever their case (TAKEN); bulk adding of codes is asynchronous, and its errors
// stay with the codes. Store credit: an account per currency, expiry to the second, the soonest-expiring
// credit is spent first, no idempotency whatever. Gift cards: codes are unique, a debit can be done twice,
// a card that is off shows its balance still. Tags: compared without regard to case.
//
// Webhooks: one delivery per topic of a change, all with the same event id, each with a webhook id
// of its own; signed with the client secret; five seconds; eight retries with the original payload.
// They can be held back, taken, reordered, repeated.
//
// # What it does not model
//
// Variants (a product has one price), gift cards as a means of payment of an order, fulfilment, returns,
// duties, several shipping lines, tax on shipping, draft orders, customer merging, automatic discounts,
// buy-X-get-Y, metafields, bulk operations, OAuth, reverting a debit of store credit, deleting a
// subscription after failed deliveries, REST.
//
// Where Shopify's behaviour is not known, the simulator decides, and a test must not lean on it:
// usageLimit counts per discount and not per code; the messages of most user errors; a webhook id is
// the same on a retry; the estimate of a document's cost (an object 1, a page as many times its node
// as it asks for, a union its dearest member, a mutation 10); an order of 0.00 is paid from the
// start and has no orders/paid; numberOfOrders counts cancelled orders and leaves test orders out;
// an update that names a code renames the discount's only code; one update can take a discount off
// collections and put it on products; a gift card can be spent until the end of its last day; the search
// for gift cards knows a card at once; a code once used stays used when its order is cancelled.
//
// # In a test
//
//	server, err := shopifytest.Start(shopifytest.Options{
//		AccessToken: "t", ClientSecret: "s", WebhookURL: receiver.URL + "/webhooks/shopify",
//		Bucket: shopifytest.Bucket{Maximum: -1}, RetryUnit: time.Millisecond,
//	})
//	defer server.Close()
//	server.SetFaults(shopifytest.Fault{Operation: "StoreCreditCredit", Kind: shopifytest.FaultStatus, Status: 504, Effect: true, Count: 1})
//	order, err := server.PlaceOrder(shopifytest.OrderInput{…, Codes: []shopifytest.CodeInput{{Code: "ANNA-7Q2M"}}, Paid: true})
//	err = server.WaitQuiet(ctx)                    // every webhook is answered
//	state, err := server.State()                   // what the shop holds
//	calls := server.Mutations("StoreCreditCredit") // what was really carried out
//
// A stale fault answers from states that are kept from the moment it is set: set it before the change
// that reads are to miss. With a clock that stands still an empty bucket never fills: give it no
// limit.
//
// # Sources
//
// Admin GraphQL schema 2026-10; shopify.dev: "Verify webhook deliveries", "Best practices for
// webhooks", "API rate limits", changelog 2026-04-27 (LineItem.priceAfterAllDiscountsBeforeTaxesSet
// leaves refunded and removed quantities out), changelog 2024-10-01 (order adjustments tell the
// difference between a reckoned and an actual refund), reference of storeCreditAccountDebit (its
// example answers with a negative amount), the sample payloads of the webhook topics.
// All payloads here are written by the simulator from its own state.
package shopifytest
