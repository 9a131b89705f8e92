package fairness

// crowdRules find what shows over many orders only.
var crowdRules = []Rule{
	{Name: "velocity_day", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsFraud, Data: []string{DataAdvocate},
		Title: "The advocate referred more people than allowed within 24 hours.", check: velocityDay},
	{Name: "velocity_month", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsFraud, Data: []string{DataAdvocate},
		Title: "The advocate referred more people than allowed within 30 days.", check: velocityMonth},
	{Name: "ring", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsFraud, Data: []string{DataAdvocate},
		Title: "Up to five people refer each other in a circle.", check: ring},
	{Name: "code_leak", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsFraud, Data: []string{DataCode},
		Title: "Strangers use the advocate's code, as if it stood on a coupon site: give the advocate a new one.", check: codeLeak},
	{Name: "late_returns", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsFraud, Data: []string{DataAdvocate},
		Title: "The advocate's friends return goods just after the hold, far more often than others.", check: lateReturns},
}

// moneyRules find an order that is placed for its reward.
var moneyRules = []Rule{
	{Name: "order_splitting", Version: 1, Verdict: Flag, Points: 20, Rejects: RejectsFraud, Data: []string{DataHistory, DataOrder},
		Title: "The friend placed several orders within 72 hours, each just above the minimum.", check: orderSplitting},
	{Name: "near_minimum", Version: 1, Verdict: Flag, Points: 10, Rejects: RejectsFraud, Data: []string{DataOrder},
		Title: "The order is just above the minimum.",
		check: when(func(c *Case) bool { return c.Counts.NearMinimum }, "the order is at most 5 % above the minimum")},
	{Name: "coupon_cycling", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsFraud, Data: []string{DataPayment},
		Title: "The friend's order also uses the advocate's own reward code.",
		check: when(func(c *Case) bool { return c.Counts.CyclesOwnReward }, "the order uses the advocate's own reward code")},
	{Name: "self_funded", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsFraud, Data: []string{DataPayment},
		Title: "The friend paid with a gift card or credit of the advocate's.",
		check: when(func(c *Case) bool { return c.Counts.PaysWithAdvocatesCredit }, "the order was paid with a gift card or credit of the advocate's")},
	{Name: "shop_risk_cancel", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsFraud, Data: []string{DataRisk},
		Title: "The shop's own risk check advises to cancel the order.",
		check: when(func(c *Case) bool { return c.Counts.ShopRiskCancel }, "the shop's own risk check advises to cancel the order")},
	{Name: "shop_risk_investigate", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsFraud, Data: []string{DataRisk},
		Title: "The shop's own risk check advises to look into the order.",
		check: when(func(c *Case) bool { return c.Counts.ShopRiskInvestigate && !c.Counts.ShopRiskCancel },
			"the shop's own risk check advises to look into the order")},
	{Name: "bulk_buyer", Version: 1, Verdict: Flag, Points: 20, Rejects: RejectsFraud, Data: []string{DataOrder},
		Title: "The order is as large as a reseller's.", check: bulkBuyer},
	{Name: "staff_code", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsFraud, Data: []string{DataCode},
		Title: "A discount meant for staff was used as a referral.",
		check: when(func(c *Case) bool { return c.Counts.StaffCode }, "the code or the customer is the staff's")},
}

// dataRules watch over what the others need.
var dataRules = []Rule{
	{Name: "unread", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsFraud,
		Title: "Something that belongs to the case could not be gathered, and no rule knows it.", check: unread},
}
