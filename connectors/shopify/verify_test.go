package shopify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/rewards"
)

const testSecret = "shpss_test"

// newConnector makes a connector that may call shops on this machine.
func newConnector(t testing.TB, change ...func(*shopify.Options)) *shopify.Shopify {
	t.Helper()
	o := shopify.Options{ClientSecrets: []string{testSecret}, AllowLoopback: true, Poll: time.Millisecond}
	for _, f := range change {
		f(&o)
	}
	s, err := shopify.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func headers(body []byte) http.Header {
	h := http.Header{}
	h.Set("X-Shopify-Hmac-SHA256", sign(testSecret, body))
	h.Set("X-Shopify-Topic", "orders/paid")
	h.Set("X-Shopify-Shop-Domain", "Demo.myshopify.com")
	h.Set("X-Shopify-Webhook-Id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043")
	h.Set("X-Shopify-Event-Id", "98880550-7158-44d4-b7cd-2c97c8a091b5")
	h.Set("X-Shopify-API-Version", "2026-10")
	h.Set("X-Shopify-Triggered-At", "2026-11-05T14:30:04.123456789Z")
	return h
}

func TestASignedWebhookIsReceived(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":5940001112223334445}`)
	got, err := newConnector(t).Receive(connectors.Arrival{Header: headers(body), Body: body})
	if err != nil {
		t.Fatal(err)
	}
	want := connectors.Delivery{
		Platform: "shopify", Domain: "demo.myshopify.com", Topic: "orders/paid",
		DeliveryID:  "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
		TriggeredAt: time.Date(2026, 11, 5, 14, 30, 4, 123456789, time.UTC), Body: body,
	}
	if !sameJSON(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestSignatureVectors reads the file that other implementations of the check can read too.
func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name      string   `json:"name"`
		Body      []byte   `json:"body"`
		Secrets   []string `json:"secrets"`
		Signature string   `json:"signature"`
		Accept    bool     `json:"accept"`
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			s := newConnector(t, func(o *shopify.Options) { o.ClientSecrets = v.Secrets })
			h := headers(v.Body)
			h.Set("X-Shopify-Hmac-Sha256", v.Signature)
			_, err := s.Receive(connectors.Arrival{Header: h, Body: v.Body})
			if v.Accept && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !v.Accept && rewards.KindOf(err) != rewards.Denied {
				t.Errorf("got %v, want kind denied", err)
			}
		})
	}
}

func TestReceiveRefusesBadHeaders(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(h http.Header)
		body   string
		kind   rewards.Kind
	}{
		"no topic":              {change: func(h http.Header) { h.Del("X-Shopify-Topic") }, kind: rewards.Invalid},
		"no shop":               {change: func(h http.Header) { h.Del("X-Shopify-Shop-Domain") }, kind: rewards.Invalid},
		"no webhook id":         {change: func(h http.Header) { h.Del("X-Shopify-Webhook-Id") }, kind: rewards.Invalid},
		"an endless webhook id": {change: func(h http.Header) { h.Set("X-Shopify-Webhook-Id", strings.Repeat("a", 1<<20)) }, kind: rewards.Invalid},
		"two shops":             {change: func(h http.Header) { h.Add("X-Shopify-Shop-Domain", "other.myshopify.com") }, kind: rewards.Invalid},
		"two equal shops":       {change: func(h http.Header) { h.Add("X-Shopify-Shop-Domain", "Demo.myshopify.com") }, kind: rewards.Invalid},
		"two topics":            {change: func(h http.Header) { h.Add("X-Shopify-Topic", "shop/redact") }, kind: rewards.Invalid},
		"two webhook ids":       {change: func(h http.Header) { h.Add("X-Shopify-Webhook-Id", "2") }, kind: rewards.Invalid},
		"two times":             {change: func(h http.Header) { h.Add("X-Shopify-Triggered-At", "2026-11-05T14:30:04Z") }, kind: rewards.Invalid},
		"two signatures":        {change: func(h http.Header) { h.Add("X-Shopify-Hmac-Sha256", "x") }, kind: rewards.Invalid},
		"no signature":          {change: func(h http.Header) { h.Del("X-Shopify-Hmac-Sha256") }, kind: rewards.Denied},
		"an endless signature":  {change: func(h http.Header) { h.Set("X-Shopify-Hmac-Sha256", strings.Repeat("A", 1<<20)) }, kind: rewards.Denied},
		"a foreign host":        {change: func(h http.Header) { h.Set("X-Shopify-Shop-Domain", "demo.myshopify.com.evil.example") }, kind: rewards.Invalid},
		"a host with a path":    {change: func(h http.Header) { h.Set("X-Shopify-Shop-Domain", "evil.example/.myshopify.com") }, kind: rewards.Invalid},
		"a line break":          {change: func(h http.Header) { h.Set("X-Shopify-Shop-Domain", "demo.myshopify.com\n") }, kind: rewards.Invalid},
		"signed and empty":      {change: func(h http.Header) { h.Set("X-Shopify-Hmac-Sha256", sign(testSecret, nil)) }, body: "-", kind: rewards.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := []byte(`{"id":1}`)
			if tc.body == "-" {
				body = nil
			}
			h := headers(body)
			tc.change(h)
			if _, err := newConnector(t).Receive(connectors.Arrival{Header: h, Body: body}); rewards.KindOf(err) != tc.kind {
				t.Errorf("got %v, want kind %s", err, tc.kind)
			}
		})
	}
}

func TestAnUnreadableTimeIsNoTime(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"", "yesterday", "1762353004", "2026-11-05 14:30:04"} {
		body := []byte(`{"id":1}`)
		h := headers(body)
		h.Set("X-Shopify-Triggered-At", v)
		got, err := newConnector(t).Receive(connectors.Arrival{Header: h, Body: body})
		if err != nil || !got.TriggeredAt.IsZero() {
			t.Errorf("%q: got %v, %v", v, got.TriggeredAt, err)
		}
	}
}

// The shop domain in the header is not signed, the one in the body is: a captured erasure of one shop
// must not be turned against another.
func TestTheShopInASignedBodyCounts(t *testing.T) {
	t.Parallel()
	for topic, body := range map[string]string{
		"shop/redact":            `{"shop_id":1,"shop_domain":"other.myshopify.com"}`,
		"customers/redact":       `{"shop_id":1,"shop_domain":"Other.myshopify.com","customer":{"id":2}}`,
		"customers/data_request": `{"shop_id":1,"shop_domain":"other.myshopify.com","customer":{"id":2}}`,
		"app/uninstalled":        `{"id":1,"myshopify_domain":"other.myshopify.com"}`,
	} {
		h := headers([]byte(body))
		h.Set("X-Shopify-Topic", topic)
		got, err := newConnector(t).Receive(connectors.Arrival{Header: h, Body: []byte(body)})
		if err != nil || got.Domain != "other.myshopify.com" {
			t.Errorf("%s: got %q, %v", topic, got.Domain, err)
		}
	}
}

func TestNewRefusesWhatWouldBeUnsafe(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]shopify.Options{
		"no secret":             {},
		"an empty secret":       {ClientSecrets: []string{"good", ""}},
		"a blank secret":        {ClientSecrets: []string{" "}},
		"a version with a v":    {ClientSecrets: []string{"good"}, APIVersion: "v2026-10"},
		"an unstable version":   {ClientSecrets: []string{"good"}, APIVersion: "unstable"},
		"a version with a path": {ClientSecrets: []string{"good"}, APIVersion: "2026-10/../x"},
	} {
		if s, err := shopify.New(o); err == nil || s != nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzReceive(f *testing.F) {
	f.Add("orders/paid", "demo.myshopify.com", "id-1", "", []byte(`{"id":1}`), true)
	f.Add("shop/redact", "demo.myshopify.com", "id-2", "AAAA", []byte(`{"shop_domain":"x.myshopify.com"}`), false)
	f.Add("", "", "", strings.Repeat("=", 44), []byte{}, false)
	s := newConnector(f)
	f.Fuzz(func(t *testing.T, topic, shop, id, signature string, body []byte, signed bool) {
		h := http.Header{"X-Shopify-Topic": {topic}, "X-Shopify-Shop-Domain": {shop}, "X-Shopify-Webhook-Id": {id}, "X-Shopify-Hmac-Sha256": {signature}}
		if signed {
			h.Set("X-Shopify-Hmac-Sha256", sign(testSecret, body))
		}
		d, err := s.Receive(connectors.Arrival{Header: h, Body: body})
		if err != nil {
			if k := rewards.KindOf(err); k != rewards.Denied && k != rewards.Invalid {
				t.Fatalf("kind %s: %v", k, err)
			}
			return
		}
		if h.Get("X-Shopify-Hmac-Sha256") != sign(testSecret, body) {
			t.Fatal("accepted without a signature")
		}
		if got, err := shopify.Domain(d.Domain); err != nil || got != d.Domain {
			t.Fatalf("domain %q", d.Domain)
		}
	})
}
