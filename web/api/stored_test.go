package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/internal/access"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/web"
	"grapevine/webhooks"
)

// real is the API over a real database, with two shops in it.
type real struct {
	t            *testing.T
	db           *storage.DB
	e            *echo.Echo
	shop, other  string
	token, alien string
}

func newReal(t *testing.T, url string) *real {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	db, err := storage.Open(t.Context(), storage.Options{URL: url, MasterKeys: []secret.Text{"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := &real{t: t, db: db}
	if r.e, err = web.New(web.Options{Log: log}); err != nil {
		t.Fatal(err)
	}
	a, err := New(Options{Advocates: db, Orders: db, Reviews: db, Standings: db, Jobs: db, Events: db, Points: db, Payouts: db, Payments: db, Contests: db, Tickets: db, Figures: db, Shops: db, Keys: db, PublicURL: public, Logger: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	a.Mount(r.e)
	r.shop, r.token = r.add("demo.myshopify.com")
	r.other, r.alien = r.add("other.myshopify.com")
	return r
}

func (r *real) add(domain string) (shop, token string) {
	r.t.Helper()
	s, err := r.db.AddShop(r.t.Context(), storage.NewShop{Platform: "shopify", Domain: domain, Currency: "USD", Token: "shpat_x"})
	r.no(err)
	_, plain, err := r.db.CreateToken(r.t.Context(), s.ID, access.Write)
	r.no(err)
	return s.ID, string(plain)
}

func (r *real) no(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// get and post expect a status and return the body.

func (r *real) get(path string, status int, parts ...string) string {
	r.t.Helper()
	return r.expect(ask{method: http.MethodGet, path: "/shops/" + r.shop + path, token: r.token}, status, parts...)
}

func (r *real) post(path, body, key string, status int, parts ...string) string {
	r.t.Helper()
	return r.expect(ask{method: http.MethodPost, path: "/shops/" + r.shop + path, token: r.token, body: body, key: key}, status, parts...)
}

func (r *real) expect(q ask, status int, parts ...string) string {
	r.t.Helper()
	got := send(r.t, r.e, q)
	if got.status != status {
		r.t.Fatalf("%s %s: status %d, want %d: %s", q.method, q.path, got.status, status, got.body)
	}
	for _, part := range parts {
		if !strings.Contains(got.body, part) {
			r.t.Errorf("%s %s lacks %s: %s", q.method, q.path, part, got.body)
		}
	}
	return got.body
}

// value cuts the first value of a member out of an answer.
func value(t *testing.T, body, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `"`+name+`":"`)
	if !ok {
		t.Fatalf("no %s in %s", name, body)
	}
	v, _, _ := strings.Cut(rest, `"`)
	return v
}

// order brings in a webhook about an order with this code, and works until its reward is in the shop.
func (r *real) order(code string) {
	r.t.Helper()
	ctx := r.t.Context()
	at, none := time.Now().UTC().Add(-time.Second), int64(0)
	_, err := r.db.Put(ctx, []connectors.Delivery{{Platform: "shopify", Domain: "demo.myshopify.com", Topic: "orders/paid", DeliveryID: "d1", TriggeredAt: at, Body: []byte(`{}`)}})
	r.no(err)
	_, err = r.db.Work(ctx, "w", 10, func(ctx context.Context, tx webhooks.InboxTx, es []webhooks.Event) ([]webhooks.Digested, error) {
		out := make([]webhooks.Digested, len(es))
		for i := range es {
			out[i] = webhooks.Digested{Status: webhooks.EventConfirming, OrderID: "1001"}
		}
		return out, tx.Enqueue(ctx, []webhooks.ShopJob{{ShopID: r.shop, JobRequest: rewards.JobRequest{Kind: rewards.JobConfirm, Subject: "1001"}}})
	})
	r.no(err)
	r.get("/events?status=pending&order=1001", 200, `"status":"pending"`)
	lane, err := r.db.Lease(ctx, "w", time.Minute)
	r.no(err)
	for {
		jobs, err := r.db.Begin(ctx, lane, 1)
		if rewards.KindOf(err) == rewards.NotFound {
			break
		}
		r.no(err)
		switch j := jobs[0]; j.Kind {
		case rewards.JobConfirm:
			r.no(r.db.Decide(ctx, lane, []webhooks.Confirmed{{Job: j, Order: rewards.Order{ID: "1001", Name: "#1001", PlacedAt: at, UpdatedAt: at, PaidAt: &at,
				Currency: "USD", Payment: rewards.PaymentPaid, Customer: &rewards.Person{ID: "c9", EarlierOrders: &none},
				Codes: []rewards.AppliedCode{{Code: code, TookOff: usd(500)}}, Lines: []rewards.Line{{ID: "l1", Quantity: 1, Current: 1, Amount: usd(4500)}}}}}))
		case rewards.JobFulfil:
			r.no(r.db.Step(ctx, lane, j, rewards.StepResult{Step: rewards.StepIssue, ExternalID: "gid://x/1"}))
		default:
			r.no(r.db.Done(ctx, lane, j))
		}
	}
	r.no(r.db.Release(ctx, lane, 0))
}

func TestTheAPIOverARealDatabase(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		r := newReal(t, url)
		_, _, err := r.db.ApplyProgram(t.Context(), r.shop, rewards.Program{Name: "give10", Title: "Give 10", Currency: "USD",
			Friend: rewards.Discount{Percent: 1000}, Qualify: rewards.Qualify{Customers: rewards.CustomersNew}, Attribution: rewards.Attribution{Window: time.Hour}, PartialRefund: rewards.RefundProportional,
			Rules: []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: rewards.RewardSpec{
				Kind: rewards.KindDiscountCode, Discount: rewards.Discount{Amount: usd(1000)}, Expires: 24 * time.Hour}}}}, "x")
		r.no(err)
		r.get("", 200, `"status":"active"`)

		made := r.post("/advocates", `{"customer_id":"701","email":"anna@example.com","first_name":"Anna"}`, "k1", 201, `"status":"pending"`)
		r.post("/advocates", `{"customer_id":"701","email":"anna@example.com","first_name":"Anna"}`, "k1", 201, made)
		r.post("/advocates", `{"customer_id":"702"}`, "k1", 422, "key_reused")
		r.post("/advocates", `{"customer_id":"701","code":"OTHER-1"}`, "", 200, made)
		advocate, code := value(t, made, "id"), value(t, made, "code")
		r.post("/advocates", `{"customer_id":"702","code":"`+code+`"}`, "", 409, "code_taken")
		r.get("/advocates/"+advocate, 200, made)
		r.get("/advocates?email=anna@example.com&code="+strings.ToLower(code)+"&customer_id=701", 200, made)
		r.get("/rewards?cursor=nonsense", 400, "bad_cursor")

		r.order(code)
		shown := r.get("/orders/1001", 200, `"outcome":"rewarded"`, `"eligible":{"amount":"45.00","currency":"USD"}`, `"won":true`, `"status":"issued"`)
		reward := value(t, shown[strings.Index(shown, `"rewards"`):], "id")
		r.get("/rewards/"+reward, 200, `"actor":"engine"`)
		r.get("/ledger?reward="+reward, 200, `"amount":"-10.00"`)
		event := value(t, r.get("/events?order=1001", 200, `"status":"done"`), "id")
		r.post("/events/"+event+"/replay", "", "k2", 202, `"status":"pending"`)

		again := r.post("/rewards/"+reward+"/reissue", `{"reason":"lost the mail"}`, "k3", 201)
		r.post("/rewards/"+reward+"/reissue", `{"reason":"lost the mail"}`, "k3", 201, again)
		r.post("/rewards/"+reward+"/reissue", `{"reason":"asked twice"}`, "", 200, value(t, again, "id"))
		r.get("/rewards/"+reward, 200, `"status":"revoked"`, `"replaced_by":"`+value(t, again, "id")+`"`, "lost the mail")
		r.get("/rewards?advocate="+advocate+"&status=revoked&limit=1", 200, reward)

		r.post("/orders/1001/review", `{"verdict":"reject","reason":"a friend of the owner"}`, "k4", 200, `"outcome":"rejected"`, `"review":{"verdict":"reject"`)
		r.get("/reviews?status=reviewed&reason=fraud_rejected&advocate="+advocate, 200, `"order_id":"1001"`, `"actor":"token:tok_`, `"reason":"a friend of the owner"`)
		r.post("/orders/1001/review", `{"verdict":"undo","reason":"she is not"}`, "", 200, `"review":null`, `"was_outcome":"rejected","was_reason":"fraud_rejected"`)
		r.post("/orders/1001/review", `{"verdict":"undo","reason":"again"}`, "", 409, "nothing_to_undo")
		r.get("/reviews", 200, `"data":[]`)

		r.post("/advocates/"+advocate+"/block", `{"reason":"abuse"}`, "", 200, `"status":"blocked","reason":"abuse"`, `"actor":"token:tok_`)
		r.post("/advocates/"+advocate+"/unblock", `{"reason":"a mistake"}`, "", 200, `"reason":null`)
		r.expect(ask{method: http.MethodPut, path: "/shops/" + r.shop + "/advocates/" + advocate + "/team", token: r.token, body: `{"team":"staff"}`}, 200, `"team":"staff"`)
		r.post("/codes/"+strings.ToLower(code)+"/rotate", `{"reason":"on a coupon site"}`, "", 201, `"old_codes":[{"code":"`+code+`","status":"retired","reason":"code_leaked","alias":true`)
		r.get("/leaks", 200, `"code":"`+code+`"`, `"reason":"on a coupon site"`)
		job := value(t, r.get("/jobs?state=due", 200, `"about":"Take code `+code+` of programme give10 out of the shop."`), "id")
		r.post("/jobs/"+job+"/retry", "", "", 202, `"state":"due"`)

		r.alone(advocate, reward, event)
	})
}

// alone tries every route with the other shop's token and these ids.
func (r *real) alone(advocate, reward, event string) {
	r.t.Helper()
	ids := strings.NewReplacer(":order", "1001", "advocates/:id", "advocates/"+advocate, "rewards/:id", "rewards/"+reward, "events/:id", "events/"+event)
	for _, route := range (&API{}).routes() {
		for _, shop := range []string{r.shop, r.other} {
			if route.scope == "" || shop == r.other && !strings.ContainsAny(route.path[len("/shops/:shop"):], ":") {
				continue
			}
			q := ask{method: route.method, path: ids.Replace(strings.ReplaceAll(route.path, ":shop", shop)), token: r.alien, body: bodyOf(route)}
			r.expect(q, 404, "not_found")
		}
	}
}
