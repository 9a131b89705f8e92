package shopify_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

// pieces is a refund of one whole line, named by its place.
func pieces(index int) shopifytest.RefundInput {
	return shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: index}}}
}

// returned is a line that comes back while no money moves.
func returned(index int) shopifytest.RefundInput {
	in := pieces(index)
	in.NoMoney = true
	return in
}

// failed is a line that comes back while its money stays where it was.
func failed(index int) shopifytest.RefundInput {
	in := pieces(index)
	in.Status = "failure"
	return in
}

func moneyAlone(amount string) shopifytest.RefundInput {
	return shopifytest.RefundInput{Amount: amount}
}

// TestStoriesOfRefunds tells them to a simulated shop: webhook and API must agree on the money that was
// given back for goods, and the shop itself on what is left of the eligible total.
func TestStoriesOfRefunds(t *testing.T) {
	t.Parallel()
	type refunds []shopifytest.RefundInput
	for name, tc := range map[string]struct {
		currency, prices, tax string
		included              bool
		refunds               refunds
		back, left            int64
	}{
		"a line without money, then less money than it was worth": {prices: "50 50", refunds: refunds{returned(0), moneyAlone("40")}, back: 4000, left: 1000},
		"a line without money, then its money":                    {prices: "50 50", refunds: refunds{returned(0), moneyAlone("50")}, left: 5000},
		"money, then its line without money":                      {prices: "50 50", refunds: refunds{moneyAlone("50"), returned(0)}, left: 5000},
		"a line whose money failed, then its money":               {prices: "50 50", refunds: refunds{failed(0), moneyAlone("50")}, left: 5000},
		"two lines without money, then the money of one":          {prices: "50 30 20", refunds: refunds{returned(0), returned(1), moneyAlone("30")}, left: 2000},
		"two lines without money, then the money of both":         {prices: "50 30 20", refunds: refunds{returned(0), returned(1), moneyAlone("80")}, left: 2000},
		"the money of a line twice":                               {prices: "50 90", refunds: refunds{returned(0), moneyAlone("50"), moneyAlone("50")}, back: 5000, left: 4000},
		"the money of a line in two parts":                        {prices: "50 90", refunds: refunds{returned(0), moneyAlone("20"), moneyAlone("30")}, left: 9000},
		"a part of the money of a line":                           {prices: "50 90", refunds: refunds{returned(0), moneyAlone("20")}, back: 2000, left: 7000},
		"the money of two lines, and more":                        {prices: "50 30 20", refunds: refunds{returned(0), returned(1), moneyAlone("80"), moneyAlone("7")}, back: 700, left: 1300},
		"a line without money, then another with money too":       {prices: "50 30 20", refunds: refunds{returned(0), {Lines: pieces(1).Lines, Amount: "50"}}, left: 2000},
		"money with a line, and a line without":                   {prices: "50 30 20", refunds: refunds{returned(0), {Lines: pieces(1).Lines, Amount: "7"}}, back: 700, left: 1300},
		"a line and shipping without money, then both":            {prices: "50 50", refunds: refunds{{Lines: pieces(0).Lines, Shipping: "6", NoMoney: true}, moneyAlone("56")}, left: 5000},
		"shipping, then money":                                    {prices: "50 50", refunds: refunds{{Shipping: "6"}, moneyAlone("10")}, back: 1000, left: 9000},
		"shipping and money at once":                              {prices: "50 50", tax: "20", refunds: refunds{{Shipping: "6", Amount: "60"}}, back: 5000, left: 5000},
		"a line with its money":                                   {prices: "50 50", tax: "20", refunds: refunds{pieces(0)}, left: 5000},

		"half of it, tax added":                               {prices: "100", tax: "20", refunds: refunds{moneyAlone("60")}, back: 5000, left: 5000},
		"half of it, tax included":                            {prices: "120", tax: "20", included: true, refunds: refunds{moneyAlone("60")}, back: 5000, left: 5000},
		"all of it, tax added":                                {prices: "100", tax: "20", refunds: refunds{moneyAlone("120")}, back: 10000},
		"all of it, tax included":                             {prices: "120", tax: "20", included: true, refunds: refunds{moneyAlone("120")}, back: 10000},
		"a cent, tax added":                                   {prices: "100", tax: "20", refunds: refunds{moneyAlone("0.01")}, back: 1, left: 9999},
		"the cents are rounded once":                          {prices: "100", tax: "20", refunds: refunds{moneyAlone("0.01"), moneyAlone("0.01"), moneyAlone("0.01")}, back: 3, left: 9997},
		"a line with tax, then its money, tax added":          {prices: "50 50", tax: "20", refunds: refunds{returned(0), moneyAlone("60")}, left: 5000},
		"a line with tax, then its money, tax included":       {prices: "60 60", tax: "20", included: true, refunds: refunds{returned(0), moneyAlone("60")}, left: 5000},
		"a line with tax, then less than its money, added":    {prices: "50 50", tax: "20", refunds: refunds{returned(0), moneyAlone("50")}, back: 4167, left: 833},
		"a line with tax, then less than its money, included": {prices: "60 60", tax: "20", included: true, refunds: refunds{returned(0), moneyAlone("40")}, back: 3334, left: 1666},

		"yen, tax added":      {currency: "JPY", prices: "1000", tax: "100", refunds: refunds{moneyAlone("333")}, back: 303, left: 697},
		"yen, tax included":   {currency: "JPY", prices: "1100", tax: "100", included: true, refunds: refunds{moneyAlone("333")}, back: 303, left: 697},
		"dinar, tax added":    {currency: "KWD", prices: "10.000", tax: "0.500", refunds: refunds{moneyAlone("1.234")}, back: 1176, left: 8824},
		"dinar, tax included": {currency: "KWD", prices: "10.500", tax: "0.500", included: true, refunds: refunds{moneyAlone("1.234")}, back: 1176, left: 8824},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			currency := "USD"
			if tc.currency != "" {
				currency = tc.currency
			}
			w := newWorld(t, func(o *shopifytest.Options) { o.Currency = currency })
			in := shopifytest.OrderInput{Tax: tc.tax, TaxesIncluded: &tc.included, Shipping: "6", Paid: true}
			for _, price := range strings.Fields(tc.prices) {
				in.Lines = append(in.Lines, shopifytest.LineInput{Price: price})
			}
			o := w.placeOrder(in)
			for _, r := range tc.refunds {
				var err error
				if o, err = w.sim.Refund(o.ID, r); err != nil {
					t.Fatal(err)
				}
			}
			told, read := plain(w.told(o.ID)), plain(w.read(o.ID))
			if !sameJSON(told, read) {
				t.Errorf("told %+v\nread %+v", told, read)
			}
			e, err := read.Eligible()
			if err != nil || read.MoneyBack != (rewards.Money{Minor: tc.back, Currency: currency}) || e.Left.Minor != tc.left {
				t.Errorf("money back %s, left %s, %v; want %d and %d", read.MoneyBack, e.Left, err, tc.back, tc.left)
			}
			if sim := o.Totals().Eligible; sim.Minor != tc.left {
				t.Errorf("the shop has %s left, want %d", sim, tc.left)
			}
		})
	}
}

// A gift card is taxed nowhere and is no goods; a tip is neither.
func TestOnlyGoodsTellTheShareOfTax(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.placeOrder(shopifytest.OrderInput{Tax: "20", Tip: "12", Paid: true, Lines: []shopifytest.LineInput{{Price: "100"}, {Price: "50", GiftCard: true}}})
	o, err := w.sim.Refund(o.ID, moneyAlone("60"))
	if err != nil {
		t.Fatal(err)
	}
	told, read := plain(w.told(o.ID)), plain(w.read(o.ID))
	if told.MoneyBack != usd(5000) || !sameJSON(told, read) || o.Totals().Eligible.Minor != 5000 {
		t.Errorf("told %+v\nread %+v\nshop %s", told, read, o.Totals().Eligible)
	}
}

// goodsBack is a refund as a webhook writes it: what its line is worth, the tax of it, the money moved.
type goodsBack struct{ lines, tax, moved int64 }

// refundedBody is an order of one line with refunds, amounts in cents.
func refundedBody(included bool, price, tax int64, refunds ...goodsBack) []byte {
	cents := func(n int64) string { return usd(n).Decimal() }
	set := func(n int64) any {
		return map[string]any{"shop_money": map[string]any{"amount": cents(n), "currency_code": "USD"}}
	}
	list := []any{}
	for _, r := range refunds {
		body := map[string]any{"transactions": []any{map[string]any{"kind": "refund", "status": "success", "amount": cents(r.moved), "currency": "USD"}}}
		if r.lines != 0 || r.tax != 0 {
			body["refund_line_items"] = []any{map[string]any{"subtotal_set": set(r.lines), "total_tax_set": set(r.tax)}}
		}
		list = append(list, body)
	}
	raw, err := json.Marshal(map[string]any{
		"id": 17, "admin_graphql_api_id": "gid://shopify/Order/17", "currency": "USD", "created_at": placed, "taxes_included": included,
		"financial_status": "partially_refunded", "refunds": list,
		"line_items": []any{map[string]any{"id": 1, "quantity": 1, "price_set": set(price), "tax_lines": []any{map[string]any{"price_set": set(tax)}}}},
	})
	if err != nil {
		panic(err)
	}
	return raw
}

func moneyBackOf(t rapid.TB, s *shopify.Shopify, body []byte) rewards.Money {
	t.Helper()
	e, err := s.Decode("orders/updated", body, triggered)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return e.(rewards.OrderSeen).Order.MoneyBack
}

func TestRefundsThatMovedAPartOfTheirMoney(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		included   bool
		price, tax int64
		refunds    []goodsBack
		want       int64
	}{
		"a fee was kept":                         {false, 10000, 0, []goodsBack{{5000, 0, 1000}}, 0},
		"a fee was kept, then given back":        {false, 10000, 0, []goodsBack{{5000, 0, 1000}, {0, 0, 4000}}, 0},
		"a fee was kept, then some money":        {false, 10000, 0, []goodsBack{{5000, 0, 1000}, {0, 0, 2500}}, 2500},
		"several fees, then all of them":         {false, 10000, 0, []goodsBack{{2000, 0, 1000}, {3000, 0, 1500}, {0, 0, 2500}}, 0},
		"a subtotal with tax in it":              {true, 12000, 2000, []goodsBack{{6000, 1000, 6000}}, 0},
		"a subtotal without it":                  {true, 12000, 2000, []goodsBack{{5000, 1000, 6000}}, 0},
		"a subtotal with tax in it, money later": {true, 12000, 2000, []goodsBack{{6000, 1000, 0}, {0, 0, 6000}}, 0},
		"a subtotal without it, money later":     {true, 12000, 2000, []goodsBack{{5000, 1000, 0}, {0, 0, 6000}}, 0},
		"two without it, money later":            {true, 12000, 2000, []goodsBack{{3000, 600, 0}, {2000, 400, 0}, {0, 0, 6000}}, 0},
		"a line that costs nothing":              {false, 0, 0, []goodsBack{{0, 0, 600}}, 600},
		"nothing but tax":                        {false, 0, 100, []goodsBack{{0, 0, 100}}, 0},
		"more tax than price":                    {true, 100, 200, []goodsBack{{0, 0, 60}}, 60},
		"a tax below zero":                       {false, 100, -20, []goodsBack{{0, 0, 60}}, 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := moneyBackOf(t, newConnector(t), refundedBody(tc.included, tc.price, tc.tax, tc.refunds...)); got != usd(tc.want) {
				t.Errorf("got %s, want %s", got, usd(tc.want))
			}
		})
	}
}

// TestMoneyBackKeepsItsBounds: never below zero, never more than was moved, the same in whatever order
// the shop lists the refunds, and not one unit less than the share of the goods.
func TestMoneyBackKeepsItsBounds(t *testing.T) {
	t.Parallel()
	s := newConnector(t)
	rapid.Check(t, func(r *rapid.T) {
		amount := func(name string) int64 {
			return rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, 1e17)).Draw(r, name)
		}
		included := rapid.Bool().Draw(r, "included")
		var refunds []goodsBack
		var moved int64
		for range rapid.IntRange(0, 6).Draw(r, "refunds") {
			b := goodsBack{amount("lines"), amount("tax"), amount("moved")}
			refunds = append(refunds, b)
			moved += b.moved
		}
		got := moneyBackOf(r, s, refundedBody(included, 100, 7, refunds...))
		if got.Minor < 0 || got.Minor > moved {
			r.Fatalf("%s of %d moved", got, moved)
		}
		if again := moneyBackOf(r, s, refundedBody(included, 100, 7, rapid.Permutation(refunds).Draw(r, "order")...)); again != got {
			r.Fatalf("%s, and in another order %s", got, again)
		}

		back, net, tax := amount("back"), amount("net"), amount("its tax")
		got = moneyBackOf(r, s, refundedBody(false, net, tax, goodsBack{0, 0, back}))
		short := new(big.Int).Mul(big.NewInt(back), big.NewInt(net))
		short.Sub(short, new(big.Int).Mul(big.NewInt(got.Minor), big.NewInt(net+tax))) // ≤ 0, and above −whole
		if net+tax > 0 && (short.Sign() > 0 || short.Add(short, big.NewInt(net+tax)).Sign() <= 0) {
			r.Fatalf("%s of %d at %d and %d", got, back, net, tax)
		}
	})
}

func TestRefundsBeyondReckoningAreInvalid(t *testing.T) {
	t.Parallel()
	const most = 1<<63 - 1
	for name, body := range map[string][]byte{
		"money that leaves the range":        refundedBody(false, 100, 0, goodsBack{0, 0, most}, goodsBack{0, 0, most}),
		"lines that leave the range":         refundedBody(false, 100, 0, goodsBack{most, 1, 0}),
		"open lines that leave it together":  refundedBody(false, 100, 0, goodsBack{most, 0, 0}, goodsBack{most - 1, 0, 0}, goodsBack{0, 0, 5}),
		"goods and tax that leave the range": refundedBody(false, most, most, goodsBack{0, 0, 5}),
		"a refund of less than nothing":      refundedBody(false, 100, 0, goodsBack{most, 0, -most}),
		"a line that leaves it with its tax": refundedBody(true, 100, 0, goodsBack{most, most, 0}),
	} {
		_, err := newConnector(t).Decode("orders/updated", body, triggered)
		if rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) != "amount_overflow" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Where prices come without tax, all taxes of a line have to be seen only once their share is asked for.
func TestUnseenTaxesMatterOnceMoneyCameBack(t *testing.T) {
	t.Parallel()
	tax := `{"priceSet":{"shopMoney":{"amount":"0.1","currencyCode":"USD"}}}`
	refund := `"refundIds":[{"id":"gid://shopify/Refund/1"}],"refunds":[{"id":"gid://shopify/Refund/1","transactions":{"nodes":[
		{"kind":"REFUND","status":"SUCCESS","amountSet":{"shopMoney":{"amount":"%s","currencyCode":"USD"}}}]}}]`
	for moved, want := range map[string]string{"0.0": "", "5.0": "too_many_taxes"} {
		body := strings.NewReplacer(`"taxesIncluded":true`, `"taxesIncluded":false`, `"taxLines":[]`, `"taxLines":[`+tax+strings.Repeat(","+tax, 4)+`]`,
			`"refundIds":[],"refunds":[]`, fmt.Sprintf(refund, moved)).Replace(page("19", false))
		s, shop := answering(t, 200, body)
		_, err := s.Order(t.Context(), shop, "17")
		if want != "" {
			wantError(t, err, rewards.Invalid, want)
		} else if err != nil {
			t.Error(err)
		}
	}
}
