package shopify_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

func (w *world) buy(customer, code string, lines ...shopifytest.LineInput) (*shopifytest.Order, error) {
	w.t.Helper()
	id, err := strconv.ParseInt(customer, 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.sim.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{ID: id}, Lines: lines, Codes: []shopifytest.CodeInput{{Code: code}}, Paid: true,
	})
}

func (w *world) line(product string, quantity int64) shopifytest.LineInput {
	w.t.Helper()
	id, err := strconv.ParseInt(product, 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return shopifytest.LineInput{ProductID: id, Quantity: quantity}
}

// A gift of one product pays for one piece, however many are in the cart, and for nothing else.
func TestAFreeProductPaysForOnePiece(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mug, lamp := w.product("12.50"), w.product("80.00")
	anna := w.customer("a@example.com")
	w.must(issue(anna, freebie(mug)))
	if _, err := w.buy(anna, "GV-AAAA-BBBB-CCCC", w.line(lamp, 1)); reasonOf(err) != "no_such_goods" {
		t.Errorf("without the product: got %v", err)
	}
	o, err := w.buy(anna, "GV-AAAA-BBBB-CCCC", w.line(mug, 3), w.line(lamp, 1))
	if err != nil {
		t.Fatal(err)
	}
	got := w.read(o.ID)
	if got.Lines[0].Amount != usd(2500) || got.Lines[1].Amount != usd(8000) || got.Codes[0].TookOff != usd(1250) {
		t.Errorf("got %+v", got)
	}
}

func reasonOf(err error) string {
	var refusal *shopifytest.Error
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}

// The price may change between a try whose answer was lost and the next.
func TestAGiftThatWasMadeAtAnotherPriceIsAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mug := w.product("12.50")
	a := issue(w.customer("a@example.com"), freebie(mug))
	first := w.must(a)
	if err := w.sim.SetPrice(numberIn(t, "/"+mug), "15.00"); err != nil {
		t.Fatal(err)
	}
	if r := w.must(a); r.ExternalID != first.ExternalID {
		t.Errorf("got %+v", r)
	}
	if r, err := w.find(a); err != nil || r.ExternalID != first.ExternalID {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestAnOfferOnChosenGoods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mug, lamp := w.product("20.00", 501), w.product("80.00", 777)
	a := offer()
	a.Discount.Collections = []string{"501", "502", "501"}
	id := w.must(a).ExternalID
	for name, tc := range map[string]struct {
		lines []shopifytest.LineInput
		off   int64
		why   string
	}{
		"takes something off its goods alone":    {lines: []shopifytest.LineInput{w.line(mug, 2), w.line(lamp, 1)}, off: 400},
		"has its minimum of its own goods":       {lines: []shopifytest.LineInput{w.line(mug, 1), w.line(lamp, 1)}, why: "minimum_not_met"},
		"is refused where none of them is there": {lines: []shopifytest.LineInput{w.line(lamp, 1)}, why: "minimum_not_met"},
	} {
		o, err := w.buy(w.customer(name+"@example.com"), a.Seed, tc.lines...)
		if reasonOf(err) != tc.why || (tc.why == "") != (err == nil) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		if err == nil && w.read(o.ID).Codes[0].TookOff != usd(tc.off) {
			t.Errorf("%s: got %+v", name, o.Applications)
		}
	}
	// Back to everything, and to other collections.
	all := a
	all.Discount.Collections = nil
	w.must(rewards.ChangeOffer{ExternalID: id, Offer: all})
	other := a
	other.Discount.Collections = []string{"502", "900"}
	w.must(rewards.ChangeOffer{ExternalID: id, Offer: other})
	for _, d := range w.state().Discounts {
		if !slices.Equal(d.CollectionIDs, []int64{502, 900}) {
			t.Errorf("got %v", d.CollectionIDs)
		}
	}
	if _, err := w.find(rewards.ChangeOffer{ExternalID: id, Offer: a}); rewards.KindOf(err) != rewards.NotFound {
		t.Errorf("other collections are taken for these: %v", err)
	}
}

// Only what comes and what goes is said when an offer changes its goods.
func TestWhatIsSentWhenAnOfferChangesItsGoods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := offer()
	a.Discount.Collections = []string{"501", "502"}
	id := w.must(a).ExternalID
	a.Discount.Collections = []string{"502", "503"}
	w.must(rewards.ChangeOffer{ExternalID: id, Offer: a})
	a.Title = "the same goods"
	w.must(rewards.ChangeOffer{ExternalID: id, Offer: a})
	sent := w.sim.Mutations("DiscountBasicUpdate")
	if len(sent) != 2 {
		t.Fatalf("%d mutations", len(sent))
	}
	for i, want := range []string{
		`{"value":{"percentage":0.1},"items":{"collections":{"add":["gid://shopify/Collection/503"],"remove":["gid://shopify/Collection/501"]}}}`,
		`{"value":{"percentage":0.1}}`,
	} {
		var got struct {
			Input struct{ CustomerGets, CombinesWith any }
		}
		var wanted any
		if json.Unmarshal(sent[i].Variables, &got) != nil || json.Unmarshal([]byte(want), &wanted) != nil || !sameJSON(got.Input.CustomerGets, wanted) {
			t.Errorf("update %d sent %s", i, sent[i].Variables)
		}
		combined := map[string]any{"orderDiscounts": true, "productDiscounts": true, "shippingDiscounts": true}
		if !sameJSON(got.Input.CombinesWith, any(combined)) {
			t.Errorf("update %d combines with %v", i, got.Input.CombinesWith)
		}
	}
}

// A code on chosen goods that comes down to its net amount stays on them.
func TestAReducedCodeKeepsItsGoods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := fiveOff
	d.Products = []string{w.product("20.00")}
	r := w.must(issue(w.customer("a@example.com"), d))
	w.must(rewards.ReduceCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC", Amount: usd(250)})
	for _, got := range w.state().Discounts {
		if got.Amount.Minor != 250 || len(got.ProductIDs) != 1 {
			t.Errorf("got %+v", got)
		}
	}
}

func TestDiscountsOnGoodsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mug := w.product("12.50")
	free := w.product("0.00")
	anna := w.customer("a@example.com")
	many := make([]string, 101)
	for i := range many {
		many[i] = strconv.Itoa(i + 1)
	}
	for name, tc := range map[string]struct {
		discount rewards.Discount
		code     string
		kind     rewards.Kind
	}{
		"products and collections":    {rewards.Discount{Percent: 1000, Products: []string{mug}, Collections: []string{"1"}}, "bad_discount", rewards.Invalid},
		"a product that is no number": {rewards.Discount{Percent: 1000, Products: []string{"mug"}}, "bad_id", rewards.Invalid},
		"a collection by global id":   {rewards.Discount{Percent: 1000, Collections: []string{"gid://shopify/Collection/1"}}, "bad_id", rewards.Invalid},
		"free shipping of a product":  {rewards.Discount{FreeShipping: true, Products: []string{mug}}, "bad_discount", rewards.Invalid},
		"one piece of everything":     {rewards.Discount{Percent: 10_000, OnePiece: true}, "bad_discount", rewards.Invalid},
		"one piece of a collection":   {rewards.Discount{Percent: 10_000, OnePiece: true, Collections: []string{"1"}}, "bad_discount", rewards.Invalid},
		"too many collections":        {rewards.Discount{Percent: 1000, Collections: many}, "bad_discount", rewards.Invalid},
		"a gift that is not there":    {freebie("404"), "product_missing", rewards.Invalid},
		"a gift that costs nothing":   {freebie(free), "product_costs_nothing", rewards.Invalid},
		"a product that is not there": {rewards.Discount{Percent: 1000, Products: []string{"404"}}, "invalid", rewards.Invalid},
	} {
		_, err := w.do(issue(anna, tc.discount))
		if rewards.KindOf(err) != tc.kind || rewards.CodeOf(err) != tc.code {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := len(w.state().Discounts); n != 0 {
		t.Errorf("%d discounts", n)
	}
}
