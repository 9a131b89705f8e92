package dst

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"grapevine/connectors/shopify"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/webhooks"
)

// settle checks what has to hold when all is quiet: the books in themselves, against the senders, against the
// shops, against the model; and that to hear everything once more changes nothing.
func (w *world) settle() {
	ctx := context.Background()
	if _, err := w.books.Fsck(ctx, func(b storage.Breach) { w.breach("fsck", "%s", b) }); err != nil {
		w.breach("sim", "checking the books: %v", err)
	}
	w.stored()
	for _, s := range w.shops {
		w.audit(ctx, s)
		w.compare(s)
	}
	capped := slices.ContainsFunc(w.shops, func(s *shop) bool { return s.cap > 0 }) // what is free of a budget changes
	if w.failed() || capped || slices.ContainsFunc(revised, w.plan.on) {
		return
	}
	before := w.snapshot()
	w.bus.note("%s", before)
	w.replay()
	w.drive(w.quiet, 2*24*time.Hour)
	if after := w.snapshot(); !w.failed() && after != before {
		w.breach("I18", "to hear everything once more changed the books:\n%s\n%s", before, after)
	}
}

// revised are the kinds of faults after which an old order, heard anew, may be judged otherwise: people changed
// what it is judged by, or it was not heard while the shop was away.
var revised = []string{"block", "program", "erase", "uninstall"}

// stored checks I1 by the senders' own list of what was answered with 2xx, and that nothing is stored twice.
func (w *world) stored() {
	acked, sent := map[string]int{}, map[string]int{}
	for _, l := range w.letters {
		key := l.key()
		sent[key]++
		if l.acked {
			acked[key]++
		}
	}
	rows := map[string]int{}
	for _, key := range w.eye.texts("SELECT shop_id || ' ' || topic || ' ' || triggered_at FROM events WHERE topic NOT LIKE 'grapevine/%'") {
		rows[key]++
	}
	for _, l := range w.letters {
		key := l.key()
		if rows[key] < acked[key] {
			w.breach("I1", "%s was answered with 2xx: %d of %d are stored", l.name, rows[key], acked[key])
		}
		if rows[key] > sent[key] {
			w.breach("dedupe", "%s was sent %d times, and is stored %d times", l.name, sent[key], rows[key])
		}
	}
}

// key is what of a letter is seen in the inbox. Several may have one key.
func (l *letter) key() string {
	return fmt.Sprintf("%s %s %d", l.s.id, l.d.Topic, l.d.TriggeredAt.UnixMicro())
}

// straight is a way to a shop that nothing goes wrong on.
type straight struct{ w *world }

// RoundTrip asks a shop.
func (t straight) RoundTrip(r *http.Request) (*http.Response, error) {
	s := t.w.shopAt(r.URL.Host)
	if s == nil {
		return nil, errRefused
	}
	body, err := read(r)
	if err != nil {
		return nil, err
	}
	return s.answer(r, body), nil
}

// audit checks I11 and I12 as fsck does on a live system, and that each shop works again.
func (w *world) audit(ctx context.Context, s *shop) {
	platform, err := shopify.New(shopify.Options{ClientSecrets: []string{clientSecret}, Client: &http.Client{Transport: straight{w}}})
	if err != nil {
		w.breach("sim", "%v", err)
		return
	}
	at, err := w.books.CallableShop(ctx, s.id)
	if installed, errs := w.books.Shop(ctx, s.id); err != nil || errs != nil || installed.Status != storage.ShopActive {
		w.breach("I27", "shop %s is %s (%s) in the end: %v", s.name, installed.Status, installed.Reason, err)
		return
	}
	given := func(ctx context.Context, f func(rewards.Reward) error) error { return w.books.Issued(ctx, s.id, f) }
	_, err = webhooks.Audit(ctx, platform, at, given, func(d webhooks.Difference) {
		w.breach("I11", "reward %s (%s) is %s in shop %s", d.RewardID, d.ExternalID, d.What, s.name)
	})
	if err != nil {
		w.breach("sim", "asking shop %s what it holds: %v", s.name, err)
	}
	state, err := s.State()
	if err != nil {
		w.breach("sim", "%v", err)
		return
	}
	var balance int64
	for _, a := range state.Accounts {
		balance += a.Balance.Minor
	}
	books := w.eye.number("SELECT sum(given_minor) FROM rewards WHERE shop_id = ? AND kind = 'store_credit' AND status IN ('issued', 'expired', 'redeemed')", s.id)
	if balance != books {
		w.breach("I12", "shop %s holds credit of %d, the books say %d", s.name, balance, books)
	}
}

// snapshot is what the books and the shops hold, for a comparison.
func (w *world) snapshot() string {
	lines := w.eye.texts(`SELECT shop_id || ' ' || coalesce(order_id, '') || ' ' || id || ' ' || status || ' ' || net_minor || ' ' || given_minor || ' ' || code FROM rewards ORDER BY shop_id, order_id, id`)
	lines = append(lines, w.eye.texts("SELECT order_id || ' ' || outcome || ' ' || reason || ' ' || status FROM orders ORDER BY shop_id, order_id")...)
	lines = append(lines, w.eye.texts("SELECT shop_id || ' ' || account || ' ' || sum(amount_minor) || ' in ' || count(*) FROM ledger GROUP BY shop_id, account ORDER BY shop_id, account")...)
	for _, s := range w.shops {
		state, err := s.State()
		if err != nil {
			w.breach("sim", "%v", err)
			continue
		}
		var live int
		for _, d := range state.Discounts {
			if d.EndsAt == nil || d.EndsAt.After(time.Now().Add(14*24*time.Hour)) {
				live++
			}
		}
		var balance int64
		for _, a := range state.Accounts {
			balance += a.Balance.Minor
		}
		lines = append(lines, fmt.Sprintf("%s: %d discounts, credit %d", s.name, live, balance))
	}
	return strings.Join(lines, "\n")
}

// replay has the webhooks of orders arrive once more: some under their own ids, some as a second subscription
// would send them.
func (w *world) replay() {
	w.bus.note("everything is heard once more")
	for i, l := range slices.Clone(w.letters) {
		if !l.acked || !strings.HasPrefix(l.d.Topic, "orders/") && !strings.HasPrefix(l.d.Topic, "refunds/") {
			continue
		}
		if _, err := l.s.Order(l.d.OrderID); err != nil {
			continue // it was deleted, and nobody may have told: to be asked for it now is news
		}
		again := &letter{s: l.s, d: l.d, name: l.name + " replayed"}
		if i%3 != 0 {
			again.d.WebhookID = fmt.Sprintf("%s-%d", l.d.WebhookID[:20], i)
			w.letters = append(w.letters, again)
		}
		w.couriers.Add(1)
		go func() {
			defer w.couriers.Add(-1)
			again.tries(time.Duration(i) * time.Millisecond)
		}()
	}
	w.eye.since = time.Now().Add(-3 * time.Hour) // no further poll is waited for
}
