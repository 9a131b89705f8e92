package woocommercetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// OrderInput is what somebody orders in the shop.
type OrderInput struct {
	CustomerID int64 // 0: a guest
	Billing    Address
	Shipping   Address
	Lines      []LineInput
	Coupons    []string // as typed
	Freight    string   // price of shipping; "": none
	// Method is how it is paid: "card" ("": that) is paid at once, "cod" is processing and unpaid until it is
	// completed, "bacs" is on hold until the money is there.
	Method string
	// Unpaid leaves a card order pending: the buyer went away before paying.
	Unpaid bool
	// Draft leaves it a checkout-draft: somebody looked at the checkout.
	Draft bool
	// Status overrides what follows from the method; "": it does not.
	Status     string
	Meta       map[string]any // custom data, of any JSON type
	CreatedVia string         // "": store-api
	Currency   string         // "": the shop's
	Note       string
	IP         string
	UserAgent  string
	rest       bool // by the REST API: individual_use and addresses are not looked at
}

// LineInput is one article of an order.
type LineInput struct {
	ProductID int64 // 0: the product of that name, made if there is none
	Name      string
	Price     string // of one; "": the product's
	Quantity  int64  // 0: 1
}

// refusal is what a buyer reads at the checkout.
type refusal struct {
	code string // of the REST API
	text string
}

func (r *refusal) Error() string { return r.text }

// PlaceOrder places an order as the checkout block of a shop does: coupons are checked by all their rules.
// The webhooks of such orders go out in the wrong order: order.updated first.
func (s *Server) PlaceOrder(in OrderInput) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.newOrder(in)
	if err != nil {
		return Order{}, err
	}
	s.place(o, in)
	s.emit("order.updated", o.ID)
	s.emit("order.created", o.ID)
	return o.clone(), nil
}

// newOrder reckons an order and keeps it. Nothing is kept of what is refused. The lock is held.
func (s *Server) newOrder(in OrderInput) (*Order, error) {
	now := s.now()
	o := &Order{
		Currency: or(in.Currency, s.opts.Currency), PricesIncludeTax: s.opts.TaxIncluded, Created: now, Modified: now,
		CustomerID: in.CustomerID, Billing: in.Billing, Shipping: in.Shipping, CreatedVia: or(in.CreatedVia, "store-api"),
		Note: in.Note, IP: in.IP, UserAgent: in.UserAgent,
	}
	if in.CustomerID != 0 && s.st.customers[in.CustomerID] == nil {
		return nil, fmt.Errorf("no customer %d", in.CustomerID)
	}
	r := &reckoning{decimals: s.opts.Decimals}
	if err := s.fillBasket(r, o, in.Lines); err != nil {
		return nil, err
	}
	coupons, err := s.checkCoupons(r, in)
	if err != nil {
		return nil, err
	}
	for _, c := range coupons {
		r.apply(c)
	}
	s.total(o, r, coupons)
	if err := s.ship(o, in.Freight, coupons); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(in.Meta)) {
		o.Meta = append(o.Meta, s.st.meta(key, in.Meta[key]))
	}
	o.ID = next(&s.st.lastPost)
	o.Number, o.Key = idText(o.ID), "wc_order_"+s.hex(13)
	s.st.orders[o.ID] = o
	return o, nil
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// fillBasket makes the lines, with the prices as they are typed.
func (s *Server) fillBasket(r *reckoning, o *Order, lines []LineInput) error {
	if len(lines) == 0 {
		return errors.New("the basket is empty")
	}
	o.Virtual = true
	for i, in := range lines {
		p := s.product(in)
		if p == nil {
			return fmt.Errorf("no product %d", in.ProductID)
		}
		price := p.Price
		if in.Price != "" {
			var err error
			if price, err = ParseMoney(in.Price); err != nil {
				return fmt.Errorf("the price %q: %w", in.Price, err)
			}
		}
		o.Virtual = o.Virtual && p.Virtual
		quantity := max(1, in.Quantity)
		o.Lines = append(o.Lines, Line{ID: next(&s.st.lastItem), ProductID: p.ID, Name: or(in.Name, p.Name), Quantity: quantity})
		r.items = append(r.items, &item{line: i, product: p, quantity: quantity, price: r.minor(price * Money(quantity))})
	}
	return nil
}

// product finds what is bought; by its name it is made if there is none. The lock is held.
func (s *Server) product(in LineInput) *Product {
	if in.ProductID != 0 {
		return s.st.products[in.ProductID]
	}
	for _, p := range sorted(s.st.products) {
		if p.Name == in.Name {
			return p
		}
	}
	p := &Product{ID: next(&s.st.lastPost), Name: or(in.Name, "Widget"), Price: 25 * unit}
	s.st.products[p.ID] = p
	return p
}

// checkCoupons finds the coupons that were typed and checks each. The lock is held.
func (s *Server) checkCoupons(r *reckoning, in OrderInput) ([]*Coupon, error) {
	p := purchase{customer: s.st.customers[in.CustomerID], email: in.Billing.Email, items: r.items, rest: in.rest}
	for _, i := range r.items {
		p.subtotal += Money(i.price) * step(r.decimals)
	}
	var out []*Coupon
	for _, typed := range in.Coupons {
		c := s.couponByCode(typed, 0)
		if c == nil {
			return nil, &refusal{code: "woocommerce_rest_invalid_coupon", text: "Coupon \"" + couponCode(typed) + "\" cannot be applied because it does not exist."}
		}
		if slices.Contains(out, c) {
			return nil, &refusal{code: "woocommerce_rest_invalid_coupon", text: "Coupon code \"" + c.Code + "\" already applied!"}
		}
		if why := s.check(c, p); why != "" {
			return nil, &refusal{code: "woocommerce_rest_invalid_coupon", text: why}
		}
		out = append(out, c)
	}
	if alone := slices.IndexFunc(out, func(c *Coupon) bool { return c.IndividualUse }); !in.rest && len(out) > 1 && alone >= 0 {
		return nil, &refusal{text: "Sorry, coupon \"" + out[alone].Code + "\" has already been applied and cannot be used in conjunction with other coupons."}
	}
	return out, nil
}

// total writes what was reckoned into the order: lines, taxes, what each coupon took. The lock is held.
func (s *Server) total(o *Order, r *reckoning, coupons []*Coupon) {
	amount := func(minor int64) Money { return Money(minor) * step(r.decimals) }
	for i, it := range r.items {
		l := &o.Lines[i]
		l.Subtotal, l.SubtotalTax = s.net(amount(it.price))
		l.Total, l.TotalTax = s.net(amount(it.left()))
	}
	for n, c := range coupons {
		var off int64
		for _, part := range r.taken[n] {
			off += part
		}
		line := CouponLine{ID: next(&s.st.lastItem), MetaID: next(&s.st.lastMeta), Coupon: *c}
		line.Discount, line.DiscountTax = s.net(amount(off))
		o.Coupons = append(o.Coupons, line)
	}
}

// net parts an entered price into what is without tax and the tax, each rounded to the shop's decimals: so
// that of the whole discount may be off by a unit from the sum of the lines'. The lock is held.
func (s *Server) net(entered Money) (net, tax Money) {
	d := s.opts.Decimals
	if s.opts.TaxIncluded {
		tax = entered.share(s.opts.TaxRate, 10_000+s.opts.TaxRate, d)
		return entered - tax, tax
	}
	return entered, entered.share(s.opts.TaxRate, 10_000, d)
}

// ship adds shipping; a coupon with free shipping makes it cost nothing. The lock is held.
func (s *Server) ship(o *Order, price string, coupons []*Coupon) error {
	if price == "" {
		return nil
	}
	m, err := ParseMoney(price)
	if err != nil {
		return fmt.Errorf("the price of shipping %q: %w", price, err)
	}
	title := "Flat rate"
	if slices.ContainsFunc(coupons, func(c *Coupon) bool { return c.FreeShipping }) {
		m, title = 0, "Free shipping"
	}
	l := ShippingLine{ID: next(&s.st.lastItem), Title: title, Total: m.round(s.opts.Decimals)}
	l.Tax = l.Total.share(s.opts.TaxRate, 10_000, s.opts.Decimals)
	o.ShippingLines = append(o.ShippingLines, l)
	return nil
}

// place gives a new order its way of payment and its first status. The lock is held.
func (s *Server) place(o *Order, in OrderInput) {
	o.Method = or(in.Method, "card")
	o.MethodTitle = map[string]string{"card": "Credit card", "cod": "Cash on delivery", "bacs": "Direct bank transfer"}[o.Method]
	status := in.Status
	switch {
	case status != "":
	case in.Draft:
		status = "checkout-draft"
	case o.Method == "cod":
		status = "processing"
	case o.Method == "bacs":
		status = "on-hold"
	case in.Unpaid:
		status = "pending"
	default:
		o.TransactionID = "tx_" + s.hex(10)
		status = paidStatus(o)
	}
	s.setStatus(o, status)
	if o.TransactionID != "" {
		s.emit("action.woocommerce_payment_complete", o.ID)
	}
}

// paidStatus is the status at which an order counts as paid: completed, where nothing is to be sent and for
// cash on delivery, processing else.
func paidStatus(o *Order) string {
	if o.Virtual || o.Method == "cod" {
		return "completed"
	}
	return "processing"
}

// setStatus changes the status with all that hangs on it: dates, and the use of coupons. The lock is held.
func (s *Server) setStatus(o *Order, status string) {
	now := s.now()
	o.Status, o.Modified = status, now
	if o.Paid == nil && (status == paidStatus(o) || status == "completed") {
		o.Paid = &now
	}
	if status == "completed" && o.Completed == nil {
		o.Completed = &now
	}
	s.count(o)
	if c := s.st.customers[o.CustomerID]; c != nil && o.Paid != nil && !c.Paying {
		c.Paying, c.Modified = true, now
		s.emit("customer.updated", c.ID)
	}
}

// Pay pays an order: date_paid is set, and the status is processing, or completed where nothing is to be
// sent.
func (s *Server) Pay(orderID string) error {
	return s.change(orderID, func(o *Order) error {
		if o.Paid != nil || !slices.Contains([]string{"pending", "on-hold", "failed", "processing", "checkout-draft"}, o.Status) {
			return fmt.Errorf("order %s is %s and cannot be paid", orderID, o.Status)
		}
		now := s.now()
		status := "processing"
		if o.Virtual {
			status = "completed"
		}
		o.Paid = &now
		s.setStatus(o, status)
		s.emit("action.woocommerce_payment_complete", o.ID)
		return nil
	})
}

// SetStatus sets an order's status as staff does on its page.
func (s *Server) SetStatus(orderID, status string) error {
	return s.change(orderID, func(o *Order) error {
		s.setStatus(o, status)
		return nil
	})
}

// change finds an order, changes it, and tells of it.
func (s *Server) change(orderID string, f func(*Order) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.order(orderID)
	if err != nil {
		return err
	}
	if err := f(o); err != nil {
		return err
	}
	o.Modified = s.now()
	s.emit("order.updated", o.ID)
	return nil
}

// order finds an order by its id as text. The lock is held.
func (s *Server) order(id string) (*Order, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if o := s.st.orders[n]; err == nil && o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("no order %s", id)
}

// Trash throws an order away: order.deleted is sent, its coupons are free again, and it can be restored.
func (s *Server) Trash(orderID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.order(orderID)
	if err != nil {
		return err
	}
	s.trashOrder(o)
	return nil
}

func (s *Server) trashOrder(o *Order) {
	before := o.Status
	s.setStatus(o, "trash")
	o.StatusBeforeTrash = before
	s.emit("order.deleted", o.ID)
}

// Restore takes an order out of the trash.
func (s *Server) Restore(orderID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.order(orderID)
	if err != nil {
		return err
	}
	if o.Status != "trash" {
		return fmt.Errorf("order %s is not in the trash", orderID)
	}
	o.Status, o.Modified = o.StatusBeforeTrash, s.now()
	s.count(o)
	s.emit("order.restored", o.ID)
	s.emit("order.updated", o.ID)
	return nil
}

// DeleteForce removes an order for good; no webhook tells of it.
func (s *Server) DeleteForce(orderID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.order(orderID)
	if err != nil {
		return err
	}
	delete(s.st.orders, o.ID)
	return nil
}

// Order is an order with all that the shop knows of it.
func (s *Server) Order(orderID string) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.order(orderID)
	if err != nil {
		return Order{}, err
	}
	return o.clone(), nil
}

// Backdate sets when an order was placed, for histories; when it was changed is set as well.
func (s *Server) Backdate(orderID string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.order(orderID)
	if err != nil {
		return err
	}
	at = at.UTC().Truncate(time.Second)
	o.Created, o.Modified = at, at
	if o.Paid != nil {
		o.Paid = &at
	}
	return nil
}
