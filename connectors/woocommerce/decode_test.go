package woocommerce_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/woocommerce"
	"grapevine/rewards"
)

// A topic is not signed, so whoever captured a body can send it under another: it must mean nothing there.
func TestABodyUnderAnotherTopicMeansNothing(t *testing.T) {
	t.Parallel()
	w := newConnector()
	files, err := filepath.Glob(filepath.Join("testdata", "webhooks", "*.json"))
	if err != nil || len(files) < 35 {
		t.Fatalf("%d bodies, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		is := strings.TrimPrefix(name, "wrong-")
		is, _, _ = strings.Cut(is, "-")
		for _, topic := range append(woocommerce.Topics(), "coupon.updated", "product.created", "") {
			resource, event, _ := strings.Cut(topic, ".")
			e, err := w.Decode(topic, bodyOf(t, name), time.Time{})
			got := fmt.Sprintf("%T", e)
			allowed := "rewards.Unheeded"
			switch {
			case strings.HasPrefix(name, "owner"):
				allowed = "rewards.HooksBroken"
			case resource == "order" && event != "deleted" && is == "order":
				allowed = "rewards.OrderSeen rewards.Unheeded"
			case resource == "customer" && event != "deleted" && is == "customer":
				allowed = "rewards.CustomerSeen rewards.Unheeded"
			case strings.Contains(name, "deletion"), strings.HasSuffix(name, "-deleted"): // an id alone: of what, its topic says
				allowed = "rewards.OrderTouched rewards.CustomerGone rewards.Unheeded"
			}
			if err != nil && rewards.KindOf(err) != rewards.Invalid || err == nil && !strings.Contains(allowed, got) {
				t.Errorf("%s under %q: %s, %v", name, topic, got, err)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"order-paid", "order-links-and-the-ways-of-plugins", "order-tax-and-a-discount-not-rounded", "customer-updated", "order-deleted", "owner-lost-rights"} {
		for _, topic := range []string{"order.updated", "order.deleted", "customer.created"} {
			f.Add(topic, bodyOf(f, name))
		}
	}
	w := newConnector()
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		e, err := w.Decode(topic, body, time.Time{})
		if (e == nil) == (err == nil) || err != nil && rewards.KindOf(err) != rewards.Invalid {
			t.Errorf("got %#v, %v", e, err)
		}
		if seen, ok := e.(rewards.OrderSeen); ok {
			if left, err := seen.Order.Eligible(); err == nil && (left.Left.Minor < 0 || left.Left.Minor > left.Original.Minor) {
				t.Errorf("%+v is left of %+v", left.Left, left.Original)
			}
		}
	})
}
