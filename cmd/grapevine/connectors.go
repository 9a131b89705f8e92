package main

import (
	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/connectors/stripe"
	"grapevine/connectors/stripe/stripetest"
	"grapevine/connectors/woocommerce"
	"grapevine/connectors/woocommerce/woocommercetest"
)

// connectorList are the platforms that shops can be on, the default first. A new one is one line here.
var connectorList = []connector{
	connect(shopify.Name, shopify.Open, shopifytest.Simulate),
	connect(stripe.Name, stripe.Open, stripetest.Simulate),
	connect(woocommerce.Name, woocommerce.Open, woocommercetest.Simulate),
}
