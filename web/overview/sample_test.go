package overview

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/web"
	"grapevine/webhooks"
)

// story is a Source that holds what it shows.
type story struct {
	shops  []connectors.Installed
	orders map[string][]rewards.StoredOrder
	events []webhooks.StoredEvent
	err    error
}

func (s story) InstalledShops(_ context.Context, limit int) ([]connectors.Installed, error) {
	return s.shops[:min(limit, len(s.shops))], s.err
}

func (s story) LatestOrders(_ context.Context, shopID string, limit int) ([]rewards.StoredOrder, error) {
	list := s.orders[shopID]
	return list[:min(limit, len(list))], s.err
}

func (s story) Events(_ context.Context, f webhooks.EventFilter, p rewards.Page) ([]webhooks.StoredEvent, string, error) {
	return s.events[:min(p.Limit, len(s.events))], "", s.err
}

func at(minute int) time.Time { return time.Date(2026, 11, 20, 10, minute, 0, 0, time.UTC) }

func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

// sample tells a story with every outcome in it.
func sample() story {
	order := func(id, name, status string, left, original int64, d rewards.Decision, rs ...rewards.StoredReward) rewards.StoredOrder {
		d.Program, d.Version = "give10get10", 1
		return rewards.StoredOrder{OrderID: id, Status: status, Rewards: rs, Record: rewards.Record{
			Facts: rewards.Facts{Order: rewards.Order{ID: id, Name: name}}, Decision: d,
			Eligible: rewards.Eligible{Left: usd(left), Original: usd(original)}}}
	}
	won := []rewards.Candidate{{Code: "ANNA-7Q2M", Advocate: "adv_k3v9x2m8qat4c7np", Won: true}}
	checks := []rewards.Check{
		{Name: "program_runs", Passed: true, Evidence: "since 1 Nov 2026"},
		{Name: "new_customer", Passed: true, Evidence: "0 earlier orders"},
		{Name: "minimum", Passed: true, Evidence: "54.00 USD of at least 30.00 USD"},
	}
	credit := rewards.StoredReward{Reward: rewards.Reward{ID: "rw_2q8r4t6w1y3z5x7v", OrderID: "5588900112233", Beneficiary: rewards.ForAdvocate,
		Spec: rewards.RewardSpec{Kind: rewards.KindStoreCredit}, Value: usd(1000), Net: usd(667), Status: rewards.StatusIssued, ExternalID: "gid://shopify/StoreCreditAccountCreditTransaction/77"},
		History: []rewards.HistoryEntry{
			{At: at(5), To: rewards.StatusIssuing, Actor: "engine"},
			{At: at(6), From: rewards.StatusIssuing, To: rewards.StatusIssued, Actor: "engine"},
		}}
	code := rewards.StoredReward{Reward: rewards.Reward{ID: "rw_9w8e7r6t5y4u3i2p", Beneficiary: rewards.ForAdvocate, Code: "GV-7Q2M-XK4P-9WTB",
		Spec: rewards.RewardSpec{Kind: rewards.KindDiscountCode, Discount: rewards.Discount{Percent: 1250}}, Status: rewards.StatusPending, Reason: rewards.ReasonInReview, ReleaseAt: at(59)}}
	lost := checks[:2:2]
	lost = append(lost, rewards.Check{Name: "minimum", Passed: false, Evidence: "12.00 USD of at least 30.00 USD"})
	return story{
		shops: []connectors.Installed{{ID: "shop_7k2m9x4c1vqp8d3f", Platform: "shopify", Domain: "demo.myshopify.com", Currency: "USD", Status: "active", Since: at(0)}},
		orders: map[string][]rewards.StoredOrder{"shop_7k2m9x4c1vqp8d3f": {
			order("5588900112233", "#1001", "partially_refunded", 3600, 5400, rewards.Decision{Outcome: rewards.OutcomeRewarded, Candidates: append(won, rewards.Candidate{Code: "BEN-K4PW", Advocate: "adv_9s8d7f6g5h4j3k2m", Reason: rewards.ReasonTookLess}), Checks: checks}, credit),
			order("5588900112234", "#1002", "paid", 4200, 4200, rewards.Decision{Outcome: rewards.OutcomePending, Reason: rewards.ReasonInReview, Candidates: won, Checks: checks}, code),
			order("5588900112235", "#1003", "paid", 1200, 1200, rewards.Decision{Outcome: rewards.OutcomeRejected, Reason: rewards.ReasonBelowMinimum, Candidates: won, Checks: lost}),
			order("5588900112236", "#1004", "paid", 8000, 8000, rewards.Decision{Outcome: rewards.OutcomeHeld, Reason: rewards.ReasonNoCustomer, Candidates: won}),
		}},
		events: []webhooks.StoredEvent{
			{ShopID: "shop_7k2m9x4c1vqp8d3f", ID: "evt_5t6y7u8i9o0p1a2s", Platform: "shopify", Topic: "refunds/create", OrderID: "5588900112233", Status: webhooks.EventDone, Attempts: 1, ReceivedAt: at(8), FinishedAt: at(8)},
			{ID: "evt_4t6y7u8i9o0p1a2s", Platform: "shopify", Domain: "other.myshopify.com", Topic: "orders/paid", Status: webhooks.EventIgnored, Reason: "unknown_shop", ReceivedAt: at(7)},
			{ShopID: "shop_7k2m9x4c1vqp8d3f", ID: "evt_3t6y7u8i9o0p1a2s", Platform: "shopify", Domain: "demo.myshopify.com", Topic: "orders/paid", OrderID: "5588900112233", Status: webhooks.EventConfirming, ReceivedAt: at(5)},
			{ShopID: "shop_7k2m9x4c1vqp8d3f", ID: "evt_2t6y7u8i9o0p1a2s", Platform: "shopify", Domain: "demo.myshopify.com", Topic: "orders/create", Status: webhooks.EventQuarantined, Reason: "bad_json", Attempts: 1, ReceivedAt: at(4)},
		},
	}
}

// serve runs the page.
func serve(t *testing.T, s Source) *httptest.Server {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	e, err := web.New(web.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Options{Source: s, Log: log, Now: func() time.Time { return at(10) }})
	if err != nil {
		t.Fatal(err)
	}
	p.Mount(e)
	srv := httptest.NewServer(e)
	t.Cleanup(srv.Close)
	return srv
}
