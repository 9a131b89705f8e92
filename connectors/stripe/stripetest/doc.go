// Package stripetest is a simulated Stripe: the other side of the connector.
package stripetest
