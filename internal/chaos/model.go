package main

import "grapevine/connectors/shopify/shopifytest"

// program is a programme with what it gives, so that a model can do the sum without asking the program.
type program struct {
	file string
	// gives is the reward for an order whose goods were worth so much, in minor units.
	gives   func(eligible int64) int64
	codes   bool   // as discount codes; else store credit
	creates string // the operation that gives it
}

const minimum = 30_00 // of all programmes, in minor units

const rest = `qualify: {customers: new, minimum: "30.00"}
hold: 0s
fairness: {per_day: 10000, per_month: 10000, strangers: 10000, rules: {same_domain: "off"}}
partial_refund: proportional
`

var programs = map[string]program{
	"credit": {creates: "StoreCreditCredit", gives: func(int64) int64 { return 10_00 }, file: `program: credit
title: Give 10 %, get $10
friend:
  discount: {percent: "10"}
advocate:
  reward: {kind: store_credit, amount: "10.00", expires: 180d}
` + rest},
	"share": {creates: "StoreCreditCredit", gives: func(eligible int64) int64 { return eligible / 10 }, file: `program: share
title: Give 10 %, get 10 %
friend:
  discount: {percent: "10"}
advocate:
  reward: {kind: store_credit, percent: "10", expires: 180d}
` + rest},
	"code": {creates: "DiscountBasicCreate", gives: func(int64) int64 { return 5_00 }, codes: true, file: `program: code
title: Give 10 %, get a code
friend:
  discount: {percent: "10"}
advocate:
  reward: {kind: discount_code, amount: "5.00", expires: 180d}
` + rest},
}

var programNames = []string{"credit", "code", "share"}

// due is what an order has to be worth to the advocate in the end, whatever went wrong meanwhile: from the
// sale as it was planned and the order as the shop has it. settled is false where the order waits for money.
func (p program) due(s sale, o *shopifytest.Order) (minor int64, settled bool) {
	if s.Advocate < 0 || s.Buyer != friend || s.Test {
		return 0, true
	}
	var bought, kept int64
	for i, l := range o.Lines {
		worth := s.Lines[i] * 90 // in minor units, less the friend's ten per cent
		bought += worth
		if l.CurrentQuantity > 0 {
			kept += worth
		}
	}
	switch {
	case kept < minimum || o.CancelledAt != nil:
		return 0, true
	case o.Paid.Minor < bought:
		return 0, false
	}
	return p.gives(bought) * kept / bought, true
}
