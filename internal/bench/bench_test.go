package main

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
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

func TestEachCallOfALoadIsSignedAndTellsOfAnotherOrder(t *testing.T) {
	t.Parallel()
	const ahead = 7
	q, rng := newRequests(ahead, true), rand.NewPCG(1, 2)
	var raw []byte
	webhooks, customers, codes := map[string]bool{}, map[string]bool{}, map[string]int{}
	const calls = 25 * shops * ordersPerCoded
	for n := range calls {
		raw = q.write(raw, n, rng)
		call, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(call.Body)
		if err != nil {
			t.Fatal(err)
		}
		d, err := connector(t).Receive(connectors.Arrival{Header: call.Header, Body: body})
		if err != nil {
			t.Fatalf("call %d: %v", n, err)
		}
		e, err := connector(t).Decode(d.Topic, d.Body, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		id := int64(firstOrder + n)
		o := e.(rewards.OrderSeen).Order
		if o.ID != strconv.FormatInt(id, 10) || d.Domain != domain(n%shops) || len(d.DeliveryID) != 36 {
			t.Fatalf("call %d tells %s of order %s as %q", n, d.Domain, o.ID, d.DeliveryID)
		}
		if want := map[bool]int{true: 1}[carriesCode(id)]; len(o.Codes) != want || want == 1 && o.Codes[0].Code != codeOf(id) {
			t.Fatalf("call %d has the codes %v", n, o.Codes)
		}
		for _, c := range o.Codes {
			codes[d.Domain+c.Code]++
		}
		webhooks[d.DeliveryID], customers[o.Customer.ID+o.Customer.Email] = true, true
	}
	if len(webhooks) != calls || len(customers) != calls {
		t.Errorf("%d webhook ids and %d customers of %d calls", len(webhooks), len(customers), calls)
	}
	if want := shops * advocates; len(codes) != want {
		t.Errorf("%d codes were used, want %d", len(codes), want)
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

func TestMemoryThatGrowsIsSeen(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		series []float64
		want   float64
		none   bool
	}{
		"too few values":         {series: []float64{1, 2, 3}, none: true},
		"flat":                   {series: []float64{10, 40, 40, 40, 40, 40, 40, 40}, want: 1},
		"it doubles":             {series: []float64{10, 40, 40, 40, 60, 60, 80, 80}, want: 2},
		"the rest is at the end": {series: []float64{10, 10, 10, 10, 10, 30}, want: 3},
	} {
		if got, ok := growth(tc.series); got != tc.want || ok == tc.none {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
}

func TestSizesAreHeldAgainstTheEmptyDatabase(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{"0,100": true, "100, 0,50": true, "0": false, "100": false, "0,0": false, "100,1000": false, "0,many": false} {
		if sizes, err := parseSizes(text); (err == nil) != good {
			t.Errorf("%q: %v, %v", text, sizes, err)
		}
	}
}
