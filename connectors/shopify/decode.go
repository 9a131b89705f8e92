package shopify

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"grapevine/rewards"
)

// Decode tells what a stored body means. Kind Invalid quarantines the event: bad_json, bad_amount,
// currency_mismatch, missing_field, wrong_body (the body is of another topic than the header says).
//
// What counts is the state in the body, not the topic: orders/create may already be paid, and a late
// one is older than what is known.
func (s *Shopify) Decode(topic string, body []byte, triggeredAt time.Time) (rewards.Event, error) {
	switch topic {
	case "orders/create", "orders/paid", "orders/updated", "orders/cancelled":
		return decodeOrder(body)
	case "orders/edited":
		return decodeEdit(body)
	case "orders/delete":
		return decodeOrderGone(body, triggeredAt)
	case "refunds/create":
		return decodeRefund(body)
	case "customers/create", "customers/update":
		return decodeCustomer(body)
	case "customers/delete":
		return decodeCustomerGone(body)
	case "customers/data_request", "customers/redact", "shop/redact":
		return decodePrivacy(topic, body)
	case "app/uninstalled":
		return decodeUninstalled(body, triggeredAt)
	case topicOrder:
		return decodeAsked(body)
	}
	return rewards.Unheeded{Reason: "unknown_topic"}, nil
}

func decodeEdit(body []byte) (rewards.Event, error) {
	var b editBody
	if err := parse(body, &b); err != nil {
		return nil, err
	}
	id, err := idText(b.Edit.OrderID, "order_edit.order_id")
	if err != nil {
		return nil, err
	}
	return rewards.OrderTouched{OrderID: id, At: timeOf(b.Edit.CommittedAt)}, nil
}

// decodeOrderGone has the order read again: that it is not there any more is no refund, and only the
// shop's own answer makes it so.
func decodeOrderGone(body []byte, at time.Time) (rewards.Event, error) {
	var b deletedBody
	if err := parse(body, &b); err != nil {
		return nil, err
	}
	if err := ofType(b.GID, "Order"); err != nil {
		return nil, err
	}
	id, err := idText(b.ID, "id")
	if err != nil {
		return nil, err
	}
	return rewards.OrderTouched{OrderID: id, At: at}, nil
}

// decodeRefund reads the flat refund. It is sent whether or not money moved, so the order is read again.
func decodeRefund(body []byte) (rewards.Event, error) {
	var b refundBody
	if err := parse(body, &b); err != nil {
		return nil, err
	}
	if err := ofType(b.GID, "Refund"); err != nil {
		return nil, err
	}
	if _, err := idText(b.ID, "id"); err != nil {
		return nil, err
	}
	id, err := idText(b.OrderID, "order_id")
	if err != nil {
		return nil, err
	}
	return rewards.OrderTouched{OrderID: id, At: timeOf(b.CreatedAt)}, nil
}

func decodeCustomer(body []byte) (rewards.Event, error) {
	var b customerBody
	if err := parse(body, &b); err != nil {
		return nil, err
	}
	if err := ofType(b.GID, "Customer"); err != nil {
		return nil, err
	}
	id, err := idText(b.ID, "id")
	if err != nil {
		return nil, err
	}
	return rewards.CustomerSeen{Person: rewards.Person{
		ID: id, Email: b.Email, Phone: b.Phone, Name: b.FirstName, Surname: b.LastName, Locale: b.Locale,
	}}, nil
}

// decodeCustomerGone refuses a body that holds more than an id: it is a customer who was changed, and
// came under another topic.
func decodeCustomerGone(body []byte) (rewards.Event, error) {
	var b deletedBody
	if err := parse(body, &b); err != nil {
		return nil, err
	}
	if err := ofType(b.GID, "Customer"); err != nil {
		return nil, err
	}
	if b.UpdatedAt != nil {
		return nil, rewards.Errorf(rewards.Invalid, "wrong_body", "a customer who is gone has no updated_at")
	}
	id, err := idText(b.ID, "id")
	if err != nil {
		return nil, err
	}
	return rewards.CustomerGone{CustomerID: id}, nil
}

// decodePrivacy reads the compulsory topics. They name their shop in the signed body: a body that does
// not is another topic's, replayed.
func decodePrivacy(topic string, body []byte) (rewards.Event, error) {
	var b privacyBody
	if err := parse(body, &b); err != nil {
		return nil, err
	}
	if b.ShopDomain == "" {
		return nil, rewards.Errorf(rewards.Invalid, "wrong_body", "a body of %s names its shop", topic)
	}
	if topic == "shop/redact" {
		if b.Customer != nil || !validDomain(b.ShopDomain) {
			return nil, rewards.Errorf(rewards.Invalid, "wrong_body", "a body of shop/redact names a shop and nobody else")
		}
		return rewards.ShopErased{}, nil
	}
	customer := ""
	if b.Customer != nil && b.Customer.ID > 0 {
		customer = strconv.FormatInt(b.Customer.ID, 10)
	}
	orders := make([]string, 0, len(b.Orders))
	for _, n := range b.Orders {
		id, err := idText(n, "orders_to_redact")
		if err != nil {
			return nil, err
		}
		orders = append(orders, id)
	}
	if customer == "" && len(orders) == 0 {
		return nil, rewards.Errorf(rewards.Invalid, "missing_field", "customer.id is missing")
	}
	if topic == "customers/data_request" {
		return rewards.DataRequested{CustomerID: customer}, nil
	}
	return rewards.CustomerErased{CustomerID: customer, OrderIDs: orders}, nil
}

// decodeUninstalled wants a body that looks like a shop's: the topic is not signed, and any order could
// be replayed under this one.
func decodeUninstalled(body []byte, at time.Time) (rewards.Event, error) {
	var b shopBody
	if err := parse(body, &b); err != nil {
		return nil, err
	}
	if b.Owner == nil && b.Web == nil && b.TimeZone == nil && b.Domain == "" {
		return nil, rewards.Errorf(rewards.Invalid, "wrong_body", "a body of app/uninstalled is a shop")
	}
	return rewards.AppUninstalled{At: at}, nil
}

// domainInBody is the shop that a signed body names itself, "" if its topic or the body names none.
func domainInBody(topic string, body []byte) string {
	named := ""
	switch topic {
	case "customers/data_request", "customers/redact", "shop/redact":
		var b privacyBody
		if parse(body, &b) == nil {
			named = b.ShopDomain
		}
	case "app/uninstalled":
		var b shopBody
		if parse(body, &b) == nil {
			named = b.Domain
		}
	}
	if !validDomain(named) {
		return ""
	}
	return named
}

// idText writes a platform id as the domain keeps it. Kind Invalid below one.
func idText(n int64, field string) (string, error) {
	if n <= 0 {
		return "", rewards.Errorf(rewards.Invalid, "missing_field", "%s is missing", field)
	}
	return strconv.FormatInt(n, 10), nil
}

// ofType checks the type that a body's own global id names; an absent one passes.
func ofType(gid, kind string) error {
	if rest, ok := strings.CutPrefix(gid, gidPrefix); ok && !strings.HasPrefix(rest, kind+"/") {
		return rewards.Errorf(rewards.Invalid, "wrong_body", "the body is a %.40q, not a %s", rest, kind)
	}
	return nil
}

// timeOf is a time in UTC, zero where there is none.
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// present tells whether a member was there, even as null.
func present(v jsontext.Value) bool { return v != nil }
