package shopify

import (
	"strconv"
	"strings"
	"time"

	"grapevine/rewards"
)

// The shapes below are those of queries/order.graphql and its further pages.

type pageInfo struct {
	More bool   `json:"hasNextPage"`
	End  string `json:"endCursor"`
}

type moneyNode struct {
	Amount   string `json:"amount"`
	Currency string `json:"currencyCode"`
}

func (m moneyNode) money() (rewards.Money, error) { return rewards.ParseMoney(m.Amount, m.Currency) }

// moneyBag is an amount in two currencies, of which the shop's counts.
type moneyBag struct {
	Shop moneyNode `json:"shopMoney"`
}

func (b moneyBag) in(currency string) (rewards.Money, error) {
	if b.Shop.Currency != currency {
		return rewards.Money{}, rewards.Errorf(rewards.Invalid, "currency_mismatch", "an amount in %.8q on an order in %.8q", b.Shop.Currency, currency)
	}
	return b.Shop.money()
}

type orderNode struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	Test          bool          `json:"test"`
	CreatedAt     time.Time     `json:"createdAt"`
	UpdatedAt     time.Time     `json:"updatedAt"`
	CancelledAt   *time.Time    `json:"cancelledAt"`
	Status        string        `json:"displayFinancialStatus"`
	Currency      string        `json:"currencyCode"`
	TaxesIncluded bool          `json:"taxesIncluded"`
	Customer      *customerNode `json:"customer"`
	ClientIP      string        `json:"clientIp"`
	ShippingTo    *addressNode  `json:"shippingAddress"`
	BillingTo     *addressNode  `json:"billingAddress"`
	Attributes    []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"customAttributes"`
	Risk struct {
		Recommendation string `json:"recommendation"`
	} `json:"risk"`
	Journey *struct {
		Ready bool       `json:"ready"`
		Index *int64     `json:"customerOrderIndex"`
		First *visitNode `json:"firstVisit"`
		Last  *visitNode `json:"lastVisit"`
	} `json:"customerJourneySummary"`
	Tip          moneyBag `json:"totalTipReceivedSet"`
	Applications struct {
		Nodes []struct {
			Index  int    `json:"index"`
			Code   string `json:"code"`       // only DiscountCodeApplication has one
			Target string `json:"targetType"` // only orders_since asks for it
		} `json:"nodes"`
		Page pageInfo `json:"pageInfo"`
	} `json:"discountApplications"`
	Shipping struct {
		Nodes []struct {
			Allocations []allocationNode `json:"discountAllocations"`
		} `json:"nodes"`
		Page pageInfo `json:"pageInfo"`
	} `json:"shippingLines"`
	Transactions []transactionNode `json:"transactions"`
	Cards        []transactionNode `json:"cards"` // the first ones, with their means of payment
	Lines        lineConnection    `json:"lineItems"`
	RefundIDs    []struct {
		ID string `json:"id"`
	} `json:"refundIds"`
	Refunds []refundNode `json:"refunds"`
}

type customerNode struct {
	ID      string `json:"id"`
	Name    string `json:"firstName"`
	Surname string `json:"lastName"`
	Email   *struct {
		Address string `json:"emailAddress"`
	} `json:"defaultEmailAddress"`
	Phone *struct {
		Number string `json:"phoneNumber"`
	} `json:"defaultPhoneNumber"`
}

type allocationNode struct {
	Amount      moneyBag `json:"allocatedAmountSet"`
	Application struct {
		Index int `json:"index"`
	} `json:"discountApplication"`
}

type lineConnection struct {
	Nodes []lineNode `json:"nodes"`
	Page  pageInfo   `json:"pageInfo"`
}

type lineNode struct {
	ID       string       `json:"id"`
	Quantity int64        `json:"quantity"`
	Current  int64        `json:"currentQuantity"`
	GiftCard bool         `json:"isGiftCard"`
	Product  *productNode `json:"product"`
	Total    moneyBag     `json:"originalTotalSet"`
	Taxes    []struct {
		Price moneyBag `json:"priceSet"`
	} `json:"taxLines"`
	Allocations []allocationNode `json:"discountAllocations"`
}

// taxesPerLine is how many taxes order.graphql asks for; more than that are not seen.
const taxesPerLine = 5

type transactionNode struct {
	Kind        string       `json:"kind"`
	Status      string       `json:"status"`
	CreatedAt   *time.Time   `json:"createdAt"`
	ProcessedAt *time.Time   `json:"processedAt"`
	Amount      moneyBag     `json:"amountSet"`
	Details     *cardDetails `json:"paymentDetails"`
}

type refundNode struct {
	ID    string `json:"id"`
	Lines struct {
		Nodes []struct {
			Subtotal moneyBag `json:"subtotalSet"`
			Tax      moneyBag `json:"totalTaxSet"`
		} `json:"nodes"`
		Page pageInfo `json:"pageInfo"`
	} `json:"refundLineItems"`
	Shipping struct {
		Nodes []struct {
			Subtotal moneyBag `json:"subtotalAmountSet"`
			Tax      moneyBag `json:"taxAmountSet"`
		} `json:"nodes"`
		Page pageInfo `json:"pageInfo"`
	} `json:"refundShippingLines"`
	Transactions struct {
		Nodes []transactionNode `json:"nodes"`
		Page  pageInfo          `json:"pageInfo"`
	} `json:"transactions"`
}

// more tells whether a page of the refund is missing.
func (r refundNode) more() bool {
	return r.Lines.Page.More || r.Shipping.Page.More || r.Transactions.Page.More
}

// order brings the node, with all its pages, into the domain's words.
func (n *orderNode) order() (rewards.Order, error) {
	o := rewards.Order{
		ID:        numberOf(n.ID),
		Name:      n.Name,
		PlacedAt:  n.CreatedAt.UTC(),
		UpdatedAt: n.UpdatedAt.UTC(),
		Currency:  n.Currency,
		Payment:   payment(strings.ToLower(n.Status)),
		Cancelled: n.CancelledAt != nil,
		Test:      n.Test,
		Customer:  n.Customer.person(),
	}
	if o.ID == "" || n.CreatedAt.IsZero() || len(n.Currency) > maxCurrency {
		return o, rewards.Errorf(rewards.Invalid, "missing_field", "id %.40q, createdAt or currency %.8q", n.ID, n.Currency)
	}
	o.PaidAt = n.paidAt(o)
	n.leaveTrail(&o)
	if _, known := rewards.Exponent(n.Currency); !known {
		lines := make([]rewards.Line, 0, len(n.Lines.Nodes))
		for _, l := range n.Lines.Nodes {
			lines = append(lines, l.bare())
		}
		return unpriced(o, n.applications(), lines), nil
	}
	return o, n.price(&o)
}

func (c *customerNode) person() *rewards.Person {
	if c == nil || numberOf(c.ID) == "" {
		return nil
	}
	p := &rewards.Person{ID: numberOf(c.ID), Name: c.Name, Surname: c.Surname}
	if c.Email != nil {
		p.Email = c.Email.Address
	}
	if c.Phone != nil {
		p.Phone = c.Phone.Number
	}
	return p
}

// paidAt is when the last payment of an order that is paid came in; nil for an order without payments,
// like one that cost nothing.
func (n *orderNode) paidAt(o rewards.Order) *time.Time {
	if !o.Paid() && o.Payment != rewards.PaymentRefunded {
		return nil
	}
	var last *time.Time
	for _, t := range n.Transactions {
		if t.Status != "SUCCESS" || t.Kind != "SALE" && t.Kind != "CAPTURE" {
			continue
		}
		at := timeOf(t.ProcessedAt)
		if at.IsZero() {
			at = timeOf(t.CreatedAt)
		}
		if !at.IsZero() && (last == nil || at.After(*last)) {
			last = &at
		}
	}
	return last
}

func (n *orderNode) applications() []application {
	apps := make([]application, 0, len(n.Applications.Nodes))
	for _, a := range n.Applications.Nodes {
		apps = append(apps, application{index: a.Index, code: a.Code})
	}
	return apps
}

// price fills in codes, lines and money back.
func (n *orderNode) price(o *rewards.Order) error {
	var allocations []allocation
	var goods goodsParts
	unseen := "" // the line that may have more taxes than were asked for
	tip, err := n.Tip.in(n.Currency)
	if err != nil {
		return err
	}
	for _, l := range n.Lines.Nodes {
		p, err := l.parts(n.Currency)
		if err != nil {
			return err
		}
		allocations = append(allocations, p.allocations...)
		// A tip is a line like any other here: it can only be known by its amount.
		if tip.Minor > 0 && p.gross == tip && p.line.ProductID == "" && !p.line.GiftCard {
			tip.Minor = 0
			continue
		}
		if len(p.taxes) >= taxesPerLine {
			unseen = p.line.ID
		}
		line, err := p.finish(n.Currency, n.TaxesIncluded)
		if err != nil {
			return err
		}
		o.Lines = append(o.Lines, line)
		if err := goods.add(p, line.Amount); err != nil {
			return err
		}
	}
	for _, l := range n.Shipping.Nodes {
		as, err := allocatedNodes(l.Allocations, n.Currency)
		if err != nil {
			return err
		}
		allocations = append(allocations, as...)
	}
	if o.Codes, err = codesOf(n.Currency, n.applications(), allocations); err != nil {
		return err
	}
	back, err := n.moneyWithoutLines()
	if err != nil {
		return err
	}
	if unseen != "" && (n.TaxesIncluded || back.Minor > 0) {
		return rewards.Errorf(rewards.Invalid, "too_many_taxes", "line %s has %d taxes or more", unseen, taxesPerLine)
	}
	o.MoneyBack, err = goods.netOf(back)
	return err
}

func (n *orderNode) moneyWithoutLines() (rewards.Money, error) {
	refunds := make([]refundParts, 0, len(n.Refunds))
	for _, r := range n.Refunds {
		p, err := r.parts(n.Currency)
		if err != nil {
			return rewards.Money{}, err
		}
		refunds = append(refunds, p)
	}
	return moneyWithoutLines(n.Currency, n.TaxesIncluded, refunds)
}

func (l lineNode) bare() rewards.Line {
	line := rewards.Line{ID: numberOf(l.ID), Quantity: l.Quantity, Current: l.Current, GiftCard: l.GiftCard}
	if l.Product != nil {
		line.ProductID = numberOf(l.Product.ID)
		if c := l.Product.Collections; c != nil && !c.Page.More {
			line.Collections = c.numbers()
		}
	}
	return line
}

func (l lineNode) parts(currency string) (lineParts, error) {
	p := lineParts{line: l.bare()}
	var err error
	if p.gross, err = l.Total.in(currency); err != nil {
		return p, err
	}
	for _, t := range l.Taxes {
		tax, err := t.Price.in(currency)
		if err != nil {
			return p, err
		}
		p.taxes = append(p.taxes, tax)
	}
	p.allocations, err = allocatedNodes(l.Allocations, currency)
	return p, err
}

func allocatedNodes(nodes []allocationNode, currency string) ([]allocation, error) {
	list := make([]allocation, 0, len(nodes))
	for _, n := range nodes {
		m, err := n.Amount.in(currency)
		if err != nil {
			return nil, err
		}
		list = append(list, allocation{index: n.Application.Index, amount: m})
	}
	return list, nil
}

func (r refundNode) parts(currency string) (refundParts, error) {
	none := rewards.Money{Currency: currency}
	p := refundParts{lines: none, tax: none, shipping: none, back: none}
	for _, t := range r.Transactions.Nodes {
		if t.Kind != "REFUND" || t.Status != "SUCCESS" {
			continue
		}
		if err := t.Amount.addTo(&p.back, currency); err != nil {
			return p, err
		}
	}
	for _, l := range r.Lines.Nodes {
		if err := l.Subtotal.addTo(&p.lines, currency); err != nil {
			return p, err
		}
		if err := l.Tax.addTo(&p.tax, currency); err != nil {
			return p, err
		}
	}
	for _, l := range r.Shipping.Nodes {
		for _, bag := range []moneyBag{l.Subtotal, l.Tax} {
			if err := bag.addTo(&p.shipping, currency); err != nil {
				return p, err
			}
		}
	}
	return p, nil
}

func (b moneyBag) addTo(total *rewards.Money, currency string) error {
	m, err := b.in(currency)
	if err != nil {
		return err
	}
	*total, err = total.Add(m)
	return err
}

// count is an UnsignedInt64, which Shopify writes as a JSON string; a number is taken as well.
type count int64

// UnmarshalJSON reads "12" and 12.
func (c *count) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if err != nil || n < 0 {
		return rewards.Errorf(rewards.Invalid, "bad_count", "%.40q is no count", b)
	}
	*c = count(n)
	return nil
}
