package woocommerce

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"grapevine/connectors"
)

// maxDepth bounds the nesting of a body. Orders need about eight, and plugins hang trees of their own on
// them.
const maxDepth = 128

// parse reads a body into v. Kind Invalid, code bad_json. See connectors.ParseBody.
func parse(body []byte, v any) error { return connectors.ParseBody(body, maxDepth, v) }

// PHP is loose with types, and plugins are looser: a number may come as text, an object that is empty as a
// list, a list with a gap as an object. The types below take what they can and leave zero for the rest.

// text is a string, or a number as it is written.
type text string

// UnmarshalJSONFrom reads text; anything but a string or a number is "".
func (t *text) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	*t = ""
	switch v.Kind() {
	case '"':
		var s string
		if err := json.Unmarshal(v, &s); err != nil {
			return err
		}
		*t = text(s)
	case '0':
		*t = text(v.String())
	}
	return nil
}

// whole is an integer, perhaps written as text. What is none is zero.
type whole int64

// UnmarshalJSONFrom reads an integer.
func (n *whole) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var t text
	if err := t.UnmarshalJSONFrom(d); err != nil {
		return err
	}
	v, err := strconv.ParseInt(string(t), 10, 64)
	if err != nil {
		v = 0
	}
	*n = whole(v)
	return nil
}

// id writes an id as the domain keeps it, "" for none.
func (n whole) id() string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}

// list is a JSON array, or an object whose members stand for its elements: PHP writes a list with a gap so.
// It is nil where the member is something else.
type list[T any] []T

// UnmarshalJSONFrom reads the elements in their order.
func (l *list[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	kind := d.PeekKind()
	if kind != '[' && kind != '{' {
		*l = nil
		return d.SkipValue()
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	*l = list[T]{}
	for d.PeekKind() != ']' && d.PeekKind() != '}' {
		if kind == '{' {
			if _, err := d.ReadToken(); err != nil {
				return err
			}
		}
		var v T
		if err := json.UnmarshalDecode(d, &v); err != nil {
			return err
		}
		*l = append(*l, v)
	}
	_, err := d.ReadToken()
	return err
}

// UnmarshalJSONFrom reads an error's data, which may be anything.
func (s *status) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	var o struct {
		Status whole `json:"status"`
	}
	if v.Kind() == '{' && json.Unmarshal(v, &o) == nil {
		s.Status = o.Status
	}
	return nil
}

// orderBody is what is read of an order, as a webhook and as the API tell it. Times that end in _gmt are
// in UTC and say no zone; the others are in the shop's zone and are never read.
// Source: deliveries of WooCommerce 8.6.1 and 11.0.1; the REST reference of orders, v3.
type orderBody struct {
	ID         whole            `json:"id"`
	Status     text             `json:"status"`
	Currency   text             `json:"currency"`
	Number     text             `json:"number"`
	Created    text             `json:"date_created_gmt"`
	Modified   text             `json:"date_modified_gmt"`
	Paid       text             `json:"date_paid_gmt"`
	Completed  text             `json:"date_completed_gmt"`
	Total      text             `json:"total"`
	CustomerID whole            `json:"customer_id"`
	Billing    addressBody      `json:"billing"`
	Shipping   addressBody      `json:"shipping"`
	IP         text             `json:"customer_ip_address"`
	Agent      text             `json:"customer_user_agent"`
	Meta       list[metaBody]   `json:"meta_data"`
	Lines      list[lineBody]   `json:"line_items"`
	Fees       list[feeLine]    `json:"fee_lines"`
	Coupons    list[couponLine] `json:"coupon_lines"`
	Refunds    list[refundStub] `json:"refunds"`
}

// lineBody is one line. Its price, a JSON number, is not read: total is the same exactly.
type lineBody struct {
	ID        whole          `json:"id"`
	ProductID whole          `json:"product_id"`
	Variation whole          `json:"variation_id"`
	Quantity  text           `json:"quantity"`
	Total     text           `json:"total"`     // of all pieces, after discounts, without tax
	Tax       text           `json:"total_tax"` // on that
	Meta      list[metaBody] `json:"meta_data"`
}

// feeLine is a fee, or below zero what a plugin took off: a discount by quantity, points, a wallet, a gift card.
type feeLine struct {
	Total text `json:"total"` // without tax
}

// couponLine is a coupon that the order carries. Whose it is hangs on its meta data in two forms (the text
// coupon_info since 8.7, the object coupon_data before), neither of which is needed: the code says it.
type couponLine struct {
	Code     text `json:"code"`
	Discount text `json:"discount"` // without tax, not rounded
}

// refundStub is a refund as it stands in its order: below zero, and without its lines.
type refundStub struct {
	ID    whole `json:"id"`
	Total text  `json:"total"`
}

// refundBody is a refund by itself: amount above zero, with tax and shipping, lines below zero.
type refundBody struct {
	ID       whole          `json:"id"`
	Amount   text           `json:"amount"`
	Lines    list[lineBody] `json:"line_items"`
	Shipping list[lineBody] `json:"shipping_lines"`
	Fees     list[lineBody] `json:"fee_lines"`
}

// metaBody is a piece of meta data. Its value may be anything.
type metaBody struct {
	Key   text           `json:"key"`
	Value jsontext.Value `json:"value"`
}

// textOf is the value as text, "" where it is something else.
func (m metaBody) textOf() string {
	var t text
	if json.Unmarshal(m.Value, &t) != nil {
		return ""
	}
	return string(t)
}

// metaText is the first value of this key that is text.
func metaText(all []metaBody, key string) string {
	for _, m := range all {
		if string(m.Key) == key {
			if s := m.textOf(); s != "" {
				return s
			}
		}
	}
	return ""
}

// addressBody is where something goes, and to whom.
type addressBody struct{ plainAddress }

type plainAddress struct {
	Name     text `json:"first_name"`
	Surname  text `json:"last_name"`
	Line1    text `json:"address_1"`
	Line2    text `json:"address_2"`
	City     text `json:"city"`
	Postcode text `json:"postcode"`
	Country  text `json:"country"`
	Email    text `json:"email"`
	Phone    text `json:"phone"`
}

// UnmarshalJSONFrom reads an address; one that is empty may be a list.
func (a *addressBody) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		*a = addressBody{}
		return d.SkipValue()
	}
	return json.UnmarshalDecode(d, &a.plainAddress)
}

// customerBody is a customer with an account.
type customerBody struct {
	ID       whole          `json:"id"`
	Email    text           `json:"email"`
	Name     text           `json:"first_name"`
	Surname  text           `json:"last_name"`
	Billing  addressBody    `json:"billing"`
	Paying   jsontext.Value `json:"is_paying_customer"`
	Username jsontext.Value `json:"username"`
	Lines    jsontext.Value `json:"line_items"`
}

// timeForm is a time without a zone.
const timeForm = "2006-01-02T15:04:05"

// timeOf reads a *_gmt field; zero where there is none or it is no time.
func timeOf(t text) time.Time {
	at, err := time.Parse(timeForm, strings.TrimSuffix(string(t), "Z"))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
