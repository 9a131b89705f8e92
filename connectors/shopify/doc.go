// Package shopify connects Shopify shops: it checks and reads their webhooks, reads orders, and makes
// and takes back discount codes and store credit through the Admin GraphQL API 2026-10.
//
//	webhook ─▶ Receive (verify.go) ─▶ stored ─▶ Decode (decode.go, payload.go) ─▶ rewards.Event
//	                                                          └┐
//	                                                 reckon.go: one arithmetic for both
//	                                                          ┌┘
//	Admin API ◀─▶ client.go, answer.go ─▶ Order (order.go, order_node.go) ─▶ rewards.Order
//	                   ▲
//	                   └─ Do, Find (act.go ─▶ discounts.go, codes.go, credit.go, takeback.go)
//
// # What is believed
//
// A webhook's signature covers its body alone. Topic, shop and ids stand in headers that anybody can
// put around a captured body, so an event is a hint: the order is read before anything of value
// leaves, a body that names its shop or its kind is believed before the headers are, and a body under
// a topic that does not fit is refused.
//
// A 200 proves nothing. errors are looked at first, then the data, then the operation's user errors.
// A write whose answer is missing, torn or contradictory is Unclear: the caller looks (Find) before it
// writes again.
//
// # How things are recognised
//
// No action here has an idempotency key. A discount is known by its code, which is unique in the shop
// whatever its case, and by the mark that begins its title ("Grapevine rw_…: "). A store credit is
// known by its expiry to the second together with its amount: nothing else of ours comes back. A debit
// is known by its amount among the transactions after a baseline that is noted before the first try.
//
// # What is not certain
//
// Shopify does not say whether a refund line's subtotal includes tax where prices do (moneyBack takes
// what explains the money that moved); whether a tip is a line of the order in the API (it is known by
// its amount); how soon a code's use shows (asyncUsageCount); whether a credit's expiry comes back to
// the very second on a live shop. Store credit is spent soonest-expiring first, so a debit for one
// reward can lower another's rest.
//
// # github.com/bold-commerce/go-shopify
//
// Version 4.7.0 completes a shop's name (ShopFullName), and what it makes is checked here, because its
// own check accepts foreign hosts. The rest is written here, for these reasons, each reproduced: its
// webhook check accepts an empty secret and knows one secret only; its client follows redirects with
// the token, is not safe for concurrent use, retries writes blindly and sleeps past a deadline; its
// errors lose extensions.code, userErrors and a fractional cost; an unknown version is dropped
// silently; its payload types lack the *_set amounts and decode money leniently. Order, discount and
// credit must not rest on that.
package shopify
