package woocommerce_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/rewards"
)

// A webhook, a look at the shop and the order's own page tell the same, but for what only asking tells.
func TestThreeWaysTellTheSameOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *woocommercetest.Options) { o.TaxRate, o.TaxIncluded = 1900, true })
	door := w.subscribed()
	w.must(rewards.AddCodes{OfferID: "1", Offer: offer(), Codes: []string{"ANNA-7Q2M"}})
	in := someOrder
	in.CustomerID, in.Coupons, in.Freight, in.IP = w.customerOnce("zoe@example.test"), []string{"Anna-7Q2M"}, "4.90", "203.0.113.7"
	w.sim.Take()
	asked := w.order(w.place(in).ID)
	if asked.Customer.EarlierOrders == nil || asked.Codes[0].TookOff.Minor <= 0 {
		t.Fatalf("got %+v", asked)
	}
	asked.Customer.EarlierOrders = nil
	var told []rewards.Order
	for _, l := range w.sim.Take() {
		d, err := w.Receive(connectors.Arrival{Header: l.Header, Body: l.Body, Door: door})
		if err != nil {
			t.Fatal(err)
		}
		e, err := w.Decode(d.Topic, d.Body, d.TriggeredAt)
		if seen, ok := e.(rewards.OrderSeen); ok && err == nil {
			told = append(told, seen.Order)
		}
	}
	seen, _, _ := w.changes(time.Now().Add(-time.Hour), nil)
	p, err := w.History(t.Context(), w.shop, time.Time{}, "")
	if err != nil || len(told) == 0 || len(seen) != 1 || len(p.Orders) != 1 {
		t.Fatalf("%d told, %d seen, %+v, %v", len(told), len(seen), p, err)
	}
	for _, o := range append(told, seen[asked.ID], p.Orders[0]) {
		if !reflect.DeepEqual(o, asked) {
			t.Errorf("got %+v\nwant %+v", o, asked)
		}
	}
}

func TestBothFormsOfACouponsMetaDataMeanTheSame(t *testing.T) {
	t.Parallel()
	w := newConnector()
	info, err := w.Decode("order.created", bodyOf(t, "order-paid"), time.Time{})
	data, err2 := w.Decode("order.created", bodyOf(t, "order-coupon-data-of-8.6"), time.Time{})
	if err != nil || err2 != nil || !reflect.DeepEqual(info, data) {
		t.Errorf("got %+v, %v and %+v, %v", info, err, data, err2)
	}
}

func TestACustomerWithoutAnAddressGetsNoCoupon(t *testing.T) {
	t.Parallel()
	for _, email := range []string{"", "not-an-email", "@", "a@b@c"} {
		w, shop := serve(t, func(rw http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, "/customers/2") {
				t.Errorf("%s %s was called", r.Method, r.URL.Path)
			}
			_ = json.NewEncoder(rw).Encode(map[string]any{"id": 2, "email": email, "billing": map[string]any{}})
		})
		_, err := w.Do(t.Context(), shop, "", issue("2", fiveOff))
		wantError(t, err, rewards.Invalid, "customer_without_email")
		_, err = w.Do(t.Context(), shop, "", grant("2"))
		wantError(t, err, rewards.Invalid, "customer_without_email")
	}
}

// Hundreds of codes take longer than one try may.
func TestATryThatIsCutShortGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	posted := map[string]int{}
	down := true
	w, shop := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(rw, "[]")
			return
		}
		var in map[string]any
		_ = json.NewDecoder(r.Body).Decode(&in)
		if down && len(posted) >= 60 {
			rw.WriteHeader(http.StatusBadGateway)
			return
		}
		posted[in["code"].(string)]++
		in["id"] = len(posted)
		_ = json.NewEncoder(rw).Encode(in)
	})
	add := rewards.AddCodes{OfferID: "1", Offer: rewards.PublishOffer{Program: "p", Discount: fiveOff}}
	for i := range 100 {
		add.Codes = append(add.Codes, fmt.Sprintf("CODE-%03d", i))
	}
	_, err := w.Do(t.Context(), shop, "", add)
	wantError(t, err, rewards.Unavailable, "shop_unavailable")
	mu.Lock()
	down = false
	mu.Unlock()
	if r, err := w.Do(t.Context(), shop, "", add); err != nil || r.Refused != nil {
		t.Errorf("got %+v, %v", r, err)
	}
	twice := 0
	for _, n := range posted {
		twice += n - 1
	}
	if len(posted) != 100 || twice != 0 {
		t.Errorf("%d codes were made, %d of them twice", len(posted), twice)
	}
	if _, err := w.Do(t.Context(), shop, "", add); err != nil { // a new action begins from the beginning
		t.Error(err)
	}
	if n := posted["code-000"]; n != 2 {
		t.Errorf("a finished action is remembered: %d", n)
	}
	add.Codes = slices.Repeat([]string{"A"}, 251)
	_, err = w.Do(t.Context(), shop, "", add)
	wantError(t, err, rewards.Invalid, "bad_codes")
}
