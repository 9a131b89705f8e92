package webhooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// second runs another worker on the same database.
func (s *settlement) second() {
	s.t.Helper()
	p, err := webhooks.New(webhooks.Options{
		Inbox: s.db, Doors: s.db, Lanes: s.db, Work: s.db, Desk: s.db.Desk(), Platforms: []webhooks.Platform{s.v}, Seal: s.db.Seal,
		Batch: 7, Poll: 10 * time.Millisecond,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { p.Run(ctx); close(ended) }()
	s.t.Cleanup(func() {
		stop()
		<-ended
		p.Close()
	})
	s.until("the second worker looks", func() bool { return !p.Beat().IsZero() })
}

// states are those that an order passes through, two of them in one second each.
func (s *settlement) states(i int) (all []rewards.Order) {
	o := s.bought(fmt.Sprint("o", i))
	o.PlacedAt = o.PlacedAt.Truncate(time.Second).Add(-time.Hour)
	o.UpdatedAt, o.Payment, o.PaidAt = o.PlacedAt, rewards.PaymentPending, nil
	paid := o
	paid.Payment, paid.PaidAt = rewards.PaymentPaid, &paid.PlacedAt
	if i%4 == 0 { // with Ana's code
		return []rewards.Order{o, paid}
	}
	o.Codes, paid.Codes = nil, nil
	part := paid
	part.UpdatedAt, part.Payment, part.MoneyBack = part.UpdatedAt.Add(time.Second), rewards.PaymentPartiallyRefunded, usd(1000)
	gone := part
	gone.Cancelled = true
	return []rewards.Order{o, paid, part, gone}[:1+i%5%4]
}

func told(status string, updated time.Time, outcome rewards.Outcome, given int) string {
	return fmt.Sprintf("%s of %s: %s, %d rewards", status, updated.UTC().Format(time.RFC3339), outcome, given)
}

// Whichever worker takes a webhook, however often it comes and after whichever, orders end as they were last.
func TestWebhooksInAnyOrderByTwoWorkersEndInTheSameRows(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		v := newVillage()
		s := settle(t, url, v, v)
		s.second()
		want := map[string]string{}
		var sent []connectors.Delivery
		for i := range 60 {
			all := s.states(i)
			last := all[len(all)-1]
			outcome, given := rewards.OutcomeNone, 0
			if len(last.Codes) > 0 {
				outcome, given = rewards.OutcomeRewarded, 1
				v.places(last)
			}
			want[last.ID] = told(last.Status(), last.UpdatedAt, outcome, given)
			for k, o := range all {
				body, err := json.Marshal(o)
				if err != nil {
					t.Fatal(err)
				}
				for again := range 3 {
					sent = append(sent, connectors.Delivery{Platform: "village", Domain: "one.example/Shop", Topic: "order", DeliveryID: fmt.Sprint(o.ID, "-", k, "-", again), Body: body, TriggeredAt: o.UpdatedAt})
				}
			}
		}
		n := seed(t)
		rng := rand.New(rand.NewPCG(n, n))
		rng.Shuffle(len(sent), func(i, j int) { sent[i], sent[j] = sent[j], sent[i] })
		var senders sync.WaitGroup
		for half := range 2 {
			part := sent[half*len(sent)/2 : (half+1)*len(sent)/2]
			senders.Go(func() {
				for at := 0; at < len(part); at += 9 {
					if _, err := s.db.Put(t.Context(), part[at:min(at+9, len(part))]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		senders.Wait()
		s.idle()
		got := map[string]string{}
		for id := range want {
			o, err := s.db.Order(t.Context(), s.shopID, id)
			if err != nil {
				t.Fatal(err)
			}
			got[id] = told(o.Status, o.Facts.Order.UpdatedAt, o.Decision.Outcome, len(o.Rewards))
		}
		if !maps.Equal(got, want) {
			for id := range want {
				if got[id] != want[id] {
					t.Errorf("order %s is %s, want %s", id, got[id], want[id])
				}
			}
		}
	})
}
