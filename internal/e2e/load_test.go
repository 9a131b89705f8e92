package e2e

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
)

// load sends webhooks of orders without a code, from several senders, until it is stopped.
type load struct {
	sh     *shop
	stop   context.CancelFunc
	done   sync.WaitGroup
	mu     sync.Mutex
	stored []string    // ids that were answered 200
	counts map[int]int // answers by status; 0: none
}

const senders = 8

// pressure begins to send; the shop must hold its webhooks back.
func (sh *shop) pressure(t *testing.T) *load {
	t.Helper()
	_, err := sh.sim.PlaceOrder(shopifytest.OrderInput{Lines: []shopifytest.LineInput{{Price: "9.00"}}, Paid: true})
	if err != nil {
		t.Fatal(err)
	}
	body := sh.taken()["orders/paid"].Body
	signature := shopifytest.Sign(clientSecret, body)
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{sh: sh, stop: cancel, counts: map[int]int{}}
	for i := range senders {
		l.done.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				id := fmt.Sprintf("load-%d-%d", i, n)
				l.note(id, sh.site.post(sh.sim.domain, "orders/paid", id, signature, body))
			}
		})
	}
	t.Cleanup(l.end)
	return l
}

func (l *load) note(id string, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[status]++
	if status == http.StatusOK {
		l.stored = append(l.stored, id)
	}
}

// answers tells how often a status was the answer so far.
func (l *load) answers(status int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[status]
}

func (l *load) end() {
	l.stop()
	l.done.Wait()
}

// allStored wants a row for each webhook that was acknowledged.
func (l *load) allStored(t *testing.T) {
	t.Helper()
	rows := storedKeys(t, l.sh.site.env["GRAPEVINE_DATABASE_URL"])
	for _, id := range l.stored {
		if !rows[keyOf(l.sh.sim.domain, id)] {
			t.Errorf("webhook %s was answered 200 and is not there", id)
		}
	}
	t.Logf("%d webhooks were acknowledged; answers by status: %v", len(l.stored), l.counts)
}
