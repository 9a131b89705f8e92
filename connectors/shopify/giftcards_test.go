package shopify_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

// carded gives a customer a gift card of 10.00 and returns its id.
func (w *world) carded() string {
	w.t.Helper()
	return w.must(giftCard(w.customer("a@example.com"))).ExternalID
}

func (w *world) spendCard(amount string) {
	w.t.Helper()
	if _, err := w.sim.SpendGiftCard("GVAAAABBBBCCCC", amount); err != nil {
		w.t.Fatal(err)
	}
}

func TestOnlyWhatIsLeftOfAGiftCardIsTaken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spent              string
		amount, left       int64
		taken, balance     int64
		lost, live, debits bool
	}{
		"a part comes back":                      {amount: 400, left: 600, taken: 400, balance: 600, live: true, debits: true},
		"the part that is not spent comes back":  {spent: "8.00", amount: 400, left: 600, taken: 200, balance: 0, lost: true, live: true, debits: true},
		"what was spent before makes no change":  {spent: "3.00", amount: 400, left: 600, taken: 400, balance: 300, live: true, debits: true},
		"of an empty card nothing comes back":    {spent: "10.00", amount: 400, left: 600, taken: 0, balance: 0, lost: true, live: true},
		"the whole card is switched off":         {amount: 1000, taken: 1000, balance: 1000},
		"a card that was used is switched off":   {spent: "2.50", amount: 1000, taken: 750, balance: 750, lost: true},
		"an empty card is switched off all same": {spent: "10.00", amount: 1000, taken: 0, balance: 0, lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			take := rewards.TakeGiftCard{ExternalID: w.carded(), Amount: usd(tc.amount), Left: usd(tc.left)}
			if tc.spent != "" {
				w.spendCard(tc.spent)
			}
			r, err := w.pipeline(take)
			if err != nil || r.Taken != usd(tc.taken) || r.Spent != tc.lost || r.ExternalID != take.ExternalID {
				t.Fatalf("got %+v, %v", r, err)
			}
			g := w.state().GiftCardByCode("gvaaaabbbbcccc")
			if g.Balance.Minor != tc.balance || (g.DeactivatedAt == nil) != tc.live || (len(w.sim.Mutations("GiftCardDebit")) > 0) != tc.debits {
				t.Errorf("left %+v", g)
			}
		})
	}
}

// The order shrinks again while nobody knows whether the first debit worked: all in all the card is
// brought down to what is due, and not a cent further.
func TestAGiftCardIsNeverDebitedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.carded()
	w.fault(shopifytest.Fault{Kind: shopifytest.FaultDrop, Effect: true, Operation: "GiftCardDebit", Count: 1})
	_, err := w.do(rewards.TakeGiftCard{ExternalID: id, Amount: usd(400), Left: usd(600)})
	if !connectors.AsCallError(err).Unclear {
		t.Fatalf("got %v", err)
	}
	r, err := w.pipeline(rewards.TakeGiftCard{ExternalID: id, Amount: usd(700), Left: usd(300)})
	if err != nil || r.Taken != usd(700) || r.Spent {
		t.Errorf("got %+v, %v", r, err)
	}
	if g := w.state().GiftCardByCode("gvaaaabbbbcccc"); g.Balance.Minor != 300 || len(g.Transactions) != 2 {
		t.Errorf("left %+v", g)
	}
}

func TestAGiftCardThatIsOverIsTakenBack(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	now := func() time.Time { return starts.Add(time.Duration(ahead.Load())) }
	w := newWorld(t, func(o *shopifytest.Options) { o.Now = now })
	w.Shopify = newConnector(t, func(o *shopify.Options) { o.Now = now })
	take := rewards.TakeGiftCard{ExternalID: w.carded(), Amount: usd(400), Left: usd(600)}
	w.spendCard("7.00")
	ahead.Store(int64(ends.Sub(starts) + 48*time.Hour))
	r, err := w.pipeline(take)
	if err != nil || r.Taken != usd(300) || !r.Spent || len(w.sim.Mutations("GiftCardDebit")) != 0 {
		t.Errorf("got %+v, %v", r, err)
	}
}

// A card expires at the end of the day on which its reward does, where the shop is.
func TestAGiftCardExpiresOnTheShopsOwnDay(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{"Pacific/Auckland": "2037-02-01", "America/New_York": "2037-01-31", "": "2037-01-31", "Nowhere/At_All": "2037-01-31"} {
		w := newWorld(t)
		w.shop.TimeZone = zone
		w.carded()
		if got := w.state().GiftCardByCode("gvaaaabbbbcccc"); got.ExpiresOn != want || got.Note != "Grapevine rw_k3v9x2m8qat4c7np: reward" {
			t.Errorf("%q: got %+v, want %s", zone, got, want)
		}
	}
	w := newWorld(t)
	a := giftCard(w.customer("a@example.com"))
	a.ExpiresAt = time.Time{}
	w.must(a)
	if got := w.state().GiftCardByCode("gvaaaabbbbcccc"); got.ExpiresOn != "" {
		t.Errorf("a card without an end expires on %s", got.ExpiresOn)
	}
}

func TestACodeThatIsTakenByAnotherGiftCard(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		theirs func(w *world, a rewards.IssueGiftCard)
	}{
		"the merchant's": {func(w *world, a rewards.IssueGiftCard) {
			if _, err := w.sim.AddGiftCard(shopifytest.GiftCardInput{Code: "gvaaaabbbbcccc", Amount: "10.00"}); err != nil {
				w.t.Fatal(err)
			}
		}},
		"another reward's": {func(w *world, a rewards.IssueGiftCard) {
			a.RewardID = "rw_other"
			w.must(a)
		}},
		"of another amount": {func(w *world, a rewards.IssueGiftCard) {
			a.Amount = usd(999)
			w.must(a)
		}},
		"of another customer": {func(w *world, a rewards.IssueGiftCard) {
			a.CustomerID = w.customer("b@example.com")
			w.must(a)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := giftCard(w.customer("a@example.com"))
			tc.theirs(w, a)
			for _, do := range []func(rewards.Action) (connectors.Receipt, error){w.do, w.find} {
				_, err := do(a)
				wantError(t, err, rewards.Conflict, "code_exists_in_shop")
				if strings.Contains(strings.ToLower(err.Error()), "aaaa") {
					t.Errorf("the error tells the code: %v", err)
				}
			}
		})
	}
}

// A search may not know yet of a card that was made a moment ago.
func TestACardThatIsNotShownYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := giftCard(w.customer("a@example.com"))
	w.fault(shopifytest.Fault{Kind: shopifytest.FaultStale, Operation: "GiftCardFind", Count: 1})
	w.must(a)
	_, err := w.do(a)
	wantError(t, err, rewards.Unavailable, "code_not_shown")
	if !connectors.AsCallError(err).Unclear {
		t.Error("a code that exists and is not shown is unclear")
	}
	if r, err := w.do(a); err != nil || r.Refs[shopify.RefGiftCode] != "gvaaaabbbbcccc" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestGiftCardsThatMeanNothingAreNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	whole := giftCard("1")
	for name, change := range map[string]func(*rewards.IssueGiftCard){
		"no customer":        func(a *rewards.IssueGiftCard) { a.CustomerID = "" },
		"a code too short":   func(a *rewards.IssueGiftCard) { a.Code = "GV-AAAA" },
		"a code too long":    func(a *rewards.IssueGiftCard) { a.Code = "GV-AAAA-BBBB-CCCC-DDDD-EEEE" },
		"a code of no signs": func(a *rewards.IssueGiftCard) { a.Code = "ÄÖÜ-ÄÖÜ-ÄÖÜ" },
		"no amount":          func(a *rewards.IssueGiftCard) { a.Amount = usd(0) },
		"no reward":          func(a *rewards.IssueGiftCard) { a.RewardID = "" },
	} {
		a := whole
		change(&a)
		for _, do := range []func(rewards.Action) (connectors.Receipt, error){w.do, w.find} {
			if _, err := do(a); rewards.KindOf(err) != rewards.Invalid {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	for name, a := range map[string]rewards.TakeGiftCard{
		"nothing":          {ExternalID: "gid://shopify/GiftCard/1", Amount: usd(0), Left: usd(1)},
		"less than zero":   {ExternalID: "gid://shopify/GiftCard/1", Amount: usd(1), Left: usd(-1)},
		"two currencies":   {ExternalID: "gid://shopify/GiftCard/1", Amount: usd(1), Left: rewards.Money{Currency: "EUR"}},
		"no currency left": {ExternalID: "gid://shopify/GiftCard/1", Amount: usd(1)},
	} {
		if _, err := w.do(a); rewards.KindOf(err) != rewards.Invalid {
			t.Errorf("take %s: got %v", name, err)
		}
	}
	if n := len(w.sim.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestRefusalsOfGiftCardsAreLasting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := giftCard(w.customer("a@example.com"))
	a.Amount = usd(200_001)
	_, err := w.do(a)
	wantError(t, err, rewards.Invalid, "gift_card_limit_exceeded")
	a = giftCard("404")
	_, err = w.do(a)
	wantError(t, err, rewards.Invalid, "customer_not_found")
	_, err = w.do(rewards.TakeGiftCard{ExternalID: "gid://shopify/GiftCard/404", Amount: usd(1), Left: usd(1)})
	wantError(t, err, rewards.Invalid, "gift_card_missing")
	_, err = w.do(rewards.TakeGiftCard{ExternalID: w.carded(), Amount: rewards.Money{Minor: 1, Currency: "EUR"}, Left: rewards.Money{Currency: "EUR"}})
	wantError(t, err, rewards.Conflict, "currency_mismatch")
}

func TestFundsThatVanishFromACardAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	take := rewards.TakeGiftCard{ExternalID: w.carded(), Amount: usd(400), Left: usd(600)}
	w.fault(shopifytest.Fault{Kind: shopifytest.FaultUserError, Code: "INSUFFICIENT_FUNDS", Operation: "GiftCardDebit", Count: 2})
	_, err := w.do(take)
	wantError(t, err, rewards.Unavailable, "credit_changing")
	if connectors.AsCallError(err).Unclear {
		t.Error("a refused debit is not unclear")
	}
	if r, err := w.pipeline(take); err != nil || r.Taken != usd(400) {
		t.Errorf("got %+v, %v", r, err)
	}
}

// What a programme's rewards need beside the usual scopes is told by the probe, by the kind of reward.
func TestTheProbeTellsWhichRewardsLackScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *shopifytest.Options) { o.Scopes = append(shopify.Scopes(), "write_gift_cards") })
	p, err := w.Probe(t.Context(), w.shop)
	want := map[rewards.RewardKind][]string{
		rewards.KindGiftCard: {"write_gift_card_transactions", "write_customers"},
		rewards.KindTag:      {"write_customers"},
	}
	if err != nil || len(p.Missing) != 0 || !sameJSON(p.Lacking, want) {
		t.Errorf("got %+v, %v", p, err)
	}
	_, err = w.do(giftCard(w.customer("a@example.com")))
	if ce := connectors.AsCallError(err); ce.Park != "scope_missing" || ce.Unclear {
		t.Errorf("got %v", err)
	}
}
