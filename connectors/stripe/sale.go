package stripe

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"grapevine/rewards"
)

// sale is what is known of one sale, from a webhook or from the API: one order, however many events tell of it.
// With an invoice the invoice is the order, and the session is what it began with.
type sale struct {
	session  *sessionBody // nil: there was no checkout
	invoice  *invoiceBody // nil: there is none, or it was not read
	charges  []chargeBody
	disputes []disputeBody
	codes    []appliedCode
	earlier  []string // codes that the subscription began with and this invoice does not have
	renewal  int
	failed   bool      // a delayed payment was refused
	hint     bool      // from a webhook: codes and payments are not told
	at       time.Time // when it was so, by Stripe's clock
}

// appliedCode is a promotion code with what it took off, in Stripe's amount.
type appliedCode struct {
	code string
	off  int64
}

// id is the order's id: the invoice's where the sale has one.
func (s sale) id() string {
	switch {
	case s.invoice != nil:
		return s.invoice.ID
	case s.session.Invoice.ID != "":
		return s.session.Invoice.ID
	}
	return s.session.ID
}

// trial tells that a session began something for which nothing is billed yet.
func (b *sessionBody) trial() bool {
	return b.Mode == "subscription" && b.Subtotal == 0 && b.Total == 0
}

// awaitsInvoice tells that an invoice is to be made of what was paid, and is not there yet: Stripe makes it after
// the payment, and may tell of the session before. The order will go by the invoice's id.
func (b *sessionBody) awaitsInvoice() bool {
	return b.Mode == "payment" && b.Invoicing.Enabled && b.Invoice.ID == ""
}

// trial tells that nothing is billed, as on the invoice that begins a trial. One whose whole amount was taken
// off is another thing. What is below zero, as after a change to a smaller plan, bills nothing either.
func (b *invoiceBody) trial() bool { return b.Subtotal <= 0 }

// intent is the sale's payment; "" where there was none to make.
func (s sale) intent() string {
	if s.invoice != nil {
		if s.invoice.Intent.ID != "" {
			return s.invoice.Intent.ID
		}
	}
	if s.session != nil && (s.invoice == nil || s.session.Invoice.ID == s.invoice.ID) {
		return s.session.Intent.ID
	}
	return ""
}

// placed is when the order was placed.
func (s sale) placed() time.Time {
	if s.invoice != nil {
		return unix(s.invoice.Created)
	}
	return unix(s.session.Created)
}

// currency is the sale's, as ISO writes it.
func (s sale) currency() string {
	if s.invoice != nil {
		return currencyOf(s.invoice.Currency)
	}
	return currencyOf(s.session.Currency)
}

// order is the sale in the domain's words. Kind Invalid, codes unknown_currency, bad_amount, amount_overflow:
// it cannot be reckoned with. An order in a currency that is not known, or not for sure, has no amounts.
func (s sale) order() (rewards.Order, error) {
	o := rewards.Order{
		ID: s.id(), Name: s.name(), PlacedAt: s.placed(), UpdatedAt: s.at, Currency: s.currency(), Payment: s.payment(),
		Customer: s.customer(), Touches: s.touches(), Renewal: s.renewal,
	}
	if len(o.Currency) > maxCurrency {
		return o, rewards.Errorf(rewards.Invalid, nobodyKnows, noteCurrency, o.Currency)
	}
	if paid := s.paidAt(); o.Paid() && !paid.IsZero() {
		o.PaidAt = &paid
	}
	s.leaveTrail(&o)
	o.MoneyBack.Currency = o.Currency
	if _, known := rewards.Exponent(o.Currency); !known || unsettled(o.Currency) {
		for _, c := range s.codes {
			o.Codes = append(o.Codes, rewards.AppliedCode{Code: c.code, TookOff: rewards.Money{Currency: o.Currency}})
		}
		return o, nil
	}
	return o, s.price(&o)
}

// name is what people call the sale: the invoice's number, where it has one.
func (s sale) name() string {
	if s.invoice != nil {
		return cmp.Or(s.invoice.Number, s.invoice.ID)
	}
	return s.id()
}

// state is where the payment stands, before anything that was given back is looked at.
func (s sale) state() rewards.Payment {
	if s.invoice != nil {
		switch s.invoice.Status {
		case "paid":
			return rewards.PaymentPaid
		case "draft", "open":
			return rewards.PaymentPending
		case "void", "uncollectible", "deleted":
			return rewards.PaymentVoided
		}
		return rewards.PaymentUnknown
	}
	switch b := s.session; {
	case b.Status == "expired":
		return rewards.PaymentVoided
	case b.PaymentStatus == "paid", b.PaymentStatus == "no_payment_required" && b.Status == "complete":
		return rewards.PaymentPaid
	case s.failed, b.Status == "complete" && b.Intent.Full != nil && refusedIntent(b.Intent.Full.Status):
		return rewards.PaymentVoided
	case b.PaymentStatus == "unpaid", b.Status == "open":
		return rewards.PaymentPending
	}
	return rewards.PaymentUnknown
}

// refusedIntent tells of a completed session's payment that it will not come: a delayed method was refused.
func refusedIntent(status string) bool {
	return status == "requires_payment_method" || status == "canceled"
}

// payment is where the payment stands.
func (s sale) payment() rewards.Payment {
	state := s.state()
	if state != rewards.PaymentPaid {
		return state
	}
	switch back, whole := s.back(); {
	case whole:
		return rewards.PaymentRefunded
	case back > 0:
		return rewards.PaymentPartiallyRefunded
	}
	return state
}

// back is how much of the money went back, by refunds, by disputes that were lost and by credit notes, and
// whether that was all. A refund can carry out a credit note, so the two are not added up.
func (s sale) back() (amount int64, whole bool) {
	var paid int64
	for _, c := range s.charges {
		if c.Status != "succeeded" {
			continue
		}
		gone := c.Back
		for _, d := range s.disputes {
			if d.Status != "lost" || d.Charge.ID != c.ID {
				continue
			}
			if !strings.EqualFold(d.Currency, c.Currency) { // the bank settled in another: all of it is gone
				gone = c.Captured
				continue
			}
			gone += d.Amount
		}
		gone, captured := s.share(min(gone, max(c.Captured, c.Back)), c)
		paid += captured
		amount += gone
	}
	all := amount
	if s.invoice != nil {
		all = max(amount, s.invoice.NotesAfter)
		paid = max(paid, s.invoice.Total-s.invoice.NotesBefore) // the balance may have paid a part, or all
	}
	return all, paid > 0 && all >= paid
}

// share brings what went back of a charge, and what it took, into the sale's money. The charge is in another where
// the buyer chose to pay in her own: then the same share of the sale went back, rounded up.
func (s sale) share(gone int64, c chargeBody) (back, took int64) {
	if c.Currency == "" || strings.EqualFold(c.Currency, s.currency()) || c.Captured <= 0 || s.total() <= 0 {
		return gone, c.Captured
	}
	whole := s.total()
	kept, err := rewards.Money{Minor: whole}.Portion(max(0, c.Captured-gone), c.Captured)
	if err != nil { // a share that is none: nothing is left, and a person can look
		kept = rewards.Money{}
	}
	return whole - kept.Minor, whole
}

// total is what the sale cost.
func (s sale) total() int64 {
	if s.invoice != nil {
		return s.invoice.Total
	}
	return s.session.Total
}

// openDispute tells the states of a dispute in which the bank has not decided. One that is not known is open.
// Source: API 2023-10-16, Dispute.status.
func openDispute(status string) bool {
	return !slices.Contains([]string{"won", "lost", "warning_closed", "charge_refunded", "prevented"}, status)
}

// paidAt is when the money came; zero if that is not told.
func (s sale) paidAt() time.Time {
	for _, c := range s.charges {
		if c.Status == "succeeded" {
			return unix(c.Created)
		}
	}
	switch {
	case s.invoice != nil:
		return unix(s.invoice.Times.Paid)
	case s.hint:
		return s.at
	case s.session.PaymentStatus == "no_payment_required":
		return unix(s.session.Created)
	}
	return time.Time{}
}
