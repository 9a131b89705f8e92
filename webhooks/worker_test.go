package webhooks

import (
	"context"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"grapevine/rewards"
)

// rerun is an inbox whose transaction is rolled back and run again, and then not committed, or is.
type rerun struct {
	inboxOf
	commits chan bool
}

func (r rerun) Work(ctx context.Context, _ string, _ int, f DigestFunc) (int, error) {
	select {
	case committed := <-r.commits:
		events := []Event{{ShopID: "shop_1", ID: 1, Platform: "script", Topic: "ping"}, {ShopID: "shop_1", ID: 2, Platform: "script", Topic: "ping"}}
		for range 3 {
			if _, err := f(ctx, &books{}, events); err != nil {
				return 0, err
			}
		}
		if !committed {
			return 2, rewards.Errorf(rewards.Unavailable, "database_away", "no connection")
		}
		return 2, nil
	default:
		return 0, nil
	}
}

// abacus counts what was digested.
type abacus struct {
	Nop
	ended  map[EventStatus]int
	waited int
}

func (a *abacus) Digested(s EventStatus, n int) { a.ended[s] += n }
func (a *abacus) Waited(time.Duration)          { a.waited++ }

func TestEventsAreCountedOnceTheyAreCommitted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, counted := rerun{inboxOf{&town{}}, make(chan bool, 2)}, &abacus{ended: map[EventStatus]int{}}
		inbox.commits <- false
		inbox.commits <- true
		p := &Pipeline{opts: Options{Inbox: inbox, Meter: counted, Batch: 2}.withDefaults(), events: make(chan struct{}), due: make(chan struct{}, 1)}
		p.digester = &digester{}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		p.digestLoop(ctx)
		if want := map[EventStatus]int{EventQuarantined: 2}; !maps.Equal(counted.ended, want) || counted.waited != 2 {
			t.Errorf("counted %v, %d waits; want %v and 2", counted.ended, counted.waited, want)
		}
	})
}
