package woocommercetest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Meta is one entry of custom data, of whatever JSON type.
type Meta struct {
	ID    int64           `json:"id"`
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

// Address is a billing or shipping address; shipping addresses have no e-mail.
type Address struct {
	FirstName, LastName, Company, Address1, Address2, City, State, Postcode, Country, Email, Phone string
}

// Product is what can be bought.
type Product struct {
	ID         int64
	Name       string
	Price      Money
	Categories []int64
	OnSale     bool
	Virtual    bool // needs no processing: an order of such alone is completed when paid
}

// Customer is a registered user with the role customer.
type Customer struct {
	ID                         int64
	Email, FirstName, LastName string
	Username                   string
	Created, Modified          time.Time
	Billing, Shipping          Address
	Paying                     bool
	Meta                       []Meta
}

// Line is what was bought. Subtotals are before discounts, totals after, both without tax.
type Line struct {
	ID          int64
	ProductID   int64
	Name        string
	Quantity    int64
	Subtotal    Money
	SubtotalTax Money
	Total       Money
	TotalTax    Money
}

// CouponLine is a coupon that was used on an order. Coupon is the coupon as it was then.
type CouponLine struct {
	ID          int64
	MetaID      int64
	Discount    Money
	DiscountTax Money
	Coupon      Coupon
}

// ShippingLine is a way of shipping with its price.
type ShippingLine struct {
	ID    int64
	Title string
	Total Money
	Tax   Money
}

// RefundLine is what a refund gave back of a line; amounts and quantity are positive here.
type RefundLine struct {
	ID       int64
	MetaID   int64
	LineID   int64 // of the order, of goods or shipping
	Quantity int64
	Total    Money
	Tax      Money
	Shipping bool
}

// Refund is one refund of an order. Amount is positive.
type Refund struct {
	ID      int64
	OrderID int64
	MetaID  int64
	At      time.Time
	Amount  Money
	Reason  string
	ByAPI   bool // the payment gateway moved the money
	Lines   []RefundLine
}

// Order is an order with all that happened to it.
type Order struct {
	ID                  int64
	Status              string // without "wc-"
	StatusBeforeTrash   string
	Currency            string
	PricesIncludeTax    bool
	Created, Modified   time.Time
	Paid, Completed     *time.Time
	CustomerID          int64
	Key                 string
	Number              string
	Billing, Shipping   Address
	Method, MethodTitle string
	TransactionID       string
	IP, UserAgent       string
	CreatedVia          string
	Note                string
	Virtual             bool
	Lines               []Line
	Coupons             []CouponLine
	ShippingLines       []ShippingLine
	Refunds             []Refund
	Meta                []Meta
	usage               bool // its coupons count it
}

// Total is what the buyer pays, with tax and shipping, before refunds.
func (o *Order) Total() Money {
	var sum Money
	for _, l := range o.Lines {
		sum += l.Total + l.TotalTax
	}
	for _, l := range o.ShippingLines {
		sum += l.Total + l.Tax
	}
	return sum
}

// Refunded is what was given back so far.
func (o *Order) Refunded() Money {
	var sum Money
	for _, r := range o.Refunds {
		sum += r.Amount
	}
	return sum
}

// clone copies an order so that the copy does not change with it.
func (o *Order) clone() Order {
	c := *o
	c.Lines, c.Coupons, c.ShippingLines = slices.Clone(o.Lines), slices.Clone(o.Coupons), slices.Clone(o.ShippingLines)
	c.Refunds, c.Meta = slices.Clone(o.Refunds), slices.Clone(o.Meta)
	return c
}

// Coupon is a discount code.
type Coupon struct {
	ID                             int64
	Code                           string // lower case
	Type                           string // percent, fixed_cart, fixed_product
	Amount                         Money
	Status                         string // publish, draft, pending, private, trash
	StatusBeforeTrash              string
	Description                    string
	Created, Modified              time.Time
	Expires                        *time.Time
	IndividualUse, FreeShipping    bool
	ExcludeSaleItems               bool
	ProductIDs, ExcludedProductIDs []int64
	Categories, ExcludedCategories []int64
	UsageLimit, UsageLimitPerUser  int64 // 0: none
	LimitToItems                   int64 // 0: all
	MinimumAmount, MaximumAmount   Money
	Emails                         []string // who alone may use it
	UsedBy                         []string // customer ids and e-mails of guests
	UsageCount                     int64
	Meta                           []Meta
}

// live tells whether somebody could use the coupon.
func (c *Coupon) live(now time.Time) bool {
	return c.Status == "publish" && (c.Expires == nil || !now.After(*c.Expires)) && (c.UsageLimit == 0 || c.UsageCount < c.UsageLimit)
}

// metaText is the text of an entry of custom data, "" if there is none.
func metaText(all []Meta, key string) string {
	for _, m := range all {
		var s string
		if m.Key == key && json.Unmarshal(m.Value, &s) == nil {
			return s
		}
	}
	return ""
}

// Key is a REST API key.
type Key struct {
	ID          int64
	UserID      int64
	Consumer    string // ck_…
	Secret      string // cs_…
	Permissions string // read, write, read_write
	Description string
	nonces      map[string]int64 // used, with their timestamps
}

// user is who owns keys and webhooks: a shop manager, until he is none.
type user struct {
	id      int64
	manages bool // has manage_woocommerce
}

// state is everything that the shop holds.
type state struct {
	products  map[int64]*Product
	customers map[int64]*Customer
	orders    map[int64]*Order
	coupons   map[int64]*Coupon
	webhooks  map[int64]*Webhook
	keys      map[int64]*Key
	users     map[int64]*user

	lastPost, lastUser, lastKey, lastWebhook, lastItem, lastMeta int64
}

func newState() *state {
	return &state{
		products: map[int64]*Product{}, customers: map[int64]*Customer{}, orders: map[int64]*Order{},
		coupons: map[int64]*Coupon{}, webhooks: map[int64]*Webhook{}, keys: map[int64]*Key{},
		users: map[int64]*user{1: {id: 1, manages: true}}, lastPost: 10, lastUser: 1,
	}
}

// next counts one of the counters on.
func next(counter *int64) int64 {
	*counter++
	return *counter
}

// meta makes an entry of custom data with an id of its own.
func (st *state) meta(key string, value any) Meta {
	raw, ok := value.(json.RawMessage)
	if !ok {
		raw = encode(value)
	}
	return Meta{ID: next(&st.lastMeta), Key: key, Value: raw}
}

// customerByEmail finds an account by its e-mail, whatever its case; nil: none.
func (st *state) customerByEmail(email string) *Customer {
	for _, c := range st.customers {
		if strings.EqualFold(c.Email, strings.TrimSpace(email)) {
			return c
		}
	}
	return nil
}

// sorted lists the values of a map by their ids.
func sorted[T any](all map[int64]*T) []*T {
	ids := make([]int64, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	out := make([]*T, len(ids))
	for i, id := range ids {
		out[i] = all[id]
	}
	return out
}
