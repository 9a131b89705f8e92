package connectortest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/internal/simshop"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/rewards/programfile"
	"grapevine/storage"
	"grapevine/webhooks"
)

// telling is one way in which a shop's news travels.
type telling struct {
	name string
	asks asks
	lose float64 // how many webhooks are lost
	// step delivers what a step of the story made the shop send; end, what is left.
	step, end func(h *house, letters []simshop.Letter)
}

// tellings all end in the same books and the same shop.
func tellings() []telling {
	now := func(h *house, letters []simshop.Letter) {
		h.post(letters...)
		if h.asks == byHand {
			h.catchUp()
		}
		h.quiet()
	}
	none := func(*house, []simshop.Letter) {}
	return []telling{
		{name: "as it happens", step: now, end: none},
		{name: "at the end, backwards, three times", step: none, end: func(h *house, letters []simshop.Letter) {
			slices.Reverse(letters)
			for range 3 {
				h.post(letters...)
			}
		}},
		{name: "shuffled, four at a time, old news again", step: func(h *house, _ []simshop.Letter) { h.jumble(h.sent) }, end: func(h *house, letters []simshop.Letter) { h.jumble(letters) }},
		{name: "one webhook in five lost, the shop asked after each step", asks: byHand, lose: 0.2, step: now, end: none},
		{name: "no webhook at all, the shop asked after each step", asks: byHand, lose: 1, step: now, end: none},
		{name: "no webhook at all, the shop asked all the time", asks: byItself, lose: 1, step: none, end: none},
		{name: "every webhook, and the shop asked all the time", asks: byItself, step: now, end: none},
	}
}

// jumble posts letters in a random order, from four places at once.
func (h *house) jumble(letters []simshop.Letter) {
	letters = slices.Clone(letters)
	r := rand.New(rand.NewPCG(7, uint64(len(letters))))
	r.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
	var posting sync.WaitGroup
	failed := make([]error, len(letters))
	for i := range 4 {
		posting.Go(func() {
			for j := i; j < len(letters); j += 4 {
				failed[j] = h.deliver(letters[j])
			}
		})
	}
	posting.Wait()
	h.no("posting from four places", errors.Join(failed...))
}

// runPipeline tells the story in each way, on both databases.
func runPipeline(t *testing.T, f Fixture) {
	t.Helper()
	t.Run("the whole pipeline", func(t *testing.T) {
		t.Parallel()
		for _, way := range tellings() {
			t.Run(way.name, func(t *testing.T) {
				testdb.Each(t, func(t *testing.T, url string) {
					t.Parallel()
					f.build(t, url, way.asks).tell(way)
				})
			})
		}
	})
}

// story is what happened to whom.
type story struct {
	ben, carla, dora, eve simshop.Sold
}

// tell tells the story in one way, and checks how it ended.
func (h *house) tell(way telling) {
	h.begin()
	h.sim.Lose(way.lose)
	var st story
	for _, step := range h.steps(&st) {
		h.no(step.name, step.do())
		letters := h.sim.Take()
		h.sent = append(h.sent, letters...)
		way.step(h, letters)
	}
	way.end(h, slices.Clone(h.sent))
	h.catchUp()
	h.quiet()
	got := h.ending(st)
	if want := h.expected(); !reflect.DeepEqual(got, want) {
		h.tb.Errorf("it ended as\n%s\nwant\n%s", got, want)
	}
	h.sound()
	before := h.everything()
	h.post(h.sent...)
	if len(h.sent) > 0 {
		_, err := h.sim.Redeliver()
		h.no("sending everything again", err)
		h.no("waiting for it", h.sim.WaitQuiet(h.tb.Context()))
	}
	h.catchUp()
	h.quiet()
	if after := h.everything(); after != before {
		h.tb.Errorf("every webhook again changed\n%s\ninto\n%s", before, after)
	}
	h.sound()
}

// begin applies the programme and makes Anna an advocate whose code works.
func (h *house) begin() {
	h.tb.Helper()
	ctx := h.tb.Context()
	source := h.program()
	p, err := programfile.Parse([]byte(source), h.shop.Currency, time.UTC)
	h.no("reading the programme", err)
	_, _, err = h.db.ApplyProgram(ctx, h.shop.ID, p, source)
	h.no("applying the programme", err)
	h.anna, err = h.sim.AddCustomer(buyer("anna"))
	h.no("adding anna", err)
	h.annas, _, err = h.db.CreateAdvocate(ctx, h.shop.ID, rewards.NewAdvocate{CustomerID: h.anna, Email: buyer("anna").Email, FirstName: "Anna"})
	h.no("making anna an advocate", err)
	h.pipeline.Wake()
	h.quiet()
	h.annas, err = h.db.Advocate(ctx, h.shop.ID, h.annas.ID)
	h.no("reading anna", err)
	if h.annas.Status != "active" {
		h.tb.Fatalf("anna's code is %s (%s)", h.annas.Status, h.annas.Reason)
	}
	h.post(h.sim.Take()...)
	h.quiet()
}

// worth is what each kind that has a price is worth in the story: for a whole order, and for three quarters.
var worth = []struct {
	kind       rewards.RewardKind
	whole, cut string
}{
	{rewards.KindStoreCredit, "10.00", "7.50"},
	{rewards.KindDiscountCode, "6.00", "4.50"},
	{rewards.KindGiftCard, "4.00", "3.00"},
}

// program gives one reward of each priced kind that the platform carries.
func (h *house) program() string {
	var b strings.Builder
	b.WriteString(`program: give10get10
title: Give 10 %, get something
friend:
  discount: {percent: "10"}
advocate:
  rewards:
`)
	for _, w := range worth {
		if h.carries(w.kind) {
			fmt.Fprintf(&b, "    - {kind: %s, amount: %q, expires: 180d}\n", w.kind, w.whole)
		}
	}
	b.WriteString(`qualify: {customers: new, minimum: "30.00"}
hold: 0s
partial_refund: proportional
fairness:
  rules:
`)
	for _, rule := range fairness.Rules() { // all who buy here sit at one computer
		if rule.Name != "unread" {
			fmt.Fprintf(&b, "    %s: \"off\"\n", rule.Name)
		}
	}
	return b.String()
}

func (h *house) carries(kind rewards.RewardKind) bool {
	return slices.Contains(h.platform.Capabilities().Rewards, kind)
}

// step is something that happens in the shop.
type step struct {
	name string
	do   func() error
}

// steps: ben buys with anna's code and sends a part back, carla pays later, dora cancels, eve has no code.
func (h *house) steps(st *story) []step {
	place := func(to *simshop.Sold, b simshop.Basket) func() error {
		return func() (err error) {
			*to, err = h.sim.Place(b)
			return err
		}
	}
	basket := func(who, code string) simshop.Basket {
		return simshop.Basket{
			Buyer: buyer(who), Code: code, Shipping: "5.00",
			Goods: []simshop.Goods{{Title: "Teapot", Price: "60.00"}, {Title: "Cup", Price: "10.00", Quantity: 2}},
		}
	}
	unpaid := basket("carla", h.annas.Code)
	unpaid.Unpaid = true
	return []step{
		{"ben buys", place(&st.ben, basket("ben", h.annas.Code))},
		{"carla orders", place(&st.carla, unpaid)},
		{"eve buys without a code", place(&st.eve, basket("eve", ""))},
		{"ben sends the cups back", func() error { return h.sim.Refund(st.ben.ID, simshop.Refund{Lines: []int{1}}) }},
		{"carla pays", func() error { return h.sim.Pay(st.carla.ID) }},
		{"dora buys", place(&st.dora, basket("dora", h.annas.Code))},
		{"dora cancels", func() error { return h.sim.Cancel(st.dora.ID) }},
		{"eve gets money back", func() error { return h.sim.Refund(st.eve.ID, simshop.Refund{Amount: "10.00"}) }},
	}
}

// ending is how a story ended, in the books and in the shop.
type ending struct {
	Orders   string
	Balances map[string]string // of the ledger's accounts, those of zero left out
	Rewards  []string          // that live
	Credit   string            // anna's, in the shop
	Codes    int               // that are anna's alone and live
	Cards    []string          // what is left on gift cards
}

// String is for a failure.
func (e ending) String() string {
	return fmt.Sprintf("orders %s\nbalances %v\nrewards %q\ncredit %s, %d codes, cards %q", e.Orders, e.Balances, e.Rewards, e.Credit, e.Codes, e.Cards)
}

// expected is the only right ending: of ben's order three quarters are left, of carla's all, of dora's nothing.
func (h *house) expected() ending {
	e := ending{Orders: "ben partially_refunded 54.00, carla paid 72.00, dora gone 0.00, eve counts for nobody", Balances: map[string]string{}, Credit: h.money("0").String()}
	total := h.money("0")
	for _, w := range worth {
		if !h.carries(w.kind) {
			continue
		}
		both := h.sum(h.money(w.whole), h.money(w.cut))
		total = h.sum(total, both)
		for who, amount := range map[string]string{"ben": w.cut, "carla": w.whole} {
			e.Rewards = append(e.Rewards, fmt.Sprintf("%s: %s of %s is issued", who, w.kind, h.money(amount)))
		}
		switch w.kind {
		case rewards.KindStoreCredit:
			e.Credit = both.String()
		case rewards.KindDiscountCode:
			e.Codes = 2
		case rewards.KindGiftCard:
			e.Cards = []string{h.money(w.cut).String(), h.money(w.whole).String()}
		}
	}
	slices.Sort(e.Rewards)
	e.Balances[rewards.IssuedAccount("anna")] = total.String()
	e.Balances[rewards.ProgramAccount(program)] = rewards.Money{Minor: -total.Minor, Currency: total.Currency}.String()
	return e
}

func (h *house) money(decimal string) rewards.Money {
	h.tb.Helper()
	m, err := rewards.ParseMoney(decimal, h.shop.Currency)
	h.no("reading "+decimal, err)
	return m
}

func (h *house) sum(a, b rewards.Money) rewards.Money {
	h.tb.Helper()
	m, err := a.Add(b)
	h.no("adding", err)
	return m
}

// ending reads how it ended.
func (h *house) ending(st story) ending {
	h.tb.Helper()
	e := ending{Balances: map[string]string{}}
	names := map[string]string{st.ben.ID: "ben", st.carla.ID: "carla", st.dora.ID: "dora", st.eve.ID: "eve"}
	e.Orders = h.ordersEnded(st)
	for account, m := range h.balances() {
		if !m.IsZero() {
			e.Balances[strings.ReplaceAll(account, h.annas.ID, "anna")] = m.String()
		}
	}
	for _, r := range h.rewards() {
		if r.Status.Live() {
			e.Rewards = append(e.Rewards, fmt.Sprintf("%s: %s of %s is %s", names[r.OrderID], r.Spec.Kind, r.Net, r.Status))
		}
	}
	slices.Sort(e.Rewards)
	balance, _, err := h.sim.Credit(h.anna)
	h.no("looking at the credit", err)
	e.Credit = h.money(balance).String()
	codes, err := h.sim.Codes()
	h.no("looking at the codes", err)
	for _, c := range codes {
		if c.Live && h.isReward(c.Code) {
			e.Codes++
		}
	}
	if cards, ok := h.sim.(CardHolder); ok {
		left, err := cards.GiftCards()
		h.no("looking at the gift cards", err)
		for _, l := range left {
			e.Cards = append(e.Cards, h.money(l).String())
		}
		slices.Sort(e.Cards)
	}
	return e
}

// isReward tells whether a code is a reward's own: store credit can be carried as codes too.
func (h *house) isReward(code string) bool {
	for _, r := range h.rewards() {
		if r.Spec.Kind == rewards.KindDiscountCode && r.Code != "" && fold(r.Code) == fold(code) {
			return true
		}
	}
	return false
}

// ordersEnded tells what the books know of each order.
func (h *house) ordersEnded(st story) string {
	h.tb.Helper()
	var told []string
	for _, who := range []struct {
		name string
		sold simshop.Sold
	}{{"ben", st.ben}, {"carla", st.carla}, {"dora", st.dora}} {
		o, err := h.db.Order(h.tb.Context(), h.shop.ID, who.sold.ID)
		h.no("reading the order of "+who.name, err)
		left, err := o.Facts.Order.Eligible()
		h.no("reckoning", err)
		status := o.Status
		if o.Facts.Order.Gone() {
			status = "gone" // cancelled or refunded: platforms have the one or the other
		}
		told = append(told, fmt.Sprintf("%s %s %s", who.name, status, left.Left.Decimal()))
	}
	o, err := h.db.Order(h.tb.Context(), h.shop.ID, st.eve.ID)
	h.no("reading the order of eve", err)
	if o.Decision.Outcome != rewards.OutcomeNone || len(o.Rewards) > 0 {
		told = append(told, fmt.Sprintf("eve's order is %s", o.Decision.Outcome))
	} else {
		told = append(told, "eve counts for nobody")
	}
	return strings.Join(told, ", ")
}

// rewards are all of the shop's.
func (h *house) rewards() []rewards.StoredReward {
	h.tb.Helper()
	list, next, err := h.db.Rewards(h.tb.Context(), h.shop.ID, rewards.RewardFilter{}, rewards.Page{Limit: 100})
	h.no("listing rewards", err)
	if next != "" {
		h.tb.Fatal("there are more than 100 rewards")
	}
	return list
}

// ledger is all of it.
func (h *house) ledger() []rewards.LedgerEntry {
	h.tb.Helper()
	list, next, err := h.db.Ledger(h.tb.Context(), h.shop.ID, rewards.LedgerFilter{}, rewards.Page{Limit: 100})
	h.no("reading the ledger", err)
	if next != "" {
		h.tb.Fatal("there are more than 100 entries")
	}
	return list
}

func (h *house) balances() map[string]rewards.Money {
	h.tb.Helper()
	sums := map[string]rewards.Money{}
	for _, e := range h.ledger() {
		sums[e.Account] = h.sum(sums[e.Account], e.Amount)
	}
	return sums
}

// everything is all that may not change when nothing happens: rewards, the ledger, the shop.
func (h *house) everything() string {
	h.tb.Helper()
	var b strings.Builder
	for _, r := range h.rewards() {
		fmt.Fprintf(&b, "%s %s %s %s %s %s, %d\n", r.ID, r.OrderID, r.Status, r.Net, r.Given, r.ExternalID, len(r.History))
	}
	for _, e := range h.ledger() {
		fmt.Fprintf(&b, "%s %s %s %s\n", e.ID, e.Account, e.Amount, e.Reason)
	}
	codes, err := h.sim.Codes()
	h.no("looking at the codes", err)
	held := map[string]simshop.Code{}
	for _, c := range codes {
		held[c.Code] = c
	}
	for _, name := range slices.Sorted(maps.Keys(held)) {
		fmt.Fprintf(&b, "%+v\n", held[name])
	}
	balance, live, err := h.sim.Credit(h.anna)
	h.no("looking at the credit", err)
	fmt.Fprintf(&b, "%s by %d\n", balance, live)
	return b.String()
}

// sound checks the books by themselves and against the shop.
func (h *house) sound() {
	h.tb.Helper()
	ctx := h.tb.Context()
	_, err := h.db.Fsck(ctx, func(b storage.Breach) { h.tb.Errorf("fsck: %s", b) })
	h.no("checking the books", err)
	granted := func(ctx context.Context, f func(rewards.Reward) error) error { return h.db.Issued(ctx, h.shop.ID, f) }
	n, err := webhooks.Audit(ctx, h.platform, h.shop, granted, func(d webhooks.Difference) {
		h.tb.Errorf("%s: %s in the shop (%s)", d.RewardID, d.What, d.ExternalID)
	})
	h.no("comparing the books with the shop", err)
	if n == 0 {
		h.tb.Error("nothing was compared")
	}
}
