package shopify_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

// story is one action with what must be there before, and what must hold exactly once after.
type story struct {
	operation string // the mutation that does it
	prepare   func(w *world) rewards.Action
	holds     func(st *shopifytest.State, r connectors.Receipt) error
}

func stories() map[string]story {
	all := moreStories()
	maps.Copy(all, map[string]story{
		"an offer is published": {"DiscountBasicCreate", func(*world) rewards.Action { return offer() }, oneDiscount},
		"an offer of free shipping is published": {"DiscountFreeShippingCreate", func(*world) rewards.Action {
			a := offer()
			a.Discount = rewards.Discount{FreeShipping: true}
			return a
		}, oneDiscount},
		"an offer is changed": {"DiscountBasicUpdate", func(w *world) rewards.Action {
			id := w.must(offer()).ExternalID
			a := offer()
			a.Discount, a.EndsAt, a.Title = fiveOff, ends, "Give $5"
			return rewards.ChangeOffer{ExternalID: id, Offer: a}
		}, func(st *shopifytest.State, r connectors.Receipt) error {
			for _, d := range st.Discounts {
				if d.Amount.Minor != 500 || d.PercentPPM != 0 || d.Minimum != nil || d.EndsAt == nil || d.Title != "Grapevine give10get10: Give $5" || d.OncePerCustomer {
					return fmt.Errorf("got %+v", d)
				}
			}
			return oneDiscount(st, r)
		}},
		"codes are added": {"RedeemCodeBulkAdd", func(w *world) rewards.Action {
			return rewards.AddCodes{OfferID: w.must(offer()).ExternalID, Codes: []string{"ANNA-7Q2M", "BEN-44XY"}}
		}, func(st *shopifytest.State, r connectors.Receipt) error {
			for _, d := range st.Discounts {
				if len(d.Codes) != 3 || len(r.Refused) != 0 {
					return fmt.Errorf("%d codes, refused %v", len(d.Codes), r.Refused)
				}
			}
			return nil
		}},
		"a code is retired": {"RedeemCodeBulkDelete", func(w *world) rewards.Action {
			id := w.must(offer()).ExternalID
			w.must(rewards.AddCodes{OfferID: id, Codes: []string{"ANNA-7Q2M", "BEN-44XY"}})
			return rewards.RetireCode{OfferID: id, Code: "ANNA-7Q2M"}
		}, func(st *shopifytest.State, _ connectors.Receipt) error {
			for _, d := range st.Discounts {
				if len(d.Codes) != 2 || d.Codes[1].Code != "BEN-44XY" {
					return fmt.Errorf("codes %v", d.Codes)
				}
			}
			return nil
		}},
		"a code worth money is issued": {"DiscountBasicCreate", func(w *world) rewards.Action { return issue(w.customer("a@example.com"), fiveOff) }, oneDiscount},
		"a code worth a percentage is issued": {"DiscountBasicCreate", func(w *world) rewards.Action {
			return issue(w.customer("a@example.com"), rewards.Discount{Percent: 1250})
		}, oneDiscount},
		"a code for free shipping is issued": {"DiscountFreeShippingCreate", func(w *world) rewards.Action {
			return issue(w.customer("a@example.com"), rewards.Discount{FreeShipping: true})
		}, oneDiscount},
		"a code is reduced": {"DiscountBasicUpdate", func(w *world) rewards.Action {
			r := w.must(issue(w.customer("a@example.com"), fiveOff))
			return rewards.ReduceCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC", Amount: usd(250)}
		}, func(st *shopifytest.State, r connectors.Receipt) error {
			for _, d := range st.Discounts {
				if d.Amount.Minor != 250 || len(d.CustomerIDs) != 1 || d.UsageLimit == nil || *d.UsageLimit != 1 || r.Spent {
					return fmt.Errorf("got %+v", d)
				}
			}
			return oneDiscount(st, r)
		}},
		"a code is withdrawn": {"DiscountDeactivate", func(w *world) rewards.Action {
			r := w.must(issue(w.customer("a@example.com"), fiveOff))
			return rewards.WithdrawCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC"}
		}, func(st *shopifytest.State, r connectors.Receipt) error {
			for _, d := range st.Discounts {
				if d.EndsAt == nil || d.EndsAt.Equal(ends) || r.Spent {
					return fmt.Errorf("ends at %v, receipt %+v", d.EndsAt, r)
				}
			}
			return nil
		}},
		"credit is granted": {"StoreCreditCredit", func(w *world) rewards.Action { return grant(w.customer("a@example.com")) },
			func(st *shopifytest.State, r connectors.Receipt) error {
				if r.Refs[shopify.RefAccount] == "" || !r.ExpiresAt.Equal(ends) {
					return fmt.Errorf("receipt %+v", r)
				}
				return balance(st, r, 1, 1000)
			}},
		"credit is taken back": {"StoreCreditDebit", func(w *world) rewards.Action {
			g := grant(w.customer("a@example.com"))
			r := w.must(g)
			return rewards.TakeCredit{CustomerID: g.CustomerID, CreditID: r.ExternalID, AccountID: r.Refs[shopify.RefAccount], Amount: usd(400)}
		}, func(st *shopifytest.State, r connectors.Receipt) error {
			if r.Taken != usd(400) || r.Spent {
				return fmt.Errorf("receipt %+v", r)
			}
			return balance(st, connectors.Receipt{ExternalID: r.ExternalID}, 2, 600)
		}},
	})
	return all
}

func oneDiscount(st *shopifytest.State, r connectors.Receipt) error {
	if len(st.Discounts) != 1 {
		return fmt.Errorf("%d discounts", len(st.Discounts))
	}
	for id := range st.Discounts {
		if r.ExternalID != fmt.Sprintf("gid://shopify/DiscountCodeNode/%d", id) {
			return fmt.Errorf("the receipt names %s", r.ExternalID)
		}
	}
	return nil
}

func balance(st *shopifytest.State, r connectors.Receipt, transactions int, minor int64) error {
	if len(st.Accounts) != 1 || r.ExternalID == "" {
		return fmt.Errorf("%d accounts, receipt %+v", len(st.Accounts), r)
	}
	for _, a := range st.Accounts {
		if len(a.Transactions) != transactions || a.Balance.Minor != minor {
			return fmt.Errorf("%d transactions, balance %v", len(a.Transactions), a.Balance)
		}
	}
	return nil
}

// troubles are the ways in which a call goes wrong, each before and, where it can, after its effect.
func troubles() map[string]shopifytest.Fault {
	all := map[string]shopifytest.Fault{
		"nothing goes wrong":         {Kind: shopifytest.FaultSlow},
		"429":                        {Kind: shopifytest.FaultThrottle},
		"THROTTLED":                  {Kind: shopifytest.FaultThrottled},
		"the answer is cut in half":  {Kind: shopifytest.FaultTruncate},
		"the connection breaks off":  {Kind: shopifytest.FaultCut},
		"an internal error is told":  {Kind: shopifytest.FaultUserError, Code: "INTERNAL_ERROR"},
		"the answer is far too long": {Kind: shopifytest.FaultHuge, Effect: true},
	}
	for _, effect := range []bool{false, true} {
		when := " before"
		if effect {
			when = " after the effect"
		}
		for name, f := range map[string]shopifytest.Fault{
			"500": {Kind: shopifytest.FaultStatus, Status: 500}, "502": {Kind: shopifytest.FaultStatus, Status: 502},
			"503": {Kind: shopifytest.FaultStatus, Status: 503, RetryAfter: "1"}, "504": {Kind: shopifytest.FaultStatus, Status: 504},
			"no answer": {Kind: shopifytest.FaultDrop}, "a login page": {Kind: shopifytest.FaultHTML},
			"nothing in the answer": {Kind: shopifytest.FaultEmpty}, "data is null": {Kind: shopifytest.FaultNullData},
			"a redirect": {Kind: shopifytest.FaultRedirect, Location: "http://127.0.0.1:1/"},
		} {
			f.Effect = effect
			all[name+when] = f
		}
	}
	return all
}

// TestEachActionIsDoneOnceWhateverGoesWrong drives every action through every trouble.
func TestEachActionIsDoneOnceWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	for name, story := range stories() {
		for trouble, fault := range troubles() {
			if fault.Code == "INTERNAL_ERROR" && story.codeless() {
				continue
			}
			t.Run(name+"/"+trouble, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				a := story.prepare(w)
				fault.Operation, fault.Count = story.operation, 2
				w.fault(fault)
				r, err := w.pipeline(a)
				if err != nil {
					t.Fatal(err)
				}
				if err := story.holds(w.state(), r); err != nil {
					t.Error(err)
				}
				if _, err := w.find(done(a, r)); err != nil {
					t.Errorf("what was done is not found: %v", err)
				}
			})
		}
	}
}

// done gives a TakeCredit a baseline at which its debit is visible: the credit itself.
func done(a rewards.Action, r connectors.Receipt) rewards.Action {
	if take, ok := a.(rewards.TakeCredit); ok {
		take.After = take.CreditID
		return take
	}
	return a
}

// A read right after a write may come from a replica that does not know of it yet.
func TestAStaleReadMakesNothingTwice(t *testing.T) {
	t.Parallel()
	for name, story := range stories() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := story.prepare(w)
			w.fault(shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 504, Effect: true, Operation: story.operation, Count: 1},
				shopifytest.Fault{Kind: shopifytest.FaultStale, Count: 2})
			r, err := w.pipeline(a)
			if err != nil {
				t.Fatal(err)
			}
			if err := story.holds(w.state(), r); err != nil {
				t.Error(err)
			}
		})
	}
}

// What keeps a shop from being called at all must stop the shop, not the job alone, and change nothing.
func TestAShopThatCannotBeCalledIsParked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault shopifytest.Fault
		park  string
	}{
		"401":           {shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 401}, "token_refused"},
		"402":           {shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 402}, "shop_frozen"},
		"403":           {shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 403}, "scope_missing"},
		"404":           {shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 404}, "shop_gone"},
		"423":           {shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 423}, "shop_frozen"},
		"ACCESS_DENIED": {shopifytest.Fault{Kind: shopifytest.FaultAccessDenied}, "scope_missing"},
	} {
		for action, story := range stories() {
			t.Run(name+"/"+action, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				a := story.prepare(w)
				before := len(w.sim.Mutations(""))
				w.fault(tc.fault)
				_, err := w.do(a)
				if ce := connectors.AsCallError(err); err == nil || ce.Park != tc.park || ce.Unclear || rewards.KindOf(err) != rewards.Denied {
					t.Errorf("got %v, park %q, unclear %v", err, ce.Park, ce.Unclear)
				}
				if n := len(w.sim.Mutations("")); n != before {
					t.Errorf("%d mutations were carried out", n-before)
				}
			})
		}
	}
}

// A refusal by the operation is lasting; its code reaches the caller, also where Shopify sends none.
func TestUserErrorsAreLastingRefusals(t *testing.T) {
	t.Parallel()
	for name, story := range stories() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := story.prepare(w)
			code, want := story.refusal(), ""
			if want = strings.ToLower(code); story.codeless() {
				want = "shop_refused"
			}
			w.fault(shopifytest.Fault{Kind: shopifytest.FaultUserError, Operation: story.operation, Code: code, Count: 1})
			_, err := w.do(a)
			if ce := connectors.AsCallError(err); rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) != want || ce.Unclear || ce.Park != "" {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What is sent must be what the programme says: a percentage as a fraction, never rounded by a float.
func TestWhatIsSentForAnOffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(offer())
	sent := w.sim.Mutations("DiscountBasicCreate")
	if len(sent) != 1 {
		t.Fatalf("%d mutations", len(sent))
	}
	const want = `{"input":{
		"title":"Grapevine give10get10: Give 10 %, get $10","code":"GV-SEED-7Q2MXYZW","context":{"all":"ALL"},
		"startsAt":"2026-11-01T00:00:00Z","endsAt":null,"appliesOncePerCustomer":true,"usageLimit":null,
		"minimumRequirement":{"subtotal":{"greaterThanOrEqualToSubtotal":"30.00"}},
		"customerGets":{"value":{"percentage":0.1},"items":{"all":true}},
		"combinesWith":{"orderDiscounts":false,"productDiscounts":true,"shippingDiscounts":true}}}`
	var a, b any
	if json.Unmarshal(sent[0].Variables, &a) != nil || json.Unmarshal([]byte(want), &b) != nil || !sameJSON(a, b) {
		t.Errorf("got %s", sent[0].Variables)
	}
}

func TestACodeThatTheShopDoesNotShowYetIsSwitchedOffAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault(shopifytest.Fault{Operation: "DiscountById", Kind: shopifytest.FaultStale, Count: 1})
	r := w.must(issue(w.customer("ana@example.org"), fiveOff))
	w.must(rewards.WithdrawCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC"})
	for _, d := range w.state().Discounts {
		if d.EndsAt == nil || d.EndsAt.After(time.Now()) {
			t.Errorf("%s lives on until %v", d.Codes[0].Code, d.EndsAt)
		}
	}
}
