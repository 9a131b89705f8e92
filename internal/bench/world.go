package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/storage"
	"grapevine/webhooks"
)

// advocates is how many of each shop's customers have a code.
const advocates = 25

// codeOf is the code of an order that has one: the advocates of a shop are used in turn. Of those orders that carry a
// code in a load (see carriesCode) they are too. All codes are equally long.
func codeOf(id int64) string { return codeName((id/shops/ordersPerCoded + id/shops) % advocates) }

func codeName(advocate int64) string { return fmt.Sprintf("ANNA-%02d", advocate) }

// world is a database with shops, each with a programme and advocates who have codes.
type world struct {
	db       *storage.DB
	shop     storefront
	digested atomic.Int64
	decided  atomic.Int64
	waits    waits
}

// prepare fills an empty database, and finds what is there in one that was prepared.
func prepare(ctx context.Context, db *storage.DB, connector *shopify.Shopify) (*world, error) {
	w := &world{db: db, shop: storefront{connector}}
	there, err := db.Shops(ctx)
	if err != nil || len(there) > 0 {
		return w, err
	}
	errs := make([]error, shops)
	var opening sync.WaitGroup
	for i := range shops {
		opening.Go(func() { errs[i] = w.open(ctx, domain(i)) })
	}
	opening.Wait()
	return w, errors.Join(errs...)
}

// open makes a shop with its programme and advocates.
func (w *world) open(ctx context.Context, domain string) error {
	shop, err := w.db.AddShop(ctx, storage.NewShop{Platform: shopify.Name, Domain: domain, Currency: "USD", Token: "shpat_benchmark"})
	if err != nil {
		return err
	}
	if _, _, err := w.db.ApplyProgram(ctx, shop.ID, program(), "name: bench"); err != nil {
		return err
	}
	for i := range int64(advocates) {
		a, _, err := w.db.CreateAdvocate(ctx, shop.ID, rewards.NewAdvocate{
			CustomerID: fmt.Sprint(1 + i), Email: fmt.Sprintf("anna-%d@example.com", i), FirstName: "Anna", Code: codeName(i),
		})
		if err != nil {
			return err
		}
		if a.Code != codeName(i) {
			return fmt.Errorf("%s was given the code %s", codeName(i), a.Code)
		}
	}
	return nil
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
		Fairness: fairness.Settings{PerDay: 1 << 20, PerMonth: 1 << 20, Strangers: 1 << 20}, // her orders come all at once
	}
}

// storefront receives and decodes as Shopify does, and answers calls at once without a network.
type storefront struct {
	*shopify.Shopify
}

var _ webhooks.Platform = storefront{}

// Order is a paid order by a new customer with an advocate's code.
func (s storefront) Order(_ context.Context, _ connectors.Shop, id string) (rewards.Order, error) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return rewards.Order{}, rewards.Errorf(rewards.Invalid, "bad_order_id", "order %q: %w", id, err)
	}
	none, at := int64(0), time.Now().UTC().Truncate(time.Second)
	usd := func(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }
	return rewards.Order{
		ID: id, Name: "#" + id, PlacedAt: at, UpdatedAt: at, PaidAt: &at, Currency: "USD", Payment: rewards.PaymentPaid,
		Customer:  &rewards.Person{ID: id, Email: "friend-" + id + "@example.net", EarlierOrders: &none},
		Codes:     []rewards.AppliedCode{{Code: codeOf(number), TookOff: usd(400)}},
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
		id += 1_000_000_000
		code = codeOf(id)
	}
	at := time.Now().UTC().Add(-time.Minute)
	return connectors.Delivery{
		Platform: shopify.Name, Domain: name, Topic: "orders/paid", DeliveryID: fmt.Sprintf("bench-%d", id), TriggeredAt: at,
		Body: orderBody(id, code, at),
	}
}
