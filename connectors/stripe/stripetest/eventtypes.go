package stripetest

import "strings"

// eventTypes are the types that an endpoint of API version 2023-10-16 can ask for, of the parts of Stripe
// that have to do with customers, payments, checkout, billing and Connect.
func eventTypes() []string {
	return strings.Fields(`
		account.application.authorized account.application.deauthorized account.external_account.created
		account.external_account.deleted account.external_account.updated account.updated balance.available
		charge.captured charge.dispute.closed charge.dispute.created charge.dispute.funds_reinstated
		charge.dispute.funds_withdrawn charge.dispute.updated charge.expired charge.failed charge.pending
		charge.refund.updated charge.refunded charge.succeeded charge.updated
		checkout.session.async_payment_failed checkout.session.async_payment_succeeded
		checkout.session.completed checkout.session.expired coupon.created coupon.deleted coupon.updated
		credit_note.created credit_note.updated credit_note.voided customer.created customer.deleted
		customer.discount.created customer.discount.deleted customer.discount.updated
		customer.subscription.created customer.subscription.deleted customer.subscription.paused
		customer.subscription.pending_update_applied customer.subscription.pending_update_expired
		customer.subscription.resumed customer.subscription.trial_will_end customer.subscription.updated
		customer.updated invoice.created invoice.deleted invoice.finalization_failed invoice.finalized
		invoice.marked_uncollectible invoice.paid invoice.payment_action_required invoice.payment_failed
		invoice.payment_succeeded invoice.sent invoice.upcoming invoice.updated invoice.voided
		invoiceitem.created invoiceitem.deleted payment_intent.amount_capturable_updated
		payment_intent.canceled payment_intent.created payment_intent.partially_funded
		payment_intent.payment_failed payment_intent.processing payment_intent.requires_action
		payment_intent.succeeded payment_link.created payment_link.updated payout.canceled payout.created
		payout.failed payout.paid payout.updated price.created price.deleted price.updated product.created
		product.deleted product.updated promotion_code.created promotion_code.updated
		radar.early_fraud_warning.created radar.early_fraud_warning.updated refund.created refund.updated
		review.closed review.opened setup_intent.canceled setup_intent.created setup_intent.succeeded`)
}
