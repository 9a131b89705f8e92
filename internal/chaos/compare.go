package main

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

// keyOf is how the inbox knows a Shopify webhook.
func keyOf(domain, webhookID string) string {
	sum := sha256.Sum256([]byte("shopify\x00" + domain + "\x00" + webhookID))
	return string(sum[:16])
}

// compare holds the books against the post's list, the model and the shops.
func (w *world) compare() {
	w.compareInbox()
	w.rewards = 0
	for _, sh := range w.shops {
		rewards, err := list[reward](sh, "/rewards")
		if err != nil {
			w.fail("the rewards of %s: %v", sh.domain, err)
			continue
		}
		state, err := sh.sim.State()
		if err != nil {
			w.fail("the state of %s: %v", sh.domain, err)
			continue
		}
		sh.compareOrders(rewards, state)
		if sh.program.codes {
			sh.compareCodes(rewards, state)
		} else {
			sh.compareCredits(rewards, state)
		}
		sh.compareLedger(rewards)
	}
}

// compareInbox wants a row for every webhook that was answered 2xx and none for what nobody signed (I1), and an end
// for each (I2).
func (w *world) compareInbox() {
	keys, err := column[[]byte](w.db, "SELECT uuid_send(key) FROM seen")
	if err != nil {
		w.fail("reading what was seen: %v", err)
		return
	}
	seen := map[string]bool{}
	for _, k := range keys {
		seen[string(k)] = true
	}
	w.post.mu.Lock()
	spoilt := 0
	for key, what := range w.post.acked {
		if !seen[key] {
			w.fail("I1: %s was answered 2xx and is not there", what)
		}
	}
	for key, what := range w.post.forged {
		if seen[key] {
			w.fail("I1: nobody signed %s and it is there", what)
		}
	}
	for key := range w.post.garbage {
		if seen[key] {
			spoilt++
		}
	}
	w.post.mu.Unlock()
	events, err := ask[int](w.db, "SELECT count(*)::int FROM events")
	if err != nil || events != len(keys) {
		w.fail("I1: %d webhooks are known by their keys, %d are stored (%v)", len(keys), events, err)
	}
	bad, err := column[string](w.db, `SELECT status || ' ' || reason || ' ' || topic || ' ' || order_id || ' ' || id FROM events WHERE status NOT IN ('done', 'ignored', 'quarantined')`)
	if err != nil || len(bad) > 0 {
		w.fail("I2: %d events did not end well: %v (%v)", len(bad), bad[:min(5, len(bad))], err)
	}
	quarantined, err := ask[int](w.db, `SELECT count(*)::int FROM events WHERE status = 'quarantined'`)
	if err != nil || quarantined != spoilt {
		w.fail("I2: %d events are quarantined, and %d cannot be read (%v)", quarantined, spoilt, err)
	}
}

// compareOrders wants each order to be worth what the model says (I17), by one live reward at most (I4).
func (sh *shop) compareOrders(rewards []reward, state *shopifytest.State) {
	byOrder := map[int64][]reward{}
	for _, r := range rewards {
		id, err := strconv.ParseInt(r.OrderID, 10, 64)
		if err != nil || state.Orders[id] == nil {
			sh.w.fail("I4: %s: reward %s is for order %q", sh.domain, r.ID, r.OrderID)
			continue
		}
		byOrder[id] = append(byOrder[id], r)
	}
	for _, d := range sh.w.plan.Deeds {
		id, known := sh.orders[d.Sale]
		if d.What != placed || !known || sh != sh.w.shops[d.Shop] {
			continue
		}
		want, settled := sh.program.due(d.sale, state.Orders[id])
		live := slices.DeleteFunc(slices.Clone(byOrder[id]), func(r reward) bool { return r.Status == "reversed" })
		switch {
		case len(live) > 1:
			sh.w.fail("I4: %s: order %d (%d) has %d live rewards: %+v", sh.domain, id, d.Sale, len(live), live)
		case !settled: // it waits for money: promised at most
			if len(live) == 1 && live[0].Status != "pending" {
				sh.w.fail("I15: %s: order %d (%d) is not paid and its reward is %s", sh.domain, id, d.Sale, live[0].Status)
			}
		case want == 0 && len(live) > 0, want > 0 && (len(live) == 0 || live[0].Status != "issued" || minor(live[0].Net) != want || live[0].Loss != nil):
			sh.w.fail("I17: %s: order %d (%d) has to be worth %d, its rewards are %s", sh.domain, id, d.Sale, want, tellRewards(byOrder[id]))
		}
		if len(live) == 1 && live[0].Status == "issued" {
			sh.w.rewards++
		}
	}
}

// minor is an amount in minor units.
func minor(m *money) int64 {
	if m == nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.Replace(m.Amount, ".", "", 1), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func tellRewards(rewards []reward) string {
	var out []string
	for _, r := range rewards {
		out = append(out, r.ID+" "+r.Status+" "+r.Reason+" "+strconv.FormatInt(minor(r.Net), 10)+" of "+strconv.FormatInt(minor(r.Value), 10)+" "+r.ExternalID)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// compareCredits wants one credit for each reward that was ever given, each with an end of its own, and balances
// that are the sum of the rewards (I11, I12).
func (sh *shop) compareCredits(rewards []reward, state *shopifytest.State) {
	given, sums := map[string]bool{}, map[string]int64{}
	for _, r := range rewards {
		if r.ExternalID != "" {
			given[r.ExternalID] = true
		}
		if r.Status == "issued" {
			sums[r.Advocate] += minor(r.Net)
		}
	}
	for _, account := range state.Accounts {
		ends := map[time.Time]bool{}
		for _, tx := range account.Transactions {
			id := "gid://shopify/StoreCreditAccountCreditTransaction/" + strconv.FormatInt(tx.ID, 10)
			if tx.Kind == "debit" {
				continue
			}
			if tx.Kind != "credit" || !given[id] || tx.ExpiresAt == nil || ends[*tx.ExpiresAt] {
				sh.w.fail("I11: %s: customer %d has %s %s of %s, expiry %v, which no reward accounts for", sh.domain, account.CustomerID, tx.Kind, id, tx.Amount, tx.ExpiresAt)
				continue
			}
			ends[*tx.ExpiresAt] = true
			delete(given, id)
		}
		for _, a := range sh.people {
			if a.CustomerID != strconv.FormatInt(account.CustomerID, 10) {
				continue
			}
			if sums[a.ID] != account.Balance.Minor {
				sh.w.fail("I11: %s: the account of %s holds %s, the rewards say %d", sh.domain, a.ID, account.Balance, sums[a.ID])
			}
			delete(sums, a.ID)
		}
	}
	if len(given) != 0 || len(sums) != 0 {
		sh.w.fail("I11: %s lacks credits %v and accounts %v", sh.domain, given, sums)
	}
}

// compareCodes wants one discount with one code for each reward that was ever given, live as long as the reward
// is and worth as much, and one that holds the friends' codes.
func (sh *shop) compareCodes(rewards []reward, state *shopifytest.State) {
	given := map[string]reward{}
	for _, r := range rewards {
		if r.ExternalID != "" {
			given[r.Code] = r
		}
	}
	others := 0
	for _, d := range state.Discounts {
		if len(d.Codes) == 0 {
			sh.w.fail("I11: %s: discount %d has no code", sh.domain, d.ID)
			continue
		}
		r, ours := given[d.Codes[0].Code]
		if !ours {
			others++
			continue
		}
		live := d.EndsAt == nil || d.EndsAt.After(time.Now())
		if len(d.Codes) != 1 || live != (r.Status == "issued") || live && d.Amount.Minor != minor(r.Net) {
			sh.w.fail("I12: %s: discount %d with %d codes over %s, live %v, belongs to reward %s that is %s", sh.domain, d.ID, len(d.Codes), d.Amount, live, r.ID, r.Status)
		}
		delete(given, d.Codes[0].Code)
	}
	if others != 1 || len(given) != 0 {
		sh.w.fail("I11: %s: %d discounts are no reward's, want that of the friends alone; codes without a discount: %v", sh.domain, others, given)
	}
}

// compareLedger wants the postings of each reward to sum to what it is worth (I5, I6), and each that was given to
// be given by one posting.
func (sh *shop) compareLedger(rewards []reward) {
	entries, err := list[entry](sh, "/ledger")
	if err != nil {
		sh.w.fail("the ledger of %s: %v", sh.domain, err)
		return
	}
	all, sums := map[string]int64{}, map[string]int64{}
	for _, e := range entries {
		all[e.Amount.Currency] += minor(&e.Amount)
		if strings.HasPrefix(e.Account, "issued:") {
			sums[e.Reward] += minor(&e.Amount)
		}
	}
	for currency, sum := range all {
		if sum != 0 {
			sh.w.fail("I5: %s: the ledger sums to %d %s", sh.domain, sum, currency)
		}
	}
	for _, r := range rewards {
		want := int64(0)
		if r.Status == "issued" {
			want = minor(r.Net)
		}
		if abs(sums[r.ID]) != want {
			sh.w.fail("I6: %s: reward %s, %s, is worth %d, its postings sum to %d", sh.domain, r.ID, r.Status, want, sums[r.ID])
		}
		delete(sums, r.ID)
	}
	if len(sums) != 0 {
		sh.w.fail("I6: %s: the ledger tells of rewards that are not there: %v", sh.domain, sums)
	}
}

func abs(n int64) int64 { return max(n, -n) }
