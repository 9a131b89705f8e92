package webhooks

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"grapevine/rewards"
)

// decoded is what an event means: nil for one that cannot be read, with the code of why not.
type decoded struct {
	event   rewards.Event
	trouble string
}

// decodedTogether is from how many events on a further processor is worth its while.
const decodedTogether = 16

// decode reads the bodies of a batch, which needs nothing but the bodies, on as many processors as there are:
// the database waits for it meanwhile. Each unpacks one body at a time, where the one before it was. People and
// places in orders are sealed at once. Of several that panic the first is told of.
func (d *digester) decode(tx InboxTx, events []Event) ([]decoded, error) {
	out, errs := make([]decoded, len(events)), make([]error, len(events))
	var next atomic.Int64
	work := func() {
		var room []byte
		for i := int(next.Add(1)) - 1; i < len(events); i = int(next.Add(1)) - 1 {
			out[i], room, errs[i] = d.decodeOne(tx, events[i], room)
		}
	}
	var others sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(events)/decodedTogether) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// decodeOne unpacks a body in room and decodes it. Where it was is room for the next.
func (d *digester) decodeOne(tx InboxTx, e Event, room []byte) (out decoded, body []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = rewards.Errorf(rewards.Internal, "panic", "decoding event %d: %v", e.ID, p)
		}
	}()
	source, ok := d.sources[e.Platform]
	if !ok {
		return decoded{trouble: "unknown_platform"}, room, nil
	}
	if body, err = tx.Unpack(room, e.Packed); err != nil {
		return decoded{}, room, fmt.Errorf("event %d: %w", e.ID, err)
	}
	event, err := source.Decode(e.Topic, body, e.TriggeredAt)
	switch {
	case err != nil:
		return decoded{trouble: rewards.CodeOf(err)}, body, nil
	case event == nil:
		return decoded{}, body, rewards.Errorf(rewards.Internal, "unknown_event", "event %d was decoded to nothing", e.ID)
	}
	if seen, ok := event.(rewards.OrderSeen); ok {
		d.seal(e.ShopID, &seen.Order)
		event = seen
	}
	return decoded{event: event}, body, nil
}

// stages are what an order passes through, in this order.
var stages = []string{"open", "paid", "partially_refunded", "refunded", "cancelled"}

// further tells whether a is a later state of an order than b, or the same: by its own time and, since shops
// tell several states of one second, by how far it has gone. It does not matter which of the two came first.
func further(a, b rewards.Order) bool {
	if c := a.UpdatedAt.Compare(b.UpdatedAt); c != 0 {
		return c > 0
	}
	left := func(o rewards.Order) int64 {
		e, err := o.Eligible()
		if err != nil {
			return 0
		}
		return e.Left.Minor
	}
	return cmp.Or(cmp.Compare(slices.Index(stages, a.Status()), slices.Index(stages, b.Status())), cmp.Compare(left(b), left(a))) >= 0
}
