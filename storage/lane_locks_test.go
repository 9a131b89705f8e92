package storage

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"grapevine/connectors"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// TestNoJobIsAskedForWithoutWakingItsShop has jobs asked for by several at once, for several shops in one
// transaction, while others lease the shops, do what is due and give them back. A job that is written while its
// lane is put to rest would lie there, and nobody would look. Nothing is tried twice: nobody waits in a circle.
func TestNoJobIsAskedForWithoutWakingItsShop(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shops := []connectors.Installed{s.shop(), s.shop()}
		for round := range 40 {
			var asking, working sync.WaitGroup
			for n := range 4 {
				asking.Go(func() {
					for i := range 3 {
						var jobs []webhooks.ShopJob
						for _, shop := range shops[:1+(i+round)%len(shops)] {
							for k := range 10 { // the same ones as the others, so that they are ended while they are asked for
								jobs = append(jobs, confirmJob(shop.ID, fmt.Sprint("o", (k+n)%12)))
							}
						}
						if err := s.straight(func(x *txn) error { return x.enqueue(jobs) }); err != nil {
							t.Error(err)
						}
					}
				})
			}
			over := make(chan struct{})
			for range 3 {
				working.Go(func() {
					for {
						select {
						case <-over:
							return
						default:
							s.visit()
						}
					}
				})
			}
			asking.Wait()
			close(over)
			working.Wait()
			for s.visit() {
			}
			if left := s.count("SELECT count(*) FROM jobs"); left != 0 {
				t.Fatalf("round %d: %d jobs lie there, and no shop is due", round, left)
			}
		}
		if due := s.count("SELECT count(*) FROM lanes WHERE next_at IS NOT NULL"); due != 0 {
			t.Errorf("%d shops are due without a job", due)
		}
	})
}

func confirmJob(shopID, orderID string) webhooks.ShopJob {
	return webhooks.ShopJob{ShopID: shopID, JobRequest: rewards.JobRequest{Kind: rewards.JobConfirm, Subject: orderID}}
}

// straight runs f in a transaction that is not tried again.
func (s *store) straight(f func(x *txn) error) error {
	return s.writer.WithContext(s.ctx).Transaction(func(g *gorm.DB) error { return f(s.txn(g)) })
}

// visit leases a shop, ends what is due, many jobs at a time as a decision does, and gives it back.
func (s *store) visit() bool {
	lane, err := s.Lease(s.ctx, "w", time.Minute)
	if rewards.KindOf(err) == rewards.NotFound {
		return false
	}
	for err == nil {
		var jobs []webhooks.Job
		if jobs, err = s.Begin(s.ctx, lane, 20); err == nil {
			err = s.straight(func(x *txn) error {
				if err := x.fence(lane); err != nil {
					return err
				}
				_, err := x.endJobs(lane.Shop.ID, jobs)
				return err
			})
		}
	}
	if rewards.KindOf(err) != rewards.NotFound {
		s.t.Error(err)
	}
	if err := s.Release(s.ctx, lane, 0); err != nil {
		s.t.Error(err)
	}
	return true
}

func TestAJobThatIsWrittenWhileItsShopIsGivenBackIsLookedFor(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t)) // SQLite has one writer
	shop := s.shop()
	s.no(s.write(s.ctx, "asking", func(x *txn) error { return x.enqueue([]webhooks.ShopJob{confirmJob(shop.ID, "o1")}) }))
	lane, err := s.Lease(s.ctx, "w", time.Minute)
	s.no(err)
	jobs, err := s.Begin(s.ctx, lane, 1)
	s.no(err)
	s.no(s.Done(s.ctx, lane, jobs[0]))
	s.no(s.write(s.ctx, "asking", func(x *txn) error {
		if err := x.enqueue([]webhooks.ShopJob{confirmJob(shop.ID, "o2")}); err != nil {
			return err
		}
		return s.Release(s.ctx, lane, 0) // the job does not show yet
	}))
	if !s.visit() || s.count("SELECT count(*) FROM jobs") != 0 || s.visit() {
		t.Fatal("the job lies there, and the shop is at rest, or the shop finds no rest")
	}
}

func TestWhoWorksForAShopDoesNotHoldUpWhoAsksForItsJobs(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	shop := s.shop()
	s.no(s.straight(func(x *txn) error { return x.enqueue([]webhooks.ShopJob{confirmJob(shop.ID, "o1")}) }))
	lane, err := s.Lease(s.ctx, "w", time.Minute)
	s.no(err)
	s.no(s.fenced(s.ctx, lane, "working", func(*txn) error {
		return s.straight(func(x *txn) error {
			if _, err := x.exec("SET LOCAL lock_timeout = '2s'"); err != nil {
				return err
			}
			return x.enqueue([]webhooks.ShopJob{confirmJob(shop.ID, "o1"), confirmJob(shop.ID, "o2")})
		})
	}))
}
