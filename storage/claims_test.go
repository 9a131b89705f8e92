package storage

import (
	"testing"
	"time"

	"grapevine/webhooks"
)

func TestWhatBecomesDueBehindAClaimIsFound(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		for range 5 {
			s.event(shop.ID, 0, "pending")
		}
		if n, err := s.Work(s.ctx, "w", 2, all(webhooks.EventDone)); n != 2 || err != nil {
			t.Fatalf("worked %d, %v", n, err)
		}
		s.event(shop.ID, time.Hour, "pending")
		total := 2
		for {
			n, err := s.Work(s.ctx, "w", 2, all(webhooks.EventDone))
			s.no(err)
			if total += n; n == 0 {
				break
			}
		}
		if left := s.count("SELECT count(*) FROM events WHERE status = 'pending'"); total != 6 || left != 0 {
			t.Fatalf("worked %d, %d are left", total, left)
		}
	})
}

func TestLooksFromTheBeginningTakeAPartOfTheTime(t *testing.T) {
	t.Parallel()
	c, now := &claims{}, time.Now()
	rows := []eventRow{{DueAt: stamp{now}}}
	if !c.begin(now).IsZero() {
		t.Fatal("the first look does not begin at the beginning")
	}
	c.end(rows, true, now.Add(-time.Minute)) // it took a minute
	for after, from := range map[time.Duration]time.Time{0: now.Add(-claimSlack), 19 * time.Minute: now.Add(-claimSlack), 21 * time.Minute: {}} {
		if got := c.begin(now.Add(after)); !got.Equal(from) {
			t.Errorf("after %v: looks from %v, want %v", after, got, from)
		}
	}
	c.end(nil, false, now)
	if !c.begin(now).IsZero() {
		t.Fatal("after nothing was found the next look does not begin at the beginning")
	}
}
