package webhooks

import (
	"context"
	"sync"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	// doorFor is how long a shop's secrets are remembered: so long one that was taken away may be good.
	doorFor = 2 * time.Second
	// doorAgain is how soon they are read anew for a delivery that they do not fit: who knocks with bad
	// signatures must not make a question of each.
	doorAgain = 20 * time.Millisecond
	// doorLimit bounds how many are remembered.
	doorLimit = 10_000
	// doorWithin bounds the question for one, and the wait for it.
	doorWithin = 2 * time.Second
	// doorAsks is how many questions there are at a time. Anybody can ask for shops that there are not, which are not
	// remembered: one that is added is to be known at once. Those who store what came have the other connections.
	doorAsks = 2
)

// doorkeeper remembers for a moment what guards the shops' own doors, so that a burst of webhooks is not a
// burst of questions.
type doorkeeper struct {
	doors Doors
	now   func() time.Time
	asks  chan struct{} // holds one for each question that is being asked

	mu    sync.Mutex
	known map[string]openDoor
}

type openDoor struct {
	door connectors.Door
	read time.Time
}

func newDoorkeeper(d Doors, now func() time.Time) *doorkeeper {
	return &doorkeeper{doors: d, now: now, asks: make(chan struct{}, doorAsks), known: map[string]openDoor{}}
}

// find returns a shop's door. Kind NotFound.
func (k *doorkeeper) find(ctx context.Context, platform, shopID string) (connectors.Door, error) {
	if seen, ok := k.remembered(platform, shopID); ok && k.now().Sub(seen.read) < doorFor {
		return seen.door, nil
	}
	return k.ask(ctx, platform, shopID)
}

// again returns a shop's door as it is now, after one that was remembered let a delivery not in: its secret may
// be new, and not every platform sends a delivery twice. ok is false where the door was read just now.
func (k *doorkeeper) again(ctx context.Context, platform, shopID string) (door connectors.Door, ok bool) {
	if seen, known := k.remembered(platform, shopID); known && k.now().Sub(seen.read) < doorAgain {
		return door, false
	}
	door, err := k.ask(ctx, platform, shopID)
	return door, err == nil
}

func (k *doorkeeper) remembered(platform, shopID string) (openDoor, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	seen, ok := k.known[platform+"/"+shopID]
	return seen, ok
}

// ask reads a door and remembers it. Kinds NotFound, Unavailable.
func (k *doorkeeper) ask(ctx context.Context, platform, shopID string) (connectors.Door, error) {
	ctx, cancel := context.WithTimeout(ctx, doorWithin)
	defer cancel()
	select {
	case k.asks <- struct{}{}:
		defer func() { <-k.asks }()
	case <-ctx.Done():
		return connectors.Door{}, rewards.Errorf(rewards.Unavailable, "door_busy", "too many ask whose door it is")
	}
	now := k.now()
	door, err := k.doors.Door(ctx, platform, shopID)
	if err != nil {
		return door, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= doorLimit {
		clear(k.known)
	}
	k.known[platform+"/"+shopID] = openDoor{door: door, read: now}
	return door, nil
}
