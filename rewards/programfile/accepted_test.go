package programfile

import (
	"reflect"
	"testing"
	"time"

	"grapevine/rewards"
)

// accepted are files that use one thing each, with what they say of it.
var accepted = map[string]struct {
	source string
	ok     func(p rewards.Program) bool
}{}

func TestWhatAFileSaysIsRead(t *testing.T) {
	t.Parallel()
	for name, tc := range accepted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p, err := Parse([]byte(tc.source), "USD", time.UTC); err != nil || !tc.ok(p) {
				t.Fatalf("%+v, %v", p, err)
			}
		})
	}
}

// sound checks what holds for every programme that is accepted.
func sound(t *testing.T, p rewards.Program, currency string) {
	t.Helper()
	_ = reflect.DeepEqual
	if p.Name == "" || p.Currency != currency || p.Hold < 0 {
		t.Fatalf("%+v", p)
	}
}
