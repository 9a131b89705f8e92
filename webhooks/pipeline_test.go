package webhooks_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestAnOrderBecomesARewardAndARefundTakesItBack(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		for name, reward := range map[string]string{"store credit": creditProgram, "discount code": codeProgram} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, fresh(t, url), programSource(reward, ""), twist{})
				o := w.buys("ben@example.com")
				w.quiet()
				got := w.order(o)
				if got.Decision.Outcome != rewards.OutcomeRewarded || len(got.Rewards) != 1 || got.Rewards[0].Status != rewards.StatusIssued {
					t.Fatalf("outcome %s (%s), rewards %+v", got.Decision.Outcome, got.Decision.Reason, got.Rewards)
				}
				if codes, credits, _ := w.given(); codes+credits != 1 {
					t.Fatalf("the shop holds %d codes and %d credits, want one in all", codes, credits)
				}
				// Half of the goods: half of the reward.
				if _, err := w.shop.Refund(o.ID, shopifytest.RefundInput{Amount: "36.00"}); err != nil {
					t.Fatal(err)
				}
				w.quiet()
				if r := w.order(o).Rewards[0]; r.Net.Minor != 500 || r.Given.Minor != 500 || r.Status != rewards.StatusIssued {
					t.Errorf("after half a refund: net %s, given %s, %s", r.Net, r.Given, r.Status)
				}
				if _, err := w.shop.Refund(o.ID, shopifytest.RefundInput{Amount: "36.00"}); err != nil {
					t.Fatal(err)
				}
				w.quiet()
				if r := w.order(o).Rewards[0]; r.Status != rewards.StatusReversed || r.Net.Minor != 0 || r.Loss.Minor != 0 {
					t.Errorf("after the whole refund: %s, net %s, loss %s", r.Status, r.Net, r.Loss)
				}
				if codes, _, balance := w.given(); codes != 0 || balance != 0 {
					t.Errorf("the shop still holds %d codes and a balance of %d", codes, balance)
				}
				for account, sum := range w.balances() {
					if sum != 0 {
						t.Errorf("%s is at %d", account, sum)
					}
				}
			})
		}
	})
}

// fresh gives a subtest a database of its own where the outer one would be shared.
func fresh(t *testing.T, url string) string {
	if len(url) > 7 && url[:7] == "sqlite:" {
		return testdb.SQLite(t)
	}
	return testdb.Postgres(t)
}

// Whatever order the deliveries of an order's whole life come in, however often, from however many
// senders: the books end the same.
func TestAnyOrderAndRepetitionOfDeliveriesEndsTheSame(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url, programSource(creditProgram, ""), twist{})
		w.shop.HoldWebhooks(true)
		whole, part, kept := w.buys("ben@example.com"), w.buys("cem@example.com"), w.buys("dea@example.com")
		if _, err := w.shop.Refund(part.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: 1}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.shop.Cancel(whole.ID, shopifytest.CancelInput{Refund: true}); err != nil {
			t.Fatal(err)
		}
		deliveries := w.shop.TakeWebhooks()
		rng := rand.New(rand.NewPCG(seed(t), 1))
		var sending sync.WaitGroup
		for range 4 {
			shuffled := append(append([]shopifytest.Delivery{}, deliveries...), deliveries...)
			rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			sending.Go(func() {
				for _, d := range shuffled {
					if status, err := w.shop.Send(context.Background(), d); err != nil || status != 200 {
						t.Errorf("%s answered %d: %v", d.Topic, status, err)
					}
				}
			})
		}
		sending.Wait()
		w.quiet()
		if got := w.order(kept).Rewards; len(got) != 1 || got[0].Status != rewards.StatusIssued || got[0].Net.Minor != 1000 {
			t.Errorf("the order that stood: %+v", got)
		}
		// 54 of 72 dollars are left of the one that was refunded in part: 7.50 of 10.00.
		if got := w.order(part).Rewards; len(got) != 1 || got[0].Net.Minor != 750 {
			t.Errorf("the order that was refunded in part: %+v", got)
		}
		for _, r := range w.order(whole).Rewards {
			if r.Status != rewards.StatusReversed {
				t.Errorf("the cancelled order has a reward that is %s", r.Status)
			}
		}
		if _, _, balance := w.given(); balance != 1750 {
			t.Errorf("Ana's account holds %d, want 1750", balance)
		}
		if got := w.balances()["issued:"+w.advocate]; got != 1750 {
			t.Errorf("the books say %d, want 1750", got)
		}
	})
}

// The shop does what it is asked and then answers with an error, or does not, half of the time.
func TestEachRewardIsGivenOnceWhateverTheShopAnswers(t *testing.T) {
	for _, kind := range []string{
		shopifytest.FaultStatus, shopifytest.FaultDrop, shopifytest.FaultHTML, shopifytest.FaultThrottled,
	} {
		for name, reward := range map[string]string{"store credit": creditProgram, "discount code": codeProgram} {
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, testdb.SQLite(t), programSource(reward, ""), twist{})
				effect := kind != shopifytest.FaultThrottle && kind != shopifytest.FaultThrottled // those say that nothing was done
				for _, operation := range []string{"StoreCreditCredit", "DiscountBasicCreate", "StoreCreditDebit", "DiscountDeactivate"} {
					err := w.shop.SetFaults(
						shopifytest.Fault{Operation: operation, Kind: kind, Status: 504, Effect: effect, Percent: 50, Count: 1, RetryAfter: "0.1"},
						shopifytest.Fault{Operation: operation, Kind: kind, Status: 502, Percent: 50, Count: 1, RetryAfter: "0.1"})
					if err != nil {
						t.Fatal(err)
					}
				}
				const n = 4
				var orders []*shopifytest.Order
				for i := range n {
					orders = append(orders, w.buys(fmt.Sprintf("friend%d@example.com", i)))
				}
				w.quiet()
				if codes, credits, _ := w.given(); codes+credits != n {
					t.Errorf("the shop holds %d codes and %d credits, want %d in all", codes, credits, n)
				}
				for _, o := range orders {
					if got := w.order(o).Rewards; len(got) != 1 || got[0].Status != rewards.StatusIssued {
						t.Errorf("order %s: %+v", o.Name, got)
					}
					if _, err := w.shop.Cancel(o.ID, shopifytest.CancelInput{Refund: true}); err != nil {
						t.Fatal(err)
					}
				}
				w.quiet()
				if codes, _, balance := w.given(); codes != 0 || balance != 0 {
					t.Errorf("after all were cancelled the shop holds %d codes and %d cents", codes, balance)
				}
			})
		}
	}
}

func TestABudgetIsNeverExceeded(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url, programSource(creditProgram, `limits: {budget: "100.00"}`), twist{})
		w.shop.HoldWebhooks(true)
		const n = 50
		orders := make([]*shopifytest.Order, n)
		for i := range orders {
			orders[i] = w.buys(fmt.Sprintf("friend%d@example.com", i))
		}
		var sending sync.WaitGroup
		for _, d := range w.shop.TakeWebhooks() {
			sending.Go(func() {
				if status, err := w.shop.Send(context.Background(), d); err != nil || status != 200 {
					t.Errorf("%s answered %d: %v", d.Topic, status, err)
				}
			})
		}
		sending.Wait()
		w.quiet()
		reasons := map[rewards.Reason]int{}
		for _, o := range orders {
			reasons[w.order(o).Decision.Reason]++
		}
		if reasons[""] != 10 || reasons[rewards.ReasonBudgetExhausted] != 40 {
			t.Errorf("reasons %v, want 10 rewarded and 40 over the budget", reasons)
		}
		if _, credits, balance := w.given(); credits != 10 || balance != 10000 {
			t.Errorf("the shop gave %d credits of %d cents", credits, balance)
		}
	})
}

// bomb panics on a topic, as a decoder with a fault would, and leaves the rest to the platform.
type bomb struct{ webhooks.Platform }

func (b bomb) Decode(topic string, body []byte, at time.Time) (rewards.Event, error) {
	if topic == "orders/bomb" {
		panic("a body that nobody thought of")
	}
	return b.Platform.Decode(topic, body, at)
}

func TestAPoisonEventEndsDeadAndStopsNobody(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		w := newWorld(t, url, programSource(creditProgram, ""), twist{platform: func(p webhooks.Platform) webhooks.Platform { return bomb{p} }})
		w.shop.HoldWebhooks(true)
		o := w.buys("ben@example.com")
		var ds []connectors.Delivery
		for i, d := range w.shop.TakeWebhooks() {
			topic := d.Topic
			if i == 0 {
				ds = append(ds, connectors.Delivery{Platform: "shopify", Domain: "demo.myshopify.com", Topic: "orders/bomb", DeliveryID: "bomb", Body: []byte("{}")})
			}
			ds = append(ds, connectors.Delivery{Platform: "shopify", Domain: "demo.myshopify.com", Topic: topic, DeliveryID: d.WebhookID, Body: d.Body})
		}
		if _, err := w.db.Put(t.Context(), ds); err != nil {
			t.Fatal(err)
		}
		w.pipeline.Wake()
		w.until("Ben's order is rewarded", func() bool {
			got, err := w.db.Order(t.Context(), w.shopID, strconv.FormatInt(o.ID, 10))
			return err == nil && len(got.Rewards) == 1 && got.Rewards[0].Status == rewards.StatusIssued
		})
		w.until("the poison is dead", func() bool {
			list, _, err := w.db.Events(t.Context(), webhooks.EventFilter{ShopID: w.shopID, Status: webhooks.EventDead}, rewards.Page{Limit: 10})
			return err == nil && len(list) == 1 && list[0].Topic == "orders/bomb" && list[0].Reason == "panic" && list[0].Attempts >= 4
		})
	})
}

// A shop spends and debits the credit that expires soonest first, so the credits of one account are told
// apart by what is left of all of them, and each debit belongs to one reward.
func TestCreditsOfOneAccountAreTakenBackTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.SQLite(t), programSource(creditProgram, ""), twist{})
	first, second, third := w.buys("ben@example.com"), w.buys("cem@example.com"), w.buys("dea@example.com")
	w.quiet()
	if _, err := w.shop.SpendCredit(w.ana.ID, "10.00"); err != nil {
		t.Fatal(err)
	}
	cancel := func(o *shopifytest.Order) rewards.StoredReward {
		t.Helper()
		if _, err := w.shop.Cancel(o.ID, shopifytest.CancelInput{Refund: true}); err != nil {
			t.Fatal(err)
		}
		w.quiet()
		return w.order(o).Rewards[0]
	}
	// The last one first: its debit is drawn from the credit that expires soonest, another reward's.
	for _, o := range []*shopifytest.Order{third, first} {
		if r := cancel(o); r.Status != rewards.StatusReversed || r.Loss.Minor != 0 {
			t.Errorf("order %s: %s with a loss of %s, while credit was left", o.Name, r.Status, r.Loss)
		}
	}
	if r := cancel(second); r.Status != rewards.StatusRedeemed || r.Loss.Minor != 1000 {
		t.Errorf("the last one: %s with a loss of %s, want redeemed with 10.00", r.Status, r.Loss)
	}
	if got := w.balances()["loss:give10get10"]; got != 1000 {
		t.Errorf("the books say that %d was lost, want 1000", got)
	}
}

// spilled is a Work whose first record of a step fails after the shop has agreed.
type spilled struct {
	webhooks.Work
	once *sync.Once
	kind rewards.Kind
}

func (s spilled) Step(ctx context.Context, l webhooks.Lane, j webhooks.Job, r rewards.StepResult) (err error) {
	s.once.Do(func() { err = rewards.Errorf(s.kind, "ink_spilled", "the books cannot be written") })
	if err != nil {
		return err
	}
	return s.Work.Step(ctx, l, j, r)
}

func TestWhatTheBooksDidNotTakeIsLookedUpInTheShop(t *testing.T) {
	for _, kind := range []rewards.Kind{rewards.Internal, rewards.Conflict, rewards.Invalid, rewards.Unavailable} {
		for name, reward := range map[string]string{"store credit": creditProgram, "discount code": codeProgram} {
			t.Run(string(kind)+" "+name, func(t *testing.T) {
				t.Parallel()
				once := new(sync.Once)
				w := newWorld(t, testdb.SQLite(t), programSource(reward, ""), twist{work: func(k webhooks.Work) webhooks.Work { return spilled{k, once, kind} }})
				o := w.buys("ben@example.com")
				w.quiet()
				if got := w.order(o).Rewards; len(got) != 1 || got[0].Status != rewards.StatusIssued {
					t.Errorf("%+v", got)
				}
				if codes, credits, _ := w.given(); codes+credits != 1 {
					t.Errorf("the shop holds %d codes and %d credits, want one in all", codes, credits)
				}
			})
		}
	}
}

// busy throttles the first reads of each order, then does not know it for a while.
type busy struct {
	webhooks.Platform
	mu   sync.Mutex
	seen map[string]int
}

func (b *busy) Order(ctx context.Context, s connectors.Shop, id string) (rewards.Order, error) {
	b.mu.Lock()
	b.seen[id]++
	n := b.seen[id]
	b.mu.Unlock()
	switch {
	case n <= 5:
		err := rewards.Errorf(rewards.Unavailable, "shop_throttled", "too fast")
		return rewards.Order{}, &connectors.CallError{Cause: err, Throttled: true, After: time.Millisecond}
	case n <= 7:
		return rewards.Order{}, &connectors.CallError{Cause: rewards.Errorf(rewards.NotFound, "no_order", "not here yet")}
	}
	return b.Platform.Order(ctx, s, id)
}

func TestABusyMinuteDoesNotUseUpTheReadsOfAnOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.SQLite(t), programSource(codeProgram, ""), twist{platform: func(p webhooks.Platform) webhooks.Platform {
		return &busy{Platform: p, seen: map[string]int{}}
	}})
	o := w.buys("ben@example.com")
	w.quiet()
	if got := w.order(o); got.Decision.Outcome != rewards.OutcomeRewarded {
		t.Errorf("outcome %s, %s", got.Decision.Outcome, got.Decision.Reason)
	}
}

// A try whose answer was lost, and that had no effect, must not hide the shop's clear refusal of the next.
func TestARefusalAfterALostAnswerCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.SQLite(t), programSource(codeProgram, ""), twist{})
	err := w.shop.SetFaults(
		shopifytest.Fault{Operation: "DiscountBasicCreate", Kind: shopifytest.FaultDrop, Count: 1},
		shopifytest.Fault{Operation: "DiscountBasicCreate", Kind: shopifytest.FaultUserError, Code: "INVALID"})
	if err != nil {
		t.Fatal(err)
	}
	o := w.buys("ben@example.com")
	w.quiet()
	if got := w.order(o).Rewards; len(got) != 1 || got[0].Status != rewards.StatusFailed || got[0].Reason != rewards.ReasonCouponFailed {
		t.Errorf("%+v", got)
	}
}
