package stripe

import (
	"slices"
	"strings"
	"time"

	"grapevine/rewards"
)

// The events that are acted on. Payment intents and charges that succeed are not among them: they never tell a
// discount, and each belongs to a session or an invoice that does.
const (
	sessionCompleted = "checkout.session.completed"
	sessionSucceeded = "checkout.session.async_payment_succeeded"
	sessionFailed    = "checkout.session.async_payment_failed"
	sessionExpired   = "checkout.session.expired"
	invoicePaid      = "invoice.paid"
	chargeCaptured   = "charge.captured"
	chargeRefunded   = "charge.refunded"
	disputeCreated   = "charge.dispute.created"
	disputeClosed    = "charge.dispute.closed"
	customerCreated  = "customer.created"
	customerUpdated  = "customer.updated"
	customerDeleted  = "customer.deleted"
	appDeauthorized  = "account.application.deauthorized"
)

// Topics are the events that an account's own webhook endpoint sends, and that Changes asks for.
func Topics() []string {
	return []string{
		sessionCompleted, sessionSucceeded, sessionFailed, sessionExpired, invoicePaid,
		chargeCaptured, chargeRefunded, disputeCreated, disputeClosed, customerCreated, customerUpdated, customerDeleted,
	}
}

// ConnectTopics are those that a platform's Connect endpoint sends: also that an account left.
func ConnectTopics() []string { return append(Topics(), appDeauthorized) }

// Decode tells what a stored event means. Kind Invalid quarantines it: bad_json, missing_field, wrong_body (the
// body is of another topic), other_version (an API version that puts what is needed elsewhere).
//
// An event made with another version of the API than ours only names its order, which is then read in ours.
func (s *Stripe) Decode(topic string, body []byte, _ time.Time) (rewards.Event, error) {
	for prefix, reason := range map[string]string{otherMode: "other_mode", otherAccount: "other_account", thin: "thin_event"} {
		if strings.HasPrefix(topic, prefix) {
			return rewards.Unheeded{Reason: reason}, nil
		}
	}
	if !slices.Contains(ConnectTopics(), topic) {
		return rewards.Unheeded{Reason: "unknown_topic"}, nil
	}
	var e eventBody
	if err := parse(body, &e); err != nil {
		return nil, err
	}
	if e.Type != topic || e.Object != snapshot {
		return nil, rewards.Errorf(rewards.Invalid, "wrong_body", "the body is a %.40q, a %.40q", e.Object, e.Type)
	}
	if e.at().IsZero() || e.Data.Object.Kind() != '{' {
		return nil, rewards.Errorf(rewards.Invalid, "missing_field", "created or data.object is missing")
	}
	switch topic {
	case sessionCompleted, sessionSucceeded, sessionFailed, sessionExpired:
		return decodeSession(e)
	case invoicePaid:
		return decodeInvoice(e)
	case chargeCaptured, chargeRefunded:
		return decodeCharge(e)
	case disputeCreated, disputeClosed:
		return decodeDispute(e)
	case customerCreated, customerUpdated, customerDeleted:
		return decodeCustomer(e)
	}
	return decodeDeauthorized(e)
}

// read reads the thing that an event is about, which must be of a kind.
func (b eventBody) read(kind string, v any) error {
	var is struct {
		Object string `json:"object"`
		ID     string `json:"id"`
	}
	if err := parse(b.Data.Object, &is); err != nil {
		return err
	}
	if is.Object != kind {
		return rewards.Errorf(rewards.Invalid, "wrong_body", "the event is about a %.40q, not a %s", is.Object, kind)
	}
	if is.ID == "" {
		return rewards.Errorf(rewards.Invalid, "missing_field", "data.object.id is missing")
	}
	return parse(b.Data.Object, v)
}

// ours tells whether the event's body has the shape of our version of the API. null is what events of the
// oldest accounts say, and means nothing.
func (b eventBody) ours() bool { return b.Version == APIVersion || b.Version == "" }

// touched names an order that has to be read to be known.
func (b eventBody) touched(id string) rewards.Event {
	return rewards.OrderTouched{OrderID: id, At: b.at(), Ask: true}
}

// nothingBilled is said of what begins a trial: nothing was sold yet.
const nothingBilled = "nothing_billed"

// decodeSession reads a session. That it was completed does not say that it was paid: delayed methods say so
// later. It tells no code, so the shop is asked where something was taken off. Where an invoice stands behind
// it the invoice is the order.
func decodeSession(e eventBody) (rewards.Event, error) {
	if !e.ours() {
		return decodeForeign(e, "checkout.session", func(v *foreignBody) string {
			if v.Mode == "setup" {
				return ""
			}
			return v.ID
		})
	}
	var b sessionBody
	if err := e.read("checkout.session", &b); err != nil {
		return nil, err
	}
	switch {
	case b.Mode == "setup":
		return rewards.Unheeded{Reason: "not_an_order"}, nil
	case b.trial(), b.Currency == "" && e.Type == sessionExpired: // nobody got as far as a price
		return rewards.Unheeded{Reason: nothingBilled}, nil
	case b.Created <= 0 || b.Currency == "":
		return nil, rewards.Errorf(rewards.Invalid, "missing_field", "created or currency is missing")
	case b.awaitsInvoice():
		return e.touched(b.ID), nil
	}
	seen := sale{session: &b, failed: e.Type == sessionFailed, at: e.at(), hint: true}
	o, err := seen.order()
	if err != nil { // whoever reads it holds it, if it matters
		return e.touched(seen.id()), nil
	}
	ask := b.Invoice.ID != "" || b.Totals != nil && b.Totals.Discount > 0
	return rewards.OrderSeen{Order: o, Ask: ask}, nil
}

// decodeInvoice reads an invoice. Its own discounts are ids without their codes, and a subscription's code was
// given when it began.
func decodeInvoice(e eventBody) (rewards.Event, error) {
	if !e.ours() {
		return decodeForeign(e, "invoice", func(v *foreignBody) string { return v.ID })
	}
	var b invoiceBody
	if err := e.read("invoice", &b); err != nil {
		return nil, err
	}
	switch {
	case b.Created <= 0 || b.Currency == "":
		return nil, rewards.Errorf(rewards.Invalid, "missing_field", "created or currency is missing")
	case b.trial():
		return rewards.Unheeded{Reason: nothingBilled}, nil
	}
	if b.Lines == nil || b.Lines.More { // what is here is not all
		return e.touched(b.ID), nil
	}
	seen := sale{invoice: &b, at: e.at(), hint: true}
	o, err := seen.order()
	if err != nil {
		return e.touched(b.ID), nil
	}
	ask := b.Subscription.ID != "" || len(b.Discounts) > 0 || len(b.Off) > 0
	return rewards.OrderSeen{Order: o, Ask: ask}, nil
}

// foreignBody is what is read of an event of another version: members that have been where they are from the
// beginning.
type foreignBody struct {
	ID   string `json:"id"`
	Mode string `json:"mode"`
}

// decodeForeign names the order of an event of another version of the API.
func decodeForeign(e eventBody, kind string, name func(*foreignBody) string) (rewards.Event, error) {
	var b foreignBody
	if err := e.read(kind, &b); err != nil {
		return nil, otherVersion(e, err)
	}
	id := name(&b)
	if id == "" {
		return rewards.Unheeded{Reason: "not_an_order"}, nil
	}
	return e.touched(id), nil
}

// decodeCharge names the order of a charge that was only reserved and is taken now, which no session tells, or of
// one that was given back in part or whole. What was given back adds up in the charge, so the order is read, and
// not the event.
func decodeCharge(e eventBody) (rewards.Event, error) {
	var b chargeBody
	if err := e.read("charge", &b); err != nil {
		return nil, otherVersion(e, err)
	}
	return e.behind(b.Invoice.ID, b.Intent.ID), nil
}

// decodeDispute names the order of a payment that the buyer's bank asks back.
func decodeDispute(e eventBody) (rewards.Event, error) {
	var b disputeBody
	if err := e.read("dispute", &b); err != nil {
		return nil, otherVersion(e, err)
	}
	return e.behind("", b.Intent.ID), nil
}

// behind names the order behind a payment: by its invoice where it has one, else by the payment.
func (b eventBody) behind(invoice, intent string) rewards.Event {
	switch {
	case invoice != "":
		return b.touched(invoice)
	case intent != "":
		return b.touched(intent)
	}
	return rewards.Unheeded{Reason: "not_an_order"}
}

func decodeCustomer(e eventBody) (rewards.Event, error) {
	var b customerBody
	if err := e.read("customer", &b); err != nil {
		return nil, otherVersion(e, err)
	}
	if e.Type == customerDeleted {
		return rewards.CustomerGone{CustomerID: b.ID}, nil
	}
	return rewards.CustomerSeen{Person: b.person()}, nil
}

// decodeDeauthorized reads that an account left the platform. The event's own account is the one; the thing in
// it is the application that it left.
func decodeDeauthorized(e eventBody) (rewards.Event, error) {
	if e.Account == "" {
		return rewards.Unheeded{Reason: "other_account"}, nil
	}
	return rewards.AppUninstalled{At: e.at()}, nil
}

// otherVersion says of a body that cannot be read that it is of another version, if it is.
func otherVersion(e eventBody, err error) error {
	if e.ours() {
		return err
	}
	return rewards.Errorf(rewards.Invalid, "other_version", "API version %.40q: %w", e.Version, err)
}
