package stripe

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"grapevine/connectors"
)

// maxDepth bounds the nesting of a body. Stripe's own need about twelve, expanded ones too.
const maxDepth = 64

// parse reads a body into v. Kind Invalid, code bad_json. See connectors.ParseBody.
func parse(body []byte, v any) error { return connectors.ParseBody(body, maxDepth, v) }

// ref is a field that holds an id, or the whole thing where it was asked for or Stripe sends it so.
type ref[T any] struct {
	ID   string
	Full *T // nil where only the id is told
}

// UnmarshalJSON reads both forms, and null.
func (r *ref[T]) UnmarshalJSON(b []byte) error {
	*r = ref[T]{}
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '{' {
		var named struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(b, &named); err != nil {
			return err
		}
		r.ID, r.Full = named.ID, new(T)
		return json.Unmarshal(b, r.Full)
	}
	return json.Unmarshal(b, &r.ID)
}

// page is a list as Stripe gives it: the newest first.
type page[T any] struct {
	Data []T  `json:"data"`
	More bool `json:"has_more"`
}

// bare is a thing of which only the id counts.
type bare struct {
	ID string `json:"id"`
}

// eventBody is the envelope of an event. Source: API 2023-10-16, "The Event object"; a thin event
// (object v2.core.event) has the same members, but for created, which is a text, and data.
type eventBody struct {
	ID       string         `json:"id"`
	Object   string         `json:"object"`
	Type     string         `json:"type"`
	Version  string         `json:"api_version"`
	Account  string         `json:"account"`
	Livemode bool           `json:"livemode"`
	Created  jsontext.Value `json:"created"`
	Data     struct {
		Object jsontext.Value `json:"object"`
	} `json:"data"`
}

// at is when the event happened; zero where it is no number of seconds.
func (b eventBody) at() time.Time {
	var seconds int64
	if b.Created.Kind() != '0' || json.Unmarshal(b.Created, &seconds) != nil {
		return time.Time{}
	}
	return unix(seconds)
}

// unix is a time as Stripe tells it, zero for none.
func unix(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// sessionBody is a checkout session. Discounts are not in it at this API version: they come with
// total_details.breakdown, which a webhook never has and a read has if it asks.
type sessionBody struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Mode          string            `json:"mode"`           // payment, subscription, setup
	Status        string            `json:"status"`         // open, complete, expired
	PaymentStatus string            `json:"payment_status"` // paid, unpaid, no_payment_required
	Created       int64             `json:"created"`
	Currency      string            `json:"currency"`
	Subtotal      int64             `json:"amount_subtotal"`
	Total         int64             `json:"amount_total"`
	Reference     string            `json:"client_reference_id"`
	Metadata      map[string]string `json:"metadata"`
	Customer      ref[customerBody] `json:"customer"`
	Details       *detailsBody      `json:"customer_details"`
	Email         string            `json:"customer_email"`
	Invoice       ref[bare]         `json:"invoice"`
	Invoicing     struct {
		Enabled bool `json:"enabled"`
	} `json:"invoice_creation"`
	Intent       ref[intentBody] `json:"payment_intent"`
	Subscription ref[bare]       `json:"subscription"`
	Shipping     *shippingBody   `json:"shipping_details"`
	Totals       *totalsBody     `json:"total_details"`
	Items        *page[itemBody] `json:"line_items"` // only where it was asked for
	Locale       string          `json:"locale"`
}

type totalsBody struct {
	Discount  int64 `json:"amount_discount"`
	Shipping  int64 `json:"amount_shipping"`
	Tax       int64 `json:"amount_tax"`
	Breakdown *struct {
		Discounts []struct {
			Amount   int64        `json:"amount"`
			Discount discountBody `json:"discount"`
		} `json:"discounts"`
	} `json:"breakdown"`
}

// discountBody is a coupon on something, by a promotion code or without one.
type discountBody struct {
	ID   string    `json:"id"`
	Code ref[bare] `json:"promotion_code"`
}

// itemBody is a line of a checkout session. Its total is after discounts, with tax.
type itemBody struct {
	ID       string     `json:"id"`
	Currency string     `json:"currency"`
	Quantity int64      `json:"quantity"`
	Total    int64      `json:"amount_total"`
	Tax      int64      `json:"amount_tax"`
	Price    *priceBody `json:"price"`
}

type priceBody struct {
	Product ref[bare] `json:"product"`
}

type intentBody struct {
	ID      string          `json:"id"`
	Status  string          `json:"status"`
	Invoice ref[bare]       `json:"invoice"`
	Charge  ref[chargeBody] `json:"latest_charge"`
}

// chargeBody is one payment. What was given back of it adds up in amount_refunded.
type chargeBody struct {
	ID       string                    `json:"id"`
	Object   string                    `json:"object"`
	Created  int64                     `json:"created"`
	Currency string                    `json:"currency"`
	Captured int64                     `json:"amount_captured"`
	Back     int64                     `json:"amount_refunded"`
	Disputed bool                      `json:"disputed"`
	Status   string                    `json:"status"` // succeeded, pending, failed
	Invoice  ref[bare]                 `json:"invoice"`
	Intent   ref[bare]                 `json:"payment_intent"`
	Method   map[string]jsontext.Value `json:"payment_method_details"`
}

type disputeBody struct {
	ID       string    `json:"id"`
	Object   string    `json:"object"`
	Amount   int64     `json:"amount"`
	Currency string    `json:"currency"`
	Status   string    `json:"status"`
	Charge   ref[bare] `json:"charge"`
	Intent   ref[bare] `json:"payment_intent"`
}

// invoiceBody is an invoice. Later API versions have discount, payment_intent, charge and subscription
// elsewhere.
type invoiceBody struct {
	ID           string                 `json:"id"`
	Object       string                 `json:"object"`
	Number       string                 `json:"number"`
	Status       string                 `json:"status"` // draft, open, paid, void, uncollectible
	Created      int64                  `json:"created"`
	Currency     string                 `json:"currency"`
	Subtotal     int64                  `json:"subtotal"`
	Total        int64                  `json:"total"` // after discounts, with tax
	Customer     ref[customerBody]      `json:"customer"`
	Email        string                 `json:"customer_email"`
	Name         string                 `json:"customer_name"`
	Phone        string                 `json:"customer_phone"`
	Address      *addressBody           `json:"customer_address"`
	Shipping     *shippingBody          `json:"customer_shipping"`
	ShippingTo   *shippingBody          `json:"shipping_details"`
	Charge       ref[chargeBody]        `json:"charge"`
	Intent       ref[intentBody]        `json:"payment_intent"`
	Subscription ref[bare]              `json:"subscription"`
	Discounts    []ref[discountBody]    `json:"discounts"`
	Off          []invoiceOff           `json:"total_discount_amounts"`
	Lines        *page[invoiceLineBody] `json:"lines"`
	NotesBefore  int64                  `json:"pre_payment_credit_notes_amount"`
	NotesAfter   int64                  `json:"post_payment_credit_notes_amount"`
	Metadata     map[string]string      `json:"metadata"`
	Plan         struct {
		Metadata map[string]string `json:"metadata"`
	} `json:"subscription_details"`
	Times struct {
		Paid int64 `json:"paid_at"`
	} `json:"status_transitions"`
}

type invoiceOff struct {
	Amount   int64             `json:"amount"`
	Discount ref[discountBody] `json:"discount"`
}

// invoiceLineBody is a line of an invoice. Its amount is before discounts, with the tax that prices include.
type invoiceLineBody struct {
	ID       string       `json:"id"`
	Amount   int64        `json:"amount"`
	Currency string       `json:"currency"`
	Quantity int64        `json:"quantity"`
	Price    *priceBody   `json:"price"`
	Off      []invoiceOff `json:"discount_amounts"`
	Taxes    []struct {
		Amount    int64 `json:"amount"`
		Inclusive bool  `json:"inclusive"`
	} `json:"tax_amounts"`
}

type customerBody struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Email   string   `json:"email"`
	Phone   string   `json:"phone"`
	Name    string   `json:"name"`
	Locales []string `json:"preferred_locales"`
}

// detailsBody is what the buyer told at the checkout.
type detailsBody struct {
	Email   string       `json:"email"`
	Phone   string       `json:"phone"`
	Name    string       `json:"name"`
	Address *addressBody `json:"address"`
}

type shippingBody struct {
	Address *addressBody `json:"address"`
}

type addressBody struct {
	Line1   string `json:"line1"`
	Line2   string `json:"line2"`
	City    string `json:"city"`
	Zip     string `json:"postal_code"`
	Country string `json:"country"`
}
