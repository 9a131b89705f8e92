package connectortest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/simshop"
)

func deliveries(tb testing.TB, f Fixture) {
	run(tb, "a letter that comes twice is one delivery", func(tb testing.TB) {
		s := f.open(tb)
		for _, l := range s.letters() {
			one, two := s.received(l), s.received(s.clone(l))
			if one.DeliveryID != two.DeliveryID {
				tb.Errorf("%s is %q first and %q then", l.Topic, one.DeliveryID, two.DeliveryID)
			}
		}
	})
	run(tb, "a letter that is signed anew is the same delivery", func(tb testing.TB) {
		s := f.open(tb)
		e := s.entrances()[0]
		for _, l := range s.letters() {
			one, err := e.receive([]string{newSecret}, s.signed(l, newSecret))
			s.no("receiving "+l.Topic, err)
			two, err := e.receive([]string{oldSecret}, s.signed(l, oldSecret))
			s.no("receiving "+l.Topic, err)
			if one.DeliveryID != two.DeliveryID {
				tb.Errorf("%s is %q with one secret and %q with another", l.Topic, one.DeliveryID, two.DeliveryID)
			}
		}
	})
	run(tb, "two bodies of one second are two deliveries", func(tb testing.TB) { oneSecond(tb, f) })
	run(tb, "every letter is understood", func(tb testing.TB) {
		s := f.open(tb)
		sold := s.place(teapot("ben"))
		unpaid := teapot("carla")
		unpaid.Unpaid = true
		later := s.place(unpaid)
		s.no("paying", s.sim.Pay(later.ID))
		s.no("refunding", s.sim.Refund(sold.ID, simshop.Refund{}))
		s.no("cancelling", s.sim.Cancel(later.ID))
		for _, l := range s.sim.Take() {
			d := s.received(l)
			if _, err := s.Decode(d.Topic, d.Body, d.TriggeredAt); err != nil {
				tb.Errorf("%s: %v\n%.400s", d.Topic, err, d.Body)
			}
		}
	})
}

// oneSecond has much happen while the shop's clock stands still.
func oneSecond(tb testing.TB, f Fixture) {
	at := time.Now().Truncate(time.Second)
	s := f.open(tb, simshop.Options{Now: func() time.Time { return at }})
	for _, friend := range []string{"ben", "carla", "dora"} {
		sold := s.place(teapot(friend))
		s.no("refunding", s.sim.Refund(sold.ID, simshop.Refund{Amount: "10.00"}))
		s.no("refunding more", s.sim.Refund(sold.ID, simshop.Refund{Amount: "10.00"}))
	}
	seen := map[string]connectors.Delivery{}
	letters := s.sim.Take()
	if len(letters) < 6 {
		tb.Fatalf("three orders and six refunds sent %d letters", len(letters))
	}
	for _, l := range letters {
		d := s.received(l)
		if before, ok := seen[d.DeliveryID]; ok && !bytes.Equal(before.Body, d.Body) {
			tb.Errorf("%q stands for two bodies:\n%.200s\n%.200s", d.DeliveryID, before.Body, d.Body)
		}
		d.Body = slices.Clone(d.Body)
		seen[d.DeliveryID] = d
	}
}

// received is a letter that passed the platform's checks.
func (s *stage) received(l simshop.Letter) connectors.Delivery {
	s.tb.Helper()
	d, err := s.Receive(connectors.Arrival{Header: l.Header, Body: l.Body, Door: s.door})
	s.no("receiving "+l.Topic, err)
	return d
}
