package woocommerce_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/woocommerce"
	"grapevine/rewards"
)

// captured is where deliveries of real shops lie, beside the project. They are reference data and no part of
// it.
func captured(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "payloads", "woocommerce")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no captured deliveries lie beside the project; testdata has the same shapes")
	}
	return dir
}

// arrival reads a delivery as it was received.
func arrival(t *testing.T, dir, name, secret string) connectors.Arrival {
	t.Helper()
	head, err := os.ReadFile(filepath.Join(dir, name+".headers"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(filepath.Join(dir, name+".body"))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(append(bytes.TrimRight(head, "\r\n"), "\r\n\r\n"...))))
	if err != nil {
		t.Fatal(err)
	}
	domain := "shop.example.com"
	if source := req.Header.Get("X-Wc-Webhook-Source"); source != "" {
		domain = strings.Trim(strings.TrimPrefix(source, "http:"), "/")
	}
	return connectors.Arrival{Header: req.Header, Body: body, Door: &connectors.Door{ShopID: "shop_1", Domain: domain, Secrets: []string{"another", secret}}}
}

// told is what an event says, in short.
func told(e rewards.Event) string {
	switch e := e.(type) {
	case rewards.OrderSeen:
		o := e.Order
		who, codes := "nobody", ""
		if o.Customer != nil {
			who = o.Customer.ID + " " + o.Customer.Email
		}
		for _, c := range o.Codes {
			codes += " " + c.Code + " " + c.TookOff.String()
		}
		left, err := o.Eligible()
		return fmt.Sprintf("order %s %s %s by %s%s, %s of %s left (%v)", o.ID, o.Payment, o.UpdatedAt.Format(time.RFC3339), who, codes, left.Left, left.Original, err)
	case rewards.CustomerSeen:
		return fmt.Sprintf("customer %s %s %s", e.Person.ID, e.Person.Email, e.Person.Name)
	}
	return fmt.Sprintf("%T%v", e, e)
}

func TestEveryCapturedDeliveryVerifiesAndDecodes(t *testing.T) {
	t.Parallel()
	dir := captured(t)
	const pending = "order 17 pending 2026-11-21T22:04:05Z by 2 bob@example.test ref-alice10 5.00 USD, 45.00 USD of 45.00 USD left (<nil>)"
	const cod = "order 23 pending 2026-11-21T22:05:09Z by  zed@example.test ref-alice10 2.50 USD, 22.50 USD of 22.50 USD left (<nil>)"
	const old = "order 14 partially_refunded 2026-11-21T22:18:23Z by  bob@example.test ref-alice10 5.00 USD, 35.00 USD of 45.00 USD left (<nil>)"
	want := map[string]string{
		"action.woocommerce_order_refunded":                      "rewards.Unheeded{unknown_topic}",
		"action.woocommerce_payment_complete":                    "rewards.Unheeded{unknown_topic}",
		"coupon.created":                                         "rewards.Unheeded{unknown_topic}",
		"coupon.created-same-delivery-id":                        "rewards.Unheeded{unknown_topic}",
		"coupon.deleted":                                         "rewards.Unheeded{unknown_topic}",
		"customer.created":                                       "customer 2 bob@example.test Bob",
		"customer.created-resource-gone-error-body":              "rewards.Unheeded{resource_gone}",
		"customer.deleted":                                       "rewards.CustomerGone{3}",
		"order.created-checkout-draft-from-failed-rest-order":    "rewards.Unheeded{draft_order}",
		"order.created-pending-coupon-restapi":                   pending,
		"order.created-storefront-cod-processing-unpaid":         cod,
		"order.deleted":                                          "touched",
		"order.updated-checkout-draft":                           "rewards.Unheeded{draft_order}",
		"order.updated-completed":                                "order 17 paid 2026-11-21T22:04:40Z by 2 bob@example.test ref-alice10 5.00 USD, 45.00 USD of 45.00 USD left (<nil>)",
		"order.updated-full-refund":                              "order 17 refunded 2026-11-21T22:04:41Z by 2 bob@example.test ref-alice10 5.00 USD, 0.00 USD of 45.00 USD left (<nil>)",
		"order.updated-partial-refund":                           "order 17 partially_refunded 2026-11-21T22:04:41Z by 2 bob@example.test ref-alice10 5.00 USD, 35.00 USD of 45.00 USD left (<nil>)",
		"order.updated-pending-coupon-restapi":                   pending,
		"order.updated-processing-paid":                          "order 17 paid 2026-11-21T22:04:39Z by 2 bob@example.test ref-alice10 5.00 USD, 45.00 USD of 45.00 USD left (<nil>)",
		"order.updated-storefront-bacs-onhold":                   "unpaid",
		"order.updated-storefront-cod-processing-unpaid":         cod,
		"order.updated-webhook-owner-lost-permission-error-body": "rewards.HooksBroken{webhook_owner_lost_rights}",
		"wc8.6.1-order.created-coupon_data":                      old,
		"wc8.6.1-order.updated":                                  old,
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.headers"))
	if err != nil {
		t.Fatal(err)
	}
	w := newConnector()
	ids := map[string]string{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".headers")
		secret := `s3cr3t-&<test>"x`
		if strings.HasPrefix(name, "wc8.6.1-") {
			secret = "s86"
		}
		a := arrival(t, dir, name, secret)
		switch name {
		case "ping-order.created":
			d, err := w.Receive(a)
			if want := (connectors.Delivery{Platform: "woocommerce", Domain: "shop.example.com", Ping: true}); err != nil || !reflect.DeepEqual(d, want) {
				t.Errorf("%s: got %+v, %v", name, d, err)
			}
			continue
		case "wc-auth-callback":
			state, token, err := woocommerce.ReadCallback(a.Body)
			if err != nil || state != "state-9f3c" || !strings.HasPrefix(token, "ck_0000") || !strings.Contains(token, ":cs_1111") {
				t.Errorf("%s: got %q, %q, %v", name, state, token, err)
			}
			_, err = w.Receive(a)
			wantError(t, err, rewards.Denied, "bad_signature")
			continue
		}
		d, err := w.Receive(a)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		e, err := w.Decode(d.Topic, d.Body, d.TriggeredAt)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := told(e)
		if touched, ok := e.(rewards.OrderTouched); ok && touched.OrderID != "" {
			got = "touched"
		}
		if seen, ok := e.(rewards.OrderSeen); ok && name == "order.updated-storefront-bacs-onhold" && seen.Order.Payment == rewards.PaymentPending {
			got = "unpaid"
		}
		if got != want[name] {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want[name])
		}
		delete(want, name)
		if other, twice := ids[d.DeliveryID]; twice && !bytes.Equal(a.Body, arrival(t, dir, other, secret).Body) {
			t.Errorf("%s and %s have one delivery id", name, other)
		}
		ids[d.DeliveryID] = name
		a.Body = append(bytes.Clone(a.Body), ' ')
		_, err = w.Receive(a)
		wantError(t, err, rewards.Denied, "bad_signature")
	}
	for name := range want {
		t.Errorf("%s was not there", name)
	}
}
