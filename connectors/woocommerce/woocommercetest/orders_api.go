package woocommercetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// statuses are those of orders; plugins add their own, which no schema here knows.
var statuses = []string{"pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft"}

// listOrders lists orders of all statuses but those in the trash, drafts too.
func (c *call) listOrders() (any, int, *problem) {
	sp, bad := c.span()
	if bad != nil {
		return nil, 0, bad
	}
	wanted := c.list("status")
	for _, st := range wanted {
		if !slices.Contains(statuses, st) && st != "any" && st != "trash" && st != "auto-draft" {
			return nil, 0, invalidParam("status", "status[0] is not one of any, trash, "+strings.Join(statuses, ", ")+".")
		}
	}
	customer, bad := c.number("customer", -1, 0, 1<<31-1)
	if bad != nil {
		return nil, 0, bad
	}
	search, _ := c.param("search")
	found := slices.DeleteFunc(sorted(c.s.st.orders), func(o *Order) bool {
		anyStatus := len(wanted) == 0 || slices.Contains(wanted, "any")
		if anyStatus && o.Status == "trash" || !anyStatus && !slices.Contains(wanted, o.Status) {
			return true
		}
		return customer >= 0 && o.CustomerID != int64(customer) || !o.mentions(search) || !sp.holds(c.s, o.Created, o.Modified)
	})
	found, bad = page(c, found, func(o *Order) row { return row{o.ID, o.Created, o.Modified, o.Number} })
	if bad != nil {
		return nil, 0, bad
	}
	d, bad := c.decimals()
	if bad != nil {
		return nil, 0, bad
	}
	out := make([]any, len(found))
	for i, o := range found {
		out[i] = c.s.orderBody(o, c.link("/wc/v3"), d)
	}
	return out, http.StatusOK, nil
}

// mentions tells whether an order is found by a search: its number, names and addresses, names of goods.
func (o *Order) mentions(search string) bool {
	if search == "" {
		return true
	}
	text := []string{o.Number, idText(o.ID)}
	for _, a := range []Address{o.Billing, o.Shipping} {
		text = append(text, a.FirstName, a.LastName, a.Company, a.Email, a.Address1, a.City, a.Postcode, a.Phone)
	}
	for _, l := range o.Lines {
		text = append(text, l.Name)
	}
	return containsFold(strings.Join(text, " "), search)
}

// decimals are those of the answer: the shop's, or dp.
func (c *call) decimals() (int, *problem) {
	d, bad := c.number("dp", c.s.opts.Decimals, 0, 1<<31-1)
	return min(d, moneyDecimals), bad
}

func (c *call) oneOrder(o *Order, status int) (any, int, *problem) {
	d, bad := c.decimals()
	if bad != nil {
		return nil, 0, bad
	}
	return c.s.orderBody(o, c.link("/wc/v3"), d), status, nil
}

func (c *call) getOrder(id int64) (any, int, *problem) {
	o := c.s.st.orders[id]
	if o == nil {
		return nil, 0, invalidID("shop_order", http.StatusNotFound)
	}
	return c.oneOrder(o, http.StatusOK)
}

// orderJSON is what an order by the REST API is made of.
type orderJSON struct {
	Status      string            `json:"status"`
	Currency    string            `json:"currency"`
	CustomerID  int64             `json:"customer_id"`
	Method      string            `json:"payment_method"`
	Title       string            `json:"payment_method_title"`
	Transaction string            `json:"transaction_id"`
	SetPaid     bool              `json:"set_paid"`
	Note        string            `json:"customer_note"`
	Billing     map[string]string `json:"billing"`
	Shipping    map[string]string `json:"shipping"`
	LineItems   []struct {
		ProductID int64           `json:"product_id"`
		Name      string          `json:"name"`
		Quantity  int64           `json:"quantity"`
		Total     json.RawMessage `json:"total"`
	} `json:"line_items"`
	CouponLines []struct {
		Code string `json:"code"`
	} `json:"coupon_lines"`
	ShippingLines []struct {
		Total json.RawMessage `json:"total"`
	} `json:"shipping_lines"`
}

// readOrder reads the body once more, as an order.
func (c *call) readOrder() (orderJSON, *problem) {
	var in orderJSON
	b, err := json.Marshal(c.body)
	if err == nil {
		err = json.Unmarshal(b, &in)
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return in, invalidParam(strings.Split(wrong.Field, ".")[0], wrong.Field+" is not of type "+wrong.Type.String()+".")
	}
	if in.Status != "" && !slices.Contains(statuses, in.Status) {
		return in, invalidParam("status", "status is not one of "+strings.Join(statuses, ", ")+".")
	}
	return in, nil
}

// createOrder places an order by the API. One whose coupon is refused leaves a draft behind, of which a
// webhook tells.
func (c *call) createOrder() (any, int, *problem) {
	in, bad := c.readOrder()
	if bad != nil {
		return nil, 0, bad
	}
	if in.CustomerID != 0 && c.s.st.customers[in.CustomerID] == nil {
		return nil, 0, &problem{status: http.StatusBadRequest, code: "woocommerce_rest_invalid_customer_id", text: "Customer ID is invalid."}
	}
	input := c.orderInput(in)
	o, err := c.s.newOrder(input)
	if err != nil {
		return nil, 0, c.refuseOrder(input, err)
	}
	o.Method, o.MethodTitle, o.TransactionID = in.Method, in.Title, in.Transaction
	o.Status = "pending"
	c.s.count(o)
	c.settle(o, in)
	if bad := c.fillMeta(&o.Meta); bad != nil {
		return nil, 0, bad
	}
	c.s.emit("order.created", o.ID)
	c.s.emit("order.updated", o.ID) // it is saved more than once
	c.header.Set("Location", fmt.Sprintf("%s/orders/%d", c.link("/wc/v3"), o.ID))
	return c.oneOrder(o, http.StatusCreated)
}

// settle sets the status that was asked for, and pays.
func (c *call) settle(o *Order, in orderJSON) {
	if in.Status != "" {
		c.s.setStatus(o, in.Status)
	}
	if in.SetPaid && o.Paid == nil {
		now := c.s.now()
		o.Paid = &now
		status := "processing"
		if o.Virtual {
			status = "completed"
		}
		c.s.setStatus(o, status)
	}
}

// refuseOrder leaves the draft and says why.
func (c *call) refuseOrder(input OrderInput, err error) *problem {
	var no *refusal
	if !errors.As(err, &no) {
		return invalidParam("line_items", err.Error())
	}
	input.Coupons, input.Billing, input.Shipping, input.CustomerID = nil, Address{}, Address{}, 0
	data := map[string]any{}
	if draft, err := c.s.newOrder(input); err == nil {
		draft.Status = "checkout-draft"
		c.s.emit("order.created", draft.ID)
		data["new_draft_order_id"] = draft.ID
	}
	return &problem{status: http.StatusBadRequest, code: or(no.code, "woocommerce_rest_invalid_coupon"), text: no.text, data: data}
}

func (c *call) orderInput(in orderJSON) OrderInput {
	out := OrderInput{
		CustomerID: in.CustomerID, Currency: in.Currency, Note: in.Note, CreatedVia: "rest-api", rest: true,
		Billing: addressOf(in.Billing), Shipping: addressOf(in.Shipping),
	}
	for _, l := range in.LineItems {
		line := LineInput{ProductID: l.ProductID, Name: l.Name, Quantity: max(1, l.Quantity)}
		if total := amountOf(l.Total); total != 0 {
			line.Price = (total / Money(line.Quantity)).short()
		}
		out.Lines = append(out.Lines, line)
	}
	if len(out.Lines) == 0 {
		out.Lines = []LineInput{{Name: "Widget"}}
	}
	for _, l := range in.CouponLines {
		out.Coupons = append(out.Coupons, l.Code)
	}
	for _, l := range in.ShippingLines {
		out.Freight = amountOf(l.Total).short()
	}
	return out
}

func addressOf(m map[string]string) Address {
	return Address{
		FirstName: m["first_name"], LastName: m["last_name"], Company: m["company"], Address1: m["address_1"], Address2: m["address_2"],
		City: m["city"], State: m["state"], Postcode: m["postcode"], Country: m["country"], Email: m["email"], Phone: m["phone"],
	}
}

// updateOrder changes status, payment, addresses and custom data; goods and coupons stay as they are.
func (c *call) updateOrder(id int64) (any, int, *problem) {
	o := c.s.st.orders[id]
	if o == nil {
		return nil, 0, invalidID("shop_order", http.StatusBadRequest)
	}
	in, bad := c.readOrder()
	if bad != nil {
		return nil, 0, bad
	}
	if in.Billing != nil {
		o.Billing = addressOf(in.Billing)
	}
	if in.Shipping != nil {
		o.Shipping = addressOf(in.Shipping)
	}
	if in.Transaction != "" {
		o.TransactionID = in.Transaction
	}
	c.settle(o, in)
	if bad := c.fillMeta(&o.Meta); bad != nil {
		return nil, 0, bad
	}
	o.Modified = c.s.now()
	c.s.emit("order.updated", o.ID)
	return c.oneOrder(o, http.StatusOK)
}

// deleteOrder throws an order into the trash, or with force away for good; the latter in silence.
func (c *call) deleteOrder(id int64) (any, int, *problem) {
	o := c.s.st.orders[id]
	if o == nil {
		return nil, 0, invalidID("shop_order", http.StatusNotFound)
	}
	body, status, bad := c.oneOrder(o, http.StatusOK)
	switch {
	case bad != nil:
	case c.flag("force"):
		delete(c.s.st.orders, id)
	case o.Status == "trash":
		return nil, 0, &problem{status: http.StatusGone, code: "woocommerce_rest_already_trashed", text: "The shop_order has already been deleted."}
	default:
		c.s.trashOrder(o)
	}
	return body, status, bad
}
