package main

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/rewards"
)

func connector(t *testing.T) *shopify.Shopify {
	t.Helper()
	s, err := shopify.New(shopify.Options{ClientSecrets: []string{clientSecret}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnOrderIsReadAsShopifys(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{"without a code": "", "with a code": "ANNA-7Q2M"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := orderBody(6_000_000_001, code, time.Now())
			if len(body) < 5500 || len(body) > 7000 || bytes.ContainsRune(body, '\\') {
				t.Errorf("%d bytes, or a backslash", len(body))
			}
			e, err := connector(t).Decode("orders/paid", body, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			seen, ok := e.(rewards.OrderSeen)
			if !ok || !seen.Order.Paid() || seen.Order.ID != "6000000001" || len(seen.Order.Lines) < 2 {
				t.Errorf("read as %+v", e)
			}
			if got := len(seen.Order.Codes); (got == 1) != (code != "") {
				t.Errorf("%d codes", got)
			}
		})
	}
}

func TestEachSendingIsSignedAndHasItsOwnId(t *testing.T) {
	t.Parallel()
	r, ids := newRequest(5_000_000_003), map[string]bool{}
	rng := rand.NewPCG(1, 2)
	for range 3 {
		r.stamp(rng)
		call, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.raw)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(call.Body)
		if err != nil {
			t.Fatal(err)
		}
		d, err := connector(t).Receive(connectors.Arrival{Header: call.Header, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		if d.Domain != domain(3) || len(d.DeliveryID) != 36 {
			t.Errorf("received for %s as %q", d.Domain, d.DeliveryID)
		}
		ids[d.DeliveryID] = true
	}
	if len(ids) != 3 {
		t.Errorf("%d ids of 3 sendings", len(ids))
	}
}

func TestAProcessIsReadFromProc(t *testing.T) {
	t.Parallel()
	line := "42 (a) b (c) S 7 1 1 0 -1 4194304 100 0 0 0 150 50 25 75 20 0 1 0 100"
	got, ok := parseStat(line)
	if want := (process{parent: 7, name: "a) b (c", used: 3}); !ok || got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, ok := parseStat("42 (a) S 7"); ok {
		t.Error("a short line was read")
	}
}

func TestAFloorIsHeldAgainstTheMedian(t *testing.T) {
	t.Parallel()
	var r report
	for _, v := range []float64{0.1, 1.4, 1.3} {
		r.add("postgres door ÷ pgbench", "×", v)
	}
	if got := r.find("postgres door ÷ pgbench", "×").Floor.String(); got != "≥ 1.25 met" || !r.met() {
		t.Errorf("floor %q", got)
	}
	r.add("sqlite one connection p50", "ms", 1.5)
	if got := r.find("sqlite one connection p50", "ms").Floor.String(); got != "≤ 1 MISSED" || r.met() {
		t.Errorf("floor %q", got)
	}
}
