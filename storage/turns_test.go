package storage

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
)

func TestTheDoorHasEverySecondTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var line turns
		if err := line.take(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		var came []string
		left, leave := context.WithCancel(t.Context())
		wait := func(ctx context.Context, name string, door bool) {
			go func() {
				if line.take(ctx, door) == nil {
					came = append(came, name)
					line.give()
				}
			}()
			synctest.Wait()
		}
		wait(t.Context(), "work 1", false)
		wait(left, "work that left", false)
		wait(t.Context(), "work 2", false)
		wait(t.Context(), "work 3", false)
		wait(left, "door that left", true)
		wait(t.Context(), "door 1", true)
		wait(t.Context(), "door 2", true)
		leave()
		synctest.Wait()
		line.give()
		synctest.Wait()
		if want := []string{"door 1", "work 1", "door 2", "work 2", "work 3"}; !slices.Equal(came, want) {
			t.Errorf("they came as %v, want %v", came, want)
		}
		if err := line.take(t.Context(), true); err != nil || line.busy != true || len(line.door)+len(line.rest) != 0 {
			t.Errorf("afterwards nobody waits: %v, %d and %d wait", err, len(line.door), len(line.rest))
		}
	})
}
