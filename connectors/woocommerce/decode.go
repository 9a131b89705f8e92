package woocommerce

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"grapevine/rewards"
)

// Decode tells what a stored body means. Kind Invalid quarantines the event: bad_json, missing_field,
// wrong_body (the body is of another topic than the header says), error_document (the shop could not build
// the webhook, for no reason that is known).
//
// What counts is the state in the body, not the topic: order.updated comes before order.created, and either
// may tell of an order that is already paid, or refunded.
func (w *WooCommerce) Decode(topic string, body []byte, _ time.Time) (rewards.Event, error) {
	var p problem
	if err := parse(body, &p); err != nil {
		return nil, err
	}
	if p.told() {
		return decodeProblem(p)
	}
	switch topic {
	case "order.created", "order.updated", "order.restored":
		return decodeOrder(body)
	case "order.deleted":
		id, err := decodeGone(body)
		if err != nil {
			return nil, err
		}
		return rewards.OrderTouched{OrderID: id}, nil
	case "customer.created", "customer.updated":
		return decodeCustomer(body)
	case "customer.deleted":
		id, err := decodeGone(body)
		if err != nil {
			return nil, err
		}
		return rewards.CustomerGone{CustomerID: id}, nil
	}
	return rewards.Unheeded{Reason: "unknown_topic"}, nil
}

// decodeProblem reads an error document. Webhooks are built with the rights of whoever made them: where
// these are gone every further one is such a document, and WooCommerce takes it for a success.
func decodeProblem(p problem) (rewards.Event, error) {
	code := string(p.Code)
	switch {
	case p.gone():
		return rewards.Unheeded{Reason: "resource_gone"}, nil
	case strings.HasPrefix(code, "woocommerce_rest_cannot_"), code == "woocommerce_rest_authentication_error", code == "rest_forbidden",
		p.Data.Status == 401, p.Data.Status == 403:
		return rewards.HooksBroken{Reason: "webhook_owner_lost_rights"}, nil
	case p.Data.Status == 404, p.Data.Status == 410:
		return rewards.Unheeded{Reason: "resource_gone"}, nil
	}
	return nil, rewards.Errorf(rewards.Invalid, "error_document", "the webhook tells of an error: %.80q", code)
}

// drafts are orders that nobody has placed yet: WooCommerce makes one as soon as somebody is at the
// checkout, and leaves one behind where an order made through the API is refused.
var drafts = []text{"checkout-draft", "auto-draft", "draft", "new"}

// decodeOrder reads an order. Where its amounts cannot be read (a currency that is not known, more decimals
// than it has) the order carries its codes without amounts and lines without prices, which is enough to
// find out whose it is and never enough to be paid for: Order then says what is wrong.
func decodeOrder(body []byte) (rewards.Event, error) {
	var b orderBody
	if err := parse(body, &b); err != nil {
		return nil, err
	}
	if b.Lines == nil && b.Currency == "" {
		return nil, rewards.Errorf(rewards.Invalid, "wrong_body", "the body is no order")
	}
	o, err := b.outline()
	if err != nil {
		return nil, err
	}
	if slices.Contains(drafts, b.Status) {
		return rewards.Unheeded{Reason: "draft_order"}, nil
	}
	refunds, err := b.stubs()
	if err == nil {
		err = b.price(&o, refunds)
	}
	if err != nil {
		b.unpriced(&o)
	}
	return rewards.OrderSeen{Order: o}, nil
}

// decodeCustomer reads a customer with an account; others have none.
func decodeCustomer(body []byte) (rewards.Event, error) {
	var b customerBody
	if err := parse(body, &b); err != nil {
		return nil, err
	}
	if b.Lines != nil || b.Paying == nil && b.Username == nil {
		return nil, rewards.Errorf(rewards.Invalid, "wrong_body", "the body is no customer")
	}
	if b.ID <= 0 {
		return nil, rewards.Errorf(rewards.Invalid, "missing_field", "id is missing")
	}
	return rewards.CustomerSeen{Person: b.person()}, nil
}

// person is the customer as the domain knows her.
func (b customerBody) person() rewards.Person {
	p := rewards.Person{ID: b.ID.id(), Email: string(b.Email), Phone: string(b.Billing.Phone), Name: string(b.Name), Surname: string(b.Surname)}
	if p.Email == "" {
		p.Email = string(b.Billing.Email)
	}
	return p
}

// decodeGone reads what was deleted. It has an id and nothing else: a body that tells more came under
// another topic.
func decodeGone(body []byte) (string, error) {
	var b struct {
		ID      whole          `json:"id"`
		Created jsontext.Value `json:"date_created"`
		Status  jsontext.Value `json:"status"`
	}
	if err := parse(body, &b); err != nil {
		return "", err
	}
	if b.Created != nil || b.Status != nil {
		return "", rewards.Errorf(rewards.Invalid, "wrong_body", "what was deleted is an id and nothing else")
	}
	if b.ID <= 0 {
		return "", rewards.Errorf(rewards.Invalid, "missing_field", "id is missing")
	}
	return b.ID.id(), nil
}
