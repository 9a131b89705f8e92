package stripe

import (
	"context"
	"fmt"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

// changes reads all pages, and checks that they are in order.
func (w *world) changes(since time.Time) (all []connectors.Delivery, pages int) {
	w.Helper()
	var last time.Time
	for cursor := ""; ; {
		page, err := w.conn.Changes(context.Background(), w.shop, since, cursor)
		w.no(err)
		if pages++; pages > 300 {
			w.Fatal("no end")
		}
		if cursor == "" && page.Until.IsZero() {
			w.Error("nobody knows up to when it is whole")
		}
		for _, d := range page.Deliveries {
			if d.TriggeredAt.Before(last) {
				w.Errorf("%s of %v comes after one of %v", d.DeliveryID, d.TriggeredAt, last)
			}
			last = d.TriggeredAt
		}
		all = append(all, page.Deliveries...)
		if cursor = page.Next; cursor == "" {
			return all, pages
		}
	}
}

func TestChangesAreTheWebhooksThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	sub, err := w.conn.Subscribe(context.Background(), w.shop, "https://shop.example.com/h")
	w.no(err)
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Delayed: true})
	w.no(w.sim.Pay(sold.Session))
	w.no(w.sim.Refund(sold.Session, simRefund("")))
	door := &connectors.Door{Domain: w.shop.Domain, Secrets: sub.Secrets}
	came := map[string]string{}
	for _, l := range w.sim.Take() {
		d, err := w.conn.Receive(connectors.Arrival{Header: l.Header, Body: l.Body, Door: door})
		w.no(err)
		came[d.DeliveryID] = d.Topic + " " + d.Domain + " " + fmt.Sprint(d.TriggeredAt.Unix())
	}
	asked := map[string]string{}
	all, _ := w.changes(time.Now().Add(-time.Hour))
	for _, d := range all {
		asked[d.DeliveryID] = d.Topic + " " + d.Domain + " " + fmt.Sprint(d.TriggeredAt.Unix())
		if _, err := w.conn.Decode(d.Topic, d.Body, d.TriggeredAt); err != nil {
			t.Error(err)
		}
	}
	same(t, "by asking and by webhook", asked, came)
	if len(asked) < 4 {
		t.Errorf("only %d events", len(asked))
	}
}

func TestManyChangesComeInOrderAndAllOfThem(t *testing.T) {
	t.Parallel()
	for name, apart := range map[string]time.Duration{"over hours": 97 * time.Second, "in one second": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, stripetest.Options{})
			w.conn.perPage = 3 // a look takes fifteen
			const people = 120
			begin := time.Now().Add(-time.Duration(people) * apart).Add(-time.Minute)
			at := begin
			w.sim.SetClock(func() time.Time { return at })
			for i := range people {
				_, err := w.sim.AddCustomer(simBuyer(fmt.Sprintf("p%d@example.com", i)))
				w.no(err)
				at = at.Add(apart)
			}
			w.sim.SetClock(nil)
			all, pages := w.changes(begin.Add(-time.Hour))
			seen := map[string]bool{}
			for _, d := range all {
				seen[d.DeliveryID] = true
			}
			same(t, "events", []int{len(seen), len(all)}, []int{people, people})
			t.Logf("%d pages", pages)
		})
	}
}

func TestCursorsThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	for _, cursor := range []string{"x", "1 2", "3 2 4", "1 5 4", "-1 2 3", "1 2 3 4", "1  2"} {
		_, err := w.conn.Changes(context.Background(), w.shop, now, cursor)
		failed(t, cursor, err, "invalid bad_cursor")
		_, err = w.conn.History(context.Background(), w.shop, now, cursor)
		failed(t, cursor, err, "invalid bad_cursor")
	}
}

func TestHistoryIsEverySaleOnceTheOldestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	at := time.Now().Add(-900 * 24 * time.Hour)
	w.sim.SetClock(func() time.Time { return at })
	var want []string
	for i := range 40 {
		at = at.Add(20 * 24 * time.Hour)
		switch i % 5 {
		case 0:
			want = append(want, w.buy(stripetest.SessionInput{Buyer: anna}).Session)
		case 1:
			want = append(want, w.buy(stripetest.SessionInput{Buyer: anna, Invoiced: true}).Invoice)
		case 2:
			s := w.subscribe(stripetest.SubscribeInput{Buyer: anna, Trial: true})
			at = at.Add(time.Hour)
			want = append(want, w.renew(s.Subscription))
		case 3:
			w.buy(stripetest.SessionInput{Buyer: anna, Delayed: true}) // never paid
			_, err := w.sim.PlaceSetup(anna)
			w.no(err)
		case 4:
			refunded := w.buy(stripetest.SessionInput{Buyer: anna})
			w.no(w.sim.Refund(refunded.Session, simRefund("")))
			want = append(want, refunded.Session)
		}
	}
	w.sim.SetClock(nil)
	for name, since := range map[string]time.Time{"all": {}, "since two years": time.Now().Add(-2 * 365 * 24 * time.Hour)} {
		var got []string
		cursor, pages := "", 0
		for {
			page, err := w.conn.History(context.Background(), w.shop, since, cursor)
			w.no(err)
			for _, o := range page.Orders {
				got = append(got, o.ID)
				if o.PlacedAt.Before(since) {
					t.Errorf("%s: %s is of %v", name, o.ID, o.PlacedAt)
				}
			}
			if pages++; pages > 60 {
				t.Fatal("no end")
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if name == "all" {
			same(t, name, got, want)
		} else if len(got) == 0 || len(got) >= len(want) {
			t.Errorf("%s: %d of %d", name, len(got), len(want))
		}
	}
}

func TestASaleThatCannotBeReckonedIsSkippedInHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{Currency: "ugx"})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Items: []stripetest.Item{{Title: "Tea", Price: "2500"}}})
	page, err := w.conn.History(context.Background(), w.shop, time.Now().Add(-time.Hour), "")
	w.no(err)
	same(t, "page", []any{page.Orders, page.Skipped}, []any{[]rewards.Order(nil), map[string]string{sold.Session: "unknown_currency"}})
}
