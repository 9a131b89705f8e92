package webhooks

import (
	"context"
	"sync"
	"time"

	"grapevine/connectors"
)

const (
	// doorFor is how long a shop's secrets are remembered: so long a new one may be refused.
	doorFor = 2 * time.Second
	// doorLimit bounds how many are remembered.
	doorLimit = 10_000
	// doorWithin bounds the question for one.
	doorWithin = 2 * time.Second
)

// doorkeeper remembers for a moment what guards the shops' own doors, so that a burst of webhooks is not a
// burst of questions.
type doorkeeper struct {
	doors Doors
	now   func() time.Time

	mu    sync.Mutex
	known map[string]openDoor
}

type openDoor struct {
	door connectors.Door
	till time.Time
}

func newDoorkeeper(d Doors, now func() time.Time) *doorkeeper {
	return &doorkeeper{doors: d, now: now, known: map[string]openDoor{}}
}

// find returns a shop's door. Kind NotFound.
func (k *doorkeeper) find(ctx context.Context, platform, shopID string) (connectors.Door, error) {
	key, now := platform+"/"+shopID, k.now()
	k.mu.Lock()
	seen, ok := k.known[key]
	k.mu.Unlock()
	if ok && now.Before(seen.till) {
		return seen.door, nil
	}
	ctx, cancel := context.WithTimeout(ctx, doorWithin)
	defer cancel()
	door, err := k.doors.Door(ctx, platform, shopID)
	if err != nil {
		return door, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= doorLimit {
		clear(k.known)
	}
	k.known[key] = openDoor{door: door, till: now.Add(doorFor)}
	return door, nil
}
