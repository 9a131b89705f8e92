package woocommercetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"grapevine/internal/simshop"
)

// kindKey and refKey are the custom data by which this project marks what is its own: on coupons what they
// are, on orders the code of the link by which the buyer came.
const (
	kindKey    = "_grapevine_kind"
	kindCredit = "credit"
	refKey     = "_grapevine_ref"
)

var _ simshop.Shop = (*Server)(nil)

// Simulate starts a shop as the demo and the suite want it; the result is a *Server. Its decimals are those
// of the currency, as an owner with sense sets them. Options.Hooks is not needed: webhooks are made by the API.
func Simulate(o simshop.Options) (simshop.Shop, error) {
	decimals := 2
	switch {
	case slices.Contains([]string{"JPY", "KRW", "VND", "CLP", "ISK", "UGX", "PYG", "XAF", "XOF"}, o.Currency):
		decimals = -1
	case slices.Contains([]string{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}, o.Currency):
		decimals = 3
	}
	s, err := Start(Options{
		Seed: o.Seed, Now: o.Now, Currency: o.Currency, Decimals: decimals, HoldPost: o.HoldPost,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Install is what the owner pastes: the shop's name, its address, the first key.
func (s *Server) Install() simshop.Install {
	s.mu.Lock()
	defer s.mu.Unlock()
	return simshop.Install{
		Platform: "woocommerce", Domain: s.opts.Domain, APIURL: s.URL(), Token: s.first.Consumer + ":" + s.first.Secret,
		Currency: s.opts.Currency, TimeZone: s.opts.TimeZone,
	}
}

// AddCustomer makes an account, or returns the one that the e-mail has.
func (s *Server) AddCustomer(b simshop.Buyer) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.Email == "" {
		return "", errors.New("an account needs an e-mail")
	}
	c := s.st.customerByEmail(b.Email)
	if c == nil {
		var err error
		if c, err = s.newCustomer(CustomerInput{Email: b.Email, FirstName: b.FirstName, LastName: b.Surname, Billing: address(b), Shipping: address(b)}); err != nil {
			return "", err
		}
	}
	return idText(c.ID), nil
}

func address(b simshop.Buyer) Address {
	return Address{
		FirstName: b.FirstName, LastName: b.Surname, Address1: b.Street, City: b.City, Postcode: b.Postcode,
		Country: b.Country, Email: b.Email,
	}
}

// machine is the address of the buyer's machine: everybody has a network of her own.
func machine(b simshop.Buyer) string {
	sum := sha256.Sum256([]byte(strings.ToLower(b.Email)))
	return fmt.Sprintf("2001:db8:%x:%x::1", sum[:2], sum[2:4])
}

// Place places an order at the checkout. A buyer who is no guest and has no account gets one. Unpaid is cash
// on delivery: processing, and not paid. Test is an error: WooCommerce has no orders that are not meant.
func (s *Server) Place(b simshop.Basket) (simshop.Sold, error) {
	if b.Test {
		return simshop.Sold{}, errors.New("WooCommerce knows no test orders")
	}
	in := OrderInput{Billing: address(b.Buyer), Freight: b.Shipping, IP: machine(b.Buyer), UserAgent: "Mozilla/5.0"}
	if b.Buyer.Street != "" {
		in.Shipping = address(b.Buyer)
	}
	if !b.Buyer.Guest {
		id, err := s.AddCustomer(b.Buyer)
		if err != nil {
			return simshop.Sold{}, err
		}
		if in.CustomerID, err = strconv.ParseInt(id, 10, 64); err != nil {
			return simshop.Sold{}, fmt.Errorf("the customer %s: %w", id, err)
		}
	}
	for _, g := range b.Goods {
		in.Lines = append(in.Lines, LineInput{Name: g.Title, Price: g.Price, Quantity: int64(max(1, g.Quantity))})
	}
	if b.Code != "" {
		in.Coupons = []string{b.Code}
	}
	if b.Unpaid {
		in.Method = "cod"
	}
	in.Meta = map[string]any{
		"_wc_order_attribution_source_type": "typein", "_wc_order_attribution_utm_source": "(direct)",
		"_wc_order_attribution_session_entry": s.URL() + "/",
	}
	if b.Link != "" {
		in.Meta[refKey] = b.Link
		in.Meta["_wc_order_attribution_session_entry"] = s.URL() + "/?ref=" + url.QueryEscape(b.Link)
	}
	o, err := s.PlaceOrder(in)
	if err != nil {
		return simshop.Sold{}, err
	}
	return simshop.Sold{ID: idText(o.ID), Name: "#" + o.Number, Total: o.Total().Text(s.Decimals())}, nil
}

// Decimals are those of prices.
func (s *Server) Decimals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.Decimals
}

// Refund gives back whole lines, an amount, or all that is left, shipping too.
func (s *Server) Refund(orderID string, r simshop.Refund) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.order(orderID)
	if err != nil {
		return err
	}
	in := RefundInput{Amount: r.Amount, Reason: "asked for"}
	for _, place := range r.Lines {
		if place < 0 || place >= len(o.Lines) {
			return fmt.Errorf("order %s has no line %d", orderID, place)
		}
		l, ok := o.whole(o.Lines[place])
		if !ok {
			return fmt.Errorf("line %d of order %s was given back", place, orderID)
		}
		in.Lines = append(in.Lines, l)
	}
	if len(r.Lines) == 0 && r.Amount == "" {
		in.Lines = o.rest()
	}
	_, err = s.refund(o, in)
	return err
}

// rest are refund lines for all that is left of an order; none if money was given back for nothing in
// particular, so that nobody knows what is left of which line.
func (o *Order) rest() []RefundLine {
	var out []RefundLine
	for _, l := range o.Lines {
		if whole, ok := o.whole(l); ok {
			out = append(out, whole)
		}
	}
	for _, l := range o.ShippingLines {
		gone := slices.ContainsFunc(o.Refunds, func(r Refund) bool {
			return slices.ContainsFunc(r.Lines, func(of RefundLine) bool { return of.LineID == l.ID })
		})
		if !gone {
			out = append(out, RefundLine{LineID: l.ID, Quantity: 1, Total: l.Total, Tax: l.Tax, Shipping: true})
		}
	}
	left := o.Total() - o.Refunded()
	for _, l := range out {
		left -= l.Total + l.Tax
	}
	if left != 0 {
		return nil
	}
	return out
}

// Cancel cancels an order that nobody paid, or gives back all that is left of one that was.
func (s *Server) Cancel(orderID string) error {
	o, err := s.Order(orderID)
	switch {
	case err != nil:
		return err
	case slices.Contains([]string{"cancelled", "refunded", "trash"}, o.Status):
		return fmt.Errorf("order %s is %s", orderID, o.Status)
	case o.Paid != nil && o.Total() > o.Refunded():
		return s.Refund(orderID, simshop.Refund{})
	}
	return s.SetStatus(orderID, "cancelled")
}

// Credit is what a customer can spend of coupons that this project gave for store credit: live, unused, and
// restricted to his e-mail. The customer is an id, or the e-mail of a guest.
func (s *Server) Credit(customerID string) (string, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	email := customerID
	if id, err := strconv.ParseInt(customerID, 10, 64); err == nil {
		c := s.st.customers[id]
		if c == nil {
			return "", 0, fmt.Errorf("no customer %s", customerID)
		}
		email = c.Email
	}
	var sum Money
	live := 0
	now := s.now()
	for _, c := range s.st.coupons {
		if metaText(c.Meta, kindKey) == kindCredit && c.live(now) && c.UsageCount == 0 &&
			slices.Equal(c.Emails, emailList([]string{email})) {
			sum += c.Amount
			live++
		}
	}
	return sum.Text(s.opts.Decimals), live, nil
}

// Codes are the coupons, in the order of their making; of one code there may be several.
func (s *Server) Codes() ([]simshop.Code, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []simshop.Code{}
	now := s.now()
	for _, c := range sorted(s.st.coupons) {
		code := simshop.Code{Code: c.Code, Live: c.live(now), Used: int(c.UsageCount)}
		if len(c.Emails) > 0 {
			code.For = c.Emails[0]
		}
		out = append(out, code)
	}
	return out, nil
}
