package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/internal/access"
	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/web"
	"grapevine/web/words"
	"grapevine/webhooks"
)

const (
	shopA, shopB          = "shop_aaaa", "shop_bbbb"
	readA, writeA, writeB = "gv_read_aaaaaaaa", "gv_write_aaaaaaaa", "gv_write_bbbbbbbb"
	public                = "https://refer.example.com/"
)

func minute(n int) time.Time {
	return time.Date(2026, 11, 20, 10, n, 0, 0, time.FixedZone("CET", 3600))
}

func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

// newWorld has two shops with the same kinds of things under different ids.
func newWorld() *world {
	w := &world{
		Shops: map[string]connectors.Installed{
			shopA: {ID: shopA, Platform: "shopify", Domain: "a.myshopify.com", Currency: "USD", Status: "active", Since: minute(0)},
			shopB: {ID: shopB, Platform: "shopify", Domain: "b.myshopify.com", Currency: "KWD", Status: "parked", Reason: "token_refused", Since: minute(0)},
		},
		Tokens: map[string]access.Token{
			readA: {ID: "tok_ra", ShopID: shopA, Scope: access.Read}, writeA: {ID: "tok_wa", ShopID: shopA, Scope: access.Write},
			writeB: {ID: "tok_wb", ShopID: shopB, Scope: access.Write},
		},
		Advocates: map[string][]rewards.Advocate{}, Orders: map[string][]rewards.StoredOrder{}, Calls: map[string]*memo{}, Kept: map[string]*things{}, Leaks: map[string][]rewards.Leak{}, Jobs: map[string][]webhooks.StoredJob{},
		Rewards: map[string][]rewards.StoredReward{}, Ledger: map[string][]rewards.LedgerEntry{}, Inbox: map[string][]webhooks.StoredEvent{},
	}
	w.fill(shopA, "a")
	w.fill(shopB, "b")
	return w
}

func (w *world) fill(shop, tag string) {
	w.Advocates[shop] = []rewards.Advocate{
		{ID: "adv_" + tag + "1", CustomerID: tag + "701", Code: "ANNA-7Q2M", Status: "active", CreatedAt: minute(1)},
		{ID: "adv_" + tag + "2", CustomerID: tag + "702", Code: "BEN-K4PW", Status: "failed", Reason: "code_exists_in_shop"},
	}
	w.fillTroubles(shop, tag)
	w.Rewards[shop], w.Kept[shop] = w.rewardsOf(tag), thingsOf(tag)
	won := []rewards.Candidate{{Code: "ANNA-7Q2M", Advocate: "adv_" + tag + "1", Won: true}, {Code: "BEN-K4PW", Advocate: "adv_" + tag + "2", Reason: rewards.ReasonTookLess}}
	w.Orders[shop] = []rewards.StoredOrder{
		{OrderID: tag + "1001", Status: "partially_refunded", Rewards: w.Rewards[shop][:1:1], Record: rewards.Record{
			Eligible: rewards.Eligible{Original: usd(5400), Left: usd(3600)},
			Decision: rewards.Decision{Outcome: rewards.OutcomeRewarded, Program: "give10get10", Version: 2, Candidates: won,
				Checks:   []rewards.Check{{Name: "new_customer", Passed: true, Evidence: "0 earlier orders"}},
				Advocate: "adv_" + tag + "1", Variant: "plain", Referral: 3, Level: "silver", Points: 10, ReleaseAt: minute(50), Reckoned: true,
				Signals: []fairness.Signal{{Rule: "near_minimum", Version: 1, Verdict: fairness.Flag, Points: 10, Evidence: "just above"}},
				Grants: []rewards.Grant{{Rule: "advocate", For: rewards.ForAdvocate, Kind: rewards.KindStoreCredit, Value: usd(1000), Net: usd(667)},
					{Rule: "third", For: rewards.ForAdvocate, Kind: rewards.KindTag, Milestone: "third@3"}}}}},
		{OrderID: tag + "1002", Status: "open", Record: rewards.Record{Decision: rewards.Decision{Outcome: rewards.OutcomeHeld, Reason: rewards.ReasonUnreadableOrder}}},
		{OrderID: tag + "1004", Status: "paid", Record: rewards.Record{
			Facts: rewards.Facts{Order: rewards.Order{Name: "#1004", PlacedAt: minute(10), Currency: "USD"}},
			Decision: rewards.Decision{Outcome: rewards.OutcomeHeld, Reason: rewards.ReasonFraudReview, Program: "give10get10", Version: 2, Advocate: "adv_" + tag + "1",
				Reckoned: true, Points: 60, Signals: []fairness.Signal{{Rule: "same_address", Version: 1, Verdict: fairness.Hold, Points: 60, Evidence: "one address"}},
				Grants: []rewards.Grant{{Rule: "advocate", For: rewards.ForAdvocate, Kind: rewards.KindStoreCredit, Value: usd(1000), Net: usd(1000)}}}},
			Reviews: []rewards.ReviewEntry{{ID: "rev_" + tag + "1", Verdict: rewards.VerdictReject, Actor: "user:mia", Reason: "one house", At: minute(21), WasOutcome: rewards.OutcomeHeld, WasReason: rewards.ReasonFraudReview},
				{ID: "rev_" + tag + "2", Verdict: rewards.VerdictUndo, Actor: "user:mia", Reason: "two flats", At: minute(22), WasOutcome: rewards.OutcomeRejected, WasReason: rewards.ReasonFraudRejected}}},
		{OrderID: tag + "1003", Status: "paid", Record: rewards.Record{Eligible: rewards.Eligible{Left: usd(100)}, Decision: rewards.Decision{Outcome: rewards.OutcomeNone, Reason: rewards.ReasonNoAttribution}}},
	}
	w.Ledger[shop] = []rewards.LedgerEntry{
		{ID: "led_" + tag + "2", At: minute(2), Transaction: "txn_1", Account: "pending:adv_" + tag + "1", Amount: usd(1000), RewardID: "rw_" + tag + "1", Reason: "earned"},
		{ID: "led_" + tag + "1", At: minute(2), Transaction: "txn_1", Account: "program:give10get10", Amount: usd(-1000), RewardID: "rw_" + tag + "1", Reason: "earned"},
	}
	for i, s := range append(words.Events(), webhooks.EventConfirming) {
		e := webhooks.StoredEvent{ShopID: shop, ID: "evt_" + tag + string(rune('1'+i)), Platform: "shopify", Domain: tag + ".myshopify.com",
			Topic: "orders/paid", OrderID: tag + "1001", Status: s, Attempts: i, ReceivedAt: minute(3)}
		if s == webhooks.EventDead {
			e.OrderID, e.Reason, e.FinishedAt = "", "erased", minute(4)
		}
		w.Inbox[shop] = append(w.Inbox[shop], e)
	}
}

// rewardsOf has a reward of each kind and in each state.
func (w *world) rewardsOf(tag string) []rewards.StoredReward {
	base := func(id string, s rewards.RewardSpec) rewards.StoredReward {
		return rewards.StoredReward{Reward: rewards.Reward{ID: "rw_" + tag + id, OrderID: tag + "1001", AdvocateID: "adv_" + tag + "1",
			Beneficiary: rewards.ForAdvocate, Spec: s, Status: rewards.StatusIssued, ExternalID: "gid://shopify/Thing/1"},
			History: []rewards.HistoryEntry{{At: minute(5), To: rewards.StatusIssuing, Actor: "engine"}, {At: minute(6), From: rewards.StatusIssuing, To: rewards.StatusIssued, Actor: "engine"}}}
	}
	credit := base("1", rewards.RewardSpec{Kind: rewards.KindStoreCredit, Amount: usd(1000)})
	credit.Value, credit.Net, credit.Loss = usd(1000), usd(667), usd(33)
	percent := base("2", rewards.RewardSpec{Kind: rewards.KindDiscountCode, Discount: rewards.Discount{Percent: 1250, Minimum: usd(3000)}})
	percent.Code = "GV-7Q2M-XK4P-9WTB"
	amount := base("3", rewards.RewardSpec{Kind: rewards.KindDiscountCode, Discount: rewards.Discount{Amount: usd(500)}})
	amount.Value, amount.Code, amount.Status, amount.Reason = usd(500), "GV-AAAA-BBBB-CCCC", rewards.StatusReversed, rewards.ReasonRefunded
	shipping := base("4", rewards.RewardSpec{Kind: rewards.KindDiscountCode, Discount: rewards.Discount{FreeShipping: true}})
	shipping.ReleaseAt, shipping.History = minute(50), nil
	all := []rewards.StoredReward{credit, percent, amount, shipping}
	for i, s := range words.Statuses() {
		r := base("s"+string(rune('a'+i)), shipping.Spec)
		r.Status, r.OrderID = s, tag+"1009"
		all = append(all, r)
	}
	return all
}

// start runs the API as the program does.
func start(t *testing.T, w *world, publicURL string) *echo.Echo {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	e, err := web.New(web.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(Options{Advocates: advocates{w}, Orders: orders{w}, Reviews: reviews{w}, Standings: standings{w}, Jobs: jobs{w}, Events: events{w}, Points: kept{w}, Payouts: kept{w}, Payments: kept{w}, Contests: kept{w}, Tickets: kept{w}, Figures: kept{w}, Shops: w, Keys: w,
		PublicURL: publicURL, Logger: log, Now: func() time.Time { return minute(40) }})
	if err != nil {
		t.Fatal(err)
	}
	a.Mount(e)
	return e
}

// bodies are such as calls take, by their path.
var bodies = map[string]string{
	"/shops/:shop/advocates":            `{"customer_id":"703"}`,
	"/shops/:shop/orders/:order/review": `{"verdict":"approve","reason":"x"}`,
	"/shops/:shop/rewards/:id/reissue":  `{"reason":"x"}`,

	"/shops/:shop/advocates/:id/block":           `{"reason":"x"}`,
	"/shops/:shop/advocates/:id/unblock":         `{"reason":"x"}`,
	"/shops/:shop/advocates/:id/team":            `{"team":"staff"}`,
	"/shops/:shop/codes/:friendcode/rotate":      `{"reason":"x"}`,
	"/shops/:shop/advocates/:id/points/exchange": `{"program":"points","points":10}`,
	"/shops/:shop/payouts":                       `{"kind":"cash"}`,
	"/shops/:shop/payouts/:id/paid":              `{"reference":"x"}`,
	"/shops/:shop/tickets/:code/redeem":          `{"by":"door 1"}`,
}

// bodyOf is a body that a route takes, "" where it takes none.
func bodyOf(r route) string {
	if r.method == http.MethodGet {
		return ""
	}
	return bodies[r.path]
}

// ask is a call in a test.
type ask struct {
	method, path, token, body, key string
	header                         http.Header
}

// result is what came back.
type result struct {
	status int
	header http.Header
	body   string
}

// send makes the call and checks the answer against the description.
func send(t *testing.T, h http.Handler, q ask) result {
	t.Helper()
	var body io.Reader = http.NoBody
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	req := httptest.NewRequest(q.method, prefix+q.path, body)
	if q.token != "" {
		req.Header.Set("Authorization", "Bearer "+q.token)
	}
	if q.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if q.key != "" {
		req.Header.Set("Idempotency-Key", q.key)
	}
	for name, values := range q.header {
		req.Header[name] = values
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	r := result{rec.Code, rec.Header(), rec.Body.String()}
	described(t, q.method, q.path, r)
	return r
}
