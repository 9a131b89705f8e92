package webhooks

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// town is many shops in memory with orders to be read. Those whose name begins with "hung" never answer.
type town struct {
	Doors
	Desk
	mu    sync.Mutex
	lanes []*townLane
	done  map[string]time.Time // when a shop's last job was done
	most  int                  // calls that waited at a time
	calls int
}

type townLane struct {
	shop   string
	jobs   int
	nextAt time.Time
	leased bool
	slow   bool
}

func (w *town) opens(shop string, jobs int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lanes = append(w.lanes, &townLane{shop: shop, jobs: jobs, nextAt: time.Now()})
}

func (w *town) lane(shop string) *townLane {
	for _, l := range w.lanes {
		if l.shop == shop {
			return l
		}
	}
	panic("no shop " + shop)
}

func (w *town) Lease(ctx context.Context, _ string, _ time.Duration) (Lane, error) {
	return w.take(true)
}

func (w *town) LeaseQuick(ctx context.Context, _ string, _ time.Duration) (Lane, error) {
	return w.take(false)
}

// take is the lane that has waited longest.
func (w *town) take(slow bool) (Lane, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var first *townLane
	for _, l := range w.lanes {
		if l.jobs > 0 && !l.leased && (slow || !l.slow) && !l.nextAt.After(time.Now()) && (first == nil || l.nextAt.Before(first.nextAt)) {
			first = l
		}
	}
	if first == nil {
		return Lane{}, rewards.Errorf(rewards.NotFound, "nothing_due", "no shop has a due job")
	}
	first.leased = true
	return Lane{Shop: connectors.Shop{ID: first.shop, Platform: "town"}, Slow: first.slow}, nil
}

func (w *town) Renew(context.Context, Lane, time.Duration) error { return nil }

func (w *town) Release(_ context.Context, l Lane, pause time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.lane(l.Shop.ID)
	at.leased, at.slow, at.nextAt = false, l.Slow, time.Now().Add(pause)
	return nil
}

func (w *town) Begin(_ context.Context, l Lane, limit int) (jobs []Job, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range min(w.lane(l.Shop.ID).jobs, limit) {
		jobs = append(jobs, Job{ID: fmt.Sprint("job_", i), Kind: rewards.JobConfirm, Subject: fmt.Sprint(i), Attempts: 1, FirstAt: time.Now()})
	}
	if len(jobs) == 0 {
		return nil, rewards.Errorf(rewards.NotFound, "nothing_due", "none is due")
	}
	return jobs, nil
}

func (w *town) Park(context.Context, Lane, string) error    { return nil }
func (w *town) KeepPolling(context.Context, []string) error { return nil }

// workOf and inboxOf are its books and its inbox, which stays empty.
type (
	workOf struct {
		Work
		*town
	}
	inboxOf struct{ *town }
)

func (inboxOf) Put(context.Context, []connectors.Delivery) (int, error)           { return 0, nil }
func (inboxOf) Work(context.Context, string, int, DigestFunc) (int, error)        { return 0, nil }
func (inboxOf) WorkSuspect(context.Context, string, int, DigestFunc) (int, error) { return 0, nil }
func (inboxOf) Rescue(context.Context, bool) (int, error)                         { return 0, nil }

func (w workOf) Decide(_ context.Context, l Lane, orders []Confirmed) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.lane(l.Shop.ID)
	if at.jobs -= len(orders); at.jobs == 0 {
		w.done[at.shop] = time.Now()
	}
	return nil
}

func (w workOf) Retry(context.Context, Lane, Job, error, time.Duration, bool, string) error {
	return nil
}

// townPlatform answers after 20 ms, or never.
type townPlatform struct {
	Source
	w *town
}

func (townPlatform) Name() string                          { return "town" }
func (townPlatform) Capabilities() connectors.Capabilities { return connectors.Capabilities{} }

func (p townPlatform) Order(ctx context.Context, s connectors.Shop, id string) (rewards.Order, error) {
	p.w.mu.Lock()
	p.w.calls++
	p.w.most = max(p.w.most, p.w.calls)
	p.w.mu.Unlock()
	defer func() {
		p.w.mu.Lock()
		defer p.w.mu.Unlock()
		p.w.calls--
	}()
	if strings.HasPrefix(s.ID, "hung") {
		<-ctx.Done()
		return rewards.Order{}, &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_timeout", "no answer")}
	}
	time.Sleep(20 * time.Millisecond)
	return rewards.Order{ID: id}, nil
}

func (townPlatform) Do(context.Context, connectors.Shop, string, rewards.Action) (connectors.Receipt, error) {
	return connectors.Receipt{}, nil
}

func (townPlatform) Find(context.Context, connectors.Shop, rewards.Action) (connectors.Receipt, error) {
	return connectors.Receipt{}, nil
}

// works runs a pipeline on the town until the test has seen enough.
func (w *town) works(t *testing.T, see func()) {
	t.Helper()
	p, err := New(Options{Inbox: inboxOf{w}, Doors: w, Lanes: w, Work: workOf{town: w}, Desk: w, Platforms: []Platform{townPlatform{w: w}}, Seal: func(string, *rewards.Order) {}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { p.Run(ctx); close(ended) }()
	see()
	stop()
	begun := time.Now()
	<-ended
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	p.Close()
}

// within waits until a shop's jobs are done and tells how long that took.
func (w *town) within(shop string, most time.Duration) time.Duration {
	begun := time.Now()
	for time.Since(begun) < most {
		time.Sleep(10 * time.Millisecond)
		w.mu.Lock()
		_, ok := w.done[shop]
		w.mu.Unlock()
		if ok {
			break
		}
	}
	return time.Since(begun)
}

func TestShopsThatHangDoNotKeepTheOthersWaiting(t *testing.T) {
	t.Parallel()
	for name, hung := range map[string]int{"as many as may work at a time": 4, "as many as there are workers": 16, "many more": 100} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &town{done: map[string]time.Time{}}
				for i := range hung {
					w.opens(fmt.Sprint("hung", i), 1000)
				}
				w.works(t, func() {
					time.Sleep(5 * time.Minute) // by now it is known who hangs
					for i := range 5 {
						shop := fmt.Sprint("quick", i)
						w.opens(shop, 3)
						if took := w.within(shop, time.Minute); took > 2*time.Second {
							t.Errorf("%s had to wait %v for its 3 jobs", shop, took)
						}
						time.Sleep(7 * time.Second)
					}
				})
				if w.most > 16 {
					t.Errorf("%d calls waited at a time", w.most)
				}
			})
		})
	}
}

func TestAShopThatAnswersAgainIsNotSlowForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &town{done: map[string]time.Time{}}
		w.opens("quick", 3)
		w.lanes[0].slow = true
		w.works(t, func() { w.within("quick", time.Minute) })
		if w.lanes[0].slow {
			t.Error("it is still taken for slow")
		}
	})
}

// The count of slow stays would never be given back, and no slow shop be visited any more.
func TestWhoFindsAStayOverDoesNotCountItAsSlow(t *testing.T) {
	t.Parallel()
	c := newCrew(1)
	late, ok := c.enter(t.Context())
	if !ok {
		t.Fatal("no place")
	}
	late.end()
	late.wait()
	for range 200 { // and at the same moment
		p, _ := c.enter(t.Context())
		var both sync.WaitGroup
		both.Go(p.wait)
		both.Go(p.end)
		both.Wait()
	}
	if n := c.slow.Load(); n != 0 || len(c.places) != 0 {
		t.Errorf("%d slow stays and %d places are counted of nobody", n, len(c.places))
	}
}
