package webhooks_test

import (
	"context"
	"sync/atomic"
	"testing"

	"grapevine/connectors"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// paired answers a read only when another is under way.
type paired struct {
	webhooks.Platform
	reads atomic.Int32
	both  chan struct{}
}

func (p *paired) Order(ctx context.Context, s connectors.Shop, id string) (rewards.Order, error) {
	if p.reads.Add(1) == 2 {
		close(p.both)
	}
	select {
	case <-p.both:
		return p.Platform.Order(ctx, s, id)
	case <-ctx.Done():
		return rewards.Order{}, &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "alone", "nobody else asked")}
	}
}

func TestOrdersOfOneShopAreReadSideBySide(t *testing.T) {
	t.Parallel()
	p := &paired{both: make(chan struct{})}
	w := newWorld(t, testdb.SQLite(t), programSource(codeProgram, ""), twist{platform: func(real webhooks.Platform) webhooks.Platform {
		p.Platform = real
		return p
	}})
	if _, err := w.db.PauseShop(t.Context(), w.shopID); err != nil {
		t.Fatal(err)
	}
	one, two := w.buys("ben@example.com"), w.buys("cleo@example.com")
	w.until("both orders are asked for", func() bool {
		due, _, _, err := w.db.JobCounts(t.Context())
		return err == nil && due >= 2
	})
	if _, err := w.db.ResumeShop(t.Context(), w.shopID); err != nil {
		t.Fatal(err)
	}
	w.quiet()
	if a, b := w.order(one).Decision.Outcome, w.order(two).Decision.Outcome; a != rewards.OutcomeRewarded || b != rewards.OutcomeRewarded {
		t.Errorf("outcomes %s and %s", a, b)
	}
	if n := p.reads.Load(); n != 2 {
		t.Errorf("%d reads of two orders", n)
	}
}
