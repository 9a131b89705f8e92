package connectortest

import (
	"fmt"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/simshop"
	"grapevine/rewards"
)

// reconcile asks the shop what changed, without any webhook.
func reconcile(tb testing.TB, f Fixture) {
	run(tb, "the rhythm lets nothing slip through", func(tb testing.TB) {
		r := f.open(tb).Rhythm()
		if r.Every <= 0 || r.Overlap <= 0 || r.Every > 24*time.Hour || r.Back < r.Every {
			tb.Errorf("got %+v", r)
		}
	})
	run(tb, "a shop where nothing happened tells of nothing", func(tb testing.TB) {
		if orders := f.open(tb).changed(began(), nil); len(orders) > 0 {
			tb.Errorf("got %v", orders)
		}
	})
	run(tb, "each order that changed is told of, page by page", func(tb testing.TB) { f.open(tb).lists() })
	run(tb, "nothing is passed over while orders change between pages", func(tb testing.TB) { f.open(tb).listsMoving() })
	run(tb, "what did not change is the same delivery again", func(tb testing.TB) { f.open(tb).listsAgain() })
	run(tb, "what changed within one second is another delivery", func(tb testing.TB) { listsOneSecond(tb, f) })
	run(tb, "what happened before is not told of", func(tb testing.TB) {
		s := f.open(tb)
		s.place(teapot("ben"))
		if orders := s.changed(time.Now().Add(time.Hour), nil); len(orders) > 0 {
			tb.Errorf("got %v", orders)
		}
	})
	run(tb, "a cursor that means nothing is refused", func(tb testing.TB) {
		s := f.open(tb)
		for _, cursor := range []string{"nonsense", "-1", "../x", "\x00", "9999999999999999999999"} {
			_, err := s.Changes(s.ctx(), s.shop, began(), cursor)
			s.callError("asking", err)
			if rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) != "bad_cursor" {
				tb.Errorf("%q: got %v (%s %s)", cursor, err, rewards.KindOf(err), rewards.CodeOf(err))
			}
		}
	})
}

// manyOrders do not fit on one page.
const manyOrders = 23

// pagesAtMost bounds a listing.
const pagesAtMost = 100

// changed lists what changed since a moment and tells the orders that it is about. between is called after
// each page.
func (s *stage) changed(since time.Time, between func(page int)) map[string][]connectors.Delivery {
	s.tb.Helper()
	orders := map[string][]connectors.Delivery{}
	cursor := ""
	for page := range pagesAtMost {
		p, err := s.Changes(s.ctx(), s.shop, since, cursor)
		if err != nil {
			s.tb.Fatalf("asking for page %d: %v", page+1, err)
		}
		for _, d := range p.Deliveries {
			if id := s.about(d); id != "" {
				orders[id] = append(orders[id], d)
			}
		}
		if cursor = p.Next; cursor == "" {
			return orders
		}
		if between != nil {
			between(page)
		}
	}
	s.tb.Fatalf("the listing does not end after %d pages", pagesAtMost)
	return nil
}

// about is the order that a delivery is about; "" if it is about something else.
func (s *stage) about(d connectors.Delivery) string {
	s.tb.Helper()
	if d.DeliveryID == "" || d.Topic == "" || len(d.Body) == 0 || d.Ping {
		s.tb.Errorf("a change as %q of %d bytes under the topic %q, ping %v", d.DeliveryID, len(d.Body), d.Topic, d.Ping)
	}
	e, err := s.Decode(d.Topic, d.Body, d.TriggeredAt)
	if err != nil {
		s.tb.Errorf("a change that was asked for cannot be read: %v\n%.400s", err, d.Body)
		return ""
	}
	switch e := e.(type) {
	case rewards.OrderSeen:
		return s.named(e.Order.ID)
	case rewards.OrderTouched:
		if !e.Ask {
			s.tb.Errorf("a change of order %s tells neither its state nor that it is to be asked for: an order whose webhooks were lost would be passed over", e.OrderID)
		}
		return s.named(e.OrderID)
	}
	return ""
}

// named is the order's own id: an event may name it by another.
func (s *stage) named(id string) string {
	s.tb.Helper()
	o, err := s.Order(s.ctx(), s.shop, id)
	if rewards.CodeOf(err) == connectors.NotAnOrder {
		return ""
	}
	s.no("reading order "+id, err)
	return o.ID
}

func (s *stage) lists() {
	var want []string
	for i := range manyOrders {
		want = append(want, s.place(teapot(fmt.Sprint("friend", i))).ID)
	}
	pages := 1
	got := s.changed(began(), func(int) { pages++ })
	s.holdsAll(got, want)
	if pages < 2 {
		s.tb.Logf("%d orders came on one page", manyOrders)
	}
}

func (s *stage) holdsAll(got map[string][]connectors.Delivery, want []string) {
	s.tb.Helper()
	for _, id := range want {
		if len(got[id]) == 0 {
			s.tb.Errorf("order %s is not told of", id)
		}
	}
	if len(got) < len(want) {
		s.tb.Errorf("%d orders of %d are told of", len(got), len(want))
	}
}

// listsMoving changes orders that were told of, orders that were not yet, and places new ones, between pages.
func (s *stage) listsMoving() {
	var want []string
	for i := range manyOrders {
		want = append(want, s.place(teapot(fmt.Sprint("friend", i))).ID)
	}
	got := s.changed(began(), func(page int) {
		if page < 3 {
			s.no("refunding", s.sim.Refund(want[page], simshop.Refund{Amount: "1.00"}))
			s.no("refunding", s.sim.Refund(want[len(want)-1-page], simshop.Refund{Amount: "1.00"}))
			s.place(teapot(fmt.Sprint("newcomer", page)))
		}
	})
	s.holdsAll(got, want)
}

// listsAgain asks twice, and once more after a refund.
func (s *stage) listsAgain() {
	one := s.place(teapot("ben"))
	two := s.place(teapot("carla"))
	first, again := s.changed(began(), nil), s.changed(began(), nil)
	for _, id := range []string{one.ID, two.ID} {
		if len(first[id]) == 0 || len(again[id]) != len(first[id]) {
			s.tb.Fatalf("order %s: %d changes first, %d then", id, len(first[id]), len(again[id]))
		}
		for i, d := range first[id] {
			if again[id][i].DeliveryID != d.DeliveryID {
				s.tb.Errorf("order %s is %q first and %q then", id, d.DeliveryID, again[id][i].DeliveryID)
			}
		}
	}
	s.no("refunding", s.sim.Refund(one.ID, simshop.Refund{Amount: "10.00"}))
	then := s.changed(began(), nil)
	if !news(first[one.ID], then[one.ID]) {
		s.tb.Error("a refund is told of under ids that are known already: it would be passed over")
	}
	if news(first[two.ID], then[two.ID]) {
		s.tb.Error("an order that did not change is told of under another id")
	}
}

// listsOneSecond asks before and after a change, while the shop's clock stands still.
func listsOneSecond(tb testing.TB, f Fixture) {
	at := time.Now().Truncate(time.Second)
	s := f.open(tb, simshop.Options{Now: func() time.Time { return at }})
	sold := s.place(teapot("ben"))
	s.no("refunding", s.sim.Refund(sold.ID, simshop.Refund{Amount: "10.00"}))
	first := s.changed(began(), nil)
	s.no("refunding more", s.sim.Refund(sold.ID, simshop.Refund{Amount: "10.00"}))
	if !news(first[sold.ID], s.changed(began(), nil)[sold.ID]) {
		tb.Error("the second refund of one second is told of under ids that are known already: it would be passed over")
	}
}

// news tells whether some delivery of now has an id that none had before: one that is known is passed over.
func news(before, now []connectors.Delivery) bool {
	for _, d := range now {
		known := false
		for _, b := range before {
			known = known || b.DeliveryID == d.DeliveryID
		}
		if !known {
			return true
		}
	}
	return false
}
