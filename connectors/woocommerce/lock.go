package woocommerce

import (
	"context"
	"hash/fnv"
	"sync"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// locks let one at a time do something to a code: the shop's own check for codes that exist is not
// atomic. Codes share locks; nobody holds two.
type locks []chan struct{}

const howManyLocks = 64

func newLocks() locks {
	l := make(locks, howManyLocks)
	for i := range l {
		l[i] = make(chan struct{}, 1)
	}
	return l
}

// hold waits for a shop's code and returns what lets go of it.
func (l locks) hold(ctx context.Context, shop connectors.Shop, code string) (release func(), err error) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(codeIn(shop, code)))
	lock := l[h.Sum32()%howManyLocks]
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, call(rewards.Errorf(rewards.Unavailable, "code_busy", "waiting for %q: %w", code, context.Cause(ctx)))
	}
}

// codeIn names a code of a shop.
func codeIn(shop connectors.Shop, code string) string {
	return shop.ID + "\n" + shop.Domain + "\n" + folded(code)
}

// folded is a code as it is compared: WooCommerce stores codes in lower case.
func folded(code string) string {
	if f, ok := rewards.FoldCode(code); ok {
		return f
	}
	return code
}

const (
	memoFor = 15 * time.Minute
	memoMax = 10_000
)

// memo remembers for a while what was done to a code, and with which terms.
type memo struct {
	mu   sync.Mutex
	done map[string]deed
}

type deed struct {
	terms string
	until time.Time
}

func (m *memo) has(code, terms string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.done[code]
	return d.terms == terms && now.Before(d.until)
}

// add notes that something was done. Where it holds too much it forgets all, which costs a few calls.
func (m *memo) add(code, terms string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.done) >= memoMax {
		clear(m.done)
	}
	m.done[code] = deed{terms, now.Add(memoFor)}
}

func (m *memo) drop(code string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.done, code)
}
