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
		for _, status := range []string{"pending", "dead", "quarantined", "held"} {
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

// compareRewards wants one issued reward for each order, and none besides.
func (k *slaughter) compareRewards(sh *shop, rewards []reward, orders map[int64]bool) {
	seen := map[string]bool{}
	for _, r := range rewards {
		id, err := strconv.ParseInt(r.OrderID, 10, 64)
		if err != nil || !orders[id] || seen[r.OrderID] || r.Status != "issued" || r.ExternalID == "" {
			k.t.Errorf("%s: reward %+v is not the one issued reward of an order (seen %v, %v)", sh.sim.domain, r, seen[r.OrderID], err)
		}
		seen[r.OrderID] = true
	}
	if len(seen) != len(orders) {
		k.t.Errorf("%s: %d orders have a reward, %d should", sh.sim.domain, len(seen), len(orders))
	}
}

// compareLedger wants each reward to be issued by exactly one posting.
func (k *slaughter) compareLedger(sh *shop, rewards []reward) {
	issued := map[string]int{}
	for _, e := range list[entry](sh, "/ledger") {
		if strings.HasPrefix(e.Account, "issued:") {
			issued[e.Reward]++
		}
	}
	for _, r := range rewards {
		if issued[r.ID] != 1 {
			k.t.Errorf("%s: reward %s has %d entries of issue in the ledger", sh.sim.domain, r.ID, issued[r.ID])
		}
		delete(issued, r.ID)
	}
	if len(issued) != 0 {
		k.t.Errorf("%s: the ledger tells of rewards that are not there: %v", sh.sim.domain, issued)
	}
}

// compareCredits wants one credit in the shop for each reward, each with an end of its own.
func (k *slaughter) compareCredits(sh *shop, rewards []reward) {
	wanted := map[string]bool{}
	for _, r := range rewards {
		wanted[r.ExternalID] = true
	}
	for customer, account := range sh.state().Accounts {
		ends := map[time.Time]bool{}
		for _, tx := range account.Transactions {
			id := "gid://shopify/StoreCreditAccountCreditTransaction/" + strconv.FormatInt(tx.ID, 10)
			if tx.Kind != "credit" || !wanted[id] || tx.ExpiresAt == nil || ends[*tx.ExpiresAt] || tx.Amount.String() != "10.00" {
				k.t.Errorf("%s: customer %d has %s %s, expiry %v, which no reward accounts for", sh.sim.domain, customer, tx.Kind, id, tx.ExpiresAt)
				continue
			}
			ends[*tx.ExpiresAt] = true
			delete(wanted, id)
			k.objects++
		}
	}
	if len(wanted) != 0 {
		k.t.Errorf("%s: the shop lacks %d credits: %v", sh.sim.domain, len(wanted), wanted)
	}
}

// compareCodes wants one discount with one code in the shop for each reward, and one that holds the
// codes of friends.
func (k *slaughter) compareCodes(sh *shop, rewards []reward) {
	wanted := map[string]bool{}
	for _, r := range rewards {
		wanted[r.Code] = true
	}
	friends := 0
	for _, d := range sh.discounts() {
		if len(d.Codes) == 1 && wanted[d.Codes[0].Code] && d.Amount.String() == "5.00" {
			delete(wanted, d.Codes[0].Code)
			k.objects++
			continue
		}
		friends++
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
