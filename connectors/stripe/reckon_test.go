package stripe

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"grapevine/rewards"
)

func TestAmountsGoThereAndBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stripe   int64
		currency string
		want     int64
		code     string
	}{
		"cents":                     {1999, "EUR", 1999, ""},
		"yen":                       {500, "JPY", 500, ""},
		"fils":                      {5120, "KWD", 5120, ""},
		"crowns":                    {250_000, "ISK", 2500, ""},
		"crowns below zero":         {-250_000, "ISK", -2500, ""},
		"parts of a crown":          {250_050, "ISK", 0, "bad_amount"},
		"ariary":                    {4000, "MGA", 400_000, ""},
		"too many ariary":           {math.MaxInt64 / 10, "MGA", 0, "amount_overflow"},
		"shillings of Uganda":       {2500, "UGX", 0, "unknown_currency"},
		"dinars of Iraq":            {2500, "IQD", 0, "unknown_currency"},
		"a currency nobody has":     {2500, "XTS", 0, "unknown_currency"},
		"no currency":               {2500, "", 0, "unknown_currency"},
		"part of an odd one's name": {2500, "GX ", 0, "unknown_currency"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := moneyOf(tc.stripe, tc.currency)
			if tc.code != "" {
				if rewards.CodeOf(err) != tc.code || rewards.KindOf(err) != rewards.Invalid {
					t.Errorf("got %v, %v, want %s", m, err, tc.code)
				}
				return
			}
			if err != nil || m != (rewards.Money{Minor: tc.want, Currency: tc.currency}) {
				t.Fatalf("got %v, %v", m, err)
			}
			amount, currency, err := amountOf(m)
			if err != nil || amount != tc.stripe || currencyOf(currency) != tc.currency {
				t.Errorf("back it is %d %s, %v", amount, currency, err)
			}
		})
	}
	if _, _, err := amountOf(rewards.Money{Minor: 12_345, Currency: "MGA"}); rewards.CodeOf(err) != "bad_amount" {
		t.Errorf("parts of an ariary: %v", err)
	}
	if _, _, err := amountOf(rewards.Money{Minor: math.MaxInt64, Currency: "ISK"}); rewards.CodeOf(err) != "amount_overflow" {
		t.Errorf("all the crowns there are: %v", err)
	}
}

func TestWhatGoesBackIsNeverReckonedTooLittle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		net, tax := rapid.Int64Range(0, 1e12).Draw(t, "net"), rapid.Int64Range(0, 1e12).Draw(t, "tax")
		back := rapid.Int64Range(0, net+tax).Draw(t, "back")
		got, err := netOf(back, net, tax)
		if err != nil {
			t.Fatal(err)
		}
		if got < 0 || got > back || back == net+tax && got < net {
			t.Fatalf("%d of %d + %d gives %d", back, net, tax, got)
		}
	})
}

func TestLinesBelowZeroComeOffTheOthers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOfN(rapid.Int64Range(-5000, 5000), 0, 8).Draw(t, "amounts")
		var lines []pricedLine
		var sum int64
		for i, n := range amounts {
			lines = append(lines, pricedLine{line: rewards.Line{ID: string(rune('a' + i)), ProductID: rapid.SampledFrom([]string{"p", "q"}).Draw(t, "product")}, net: n})
			sum += n
		}
		var got int64
		for _, l := range settled(lines) {
			if l.net < 0 {
				t.Fatalf("%s is %d", l.line.ID, l.net)
			}
			got += l.net
		}
		if got != max(sum, 0) {
			t.Fatalf("%v come to %d", amounts, got)
		}
	})
}

func TestALineBelowZeroComesOffItsOwnProductFirst(t *testing.T) {
	t.Parallel()
	line := func(id, product string, net, tax int64) pricedLine {
		return pricedLine{line: rewards.Line{ID: id, ProductID: product}, net: net, tax: tax}
	}
	got := settled([]pricedLine{line("a", "box", -500, -95), line("b", "chest", 3000, 570), line("c", "box", 400, 76)})
	same(t, "lines", got, []pricedLine{line("b", "chest", 2900, 570), line("c", "box", 0, -19)})
}

func TestPaymentsOfASaleByItsParts(t *testing.T) {
	t.Parallel()
	paid := chargeBody{ID: "ch_1", Currency: "eur", Captured: 1000, Status: "succeeded", Disputed: true}
	for name, tc := range map[string]struct {
		sale sale
		want rewards.Payment
	}{
		"a dispute in the bank's own currency, lost": {
			sale{session: &sessionBody{PaymentStatus: "paid", Status: "complete"}, charges: []chargeBody{paid},
				disputes: []disputeBody{{Status: "lost", Amount: 10, Currency: "usd", Charge: ref[bare]{ID: "ch_1"}}}}, rewards.PaymentRefunded},
		"a dispute about another charge": {
			sale{session: &sessionBody{PaymentStatus: "paid", Status: "complete"}, charges: []chargeBody{paid},
				disputes: []disputeBody{{Status: "lost", Amount: 1000, Currency: "eur", Charge: ref[bare]{ID: "ch_2"}}}}, rewards.PaymentPaid},
		"refunded and then lost too": {
			sale{session: &sessionBody{PaymentStatus: "paid", Status: "complete"},
				charges:  []chargeBody{{ID: "ch_1", Currency: "eur", Captured: 1000, Back: 600, Status: "succeeded"}},
				disputes: []disputeBody{{Status: "lost", Amount: 1000, Currency: "eur", Charge: ref[bare]{ID: "ch_1"}}}}, rewards.PaymentRefunded},
		"a charge that failed beside the good one": {
			sale{session: &sessionBody{PaymentStatus: "paid", Status: "complete"},
				charges: []chargeBody{{ID: "ch_0", Status: "failed", Back: 1000}, paid}}, rewards.PaymentPaid},
		"an invoice with a credit note for all of it": {
			sale{invoice: &invoiceBody{Status: "paid", Total: 1000, NotesAfter: 1000}}, rewards.PaymentRefunded},
		"an invoice with a credit note for a part": {
			sale{invoice: &invoiceBody{Status: "paid", Total: 1000, NotesAfter: 400}, charges: []chargeBody{{Status: "succeeded", Captured: 1000, Back: 300}}}, rewards.PaymentPartiallyRefunded},
		"an invoice paid from the balance":      {sale{invoice: &invoiceBody{Status: "paid"}}, rewards.PaymentPaid},
		"an invoice that is void":               {sale{invoice: &invoiceBody{Status: "void"}}, rewards.PaymentVoided},
		"an invoice nobody can collect":         {sale{invoice: &invoiceBody{Status: "uncollectible"}}, rewards.PaymentVoided},
		"an invoice in a state nobody knows":    {sale{invoice: &invoiceBody{Status: "dreaming"}}, rewards.PaymentUnknown},
		"a session in a state nobody knows":     {sale{session: &sessionBody{PaymentStatus: "dreaming", Status: "complete"}}, rewards.PaymentUnknown},
		"a session that is open and free":       {sale{session: &sessionBody{PaymentStatus: "no_payment_required", Status: "open"}}, rewards.PaymentPending},
		"a session that was paid and cancelled": {sale{session: &sessionBody{PaymentStatus: "paid", Status: "complete", Intent: ref[intentBody]{Full: &intentBody{Status: "canceled"}}}}, rewards.PaymentPaid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.sale.payment(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
