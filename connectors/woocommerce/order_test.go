package woocommerce_test

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/rewards"
)

// two lines with a tax of a fifth, and shipping: two pots for 60.00, four cups for 20.00.
const refundedOrder = `{"id":9,"status":"completed","currency":"GBP","number":"9","date_created_gmt":"2026-11-10T09:30:00","date_modified_gmt":"2026-11-10T09:30:04",
	"date_paid_gmt":"2026-11-10T09:30:04","total":"102.00","customer_id":0,"billing":{},"shipping":{},"coupon_lines":[],"meta_data":[],"refunds":[%s],
	"line_items":[{"id":1,"product_id":501,"variation_id":0,"quantity":2,"total":"60.00","total_tax":"12.00"},{"id":2,"product_id":502,"variation_id":7,"quantity":4,"total":"20.00","total_tax":"4.00"}]}`

// back is a refund of some pieces of a line.
func back(item string, pieces int, net, tax string) string {
	return fmt.Sprintf(`{"id":90,"product_id":1,"quantity":-%d,"total":"-%s","total_tax":"-%s","meta_data":[{"id":1,"key":"_refunded_item_id","value":"%s"}]}`, pieces, net, tax, item)
}

func refund(amount, lines, shipping string) string {
	return fmt.Sprintf(`{"amount":"%s","line_items":[%s],"shipping_lines":[%s],"fee_lines":[]}`, amount, lines, shipping)
}

func TestWhatARefundTakesOffTheGoods(t *testing.T) {
	t.Parallel()
	post := `{"id":91,"total":"-5.00","total_tax":"-1.00"}`
	for name, tc := range map[string]struct {
		refunds []string
		left    string // eligible
		money   string // of it without lines
		pieces  string // left of each line
		payment rewards.Payment
	}{
		"nothing":                                       {nil, "80.00", "0.00", "2 4", rewards.PaymentPaid},
		"one pot":                                       {[]string{refund("36.00", back("1", 1, "30.00", "6.00"), "")}, "50.00", "0.00", "1 4", rewards.PaymentPartiallyRefunded},
		"one pot and the shipping":                      {[]string{refund("42.00", back("1", 1, "30.00", "6.00"), post)}, "50.00", "0.00", "1 4", rewards.PaymentPartiallyRefunded},
		"the shipping alone":                            {[]string{refund("6.00", "", post)}, "80.00", "0.00", "2 4", rewards.PaymentPartiallyRefunded},
		"one pot, less a fee for the trouble":           {[]string{refund("30.00", back("1", 1, "25.00", "5.00"), "")}, "50.00", "0.00", "1 4", rewards.PaymentPartiallyRefunded},
		"one pot, and something for the trouble":        {[]string{refund("48.00", back("1", 1, "40.00", "8.00"), "")}, "40.00", "10.00", "1 4", rewards.PaymentPartiallyRefunded},
		"an amount for nothing in particular":           {[]string{refund("12.00", "", "")}, "70.00", "10.00", "2 4", rewards.PaymentPartiallyRefunded},
		"a part of the price, without pieces":           {[]string{refund("12.00", back("1", 0, "10.00", "2.00"), "")}, "70.00", "10.00", "2 4", rewards.PaymentPartiallyRefunded},
		"an amount larger than its lines":               {[]string{refund("48.00", back("1", 1, "30.00", "6.00"), "")}, "40.00", "10.00", "1 4", rewards.PaymentPartiallyRefunded},
		"pieces first and their money later":            {[]string{refund("36.00", "", ""), refund("0.00", back("1", 1, "0.00", "0.00"), "")}, "50.00", "0.00", "1 4", rewards.PaymentPartiallyRefunded},
		"pieces of two lines and their money later":     {[]string{refund("42.00", "", ""), refund("0.00", back("1", 1, "0.00", "0.00")+","+back("2", 1, "0.00", "0.00"), "")}, "45.00", "0.00", "1 3", rewards.PaymentPartiallyRefunded},
		"pieces and other money later":                  {[]string{refund("30.00", "", ""), refund("0.00", back("1", 1, "0.00", "0.00"), "")}, "25.00", "25.00", "1 4", rewards.PaymentPartiallyRefunded},
		"each pot by itself":                            {[]string{refund("36.00", back("1", 1, "30.00", "6.00"), ""), refund("36.00", back("1", 1, "30.00", "6.00"), "")}, "20.00", "0.00", "0 4", rewards.PaymentPartiallyRefunded},
		"a line that the order does not have":           {[]string{refund("36.00", back("77", 1, "30.00", "6.00"), "")}, "50.00", "30.00", "2 4", rewards.PaymentPartiallyRefunded},
		"a line known by its product alone":             {[]string{refund("6.00", `{"id":90,"product_id":502,"variation_id":7,"quantity":-1,"total":"-5.00","total_tax":"-1.00","meta_data":[]}`, "")}, "75.00", "0.00", "2 3", rewards.PaymentPartiallyRefunded},
		"all of it, without the status that says so":    {[]string{refund("102.00", "", "")}, "0.00", "85.00", "2 4", rewards.PaymentRefunded},
		"tax that does not divide: what is off is more": {[]string{refund("0.01", "", "")}, "79.99", "0.01", "2 4", rewards.PaymentPartiallyRefunded},
	} {
		w, shop := serve(t, func(rw http.ResponseWriter, r *http.Request) {
			stubs, full := "", ""
			for i, f := range tc.refunds {
				if i > 0 {
					stubs, full = stubs+",", full+","
				}
				id := fmt.Sprintf(`{"id":%d,`, 100+i)
				stubs, full = stubs+id+`"total":"-1.00"}`, full+id+f[1:]
			}
			if strings.HasSuffix(r.URL.Path, "/refunds") {
				_, _ = io.WriteString(rw, "["+full+"]")
				return
			}
			_, _ = fmt.Fprintf(rw, refundedOrder, stubs)
		})
		o, err := w.Order(t.Context(), shop, "9")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		left, err := o.Eligible()
		pieces := fmt.Sprint(o.Lines[0].Current, o.Lines[1].Current)
		if err != nil || left.Left.Decimal() != tc.left || o.MoneyBack.Decimal() != tc.money || pieces != tc.pieces || o.Payment != tc.payment {
			t.Errorf("%s: %s left, %s back, pieces %s, %s (%v); want %+v", name, left.Left, o.MoneyBack, pieces, o.Payment, err, tc)
		}
	}
}

func TestAnOrderThatIsRefundedWhileItIsReadIsReadAgain(t *testing.T) {
	t.Parallel()
	for settles, want := range map[int]rewards.Kind{1: "", 3: rewards.Unavailable} {
		reads := 0
		w, shop := serve(t, func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/refunds") {
				_, _ = io.WriteString(rw, `[{"id":100,`+refund("12.00", "", "")[1:]+`,{"id":101,`+refund("12.00", "", "")[1:]+`]`)
				return
			}
			stubs := `{"id":100,"total":"-12.00"}`
			if reads++; reads > settles {
				stubs += `,{"id":101,"total":"-12.00"}`
			}
			_, _ = fmt.Fprintf(rw, refundedOrder, stubs)
		})
		o, err := w.Order(t.Context(), shop, "9")
		if rewards.KindOf(err) != want || err == nil && o.MoneyBack.Decimal() != "20.00" {
			t.Errorf("%d: %+v, %v", settles, o.MoneyBack, err)
		}
	}
}

func TestOrdersThatCannotBeReadSayWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for id, kind := range map[string]rewards.Kind{"4242": rewards.NotFound, "": rewards.Invalid, "7/refunds": rewards.Invalid, "07": rewards.Invalid, "-1": rewards.Invalid, "ch_1": rewards.Invalid} {
		if _, err := w.Order(t.Context(), w.shop, id); rewards.KindOf(err) != kind {
			t.Errorf("%q: %v", id, err)
		}
	}
	for body, code := range map[string]string{
		strings.Replace(refundedOrder, `"60.00"`, `"60.001"`, 1):            "bad_amount",
		strings.Replace(refundedOrder, `"60.00"`, `"60,00"`, 1):             "bad_amount",
		strings.Replace(refundedOrder, `"60.00"`, `6e1`, 1):                 "bad_amount",
		strings.Replace(refundedOrder, `"quantity":2`, `"quantity":1.5`, 1): "bad_quantity",
		strings.Replace(refundedOrder, `"GBP"`, `"BTC"`, 1):                 "unknown_currency",
		strings.Replace(refundedOrder, `"2026-11-10T09:30:00"`, `null`, 1):  "missing_field",
	} {
		w, shop := answering(t, 200, fmt.Sprintf(body, ""))
		_, err := w.Order(t.Context(), shop, "9")
		wantError(t, err, rewards.Invalid, code)
	}
	other, shop := answering(t, 200, fmt.Sprintf(refundedOrder, ""))
	_, err := other.Order(t.Context(), shop, "8")
	wantError(t, err, rewards.Unavailable, "shop_unreadable")
}

func TestEarlierOrdersAreThoseThatCameToSomething(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)}
	w := newWorld(t, func(o *woocommercetest.Options) { o.Now = c.now })
	place := func(email string, customer bool, status string) rewards.Order {
		in := someOrder
		in.Billing.Email, in.Status = email, status
		if customer {
			in.CustomerID = 0
			id := w.customerOnce(email)
			in.CustomerID = id
		}
		o := w.place(in)
		c.pass(time.Minute)
		return w.order(o.ID)
	}
	type step struct {
		email    string
		customer bool
		status   string
		want     int64
	}
	for i, s := range []step{
		{"anna@example.test", true, "", 0},
		{"anna@example.test", true, "cancelled", 1},
		{"anna@example.test", true, "on-hold", 1},
		{"anna@example.test", true, "", 2},
		{"guest@example.test", false, "pending", 0},
		{"guest@example.test", false, "", 0},
		{"other-guest@example.test", false, "", 0}, // which a search for the guest finds
		{"Guest@Example.test", false, "", 1},
		{"guest@example.test", true, "", 2}, // who made an account
	} {
		o := place(s.email, s.customer, s.status)
		if o.Customer == nil || o.Customer.EarlierOrders == nil || *o.Customer.EarlierOrders != s.want || (o.Customer.ID != "") != s.customer {
			t.Errorf("order %d: %+v, want %d earlier", i, o.Customer, s.want)
		}
	}
	in := someOrder
	in.Billing.Email = ""
	if o := w.order(w.place(in).ID); o.Customer != nil {
		t.Errorf("nobody is %+v", o.Customer)
	}
}

// customerOnce is the number of the account that an e-mail has.
func (w *world) customerOnce(email string) int64 {
	w.t.Helper()
	id, err := w.sim.AddCustomer(buyerOf(email))
	if err != nil {
		w.t.Fatal(err)
	}
	var n int64
	if _, err := fmt.Sscan(id, &n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestWhereAnOrderCameFromIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := someOrder
	in.IP, in.UserAgent = "::ffff:203.0.113.9", "Mozilla/5.0"
	in.Shipping = woocommercetest.Address{Address1: "12 Quay Road", City: "Bristol", Postcode: "BS1 4AA", Country: "GB"}
	in.Meta = map[string]any{
		"_grapevine_ref": "anna-7q2m", "_grapevine_ref_at": "2026-11-18T10:06:40Z", "_wc_order_attribution_session_entry": "https://shop.example.com/mugs/?x=1&ref=Anna-7Q2M",
		"plugin": map[string]any{"a": []int{1}}, "other": 17.5,
	}
	o := w.order(w.place(in).ID)
	want := []rewards.Touch{{Code: "ANNA-7Q2M", At: time.Date(2026, 11, 18, 10, 6, 40, 0, time.UTC)}}
	if !reflect.DeepEqual(o.Touches, want) || o.Country != "GB" || o.Trail.IP != "203.0.113.9" || o.Trail.Agent != "Mozilla/5.0" || o.Trail.Address.Postcode != "BS1 4AA" {
		t.Errorf("got %+v, %s, %+v", o.Touches, o.Country, o.Trail)
	}
	in.Meta = map[string]any{"_wc_order_attribution_session_entry": "https://shop.example.com/?ref=BOB-3333"}
	in.Shipping = woocommercetest.Address{}
	if o = w.order(w.place(in).ID); !reflect.DeepEqual(o.Touches, []rewards.Touch{{Code: "BOB-3333"}}) || o.Country != "US" {
		t.Errorf("got %+v, %s", o.Touches, o.Country)
	}
	in.Meta = map[string]any{"_grapevine_ref": []string{"ANNA-7Q2M"}, "_wc_order_attribution_session_entry": "%zz"}
	if o = w.order(w.place(in).ID); o.Touches != nil {
		t.Errorf("got %+v", o.Touches)
	}
}
