package shopify

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"grapevine/connectors"
	"grapevine/rewards"
)

// maxDepth bounds the nesting of a webhook's body. Shopify's own orders need about ten.
const maxDepth = 64

// parse reads a body into v. Kind Invalid, code bad_json. See connectors.ParseBody.
func parse(body []byte, v any) error { return connectors.ParseBody(body, maxDepth, v) }

// orderBody is what is read of an order. Its shape is that of the REST resource Order; the sets carry
// the shop's own currency. Sources: the sample payloads of orders/create at API version 2026-07 and of
// the REST reference at 2026-01; facts on what is null or absent: testdata/README.md.
type orderBody struct {
	ID           int64                 `json:"id"`
	GID          string                `json:"admin_graphql_api_id"`
	Name         string                `json:"name"`
	Test         bool                  `json:"test"`
	CreatedAt    *time.Time            `json:"created_at"`
	UpdatedAt    *time.Time            `json:"updated_at"`
	CancelledAt  *time.Time            `json:"cancelled_at"`
	Currency     string                `json:"currency"`
	Status       string                `json:"financial_status"`
	TaxesInclude bool                  `json:"taxes_included"`
	Customer     *customerBody         `json:"customer"`
	Discounts    []discountApplication `json:"discount_applications"`
	Lines        []lineBody            `json:"line_items"`
	Shipping     []shippingBody        `json:"shipping_lines"`
	Refunds      []refundBody          `json:"refunds"`

	// What tells where the order came from; any of it may be null or absent.
	BrowserIP  string       `json:"browser_ip"`
	ShippingTo *addressBody `json:"shipping_address"`
	BillingTo  *addressBody `json:"billing_address"`
	Client     *struct {
		IP    string `json:"browser_ip"`
		Agent string `json:"user_agent"`
	} `json:"client_details"`
	LandingSite string          `json:"landing_site"`
	LandingRef  string          `json:"landing_site_ref"`
	Attributes  []noteAttribute `json:"note_attributes"`
}

// noteAttribute is one that came with the cart. Its value is whatever the shop's theme wrote.
type noteAttribute struct {
	Name  string         `json:"name"`
	Value jsontext.Value `json:"value"`
}

// discountApplication is one discount of an order; allocations point at it by its place in the list.
// Only the type discount_code has a code: staff discounts are "manual" and have a title.
type discountApplication struct {
	Type string `json:"type"`
	Code string `json:"code"`
}

type lineBody struct {
	ID            int64            `json:"id"`
	ProductID     int64            `json:"product_id"`
	ProductExists *bool            `json:"product_exists"`
	Quantity      int64            `json:"quantity"`
	Current       *int64           `json:"current_quantity"`
	GiftCard      bool             `json:"gift_card"`
	Price         string           `json:"price"`
	PriceSet      *moneySet        `json:"price_set"`
	TaxLines      []taxBody        `json:"tax_lines"`
	Allocations   []allocationBody `json:"discount_allocations"`
	// Tip is there, though it may be null, on lines that are a tip and on no other.
	// Source: Shopify's REST reference of Order, line_items[].tip_payment_gateway.
	Tip jsontext.Value `json:"tip_payment_gateway"`
}

type taxBody struct {
	Price    string    `json:"price"`
	PriceSet *moneySet `json:"price_set"`
}

type allocationBody struct {
	Index     int       `json:"discount_application_index"`
	Amount    string    `json:"amount"`
	AmountSet *moneySet `json:"amount_set"`
}

type shippingBody struct {
	Allocations []allocationBody `json:"discount_allocations"`
}

// refundBody is a refund, alone (refunds/create) or inside an order.
type refundBody struct {
	ID           int64                `json:"id"`
	GID          string               `json:"admin_graphql_api_id"`
	OrderID      int64                `json:"order_id"`
	CreatedAt    *time.Time           `json:"created_at"`
	Lines        []refundLineBody     `json:"refund_line_items"`
	Shipping     []refundShippingBody `json:"refund_shipping_lines"`
	Adjustments  []adjustmentBody     `json:"order_adjustments"`
	Transactions []transactionBody    `json:"transactions"`
}

// refundLineBody is goods paid back. Subtotal and total_tax are JSON numbers beside the exact sets; they
// are read, digit by digit, only where a set is absent.
type refundLineBody struct {
	Subtotal    jsontext.Value `json:"subtotal"`
	SubtotalSet *moneySet      `json:"subtotal_set"`
	Tax         jsontext.Value `json:"total_tax"`
	TaxSet      *moneySet      `json:"total_tax_set"`
}

// refundShippingBody is shipping paid back, since API version 2024-10.
type refundShippingBody struct {
	SubtotalSet *moneySet `json:"subtotal_amount_set"`
	TaxSet      *moneySet `json:"tax_amount_set"`
}

// adjustmentBody is shipping paid back in older versions (kind shipping_refund, amounts below zero), or
// the difference between a reckoned and an actual refund.
type adjustmentBody struct {
	Kind      string    `json:"kind"`
	AmountSet *moneySet `json:"amount_set"`
	TaxSet    *moneySet `json:"tax_amount_set"`
}

// transactionBody is money that moved, in its own currency; null is the shop's.
type transactionBody struct {
	Kind     string `json:"kind"`
	Status   string `json:"status"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

type moneySet struct {
	Shop struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency_code"`
	} `json:"shop_money"`
}

// money reads the set's amount in the shop's currency. plain is the same amount as older bodies have
// it, already in that currency. Kind Invalid where there is neither, or the set is in another currency.
func (m *moneySet) money(plain, currency string) (rewards.Money, error) {
	if m == nil {
		return rewards.ParseMoney(plain, currency)
	}
	if m.Shop.Currency != currency {
		return rewards.Money{}, rewards.Errorf(rewards.Invalid, "currency_mismatch", "an amount in %.8q on an order in %.8q", m.Shop.Currency, currency)
	}
	return rewards.ParseMoney(m.Shop.Amount, currency)
}

// customerBody is a customer. Without approval for protected data all but the ids is absent.
type customerBody struct {
	ID        int64          `json:"id"`
	GID       string         `json:"admin_graphql_api_id"`
	Email     string         `json:"email"`
	Phone     string         `json:"phone"`
	FirstName string         `json:"first_name"`
	LastName  string         `json:"last_name"`
	Locale    string         `json:"locale"`
	UpdatedAt jsontext.Value `json:"updated_at"`
}

type deletedBody struct {
	ID        int64          `json:"id"`
	GID       string         `json:"admin_graphql_api_id"`
	UpdatedAt jsontext.Value `json:"updated_at"`
}

type editBody struct {
	Edit struct {
		OrderID     int64      `json:"order_id"`
		CommittedAt *time.Time `json:"committed_at"`
	} `json:"order_edit"`
}

// privacyBody is the body of the three compulsory topics.
type privacyBody struct {
	ShopID     int64         `json:"shop_id"`
	ShopDomain string        `json:"shop_domain"`
	Customer   *customerBody `json:"customer"`
	Orders     []int64       `json:"orders_to_redact"`
}

// shopBody is the resource Shop, of which Shopify's own sample has both domains null.
type shopBody struct {
	ID       int64          `json:"id"`
	Domain   string         `json:"myshopify_domain"`
	Owner    jsontext.Value `json:"shop_owner"`
	Web      jsontext.Value `json:"domain"`
	TimeZone jsontext.Value `json:"iana_timezone"`
}
