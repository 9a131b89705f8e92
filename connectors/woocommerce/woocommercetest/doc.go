// Package woocommercetest is a simulated WooCommerce shop: the other side of the connector. It holds state
// (customers, products, orders with their refunds, coupons, webhooks, API keys, users), answers the REST API
// v3 over real HTTP on loopback, sends webhooks as WooCommerce does, and lets people buy.
//
//	            ┌──────────────────────── Server ────────────────────────┐
//	connector ─▶│ /wp-json/wc/v3/…  /index.php?rest_route=/wc/v3/…       │
//	            │   keys (OAuth 1.0a, Basic over TLS) ▸ rights ▸ answer  │
//	test, demo ▶│ the Go methods: orders, refunds, settings, accidents   │
//	            │   every change ▸ queue ▸ payload of now ▸ one delivery ┼─▶ delivery_url
//	merchant ──▶│ Authorize: /wc-auth/v1/authorize ▸ keys                ┼─▶ callback_url
//	            └────────────────────────────────────────────────────────┘
//
// It shares no code with the connector and imports of this project only what every simulated shop is asked,
// so that one mistake cannot hide on both sides. Trouble of the network is no part of it: a proxy in front
// makes that. A proxy may pass Host on or tell it as X-Forwarded-Host; signatures over either are good, and
// addresses in answers are built from Host.
//
// # What it models
//
// Who asks: over plain HTTP Basic is no attempt at all and ends in the 401 of a stranger; OAuth 1.0a is
// verified in full, with a timestamp within 15 minutes and a nonce that is good once. SetHTTPS makes the shop
// believe in TLS, and Basic and credentials in the query count. Keys may read, write or both; a wrong key is
// a stranger, a wrong secret is told. An owner who lost his rights gets 403, one who was deleted 401.
//
// Orders: statuses with what follows from the way of payment (cash on delivery is processing and unpaid),
// drafts of the checkout, the trash; coupons with all their rules, reckoned in whole units of the shop's
// decimals as WC_Discounts does; taxes on top or within; refunds negative in the order and positive by
// themselves; coupon_info, or coupon_data before version 8.7; amounts as texts with the shop's decimals, two
// of them numbers, one without zeros at its end; times without a zone.
//
// Coupons: what is typed is made lower case, trimmed and rounded, or dropped in silence (date_expires_gmt,
// dates and e-mails that are none). Only published ones are found by their code, of several the youngest, and
// only these keep a code from being given again. That check and the writing are two things: GatherCoupons
// lets several at once through. Uses rise and fall with the status of orders.
//
// Lists: pages of at most 100, total and neighbours in headers, times compared by the second and without
// their ends. A time with a zone is turned to the shop's clock first, with dates_are_gmt too, where it is
// then off by the offset: WP_Date_Query does so.
//
// Webhooks: one queue, one delivery per webhook and resource however much happened meanwhile, with the
// payload of the moment when it goes out; for orders of the shop order.updated goes before order.created.
// Nothing is ever sent again. All that a webhook sends within a second has one delivery id. 200 to 302 is a
// success; the seventh failure in a row disables, and setting it active again does not forget the failures.
// An unsigned ping goes out when it is made, and after every delivery until one is answered with exactly 200.
// What the owner may not see, or what is gone, is an error document with a good signature. Thrown away is
// {"id":N}, deleted for good is nothing.
//
// Hold keeps deliveries back as a shop does that nobody visits: they are built when they are taken or
// released, and changes of one order become one. HoldInFlight builds them at once instead, as those that a
// slow network overtakes; so old states can be told after new ones.
//
// Authorize plays the merchant and the shop in the /wc-auth flow: five parameters, the keys posted to
// callback_url, exactly 200 or they are gone, and the way back.
//
// # What it does not model
//
// Variations, stock, fees, several rates of tax, sequential discounts, subscriptions, multisite, batch
// endpoints, products and other endpoints of the API, restock of refunds, the Store API, order notes, other
// currencies within one shop, roles beside owner and customer, WP-Cron's delays, HTML pages of firewalls,
// redirects between http and https, wp-admin. Changing goods or coupons of an order by the API. Members of
// JSON objects come in the order of the alphabet.
//
// # Where it decided
//
// Where WooCommerce's behaviour is not known here, the simulator decides, and a test must not lean on it: a
// list of orders of any status holds checkout-drafts; of two published coupons of one code and one second the
// older is found; the sentences of most refusals; what is delivered follows the order of the queue; the tax
// of an amount refunded for nothing in particular is 0; a card is called "card" as a way of payment; a coupon
// for free shipping makes the only rate free; paying by Pay leaves cash on delivery processing; an order
// that is restored gets its old status and a coupon is a draft then; a product that nobody knows is made when
// it is bought; each e-mail buys from a network of its own. WordPress sends to no loopback and no private address: here only with RefusePrivate.
//
// # In a test
//
//	shop, err := woocommercetest.Start(woocommercetest.Options{Now: now})
//	defer shop.Close()
//	install := shop.Install()                     // address and token
//	order, err := shop.PlaceOrder(woocommercetest.OrderInput{Method: "cod", Coupons: []string{"ANNA"}, …})
//	err = shop.WaitQuiet(ctx)                     // every webhook is answered
//	calls, sent := shop.Calls(), shop.Deliveries() // what was asked, and what was sent
//
// The shop has one clock. Whoever signs with OAuth by another clock is refused, as by a real shop whose clock
// is wrong.
//
// # Sources
//
// WooCommerce 11.0.1 on WordPress 7.0.4, and 8.6.1 on 6.4.3, as run in November 2026 with invented people;
// the plugin's source: class-wc-rest-authentication, class-wc-webhook and its data store, class-wc-auth,
// class-wc-discounts, class-wc-order, wc-order-functions (coupon usage), the REST controllers of coupons,
// orders, refunds, customers and webhooks; WordPress: class-wp-date-query. All payloads here are written by the
// simulator from its own state.
package woocommercetest
