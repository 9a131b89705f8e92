// Package woocommerce connects WooCommerce shops: it checks and reads their webhooks, asks them what
// changed, reads orders and past orders, and makes and takes back coupons through the REST API v3.
//
//	webhook ─▶ Receive (verify.go) ──┐
//	                                 ├─▶ stored ─▶ Decode (decode.go, payload.go) ─▶ rewards.Event
//	REST ◀── Changes (poll.go) ──────┘                          └┐
//	                                              reckon.go: one arithmetic for both
//	                                                            ┌┘
//	REST ◀─▶ client.go, oauth.go, answer.go ─▶ Order, History (order.go, past.go) ─▶ rewards.Order
//	              ▲                                 trail.go: where the order came from
//	              ├─ Do, Find (act.go ─▶ coupons.go, terms.go, offers.go, codes.go, credit.go)
//	              └─ Probe, Subscribe, KeepHooks (probe.go, hooks.go)
//
// # Webhooks get lost
//
// WooCommerce sends a webhook once. What fails is not sent again, and after seven failures in a row it
// switches the webhook off and tells nobody. So the shop is asked every five minutes what changed
// (Changes), the answers go the same way as webhooks, and switched-off webhooks are switched on again
// (KeepHooks). Deliveries come late, doubled and in any order: order.updated before order.created, one
// update for several changes. Each order's event means "this is its state now, or was not long ago".
//
// # What is believed
//
// A signature covers the body alone, without a time. The shop is known by the address that it sends to
// and by a secret of its own, never by the header that names it. The delivery id is one per webhook and
// second, so two orders can carry the same: deliveries are told apart by their bodies. A topic stands in
// a header that anybody can put around a captured body, so a body that does not look like its topic is
// refused. Bodies of deletions are {"id":N} whatever was deleted, and all webhooks of a shop have one
// secret: whoever captured one for an order could pass it off as one for a customer. Captured bodies are
// worth nothing else, because orders are read before anything of value leaves. A copy of the shop (a staging site)
// has its webhooks and their secret: what it tells of customers is passed over.
//
// A signed body can be an error document (code and message instead of a resource), because the webhook
// is built with the rights of the person who made it. One that says that she lost them is
// rewards.HooksBroken.
//
// # When an order is paid
//
// There is no event for it. An order is paid when it has a time of payment (date_paid_gmt), or when it
// is completed: that is what merchants do by hand with cash on delivery and bank transfer. Cash on
// delivery that is being processed is not paid. Nor is an order that is pending or on hold, whatever was paid
// before: gateways put disputed payments there. failed is voided, cancelled and trash are cancelled.
//
// # Amounts
//
// Amounts are decimal strings with as many decimals as the shop is set to, whatever its currency has.
// They are read exactly. More decimals than the currency has are an error unless they are zero: an order
// of "22.50" yen cannot be reckoned with and is held. What a coupon took off is the exception: it comes
// unrounded ("4.166667") where prices include tax, and is rounded towards zero.
//
// Fees are no goods. One below zero is what a plugin took off (a discount by quantity, points, a wallet) and
// comes off the lines by their share.
//
// A refund changes neither status nor total. Its lines name what came back; what was given back without
// naming lines, shipping or fees comes off the goods (reckon.go).
//
// # Coupons
//
// Each code is a coupon of its own, ours by its meta data: _grapevine_program or _grapevine_reward, and
// _grapevine_kind. The code of a draft is not looked up by WooCommerce, neither at the till nor by
// ?code=, so drafts are found by a search. Fields that it does not like are dropped without a word (an
// e-mail restriction that is no address leaves a coupon for anybody; an expiry in the wrong field is no
// expiry). So a coupon for one person is made as a draft, what comes back is compared with what was
// asked for, and only then is it published; a friend code is made at once, and made a draft again where
// the answer differs.
//
// That two coupons have the same code is checked by the shop, but not atomically. What we do to one code
// goes one by one in this process; afterwards all coupons of the code are listed, the oldest of ours is
// kept and others of ours that nobody used are deleted.
//
// A percentage is off the whole cart or off chosen products or categories. An amount off chosen products
// is off one piece of them, because WooCommerce takes it off each piece otherwise. A free product is 100 %
// off one piece of it. Coupons have no beginning: a code works in the shop from when it is made. Free
// shipping is not offered: an order does not tell what its shipping would have cost, so a friend's code of
// that kind would never be seen to have taken anything off, and it needs a shipping method that asks for
// a coupon.
//
// Friend codes and rewards stand alone (individual_use), because two of ours would add up: each percentage is
// reckoned from the full price, unless the shop is set otherwise. Store credit goes with others, and so does a
// reward that is off one piece.
//
// An order that is called off gives its coupons back. So what is to be reduced or taken away is so too while an
// order has it, although that counts as spent.
//
// Amounts of coupons are answered with two decimals whatever the currency: of three, the last cannot be
// checked.
//
// # Store credit
//
// WooCommerce has none. Ours is a coupon of a fixed amount for one order of one customer: what is left of
// it at that order is lost. It is taken back by setting its amount, so a repetition does no harm.
//
// # What is not certain
//
// Versions below 8.6 and above 11.0 are untried, as are multisite installations and subscriptions, whose
// renewals are orders like others here. Gift cards of plugins are lines like others; what they pay is not
// seen unless it is a fee. Orders in another currency than the shop's (plugins) are told in that currency
// and held. Categories of an order's products are not told. Customers are not polled: one whose webhook was lost is known by her next change
// or her order. Whether a plugin that replaces WordPress's search hides drafts from us is not known; then
// a lost answer leaves a draft behind that nobody can use.
package woocommerce
