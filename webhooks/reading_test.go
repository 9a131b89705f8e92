package webhooks_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// pensive is a village that lets an order be read, and takes its time to send the first answer.
type pensive struct {
	*village
	asked      *atomic.Bool
	read, send chan struct{}
}

func (p pensive) Order(ctx context.Context, s connectors.Shop, id string) (rewards.Order, error) {
	o, err := p.village.Order(ctx, s, id)
	if p.asked.CompareAndSwap(false, true) {
		close(p.read)
		<-p.send
	}
	return o, err
}

// Nothing but a job knows of an order that is being read for the first time. A webhook that only tells that it
// changed must have it read once more all the same.
func TestAChangeDuringAnOrdersFirstReadingIsSeen(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		v := newVillage()
		p := pensive{v, &atomic.Bool{}, make(chan struct{}), make(chan struct{})}
		s := settle(t, fresh(t, url), v, p)
		o := s.bought("o1")
		d := v.places(o)
		s.sends(d.Topic, d.DeliveryID, d.Body)
		<-p.read
		o.Payment, o.UpdatedAt = rewards.PaymentRefunded, o.UpdatedAt.Add(time.Millisecond)
		v.places(o)
		s.sends("touched", "t1", []byte("o1"))
		s.until("the second webhook is digested", func() bool { return s.ended()["touched"] != " pending " })
		close(p.send)
		s.idle()
		got, err := s.db.Order(t.Context(), s.shopID, "o1")
		if err != nil {
			t.Fatal(err)
		}
		var status []rewards.Status
		for _, r := range got.Rewards {
			status = append(status, r.Status)
		}
		if want := []rewards.Status{rewards.StatusReversed}; got.Decision.Outcome == rewards.OutcomeRewarded || !slices.Equal(status, want) {
			t.Errorf("the order was refunded: %s, its rewards are %v, want %v", got.Decision.Outcome, status, want)
		}
		s.sound()
	})
}
