package storage

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
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

// Whoever gives up while a group goes in leaves no part of it, at whatever row it was. He may have given up when it was
// in, and nobody told him yet.
func TestAGroupThatIsGivenUpIsStoredAsAWholeOrNot(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop, stored := s.shop(), 0
		for try := range 30 {
			var ds []connectors.Delivery
			for i := range 200 {
				ds = append(ds, delivery(shop.Domain, 1000*try+i))
			}
			ctx, cancel := context.WithTimeout(s.ctx, time.Duration(try)*300*time.Microsecond)
			n, err := s.Put(ctx, ds)
			cancel()
			if err != nil {
				if e, ok := errors.AsType[*rewards.Error](err); !ok || e.Code != "request_cancelled" || n != 0 {
					t.Errorf("try %d stored %d with %v, want none with request_cancelled", try, n, err)
				}
			} else if stored += n; n != len(ds) {
				t.Errorf("try %d stored %d of %d", try, n, len(ds))
			}
		}
		for _, each := range []string{"events", "seen"} {
			if n := int(s.count("SELECT count(*) FROM " + each)); n < stored || n%200 != 0 {
				t.Errorf("there are %d rows of %s, where %d were said to be stored in groups of 200", n, each, stored)
			}
		}
	})
}
