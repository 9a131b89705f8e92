package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// hammer has many write at once: plain orders of any day that are changed and moved again and again, judged
// ones that are refunded, a zone that changes.
func (s *store) hammer(r *referred, until time.Time) *sync.WaitGroup {
	var wg sync.WaitGroup
	work := func(seed uint64, step func(r *rand.Rand, n int) error) {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(seed, 1))
			for n := 0; time.Now().Before(until); n++ {
				if err := step(dice, n); err != nil {
					s.t.Error(err)
					return
				}
			}
		})
	}
	for seed := range uint64(4) {
		work(seed, func(dice *rand.Rand, _ int) error {
			var rows []orderRecord
			for i := range 2 {
				o := sale(fmt.Sprint("p", 8*dice.IntN(20)+i), "01-01 00:00", "c", dice.Int64N(10_000))
				o.PlacedAt = o.PlacedAt.Add(time.Duration(dice.Int64N(int64(20 * 24 * time.Hour)))).Truncate(time.Millisecond)
				if dice.IntN(5) == 0 {
					o.Payment = rewards.PaymentRefunded
				}
				rows = append(rows, orderRecord{r.shop.ID, rewards.Record{Facts: rewards.Facts{Order: o, Historic: dice.IntN(4) == 0},
					Eligible: rewards.Eligible{Left: o.Lines[0].Amount}, Decision: rewards.Decision{Outcome: rewards.OutcomeNone}}})
			}
			return s.write(s.ctx, "storing", func(x *txn) error { return x.saveOrders(rows, always) })
		})
	}
	work(7, func(dice *rand.Rand, n int) error {
		o := r.order(fmt.Sprint("d", n/2))
		if n%2 == 1 {
			o.UpdatedAt, o.Payment = o.UpdatedAt.Add(time.Second), rewards.PaymentRefunded
		}
		return s.Decide(s.ctx, r.lane, []webhooks.Confirmed{{Job: webhooks.Job{ID: "none", Subject: o.ID}, Order: o}})
	})
	work(9, func(dice *rand.Rand, n int) error {
		zone := []string{"Europe/Berlin", "Asia/Kathmandu", "America/New_York"}[n%3]
		_, err := s.UpdateShop(s.ctx, r.shop.ID, ShopUpdate{TimeZone: &zone})
		if err == nil {
			err = pause(s.ctx, 2200*time.Millisecond)
		}
		return err
	})
	for seed := range uint64(2) {
		work(20+seed, func(*rand.Rand, int) error {
			_, err := s.RollUp(s.ctx)
			return err
		})
	}
	return &wg
}

// Whoever looks at any moment sees figures that are exact, however many write and roll up meanwhile.
func TestDailyFiguresAreExactAtEveryMoment(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(busyProgram())
		until := time.Now().Add(3 * time.Second)
		wg := s.hammer(r, until)
		compared := 0
		for time.Now().Before(until) {
			err := s.snapshot(s.ctx, func(x *txn) error {
				return checkFigures(x, func(_, subject, text string) { t.Errorf("%s %s", subject, text) })
			})
			var left unchecked // while the shop's zone has changed and its days are not reckoned
			if err != nil && !errors.As(err, &left) {
				t.Error(err)
				break
			}
			if len(left) == 0 {
				compared++
			}
		}
		wg.Wait()
		s.rollUp()
		if n := s.count("SELECT count(*) FROM figure_changes"); n != 0 || compared == 0 {
			t.Errorf("compared %d times, %d changes are left", compared, n)
		}
		if n := s.count("SELECT count(*) FROM figure_shops WHERE next_day IS NULL"); n != 1 {
			t.Error("the shop's days are not reckoned")
		}
		s.no(s.snapshot(context.WithoutCancel(s.ctx), func(x *txn) error {
			return checkFigures(x, func(_, subject, text string) { t.Errorf("in the end %s %s", subject, text) })
		}))
	})
}

func TestAPlantedDifferenceOfFiguresIsFound(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		s.story()
		for name, plant := range map[string]string{
			"a day that says more":   "UPDATE figures_daily SET a = a + 1 WHERE what = 'order' AND label = 'rewarded'",
			"a day that is missing":  "DELETE FROM figures_daily WHERE what = 'ledger'",
			"a day that never was":   "INSERT INTO figures_daily SELECT shop_id, 100, 'made', 'USD', 'give10', '', 'cash', 1, 0, 0, 0, 0 FROM shops",
			"a change of nothing":    "INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d) SELECT shop_id, {now}, 'reject', '', '', '', 'x', 1, 0, 0, 0, 0 FROM shops",
			"what waits, by another": "UPDATE figures_daily SET n = n + 1 WHERE what = 'earned'",
		} {
			s.rollUp()
			if ids, text := s.broken(); len(ids) != 0 {
				t.Fatalf("before %s: %s", name, text)
			}
			s.raw(plant)
			if ids, text := s.broken(); len(ids) != 1 || ids[0] != "I34" {
				t.Errorf("%s: got %v\n%s", name, ids, text)
			}
			s.raw("UPDATE figure_shops SET next_day = -1") // and so it is mended
		}
	})
}

func TestFiguresThatWereNotComparedAreTold(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("o1"))
		left := func(most time.Duration) (texts unchecked) {
			err := s.snapshot(s.ctx, func(x *txn) error {
				return x.checkFiguresFor(most, func(_, subject, text string) { t.Errorf("%s %s", subject, text) })
			})
			if err != nil && !errors.As(err, &texts) {
				t.Fatal(err)
			}
			return texts
		}
		if got := left(time.Minute); len(got) != 0 {
			t.Errorf("all is compared: %q", got)
		}
		if got := left(0); len(got) != 1 || got[0] != "1 of 1 shops: not reached within 0s" {
			t.Errorf("without time: %q", got)
		}
		s.raw("UPDATE shops SET time_zone = 'Asia/Tokyo'")
		want := r.shop.ID + ": its days are still to be reckoned"
		if got := left(time.Minute); len(got) != 1 || got[0] != want {
			t.Errorf("before they are reckoned: %q", got)
		}
		sum, err := s.Fsck(s.ctx, func(b Breach) { t.Error(b) })
		s.no(err)
		for _, c := range sum.Checks {
			if n := len(c.Unchecked); n != 0 != (c.ID == "I34") {
				t.Errorf("%s: %q", c.ID, c.Unchecked)
			}
		}
	})
}

func TestFiguresAreRolledUpInTurn(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.SQLite(t))
	r := s.referred(creditProgram())
	r.decide(r.order("o1"))
	s.no(s.turns.take(s.ctx, false))
	ctx, cancel := context.WithTimeout(s.ctx, 50*time.Millisecond)
	defer cancel()
	if n, err := s.RollUp(ctx); err == nil || n != 0 {
		t.Errorf("past those who wait: %d days, %v", n, err)
	}
	s.turns.give()
	if n, err := s.RollUp(s.ctx); err != nil || n == 0 {
		t.Errorf("in turn: %d days, %v", n, err)
	}
}
