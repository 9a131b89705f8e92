package e2e

import (
	"strconv"
	"strings"
	"time"
)

// compareShops holds the books of each shop against its orders and against what it really holds.
func (k *slaughter) compareShops() {
	for i, sh := range k.shops {
		rewards := list[reward](sh, "/rewards")
		k.compareRewards(sh, rewards, k.orders[i])
		k.compareLedger(sh, rewards)
		sh.quiet() // the shop may just have been asked what changed
		for _, status := range []string{"dead", "quarantined", "held"} {
			if left := list[event](sh, "/events", "status", status); len(left) > 0 {
				k.t.Errorf("%s: %d events are %s: %+v", sh.sim.domain, len(left), status, left[0])
			}
		}
		if i%2 == 0 {
			k.compareCredits(sh, rewards)
		} else {
			k.compareCodes(sh, rewards)
		}
	}
}

// compareRewards wants one issued reward for each order that stays, and none but reversed ones for
// those that were refunded.
func (k *slaughter) compareRewards(sh *shop, rewards []reward, orders map[int64]bool) {
	seen := map[string]bool{}
	for _, r := range rewards {
		id, err := strconv.ParseInt(r.OrderID, 10, 64)
		stays, known := orders[id]
		good := stays && r.Status == "issued" && r.ExternalID != "" || !stays && r.Status == "reversed" && r.Net.Amount == "0.00" && r.Loss == nil
		if err != nil || !known || seen[r.OrderID] || !good {
			k.t.Errorf("%s: reward %+v, order known %v, stays %v, seen %v, %v", sh.sim.domain, r, known, stays, seen[r.OrderID], err)
		}
		seen[r.OrderID] = true
		if r.Status == "reversed" {
			k.taken++
		}
	}
	for id, stays := range orders {
		if stays && !seen[orderID(id)] {
			k.t.Errorf("%s: order %d has no reward", sh.sim.domain, id)
		}
	}
}

// compareLedger wants each issued reward to be issued by exactly one posting, and each that was taken
// back to sum to nothing.
func (k *slaughter) compareLedger(sh *shop, rewards []reward) {
	entries, sums := map[string]int{}, map[string]float64{}
	for _, e := range list[entry](sh, "/ledger") {
		if strings.HasPrefix(e.Account, "issued:") {
			amount, err := strconv.ParseFloat(e.Amount.Amount, 64) // whole units only
			if err != nil {
				k.t.Error(err)
			}
			entries[e.Reward]++
			sums[e.Reward] += amount
		}
	}
	for _, r := range rewards {
		n, sum := entries[r.ID], sums[r.ID]
		if r.Status == "issued" && (n != 1 || sum == 0) || r.Status == "reversed" && (sum != 0 || n != 0 && n != 2) {
			k.t.Errorf("%s: reward %s, %s, has %d entries of issue in the ledger, which sum to %v", sh.sim.domain, r.ID, r.Status, n, sum)
		}
		delete(entries, r.ID)
	}
	if len(entries) != 0 {
		k.t.Errorf("%s: the ledger tells of rewards that are not there: %v", sh.sim.domain, entries)
	}
}

// compareCredits wants one credit in the shop for each reward that was ever given, each with an end of
// its own, and as much taken back as was reversed.
func (k *slaughter) compareCredits(sh *shop, rewards []reward) {
	wanted, balance := map[string]bool{}, map[string]int64{}
	for _, r := range rewards {
		if r.ExternalID != "" {
			wanted[r.ExternalID] = true
		}
		if r.Status == "issued" {
			balance[r.Advocate] += 1000
			k.objects++
		}
	}
	for _, account := range sh.state().Accounts {
		ends := map[time.Time]bool{}
		for _, tx := range account.Transactions {
			id := "gid://shopify/StoreCreditAccountCreditTransaction/" + strconv.FormatInt(tx.ID, 10)
			if tx.Kind == "debit" {
				continue
			}
			if tx.Kind != "credit" || !wanted[id] || tx.ExpiresAt == nil || ends[*tx.ExpiresAt] || tx.Amount.String() != "10.00" {
				k.t.Errorf("%s: customer %d has %s %s, expiry %v, which no reward accounts for", sh.sim.domain, account.CustomerID, tx.Kind, id, tx.ExpiresAt)
				continue
			}
			ends[*tx.ExpiresAt] = true
			delete(wanted, id)
		}
		for _, a := range list[advocate](sh, "/advocates", "customer_id", strconv.FormatInt(account.CustomerID, 10)) {
			if balance[a.ID] != account.Balance.Minor {
				k.t.Errorf("%s: the account of %s holds %s, the books say %d cents", sh.sim.domain, a.ID, account.Balance, balance[a.ID])
			}
			delete(balance, a.ID)
		}
	}
	if len(wanted) != 0 || len(balance) != 0 {
		k.t.Errorf("%s: the shop lacks %d credits: %v, accounts %v", sh.sim.domain, len(wanted), wanted, balance)
	}
}

// compareCodes wants one discount with one code in the shop for each reward that was ever given, live as
// long as the reward is, and one that holds the codes of friends.
func (k *slaughter) compareCodes(sh *shop, rewards []reward) {
	wanted := map[string]reward{}
	for _, r := range rewards {
		if r.ExternalID != "" {
			wanted[r.Code] = r
		}
	}
	friends := 0
	for _, d := range sh.discounts() {
		r, ours := wanted[d.Codes[0].Code]
		if !ours {
			friends++
			continue
		}
		live := d.EndsAt == nil || d.EndsAt.After(time.Now())
		if len(d.Codes) != 1 || d.Amount.String() != "5.00" || live != (r.Status == "issued") {
			k.t.Errorf("%s: discount %d with %d codes over %s, live %v, belongs to reward %s that is %s", sh.sim.domain, d.ID, len(d.Codes), d.Amount, live, r.ID, r.Status)
		}
		if live {
			k.objects++
		}
		delete(wanted, d.Codes[0].Code)
	}
	if friends != 1 || len(wanted) != 0 {
		k.t.Errorf("%s: %d discounts are no reward's, want that of the friends alone; %d codes are missing: %v", sh.sim.domain, friends, len(wanted), wanted)
	}
}

// compareInbox wants a row for every webhook that was answered 2xx, and such an answer for every webhook.
func (k *slaughter) compareInbox(database string) {
	stored := storedKeys(k.t, database)
	for _, sh := range k.shops {
		for _, d := range sh.sim.Deliveries() {
			if d.State != "delivered" {
				k.t.Errorf("%s: %s is %s after %d attempts", sh.sim.domain, d.Topic, d.State, len(d.Attempts))
			} else if !stored[keyOf(sh.sim.domain, d.WebhookID)] {
				k.t.Errorf("%s: %s %s was answered 2xx and is not there", sh.sim.domain, d.Topic, d.WebhookID)
			}
		}
	}
}
