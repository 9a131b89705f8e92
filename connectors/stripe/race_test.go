package stripe

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

// hook is a network on which something happens right before a request.
type hook func(*http.Request)

// RoundTrip lets it happen, and passes the request on.
func (h hook) RoundTrip(r *http.Request) (*http.Response, error) {
	h(r)
	return http.DefaultTransport.RoundTrip(r)
}

func TestAnInvoiceThatIsFasterThanADebitLeavesNoDebt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		bill  string
		taken int64
		left  string
		lost  bool // the answer of the call that gives back
	}{
		"all was spent":                    {"25.00", 0, "0.00", false},
		"a part was spent":                 {"4.00", 600, "0.00", false},
		"and the answer of a call is lost": {"4.00", 600, "0.00", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, stripetest.Options{})
			customer, credits := w.credited("rw_1")
			a := rewards.TakeCredit{CustomerID: customer, CreditID: credits[0], AccountID: customer, Amount: usd(1000)}
			a.After = w.baseline(a)
			posts := 0
			w.conn.transport = hook(func(r *http.Request) {
				if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/balance_transactions") {
					return
				}
				if posts++; posts == 1 {
					w.bill(customer, tc.bill)
				} else if posts == 2 && tc.lost {
					w.sim.FailNext(http.MethodPost, "/v1/customers", true)
				}
			})
			if tc.lost {
				failed(t, "the first try", w.try("take", a), "unavailable shop_unavailable unclear")
			}
			r := w.do("take", a)
			again := w.do("take", a)
			found, err := w.conn.Find(context.Background(), w.shop, a)
			w.no(err)
			want := []any{usd(tc.taken), true, tc.left}
			same(t, "taken", []any{r.Taken, r.Spent, w.left(customer)}, want)
			same(t, "taken again", []any{again.Taken, again.Spent, w.left(customer)}, want)
			same(t, "found", []any{found.Taken, found.Spent}, want[:2])
		})
	}
}
