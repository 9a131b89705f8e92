package rewards_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"grapevine/rewards"
)

func TestEligible(t *testing.T) {
	t.Parallel()
	one := func(change func(o *rewards.Order)) rewards.Order {
		o := rewards.Order{Currency: "USD", Payment: rewards.PaymentPaid, Lines: []rewards.Line{{ID: "1", Quantity: 3, Current: 3, Amount: usd(1000)}}}
		change(&o)
		return o
	}
	for name, tc := range map[string]struct {
		order          rewards.Order
		original, left int64
		kind           rewards.Kind
	}{
		"all is there":                        {one(func(o *rewards.Order) {}), 1000, 1000, ""},
		"one of three is back, towards zero":  {one(func(o *rewards.Order) { o.Lines[0].Current = 2 }), 1000, 666, ""},
		"all is back":                         {one(func(o *rewards.Order) { o.Lines[0].Current = 0 }), 1000, 0, ""},
		"a line of nothing":                   {one(func(o *rewards.Order) { o.Lines[0].Quantity, o.Lines[0].Current = 0, 0 }), 1000, 0, ""},
		"a gift card does not count":          {one(func(o *rewards.Order) { o.Lines[0].GiftCard = true }), 0, 0, ""},
		"money back":                          {one(func(o *rewards.Order) { o.MoneyBack = usd(1) }), 1000, 999, ""},
		"more money back than goods":          {one(func(o *rewards.Order) { o.MoneyBack = usd(1001) }), 1000, 0, ""},
		"money back below zero is none":       {one(func(o *rewards.Order) { o.MoneyBack = usd(-1) }), 1000, 1000, ""},
		"cancelled":                           {one(func(o *rewards.Order) { o.Cancelled = true }), 1000, 0, ""},
		"voided":                              {one(func(o *rewards.Order) { o.Payment = rewards.PaymentVoided }), 1000, 0, ""},
		"no lines":                            {one(func(o *rewards.Order) { o.Lines = nil }), 0, 0, ""},
		"a line in other money":               {one(func(o *rewards.Order) { o.Lines[0].Amount.Currency = "EUR" }), 0, 0, rewards.Invalid},
		"money back in other money":           {one(func(o *rewards.Order) { o.MoneyBack = rewards.Money{Minor: 1, Currency: "EUR"} }), 0, 0, rewards.Conflict},
		"a line below zero":                   {one(func(o *rewards.Order) { o.Lines[0].Amount.Minor = -1 }), 0, 0, rewards.Invalid},
		"more left than there was":            {one(func(o *rewards.Order) { o.Lines[0].Current = 4 }), 0, 0, rewards.Invalid},
		"less than none left":                 {one(func(o *rewards.Order) { o.Lines[0].Current = -1 }), 0, 0, rewards.Invalid},
		"lines that leave the range together": {one(func(o *rewards.Order) { o.Lines[0].Amount.Minor = math.MaxInt64; o.Lines = append(o.Lines, o.Lines[0]) }), 0, 0, rewards.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.order.Eligible()
			if got.Original.Minor != tc.original || got.Left.Minor != tc.left || rewards.KindOf(err) != tc.kind {
				t.Fatalf("%+v, %v", got, err)
			}
		})
	}
}

func TestWhatIsLeftIsNeverMoreThanWhatWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := anyOrder(t, "o1")
		for range 5 {
			o = later(t, o)
			e, err := o.Eligible()
			if err != nil || e.Left.Minor < 0 || e.Left.Minor > e.Original.Minor {
				t.Fatalf("%+v, %v", e, err)
			}
			for _, policy := range []rewards.PartialRefund{rewards.RefundProportional, rewards.RefundKeep, rewards.RefundTakeBack} {
				net, err := rewards.Program{PartialRefund: policy}.Net(usd(777), e)
				if err != nil || net.Minor < 0 || net.Minor > 777 || e.Left.IsZero() && net.Minor > 0 || e.Left == e.Original && e.Left.Minor > 0 && net.Minor != 777 {
					t.Fatalf("%s: %s of %+v, %v", policy, net, e, err)
				}
			}
		}
	})
}

func TestOrderStatus(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]rewards.Order{
		"open": {Payment: rewards.PaymentPending}, "paid": {Payment: rewards.PaymentPaid}, "refunded": {Payment: rewards.PaymentRefunded},
		"partially_refunded": {Payment: rewards.PaymentPartiallyRefunded}, "cancelled": {Payment: rewards.PaymentRefunded, Cancelled: true},
	} {
		if got := o.Status(); got != want {
			t.Errorf("%+v: %s", o, got)
		}
	}
	if s := (rewards.Order{Payment: rewards.PaymentUnknown}).Status(); s != "open" {
		t.Errorf("an unknown payment is %s", s)
	}
	if (rewards.Order{Payment: rewards.PaymentUnknown}).Paid() || (rewards.Order{Payment: "surprise"}).Paid() {
		t.Error("what is unknown is never paid")
	}
}
