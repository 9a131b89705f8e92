package webhooks

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheBellStrikesAtOnceAndThenNotTooOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		type stroke struct {
			after time.Duration
			n     int
		}
		var heard []stroke
		b := &bell{strike: func(n int) { heard = append(heard, stroke{time.Since(begun), n}) }}
		for range 5 { // rung at 0, 6, 12, 18 and 24 ms
			b.ring(2)
			time.Sleep(6 * time.Millisecond)
		}
		time.Sleep(time.Second)
		b.ring(1)
		synctest.Wait()
		want := []stroke{{0, 2}, {tellEvery, 6}, {2 * tellEvery, 2}, {1030 * time.Millisecond, 1}}
		if !slices.Equal(heard, want) {
			t.Errorf("heard %v, want %v", heard, want)
		}
		time.Sleep(time.Second)
	})
}
