package storage

import (
	"fmt"
	"testing"
	"time"

	"grapevine/connectors"
)

func TestARepetitionIsToldApartInEachGroup(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		put := func(want int, ids ...int) {
			t.Helper()
			var ds []connectors.Delivery
			for _, id := range ids {
				d := delivery(shop.Domain, id)
				d.Body = fmt.Appendf(nil, `{"id": %d}`, id)
				ds = append(ds, d)
			}
			if n, err := s.Put(s.ctx, ds); n != want || err != nil {
				t.Errorf("of %v were stored %d, want %d (%v)", ids, n, want, err)
			}
		}
		put(3, 1, 2, 3)
		put(2, 4, 2, 5) // the first repetition
		put(1, 5, 6, 1) // the next, which is looked for
		if !s.lite {
			s.inner.careful.Store(time.Now().UnixNano()) // a while later
		}
		put(2, 7, 8)
		put(0, 8)
		if events, seen := s.count("SELECT count(*) FROM events"), s.count("SELECT count(*) FROM seen"); events != 8 || seen != 8 {
			t.Errorf("%d events of %d deliveries, want 8 of 8", events, seen)
		}
		for id := 1; id <= 8; id++ {
			if n := s.count("SELECT count(*) FROM events WHERE body = ?", s.Pack(nil, fmt.Appendf(nil, `{"id": %d}`, id))); n != 1 {
				t.Errorf("%d events have the body of delivery %d, want 1", n, id)
			}
		}
	})
}
