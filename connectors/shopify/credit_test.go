package shopify_test

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

// granted gives a customer a credit and returns how to take it back.
func (w *world) granted(email string) (rewards.GrantCredit, rewards.TakeCredit) {
	w.t.Helper()
	g := grant(w.customer(email))
	r := w.must(g)
	return g, rewards.TakeCredit{CustomerID: g.CustomerID, CreditID: r.ExternalID, AccountID: r.Refs[shopify.RefAccount], Amount: usd(1000)}
}

func (w *world) spend(customer, amount string) {
	w.t.Helper()
	id, err := strconv.ParseInt(customer, 10, 64)
	if err == nil {
		_, err = w.sim.SpendCredit(id, amount)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestOnlyWhatIsLeftOfACreditIsTaken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spent string
		want  int64
		lost  bool
	}{
		"nothing was spent":    {want: 1000},
		"a part was spent":     {spent: "3.50", want: 650, lost: true},
		"everything was spent": {spent: "10.00", want: 0, lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g, take := w.granted("a@example.com")
			if tc.spent != "" {
				w.spend(g.CustomerID, tc.spent)
			}
			take.AccountID = "" // found by the customer's id
			r, err := w.pipeline(take)
			if err != nil || r.Taken != usd(tc.want) || r.Spent != tc.lost || r.ExternalID != take.CreditID {
				t.Fatalf("got %+v, %v", r, err)
			}
			for _, a := range w.state().Accounts {
				if a.Balance.Minor != 0 {
					t.Errorf("left %v", a.Balance)
				}
			}
		})
	}
}

func TestAPartThatWasTakenIsRecognised(t *testing.T) {
	t.Parallel()
	for _, spent := range []string{"3.50", "9.99"} {
		w := newWorld(t)
		g, take := w.granted("a@example.com")
		w.spend(g.CustomerID, spent)
		w.fault(shopifytest.Fault{Kind: shopifytest.FaultDrop, Effect: true, Operation: "StoreCreditDebit", Count: 1})
		r, err := w.pipeline(take)
		if err != nil || !r.Spent || len(w.sim.Mutations("StoreCreditDebit")) != 1 {
			t.Errorf("%s: got %+v, %v", spent, r, err)
		}
	}
}

// A credit that ran out unspent is back in the shop's hands without a debit.
func TestACreditThatRanOutCountsAsTakenBack(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	w := newWorld(t, func(o *shopifytest.Options) {
		o.Now = func() time.Time { return starts.Add(time.Duration(ahead.Load())) }
	})
	g, take := w.granted("a@example.com")
	w.spend(g.CustomerID, "4.00")
	ahead.Store(int64(ends.Sub(starts) + time.Hour))
	r, err := w.pipeline(take)
	if err != nil || r.Taken != usd(600) || !r.Spent || len(w.sim.Mutations("StoreCreditDebit")) != 0 {
		t.Errorf("got %+v, %v", r, err)
	}
}

// Two rewards of the same amount: the debit of the first is not taken for that of the second.
func TestAnEqualDebitBeforeTheBaselineIsNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g, first := w.granted("a@example.com")
	second := g
	second.ExpiresAt = ends.Add(time.Second)
	r := w.must(second)
	take := first
	take.CreditID = r.ExternalID
	if _, err := w.pipeline(first); err != nil {
		t.Fatal(err)
	}
	if _, err := w.pipeline(take); err != nil {
		t.Fatal(err)
	}
	if err := balance(w.state(), r, 4, 0); err != nil {
		t.Error(err)
	}
}

func TestAnotherBuyersOrderPaymentIsNotOurDebit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g, take := w.granted("a@example.com")
	base, err := w.find(take)
	wantError(t, err, rewards.NotFound, "not_done")
	take.After, take.Amount = base.Refs[shopify.RefNewest], usd(400)
	w.spend(g.CustomerID, "4.00")
	_, err = w.find(take)
	wantError(t, err, rewards.NotFound, "not_done")
}

func TestFundsThatVanishMeanwhileAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, take := w.granted("a@example.com")
	w.fault(shopifytest.Fault{Kind: shopifytest.FaultUserError, Code: "INSUFFICIENT_FUNDS", Operation: "StoreCreditDebit", Count: 1})
	if r, err := w.pipeline(take); err != nil || r.Taken != usd(1000) {
		t.Errorf("got %+v, %v", r, err)
	}
	_, again := w.granted("b@example.com")
	w.fault(shopifytest.Fault{Kind: shopifytest.FaultUserError, Code: "INSUFFICIENT_FUNDS", Operation: "StoreCreditDebit", Count: 2})
	_, err := w.do(again)
	wantError(t, err, rewards.Unavailable, "credit_changing")
	if connectors.AsCallError(err).Unclear {
		t.Error("a refused debit is not unclear")
	}
}

// The fingerprint is the expiry to the second with the amount, however long the account's history is.
func TestACreditIsFoundByItsExpiryOnALaterPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g, take := w.granted("a@example.com")
	for i := range 120 {
		other := g
		other.Amount, other.ExpiresAt = usd(100), ends.Add(time.Duration(i+1)*time.Second)
		w.must(other)
	}
	r, err := w.find(g)
	if err != nil || r.ExternalID != take.CreditID {
		t.Errorf("got %+v, %v", r, err)
	}
	for name, other := range map[string]rewards.GrantCredit{
		"another amount":  {CustomerID: g.CustomerID, Amount: usd(999), ExpiresAt: ends},
		"another second":  {CustomerID: g.CustomerID, Amount: usd(1000), ExpiresAt: ends.Add(-time.Second)},
		"another person":  {CustomerID: w.customer("b@example.com"), Amount: usd(1000), ExpiresAt: ends},
		"nobody":          {CustomerID: "404", Amount: usd(1000), ExpiresAt: ends},
		"another country": {CustomerID: g.CustomerID, Amount: rewards.Money{Minor: 1000, Currency: "EUR"}, ExpiresAt: ends},
	} {
		if _, err := w.find(other); rewards.KindOf(err) != rewards.NotFound {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestACreditWithoutAFingerprintIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, a := range map[string]rewards.GrantCredit{
		"no expiry":          {CustomerID: "1", Amount: usd(1)},
		"part of a second":   {CustomerID: "1", Amount: usd(1), ExpiresAt: ends.Add(time.Millisecond)},
		"nothing":            {CustomerID: "1", Amount: usd(0), ExpiresAt: ends},
		"less than nothing":  {CustomerID: "1", Amount: usd(-1), ExpiresAt: ends},
		"no customer at all": {Amount: usd(1), ExpiresAt: ends},
	} {
		if _, err := w.do(a); rewards.KindOf(err) != rewards.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := len(w.sim.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestRefusalsOfCreditAreLasting(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]rewards.GrantCredit{
		"owner_not_found":       {CustomerID: "404", Amount: usd(1000), ExpiresAt: ends},
		"credit_limit_exceeded": {CustomerID: "", Amount: usd(9_000_000), ExpiresAt: ends},
		"expires_at_in_past":    {CustomerID: "", Amount: usd(1000), ExpiresAt: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		w := newWorld(t)
		if a.CustomerID == "" {
			a.CustomerID = w.customer("a@example.com")
		}
		_, err := w.do(a)
		wantError(t, err, rewards.Invalid, want)
	}
	w := newWorld(t)
	customer := w.customer("a@example.com")
	_, err := w.do(rewards.TakeCredit{CustomerID: customer, CreditID: "gid://shopify/StoreCreditAccountCreditTransaction/1", Amount: usd(1)})
	wantError(t, err, rewards.Invalid, "credit_missing")
	_, err = w.find(rewards.TakeCredit{CustomerID: customer, AccountID: "gid://shopify/StoreCreditAccount/1", CreditID: "x", Amount: usd(1)})
	wantError(t, err, rewards.Invalid, "credit_missing")
}

// An action that somebody else thought up is refused, not ignored.
func TestEveryActionIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, a := range []rewards.Action{
		rewards.PublishOffer{}, rewards.ChangeOffer{}, rewards.AddCodes{}, rewards.RetireCode{}, rewards.IssueCode{},
		rewards.ReduceCode{}, rewards.WithdrawCode{}, rewards.GrantCredit{}, rewards.TakeCredit{},
		rewards.IssueGiftCard{}, rewards.TakeGiftCard{}, rewards.AddTag{}, rewards.RemoveTag{},
	} {
		for name, do := range map[string]func(rewards.Action) (connectors.Receipt, error){"do": w.do, "find": w.find} {
			_, err := do(a)
			if rewards.CodeOf(err) == "no_such_action" {
				t.Errorf("%s: %T is not known", name, a)
			}
			if err != nil && fmt.Sprintf("%T", err) != "*connectors.CallError" {
				t.Errorf("%s: %T is answered by a %T", name, a, err)
			}
		}
	}
	if _, err := w.do(nil); rewards.CodeOf(err) != "no_such_action" {
		t.Errorf("nil: got %v", err)
	}
}
