package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/storage"
	"grapevine/webhooks"
)

// advocateID is the customer who has the code in each shop.
const advocateID = "1"

// world is a database with shops, each with a programme and an advocate who has a code.
type world struct {
	db       *storage.DB
	shop     storefront
	codes    map[string]string // by domain
	digested atomic.Int64
	decided  atomic.Int64
}

// prepare fills an empty database, and finds what is there in one that was prepared.
func prepare(ctx context.Context, db *storage.DB, connector *shopify.Shopify) (*world, error) {
	w := &world{db: db, codes: map[string]string{}}
	w.shop = storefront{connector, w.codes}
	there, err := db.Shops(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range there {
		list, _, err := db.Advocates(ctx, s.ID, rewards.AdvocateFilter{CustomerID: advocateID}, rewards.Page{})
		if err != nil {
			return nil, err
		}
		w.codes[s.Domain] = list[0].Code
	}
	if len(there) > 0 {
		return w, nil
	}
	for i := range shops {
		shop, err := db.AddShop(ctx, storage.NewShop{Platform: shopify.Name, Domain: domain(i), Currency: "USD", Token: "shpat_benchmark"})
		if err != nil {
			return nil, err
		}
		if _, _, err := db.ApplyProgram(ctx, shop.ID, program(), "name: bench"); err != nil {
			return nil, err
		}
		a, _, err := db.CreateAdvocate(ctx, shop.ID, rewards.NewAdvocate{CustomerID: advocateID, Email: "anna@example.com", FirstName: "Anna"})
		if err != nil {
			return nil, err
		}
		w.codes[shop.Domain] = a.Code
	}
	return w, nil
}

// program holds each reward for 14 days, so that a decision writes all that it has to write, the job
// included, and nothing is pushed while decisions are being counted.
func program() rewards.Program {
	ten := rewards.Money{Minor: 1000, Currency: "USD"}
	return rewards.Program{
		Name: "bench", Title: "Give 10%, get 10", Currency: "USD",
		Friend: rewards.Discount{Percent: 1000},
		Rules: []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: rewards.RewardSpec{
			Kind: rewards.KindDiscountCode, Discount: rewards.Discount{Amount: ten}, Expires: 180 * 24 * time.Hour}}},
		Qualify: rewards.Qualify{Customers: rewards.CustomersNew}, Attribution: rewards.Attribution{Window: 720 * time.Hour}, Hold: 14 * 24 * time.Hour, PartialRefund: rewards.RefundProportional,
		Fairness: fairness.Settings{PerDay: 1 << 20, PerMonth: 1 << 20, Strangers: 1 << 20}, // one advocate, and every order is hers
	}
}

// storefront receives and decodes as Shopify does, and answers calls at once without a network.
type storefront struct {
	*shopify.Shopify
	codes map[string]string
}

var _ webhooks.Platform = storefront{}

// Order is a paid order by a new customer with the code of the shop's advocate.
func (s storefront) Order(_ context.Context, shop connectors.Shop, id string) (rewards.Order, error) {
	none, at := int64(0), time.Now().UTC().Truncate(time.Second)
	usd := func(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }
	return rewards.Order{
		ID: id, Name: "#" + id, PlacedAt: at, UpdatedAt: at, PaidAt: &at, Currency: "USD", Payment: rewards.PaymentPaid,
		Customer:  &rewards.Person{ID: id, Email: "friend-" + id + "@example.net", EarlierOrders: &none},
		Codes:     []rewards.AppliedCode{{Code: s.codes[shop.Domain], TookOff: usd(400)}},
		Lines:     []rewards.Line{{ID: "1", ProductID: "7001", Quantity: 1, Current: 1, Amount: usd(3600)}, {ID: "2", ProductID: "7002", Quantity: 2, Current: 2, Amount: usd(2000)}},
		MoneyBack: usd(0),
	}, nil
}

// Do agrees.
func (s storefront) Do(_ context.Context, _ connectors.Shop, key string, _ rewards.Action) (connectors.Receipt, error) {
	return connectors.Receipt{ExternalID: key}, nil
}

// Find never finds anything.
func (s storefront) Find(context.Context, connectors.Shop, rewards.Action) (connectors.Receipt, error) {
	return connectors.Receipt{}, &connectors.CallError{Cause: rewards.Errorf(rewards.NotFound, "not_there", "nothing is kept here")}
}

// Changes tells that nothing changed: the benchmark's webhooks are not lost.
func (s storefront) Changes(context.Context, connectors.Shop, time.Time, string) (connectors.ChangesPage, error) {
	return connectors.ChangesPage{}, nil
}

// countedInbox counts the events whose transaction was committed.
type countedInbox struct {
	*storage.DB
	n *atomic.Int64
}

// Work counts.
func (c countedInbox) Work(ctx context.Context, worker string, limit int, f webhooks.DigestFunc) (int, error) {
	n, err := c.DB.Work(ctx, worker, limit, f)
	if err == nil {
		c.n.Add(int64(n))
	}
	return n, err
}

// countedWork counts the orders whose decision was committed.
type countedWork struct {
	*storage.DB
	n *atomic.Int64
}

// Decide counts.
func (c countedWork) Decide(ctx context.Context, l webhooks.Lane, orders []webhooks.Confirmed) error {
	err := c.DB.Decide(ctx, l, orders)
	if err == nil {
		c.n.Add(int64(len(orders)))
	}
	return err
}

// singly hands out one job at a time, so that each order is judged in a transaction of its own.
type singly struct{ *storage.DB }

// Begin takes one job.
func (s singly) Begin(ctx context.Context, l webhooks.Lane, _ int) ([]webhooks.Job, error) {
	return s.DB.Begin(ctx, l, 1)
}

// delivery is a stored webhook of an order.
func (w *world) delivery(n int, codes bool) connectors.Delivery {
	id, name, code := int64(6_000_000_000+n), domain(n%shops), ""
	if codes {
		id, code = id+1_000_000_000, w.codes[name]
	}
	at := time.Now().UTC().Add(-time.Minute)
	return connectors.Delivery{
		Platform: shopify.Name, Domain: name, Topic: "orders/paid", DeliveryID: fmt.Sprintf("bench-%d", id), TriggeredAt: at,
		Body: orderBody(id, code, at),
	}
}
