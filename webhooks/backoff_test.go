package webhooks

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	p := &Pipeline{opts: Options{}.withDefaults()}
	for tries, bound := range map[int]time.Duration{
		1: 5 * time.Second, 2: 10 * time.Second, 5: 80 * time.Second, 12: 10240 * time.Second, 13: 6 * time.Hour, 1 << 30: 6 * time.Hour, 0: 5 * time.Second, -3: 5 * time.Second,
	} {
		seen := map[time.Duration]bool{}
		for range 200 {
			w := p.backoff(tries, 0)
			if w < shortest || w > max(bound, shortest) {
				t.Fatalf("after %d tries: %s is outside [%s, %s]", tries, w, shortest, bound)
			}
			seen[w] = true
		}
		if len(seen) < 50 {
			t.Errorf("after %d tries: only %d different waits in 200 draws", tries, len(seen))
		}
	}
	if w := p.backoff(1, time.Minute); w < time.Minute {
		t.Errorf("%s is less than the shop asked for", w)
	}
}

// The tries of a job that never succeeds must span what the sheet promises: at least 72 hours.
func TestTriesSpanTheGivingUp(t *testing.T) {
	t.Parallel()
	if giveUp < 72*time.Hour {
		t.Errorf("given up after %s", giveUp)
	}
}
