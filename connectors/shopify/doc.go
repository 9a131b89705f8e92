// Package shopify connects Shopify shops: it checks and reads their webhooks, reads orders and past
// orders, and makes and takes back discount codes, store credit, gift cards and customer tags through the
// Admin GraphQL API 2026-10.
//
//	webhook ─▶ Receive (verify.go) ─▶ stored ─▶ Decode (decode.go, payload.go) ─▶ rewards.Event
//	                                                          └┐
//	                                                 reckon.go: one arithmetic for both
//	                                                          ┌┘
//	Admin API ◀─▶ client.go, answer.go ─▶ Order, History, Changes (order.go, past.go, poll.go, order_node.go) ─▶ rewards.Order
//	                   ▲                     touches.go, trail.go: where the order came from
//	                   └─ Do, Find (act.go ─▶ discounts.go, items.go, codes.go, credit.go, takeback.go,
//	                                          giftcards.go, gifttake.go, tags.go)
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
// A gift card is known by a search for its code, the mark in its note, its amount and its customer. The
// debits that take a card back carry a note too, and what they come to together is compared with what
// should be back by now, so a further try takes only what lacks. A tag is known by itself.
//
// # A gift of one product
//
// Shopify's amount-off codes take a percentage off every piece in the cart; only buy-X-get-Y can be
// limited, and it wants X. So a product reward is an amount, that of the product's dearest variant when it
// is given, taken off once. It is not quite free any more when the price has risen since.
//
// # What orders tell of people
//
// Addresses, the address on the network, cards and visits are read for the rules about fairness and for
// attribution; all of them may be withheld, none is logged. The API does not tell the buyer's browser
// (client_details), nor, until Shopify has reckoned it, any visit; the webhook tells neither the times of
// visits, nor the card, nor the risk, nor collections. The card's mark is weak (cardDetails.mark).
//
// # What is not certain
//
// Shopify does not say whether a refund line's subtotal includes tax where prices do (moneyBack takes
// what explains the money that moved); whether a tip is a line of the order in the API (it is known by
// its amount); how soon a code's use shows (asyncUsageCount); whether a credit's expiry comes back to
// the very second on a live shop; whether one update may move a discount from collections to products;
// whether a gift card that was switched off still shows what was left on it (it is reckoned so), how soon
// the search for gift cards knows a new one, and at which moment of its last day a card ends. Store credit
// is spent soonest-expiring first, so a debit for one reward can lower another's rest.
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
