package storage

import (
	"context"
	"slices"
	"sync"
)

// turns is the order in which those who write to SQLite get the one connection that can. The pool would pick
// one of them by chance, and of many who work the door is but one: here it is every second turn's, if it wants it,
// and all others come in the order in which they asked.
type turns struct {
	mu       sync.Mutex
	busy     bool
	doorLast bool
	door     []chan struct{}
	rest     []chan struct{}
}

// take waits for a turn. give ends it, unless take returned an error.
func (t *turns) take(ctx context.Context, door bool) error {
	t.mu.Lock()
	if !t.busy {
		t.busy, t.doorLast = true, door
		t.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	queue := t.queue(door)
	*queue = append(*queue, turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	at := slices.Index(*queue, turn)
	if at >= 0 {
		*queue = slices.Delete(*queue, at, at+1)
	}
	t.mu.Unlock()
	if at < 0 { // it came at the same moment
		t.give()
	}
	return ctx.Err()
}

func (t *turns) queue(door bool) *[]chan struct{} {
	if door {
		return &t.door
	}
	return &t.rest
}

// give hands the turn to the next.
func (t *turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	door := len(t.door) > 0 && (!t.doorLast || len(t.rest) == 0)
	queue := t.queue(door)
	if len(*queue) == 0 {
		t.busy = false
		return
	}
	t.doorLast = door
	close((*queue)[0])
	*queue = slices.Delete(*queue, 0, 1)
}
