package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/testdb"
)

// TestAnOrderWithACodeOfOursIsRewardedOnce plays the main job by hand: install, apply, an advocate, an
// order, its webhook signed by the openssl command; then everything comes again and too early.
func TestAnOrderWithACodeOfOursIsRewardedOnce(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]string{"credit": creditProgram, "code": codeProgram} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, testdb.Postgres(t))
			s.run("migrate")
			s.start()
			sh := s.newShop(name+".myshopify.com", held)
			sh.apply(program)
			sh.offered(name)
			ana := sh.joined("ana")
			sh.sim.TakeWebhooks() // what told of customers and codes
			tellStory(t, sh, ana)
			s.fsck()
		})
	}
}

func tellStory(t *testing.T, sh *shop, ana advocate) {
	o := sh.buy(ana.Code)
	hooks := sh.taken()
	paid := hooks["orders/paid"]
	signature := opensslSign(t, paid.Body)
	if status := sh.site.post(sh.sim.domain, paid.Topic, paid.WebhookID, signature, paid.Body); status != http.StatusOK {
		t.Fatalf("the webhook was answered %d", status)
	}
	r := sh.rewarded(o.ID, "issued", patience)
	decided := read[order](sh, orderPath(o.ID))
	if decided.Decision.Outcome != "rewarded" || decided.Status != "paid" || *decided.Eligible != (money{"72.00", "USD"}) || r.Advocate != ana.ID {
		t.Errorf("order %+v", decided)
	}
	sh.holdsExactly(r)
	before := sh.snapshot()

	sendTwentyTimes(t, sh, paid, signature)
	sh.quiet()
	sh.unchanged(before, "the webhook came 20 times more")

	refundFirst(t, sh, ana)
	sh.unchangedHoldings(before, "a refund came before its order")
}

// sendTwentyTimes sends a webhook in parallel, half of them under its own id and half under others.
func sendTwentyTimes(t *testing.T, sh *shop, d shopifytest.Delivery, signature string) {
	var wg sync.WaitGroup
	for i := range 20 {
		id := d.WebhookID
		if i%2 == 1 {
			id = fmt.Sprintf("%s-%d", d.WebhookID, i)
		}
		wg.Go(func() {
			if status := sh.site.post(sh.sim.domain, d.Topic, id, signature, d.Body); status != http.StatusOK {
				t.Errorf("repetition %d was answered %d", i, status)
			}
		})
	}
	wg.Wait()
}

// refundFirst sends the webhooks of an order that was refunded whole, the refund's first.
func refundFirst(t *testing.T, sh *shop, ana advocate) {
	o := sh.buy(ana.Code)
	hooks := sh.taken()
	if _, err := sh.sim.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: 0}}, Shipping: "5.00"}); err != nil {
		t.Fatal(err)
	}
	later := sh.taken()
	sh.deliver(later["refunds/create"], http.StatusOK)
	sh.quiet()
	for _, topic := range []string{"orders/paid", "orders/create", "orders/updated"} {
		sh.deliver(hooks[topic], http.StatusOK)
	}
	sh.deliver(later["orders/updated"], http.StatusOK)
	sh.quiet()
	got := read[order](sh, orderPath(o.ID))
	for _, r := range got.Rewards {
		if r.Status != "reversed" {
			t.Errorf("a refunded order has a reward that is %s", r.Status)
		}
	}
	if got.Status != "refunded" || got.Decision.Outcome == "rewarded" {
		t.Errorf("order %+v", got)
	}
}

// books is what must stay as it is when nothing new is told.
type books struct {
	rewards []reward
	entries []entry
	holds   string
}

func (sh *shop) snapshot() books {
	return books{list[reward](sh, "/rewards"), list[entry](sh, "/ledger"), sh.holdings()}
}

// holdings tells what the shop holds, without what its orders used up.
func (sh *shop) holdings() string {
	text := ""
	for _, c := range sh.credits() {
		text += fmt.Sprintf("credit %d %s; ", c.ID, c.Amount)
	}
	discounts := 0
	for _, d := range sh.discounts() {
		discounts += len(d.Codes)
	}
	return text + fmt.Sprintf("%d codes", discounts)
}

func (sh *shop) unchanged(before books, after string) {
	sh.site.t.Helper()
	now := sh.snapshot()
	if fmt.Sprint(deref(now.rewards)) != fmt.Sprint(deref(before.rewards)) || fmt.Sprint(now.entries) != fmt.Sprint(before.entries) {
		sh.site.t.Errorf("%s: the books were\n%+v\nand are\n%+v", after, before, now)
	}
	sh.unchangedHoldings(before, after)
}

func (sh *shop) unchangedHoldings(before books, after string) {
	sh.site.t.Helper()
	if now := sh.holdings(); now != before.holds {
		sh.site.t.Errorf("%s: the shop held %q and holds %q", after, before.holds, now)
	}
}

// deref makes rewards comparable by their printed form.
func deref(list []reward) []string {
	out := make([]string, len(list))
	for i, r := range list {
		value, net := money{}, money{}
		if r.Value != nil {
			value, net = *r.Value, *r.Net
		}
		r.Value, r.Net = nil, nil
		out[i] = fmt.Sprint(r, value, net)
	}
	return out
}

// holdsExactly compares the shop with its one reward.
func (sh *shop) holdsExactly(r reward) {
	t := sh.site.t
	t.Helper()
	credits := sh.credits()
	if r.Kind == "store_credit" {
		if len(credits) != 1 || credits[0].Amount.String() != "10.00" || credits[0].ExpiresAt == nil {
			t.Errorf("the shop holds %d credits, want one of 10.00 that expires", len(credits))
		}
		return
	}
	found := 0
	for _, d := range sh.discounts() {
		for _, c := range d.Codes {
			if c.Code == r.Code {
				found++
			}
		}
	}
	if found != 1 || r.Code == "" || len(credits) != 0 {
		t.Errorf("the shop holds the code %q %d times, and %d credits", r.Code, found, len(credits))
	}
}
