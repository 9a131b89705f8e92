//go:build faults

package fault

import (
	"testing"
	"time"
)

func TestAClockThatIsSetMeasuresAsEver(t *testing.T) {
	defer offset.Store(0)
	begun := Now()
	for _, step := range []time.Duration{10 * time.Minute, -10 * time.Minute, 0} {
		offset.Store(int64(step / time.Second))
		now := Now()
		if passed := now.Sub(begun); passed < 0 || passed > time.Minute {
			t.Errorf("set by %v: %v have passed", step, passed)
		}
		if off := now.Round(0).Sub(time.Now().Round(0)); off > step || off < step-time.Minute {
			t.Errorf("set by %v: the time of day is off by %v", step, off)
		}
	}
}
