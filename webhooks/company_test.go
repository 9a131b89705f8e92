package webhooks

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"grapevine/connectors"
)

// slowDisk is an inbox whose groups take a while. It tells when which of them came.
type slowDisk struct {
	Inbox
	takes time.Duration
	begun time.Time
	mu    sync.Mutex
	came  []arrived
}

type arrived struct {
	size  int
	after time.Duration
}

func (s *slowDisk) Put(_ context.Context, ds []connectors.Delivery) (int, error) {
	s.mu.Lock()
	s.came = append(s.came, arrived{len(ds), time.Since(s.begun)})
	s.mu.Unlock()
	time.Sleep(s.takes)
	return len(ds), nil
}

func TestASmallGroupWaitsForTheOneOnItsWay(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, tt := range []struct {
		name  string
		takes time.Duration
		comes []arrived // so many more deliveries at a time
		want  []arrived
	}{
		{"nobody waits while nothing is on its way", ms, []arrived{{1, 0}, {1, 10 * ms}}, []arrived{{1, 0}, {1, 10 * ms}}},
		{"what comes meanwhile goes together", 3 * ms, []arrived{{1, 0}, {1, ms}, {4, 2 * ms}}, []arrived{{1, 0}, {5, 3 * ms}}},
		{"many go at once", 3 * ms, []arrived{{1, 0}, {company - 1, ms}, {1, 2 * ms}}, []arrived{{1, 0}, {company, 2 * ms}}},
		{"a group that is held up holds up no others", time.Second, []arrived{{1, 0}, {1, 10 * ms}}, []arrived{{1, 0}, {1, 10*ms + companyWait}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				disk := &slowDisk{takes: tt.takes, begun: time.Now()}
				c := newCommitter(disk, Nop{}, func(int) {})
				c.start()
				var senders sync.WaitGroup
				for _, some := range tt.comes {
					time.Sleep(time.Until(disk.begun.Add(some.after)))
					for range some.size {
						senders.Go(func() {
							if err, _ := c.await(connectors.Delivery{}, 1); err != nil {
								t.Error(err)
							}
						})
					}
				}
				senders.Wait()
				c.stop()
				if !reflect.DeepEqual(disk.came, tt.want) {
					t.Errorf("groups %v, want %v", disk.came, tt.want)
				}
			})
		})
	}
}
