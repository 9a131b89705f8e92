// Package woocommercetest is a simulated WooCommerce shop: the other side of the connector.
package woocommercetest
