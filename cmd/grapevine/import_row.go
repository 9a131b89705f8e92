package main

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"grapevine/rewards"
)

// csvOrder is an order whose further lines may follow.
type csvOrder struct {
	rewards.Order
	pieces int64
}

// next returns the next order, io.EOF after the last. Shopify's export has a line for each article: the first
// tells the order, the others repeat its name alone.
func (c *csvOrders) next(shopCurrency string) (rewards.Order, error) {
	for {
		fields, err := c.csv.Read()
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad):
			c.refuse(bad.StartLine, bad.Err.Error(), nil)
			continue
		case errors.Is(err, io.EOF) && c.open != nil:
			return c.shut(nil), nil
		case err != nil:
			return rewards.Order{}, err
		case c.follows(fields):
			continue
		}
		o, err := c.order(fields, shopCurrency)
		if err != nil {
			line, _ := c.csv.FieldPos(0)
			c.refuse(line, err.Error(), fields)
			if c.open != nil {
				return c.shut(nil), nil
			}
			continue
		}
		if c.open == nil {
			c.open = o
			continue
		}
		return c.shut(o), nil
	}
}

// shut ends the open order and opens the next.
func (c *csvOrders) shut(next *csvOrder) rewards.Order {
	o := c.open
	c.open = next
	if o.pieces > 1 && len(o.Lines) == 1 {
		o.Lines[0].Quantity, o.Lines[0].Current = o.pieces, o.pieces
	}
	return o.Order
}

func (c *csvOrders) refuse(line int, why string, fields []string) {
	c.done.refuse(refusal{Line: line, Why: why})
	c.reject.add(line, why, fields)
}

// follows takes a further line of the open order.
func (c *csvOrders) follows(fields []string) bool {
	if c.open == nil || c.get(fields, "placed") != "" || c.get(fields, "total") != "" {
		return false
	}
	id, name := c.get(fields, "order"), c.get(fields, "name")
	if id != "" && orderNumber(id) != c.open.ID || name != c.open.Name || id == "" && name == "" {
		return false
	}
	if n, err := strconv.ParseInt(c.get(fields, "pieces"), 10, 32); err == nil && n > 0 {
		c.open.pieces += n
	}
	return true
}

// get is a field without the blanks around it, and without the mark that keeps spreadsheets from taking a
// number for one: "'+49 151".
func (c *csvOrders) get(fields []string, column string) string {
	i, ok := c.at[column]
	if !ok || i >= len(fields) {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSpace(fields[i]), "'")
}

// orderNumber is an order's id as webhooks tell it: the number at the end of a global id.
func orderNumber(id string) string {
	if rest, ok := strings.CutPrefix(id, "gid://"); ok {
		return rest[strings.LastIndexByte(rest, '/')+1:]
	}
	return id
}

// maxField is longer than any id, name or code.
const maxField = 255

func (c *csvOrders) order(fields []string, shopCurrency string) (*csvOrder, error) {
	get := func(column string) string { return strings.Clone(c.get(fields, column)) }
	o := &csvOrder{Order: rewards.Order{ID: orderNumber(get("order")), Name: get("name"), Currency: strings.ToUpper(cmp.Or(get("currency"), shopCurrency))}}
	if o.ID == "" || len(o.ID) > maxField || len(o.Name) > maxField {
		return nil, fmt.Errorf("there is no order id, or it is too long")
	}
	var err error
	if o.PlacedAt, err = moment(get("placed"), c.zone); err != nil {
		return nil, fmt.Errorf("when it was placed: %w", err)
	}
	if o.PlacedAt.After(time.Now().Add(24 * time.Hour)) { // a day: clocks and zones differ
		return nil, fmt.Errorf("when it was placed: %s is yet to come", o.PlacedAt.In(c.zone).Format(time.DateOnly))
	}
	if o.PlacedAt.Before(time.Unix(0, 0)) { // figures keep older days for what belongs to no day
		return nil, fmt.Errorf("when it was placed: %s is before 1970: the column or its form is another one", o.PlacedAt.In(c.zone).Format(time.DateOnly))
	}
	o.UpdatedAt = o.PlacedAt
	total, err := c.money(get("total"), o.Currency)
	if err != nil {
		return nil, fmt.Errorf("the total: %s", plainly(err))
	}
	if err := c.state(o, get, total); err != nil {
		return nil, err
	}
	if err := c.goods(o, get, total); err != nil {
		return nil, err
	}
	o.Customer = buyer(get)
	if country := strings.ToUpper(get("country")); len(country) == 2 {
		o.Country = country
	}
	return o, c.codes(o, get)
}

// plainly is an error without its code, for people who mend a file.
func plainly(err error) string {
	var e *rewards.Error
	if errors.As(err, &e) {
		return e.Text()
	}
	return err.Error()
}

// state tells what became of the order.
func (c *csvOrders) state(o *csvOrder, get func(string) string, total rewards.Money) error {
	var err error
	if o.MoneyBack, err = c.moneyOrNone(get("refunded"), o.Currency); err != nil {
		return fmt.Errorf("the refund: %s", plainly(err))
	}
	o.Cancelled, o.Test = told(get("cancelled")), told(get("test"))
	o.Payment = rewards.PaymentPaid
	switch status := headerName(get("payment")); {
	case status == "voided" || status == "expired":
		o.Payment = rewards.PaymentVoided
	case status == "refunded" || o.MoneyBack.Minor > 0 && o.MoneyBack.Minor >= total.Minor:
		o.Payment = rewards.PaymentRefunded
	case status == "partiallyrefunded" || o.MoneyBack.Minor > 0:
		o.Payment = rewards.PaymentPartiallyRefunded
	case status != "" && status != "paid":
		o.Payment = rewards.PaymentPending
	}
	paid := get("paid")
	if paid == "" || !o.Paid() {
		return nil
	}
	if at, err := moment(paid, c.zone); err == nil {
		o.PaidAt = &at
	} else if !told(paid) {
		o.Payment = rewards.PaymentPending
	}
	return nil
}

// goods makes lines of the total: one, or one for each product, among which it is divided evenly.
func (c *csvOrders) goods(o *csvOrder, get func(string) string, total rewards.Money) error {
	if total.Minor < 0 {
		return fmt.Errorf("the total %s is below zero", total)
	}
	if n, err := strconv.ParseInt(get("pieces"), 10, 32); err == nil && n > 0 {
		o.pieces = n
	}
	products := split(get("products"))
	if len(products) == 0 {
		products = []string{""}
	}
	each := total.Minor / int64(len(products))
	for i, id := range products {
		amount := rewards.Money{Minor: each, Currency: total.Currency}
		if i == 0 {
			amount.Minor += total.Minor - each*int64(len(products))
		}
		o.Lines = append(o.Lines, rewards.Line{ID: strconv.Itoa(i + 1), ProductID: orderNumber(id), Quantity: 1, Current: 1, Amount: amount})
	}
	return nil
}

// buyer is who bought; nil where nothing is told. Her plain e-mail and phone are hashed before anything is
// stored.
func buyer(get func(string) string) *rewards.Person {
	p := &rewards.Person{ID: orderNumber(get("customer")), Email: get("email"), Phone: get("phone")}
	if *p == (rewards.Person{}) {
		return nil
	}
	return p
}

// codes takes the order's codes. An export tells what all of them took off together: the first gets it.
func (c *csvOrders) codes(o *csvOrder, get func(string) string) error {
	off, err := c.moneyOrNone(get("discount"), o.Currency)
	if err != nil {
		return fmt.Errorf("the discount: %w", err)
	}
	if off.Minor < 0 {
		off.Minor = -off.Minor
	}
	codes := split(get("codes"))
	for _, code := range codes[:min(len(codes), rewards.MaxCodes)] {
		o.Codes = append(o.Codes, rewards.AppliedCode{Code: code[:min(len(code), maxField)], TookOff: off})
		off.Minor = 0
	}
	return nil
}

// split divides a list of ids or codes.
func split(s string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;| ", r) }), func(p string) bool { return p == "" })
}

// told tells whether a field says yes: by a word, or by a time.
func told(s string) bool {
	switch strings.ToLower(s) {
	case "", "0", "no", "n", "false", "f", "-":
		return false
	}
	return true
}

func (c *csvOrders) money(s, currency string) (rewards.Money, error) {
	if c.comma && strings.Contains(s, ",") && !strings.Contains(s, ".") {
		s = strings.Replace(s, ",", ".", 1)
	}
	return rewards.ParseMoney(s, currency)
}

func (c *csvOrders) moneyOrNone(s, currency string) (rewards.Money, error) {
	if s == "" {
		return rewards.Money{Currency: currency}, nil
	}
	return c.money(s, currency)
}

// moments are the forms in which exports write a time. Source of the first: Shopify's export.
var moments = []string{"2006-01-02 15:04:05 -0700", time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly}

// moment reads a time; without an offset it is the shop's.
func moment(s string, zone *time.Location) (time.Time, error) {
	for _, layout := range moments {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is no time: write it like 2026-03-01 18:30:00 +0100", s)
}
