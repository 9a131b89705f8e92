package stripe

import (
	"bytes"
	"context"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/stripe/mocktest"
	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

// requests is every shape of request that the connector sends: the call, and the names of its parameters.
const requestsFile = "testdata/requests.txt"

// calls are the library's calls that the connector makes, with what they send. A test compares them with the
// source, so that a new one cannot be forgotten here.
var calls = map[string]string{
	"Accounts.B.Call":                  "GET /v1/account",
	"Charges.List":                     "GET /v1/charges",
	"CheckoutSessions.Get":             "GET /v1/checkout/sessions/{id}",
	"CheckoutSessions.List":            "GET /v1/checkout/sessions",
	"CheckoutSessions.ListLineItems":   "GET /v1/checkout/sessions/{id}/line_items",
	"Coupons.Get":                      "GET /v1/coupons/{id}",
	"Coupons.List":                     "GET /v1/coupons",
	"Coupons.New":                      "POST /v1/coupons",
	"CustomerBalanceTransactions.List": "GET /v1/customers/{id}/balance_transactions",
	"CustomerBalanceTransactions.New":  "POST /v1/customers/{id}/balance_transactions",
	"Customers.List":                   "GET /v1/customers",
	"Disputes.List":                    "GET /v1/disputes",
	"Events.List":                      "GET /v1/events",
	"Invoices.Get":                     "GET /v1/invoices/{id}",
	"Invoices.List":                    "GET /v1/invoices",
	"Invoices.ListLines":               "GET /v1/invoices/{id}/lines",
	"PaymentIntents.Get":               "GET /v1/payment_intents/{id}",
	"PaymentIntents.List":              "GET /v1/payment_intents",
	"PromotionCodes.Get":               "GET /v1/promotion_codes/{id}",
	"PromotionCodes.List":              "GET /v1/promotion_codes",
	"PromotionCodes.New":               "POST /v1/promotion_codes",
	"PromotionCodes.Update":            "POST /v1/promotion_codes/{id}",
	"WebhookEndpoints.Del":             "DELETE /v1/webhook_endpoints/{id}",
	"WebhookEndpoints.Get":             "GET /v1/webhook_endpoints/{id}",
	"WebhookEndpoints.List":            "GET /v1/webhook_endpoints",
	"WebhookEndpoints.New":             "POST /v1/webhook_endpoints",
	"WebhookEndpoints.Update":          "POST /v1/webhook_endpoints/{id}",
}

// recorder stands between the connector and the simulated Stripe. Each request goes to stripe-mock too, which
// checks it against Stripe's specification; the answer is the simulated Stripe's, which has a memory.
type recorder struct {
	sim, mock string

	mu      sync.Mutex
	shapes  map[string]bool
	refused []string
}

func (p *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.note(r, body)
	if status, said := send(p.mock, r, body, nil); status >= 400 {
		p.mu.Lock()
		p.refused = append(p.refused, r.Method+" "+r.URL.RequestURI()+" "+string(body)+": "+said)
		p.mu.Unlock()
	}
	send(p.sim, r, body, w)
}

// send sends a request on. Its answer is written to w, or returned.
func send(to string, r *http.Request, body []byte, w http.ResponseWriter) (status int, said string) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return http.StatusBadGateway, err.Error()
	}
	req.Header = r.Header.Clone()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return http.StatusBadGateway, err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return http.StatusBadGateway, err.Error()
	}
	if w != nil {
		maps.Copy(w.Header(), res.Header)
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(text) // the connector has gone, and says so itself
	}
	return res.StatusCode, string(text)
}

var (
	idInPath = regexp.MustCompile(`/(cs|in|pi|promo|we|cus|sub|ch|grapevine|coupon)_[^/]*`)
	inList   = regexp.MustCompile(`\[[0-9]+\]`)
)

// note records the shape of a request.
func (p *recorder) note(r *http.Request, body []byte) {
	values, err := url.ParseQuery(r.URL.RawQuery + "&" + string(body))
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.refused = append(p.refused, err.Error())
	}
	var names []string
	for name := range values {
		names = append(names, inList.ReplaceAllString(name, "[]"))
	}
	slices.Sort(names)
	shape := r.Method + " " + idInPath.ReplaceAllString(r.URL.Path, "/{id}")
	if len(names) > 0 {
		shape += " " + strings.Join(slices.Compact(names), " ")
	}
	p.shapes[shape] = true
}

// TestEveryRequestKeepsToStripesSpecification drives every request that the connector can make through
// stripe-mock.
func TestEveryRequestKeepsToStripesSpecification(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	p := &recorder{sim: w.sim.URL(), mock: mocktest.Start(t), shapes: map[string]bool{}}
	between := httptest.NewServer(p)
	t.Cleanup(between.Close)
	w.shop.APIURL = between.URL
	w.driveInstalling()
	w.driveActs()
	w.driveReading()
	w.conn.perPage = 1 // every list has a second page now
	w.driveLists()

	for _, r := range p.refused {
		t.Errorf("stripe-mock refuses %s", r)
	}
	got := slices.Sorted(maps.Keys(p.shapes))
	if update() {
		w.no(os.WriteFile(requestsFile, []byte(strings.Join(got, "\n")+"\n"), 0o644))
	}
	text, err := os.ReadFile(requestsFile)
	w.no(err)
	want := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, s := range got {
		if !slices.Contains(want, s) {
			t.Errorf("not in %s: %s", requestsFile, s)
		}
	}
	for _, s := range want {
		if !p.shapes[s] {
			t.Errorf("in %s and not exercised: %s", requestsFile, s)
		}
	}
	for name, call := range calls {
		if !slices.ContainsFunc(got, func(s string) bool { return s == call || strings.HasPrefix(s, call+" ") }) {
			t.Errorf("%s (%s) was not exercised", name, call)
		}
		paged := strings.HasPrefix(call, "GET") && strings.Contains(name, ".List") && !strings.Contains(neverPaged, name)
		if paged && !slices.ContainsFunc(got, func(s string) bool {
			return strings.HasPrefix(s, call+" ") && strings.Contains(s, "starting_after")
		}) {
			t.Errorf("%s: no second page was asked for", name)
		}
	}
}

// neverPaged are lists of which the first page is enough: one thing, only to learn whether the key may, or a
// hundred charges of one payment and disputes of one charge.
const neverPaged = "Coupons.List Customers.List PaymentIntents.List Charges.List Disputes.List"

// TestEveryCallOfTheLibraryIsKnownToTheContract finds the calls in the source.
func TestEveryCallOfTheLibraryIsKnownToTheContract(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				if call, isAPI := strings.CutPrefix(dotted(c.Fun), "c.api."); isAPI {
					found[call] = true
				}
			}
			return true
		})
	}
	same(t, "calls in the source", slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(calls)))
}

// dotted is a chain of selectors as it is written.
func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return dotted(e.X) + "." + e.Sel.Name
	}
	return "?"
}

// driveInstalling asks who the account is, with all keys, and makes and mends its endpoint.
func (w *world) driveInstalling() {
	ctx := context.Background()
	_, err := w.conn.Probe(ctx, w.shop)
	w.no(err)
	limited := w.shop
	limited.Token = w.sim.RestrictKey(w.sim.Account, "account:read", "checkout:read", "invoices:read", "charges:read", "payment_intents:read",
		"disputes:read", "customers:write", "coupons:write", "promotion_codes:write", "events:read", "webhook_endpoints:write")
	p, err := w.conn.Probe(ctx, limited)
	w.no(err)
	same(w, "missing", p.Missing, []string(nil))

	const address = "https://shop.example.com/webhooks/stripe/shop_1"
	w.sim.AddEndpoint(address, false)
	sub, err := w.conn.Subscribe(ctx, w.shop, address)
	w.no(err)
	w.shop = withSettings(w.shop, sub.Settings)
	w.no(w.sim.DisableEndpoint(w.shop.Settings[SettingEndpoint]))
	mended, err := w.conn.KeepHooks(ctx, w.shop)
	w.no(err)
	same(w, "mended", mended, []string{w.shop.Settings[SettingEndpoint]})
}

// driveActs does everything that can be done in a shop, in every way that has other parameters.
func (w *world) driveActs() {
	ctx := context.Background()
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	all := []rewards.Discount{
		tenPercent,
		{Amount: usd(500), Minimum: usd(3000)},
		{Percent: 1250, OncePerCustomer: true},
		{Percent: 2000, OncePerCustomer: true, Minimum: usd(1000)},
	}
	for i, d := range all {
		for _, ends := range []time.Time{{}, time.Now().Add(48 * time.Hour)} {
			o := offer(d)
			o.EndsAt = ends
			o.Program = string(rune('a' + i))
			add := rewards.AddCodes{OfferID: w.do("o", o).ExternalID, Offer: o, Codes: []string{"CODE-" + o.Program}}
			w.do("o", rewards.ChangeOffer{Offer: o})
			w.do(o.Program+ends.String(), add)
			_, err := w.conn.Find(ctx, w.shop, add)
			w.no(err)
		}
	}
	untitled := offer(tenPercent)
	untitled.Program, untitled.Title = "untitled", ""
	w.do("untitled", untitled)
	w.do("r", rewards.RetireCode{OfferID: w.do("o2", offer(tenPercent)).ExternalID, Code: "CODE-a"})
	for i, d := range all {
		for _, who := range []string{customer, ""} {
			for k, ends := range []time.Time{{}, time.Now().Add(48 * time.Hour)} {
				issue := rewards.IssueCode{
					RewardID: "rw_" + who + string(rune('a'+i)) + string(rune('0'+k)), Title: "friends reward", Discount: d, CustomerID: who, EndsAt: ends,
					Code: "GV-" + string(rune('A'+i)) + string(rune('0'+k)) + who[:min(len(who), 3)],
				}
				r := w.do(issue.RewardID, issue)
				if d.Percent == 0 {
					r = w.do(issue.RewardID+"/less", rewards.ReduceCode{ExternalID: r.ExternalID, Code: issue.Code, Amount: usd(200)})
				}
				w.do(issue.RewardID+"/off", rewards.WithdrawCode{ExternalID: r.ExternalID, Code: issue.Code})
			}
		}
	}
	grant := rewards.GrantCredit{RewardID: "rw_credit", CustomerID: customer, Amount: usd(1000), ExpiresAt: now}
	credit := w.do("grant", grant)
	w.do("take", rewards.TakeCredit{CustomerID: customer, CreditID: credit.ExternalID, AccountID: customer, Amount: usd(400), After: credit.ExternalID})
}

// driveReading reads sales of all kinds.
func (w *world) driveReading() {
	ctx := context.Background()
	w.friendCode("ANNA-7Q2M", tenPercent)
	many := make([]stripetest.Item, 30)
	for i := range many {
		many[i] = stripetest.Item{Title: "Thing " + string(rune('a'+i)), Price: "3.00"}
	}
	once := w.buy(stripetest.SessionInput{Buyer: anna, Code: "ANNA-7Q2M", Items: many})
	w.order(once.Session)
	w.order(once.PaymentIntent)
	_, err := w.sim.Dispute(once.Session, "", false)
	w.no(err)
	w.order(once.Session)
	plan, err := w.sim.Subscribe(stripetest.SubscribeInput{Buyer: anna, Items: many, Code: "ANNA-7Q2M"})
	w.no(err)
	w.order(plan.Invoice)
	billed, err := w.sim.Bill(once.Customer, "12.00", "", false)
	w.no(err)
	o := w.order(billed)
	w.order(o.ID)
	outside, err := w.sim.Bill(once.Customer, "12.00", "", true)
	w.no(err)
	w.order(outside)
	invoiced := w.buy(stripetest.SessionInput{Buyer: anna, Invoiced: true})
	w.order(invoiced.Session)
	intent := w.intentOf(billed)
	w.order(intent)
	_, err = w.conn.Changes(ctx, w.shop, time.Now().Add(-time.Hour), "")
	w.no(err)
}

// intentOf is the payment of an invoice.
func (w *world) intentOf(invoice string) string {
	w.Helper()
	c, err := w.conn.caller(w.shop)
	w.no(err)
	b, err := c.invoice(context.Background(), invoice)
	w.no(err)
	if b.Intent.ID == "" {
		w.Fatalf("%s has no payment", invoice)
	}
	return b.Intent.ID
}

// driveLists reads every list beyond its first page.
func (w *world) driveLists() {
	ctx := context.Background()
	sim := w.shop
	_, err := w.conn.Subscribe(ctx, withSettings(sim, map[string]string{SettingEndpoint: "none"}), "https://shop.example.com/other")
	w.no(err)
	_, err = w.conn.Subscribe(ctx, sim, "https://shop.example.com/third")
	w.no(err)
	w.no(w.conn.Holdings(ctx, sim, func(connectors.Holding) error { return nil }))
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	ids, err := w.conn.Credits(ctx, sim, rewards.Reward{ID: "rw_credit", CustomerID: customer})
	w.no(err)
	if len(ids) != 1 {
		w.Errorf("credits: %v", ids)
	}
	d := tenPercent
	add := rewards.AddCodes{OfferID: w.do("o", offer(d)).ExternalID, Offer: offer(d), Codes: []string{"ONE-1", "TWO-2", "THREE-3"}}
	w.do("add", add)
	w.do("add", add)
	again := w.do("issue", rewards.IssueCode{RewardID: "rw_z", Code: "GV-AGAIN", Discount: rewards.Discount{Amount: usd(900)}})
	less := w.do("less", rewards.ReduceCode{ExternalID: again.ExternalID, Code: "GV-AGAIN", Amount: usd(800)})
	w.do("off", rewards.WithdrawCode{ExternalID: less.ExternalID, Code: "GV-AGAIN"})
	plan, err := w.sim.Subscribe(stripetest.SubscribeInput{Buyer: anna, Items: []stripetest.Item{{Title: "Box", Price: "9.00"}, {Title: "Bag", Price: "8.00"}}})
	w.no(err)
	for range 2 {
		next, err := w.sim.Renew(plan.Subscription)
		w.no(err)
		w.order(next)
	}
	for i := range 3 {
		w.sim.SetClock(func() time.Time { return time.Now().Add(time.Duration(i+1) * 10 * time.Second) })
		w.order(w.buy(stripetest.SessionInput{Buyer: anna}).Session)
	}
	w.sim.SetClock(nil)
	cursor := ""
	for range 400 {
		page, err := w.conn.Changes(ctx, sim, time.Now().Add(-time.Hour), cursor)
		w.no(err)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	_, err = w.conn.History(ctx, sim, time.Now().Add(-time.Hour), "")
	w.no(err)
}

// update rewrites the files that tests compare with.
func update() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}
