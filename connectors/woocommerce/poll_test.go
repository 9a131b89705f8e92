package woocommerce_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/rewards"
)

// changes reads all pages; between has something happen after each.
func (w *world) changes(since time.Time, between func(page int)) (seen map[string]rewards.Order, until time.Time, pages int) {
	w.t.Helper()
	seen = map[string]rewards.Order{}
	ids := map[string]string{}
	for cursor := ""; ; pages++ {
		p, err := w.Changes(w.t.Context(), w.shop, since, cursor)
		if err != nil {
			w.t.Fatal(err)
		}
		if until.IsZero() || p.Until.Before(until) {
			until = p.Until
		}
		for _, d := range p.Deliveries {
			e, err := w.Decode(d.Topic, d.Body, d.TriggeredAt)
			if err != nil {
				w.t.Fatal(err)
			}
			o := e.(rewards.OrderSeen).Order
			if body, ok := ids[d.DeliveryID]; ok && body != string(d.Body) {
				w.t.Errorf("%s stands for two states", d.DeliveryID)
			}
			ids[d.DeliveryID], seen[o.ID] = string(d.Body), o
		}
		if between != nil {
			between(pages)
		}
		if cursor = p.Next; cursor == "" {
			return seen, until, pages
		}
		if pages > 50 {
			w.t.Fatal("a look without end")
		}
	}
}

func TestALookFindsAllThatChangedAlsoWhileItLooks(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)}
	w := newWorld(t, func(o *woocommercetest.Options) { o.Now = c.now })
	var ids []string
	for range 230 { // three pages, two orders a second
		if len(ids)%2 == 0 {
			c.pass(time.Second)
		}
		ids = append(ids, itoa(w.place(someOrder).ID))
	}
	began := c.now()
	c.pass(time.Second)
	seen, until, _ := w.changes(began.Add(-time.Hour), func(page int) {
		c.pass(time.Second)
		for i := range 5 { // orders of the first page change, so those after them move up
			if _, err := w.sim.RefundOrder(ids[page*10+i], woocommercetest.RefundInput{Amount: "1"}); err != nil {
				t.Fatal(err)
			}
		}
	})
	for _, id := range ids {
		if _, ok := seen[id]; !ok {
			t.Errorf("order %s was not found", id)
		}
	}
	if until.IsZero() {
		t.Error("the shop's clock is not told")
	}
	if seen, _, pages := w.changes(c.now().Add(time.Hour), nil); len(seen) != 0 || pages != 1 {
		t.Errorf("of nothing: %d in %d pages", len(seen), pages)
	}
}

func TestManyChangesOfOneSecondAreAllFound(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)
	w := newWorld(t, func(o *woocommercetest.Options) { o.Now = func() time.Time { return at } })
	for range 205 {
		w.place(someOrder)
	}
	if seen, _, _ := w.changes(at, nil); len(seen) != 205 {
		t.Errorf("%d of 205 were found", len(seen))
	}
}

func TestALookFindsTheTrashAndNoDrafts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := someOrder
	in.Draft = true
	w.place(in)
	gone, stays := itoa(w.place(someOrder).ID), itoa(w.place(someOrder).ID)
	if err := w.sim.SetStatus(gone, "trash"); err != nil {
		t.Fatal(err)
	}
	seen, _, _ := w.changes(time.Now().Add(-time.Hour), nil)
	if got := slices.Sorted(maps.Keys(seen)); len(got) != 2 || !seen[gone].Cancelled || seen[stays].Cancelled {
		t.Errorf("got %v", got)
	}
}

func TestACursorOfNobodysIsRefused(t *testing.T) {
	t.Parallel()
	w := newConnector()
	for _, cursor := range []string{"x", "any 2026-11-10T09:00:00 0", "any yesterday 1", "publish 2026-11-10T09:00:00 1", "any 2026-11-10T09:00:00 1 1"} {
		_, err := w.Changes(t.Context(), connectors.Shop{}, time.Now(), cursor)
		wantError(t, err, rewards.Invalid, "bad_cursor")
		_, err = w.History(t.Context(), connectors.Shop{}, time.Now(), cursor)
		wantError(t, err, rewards.Invalid, "bad_cursor")
	}
}

func TestPastOrdersComeOldestFirstWithTheirRefunds(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)}
	w := newWorld(t, func(o *woocommercetest.Options) { o.Now = c.now })
	in := someOrder
	in.Draft = true
	w.place(in)
	for range 110 {
		w.place(someOrder)
		c.pass(time.Minute)
	}
	refunded := itoa(w.place(someOrder).ID)
	c.pass(time.Minute)
	if _, err := w.sim.RefundOrder(refunded, woocommercetest.RefundInput{Amount: "10"}); err != nil {
		t.Fatal(err)
	}
	unreadable := someOrder
	unreadable.Lines = []woocommercetest.LineInput{{Name: "Half", Price: "1.50"}}
	unreadable.Currency = "JPY"
	odd := itoa(w.place(unreadable).ID)
	seen := map[string]rewards.Order{}
	skipped := map[string]string{}
	last := time.Time{}
	for cursor := ""; ; {
		p, err := w.History(t.Context(), w.shop, time.Time{}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range p.Orders {
			if o.PlacedAt.Before(last) {
				t.Errorf("order %s comes late", o.ID)
			}
			seen[o.ID] = o
		}
		maps.Copy(skipped, p.Skipped)
		if len(p.Orders) > 0 {
			last = p.Orders[0].PlacedAt
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	left, err := seen[refunded].Eligible()
	if len(seen) != 111 || err != nil || left.Left != usd(4000) || !maps.Equal(skipped, map[string]string{odd: "bad_amount"}) {
		t.Errorf("%d orders, %+v left, %v, skipped %v", len(seen), left, err, skipped)
	}
	p, err := w.History(t.Context(), w.shop, c.now().Add(-30*time.Second), "")
	if err != nil || len(p.Orders) != 0 || len(p.Skipped) != 1 {
		t.Errorf("of the last half minute: %+v, %v", p, err)
	}
}
