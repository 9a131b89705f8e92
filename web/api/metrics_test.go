package api

import (
	"context"
	"net/http"
	"testing"

	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/rewards/variant"
)

// Figures tells back what it was asked for, in the figures of one sale.
func (k kept) Figures(_ context.Context, shop string, f rewards.FigureFilter) (rewards.FigureReport, error) {
	if f.Program == "none" {
		return rewards.FigureReport{}, notFound()
	}
	if f.To.Before(f.From) {
		return rewards.FigureReport{}, rewards.Errorf(rewards.Invalid, "bad_range", "no days")
	}
	one := rewards.Figures{All: rewards.Tally{Orders: 3, Revenue: usd(100_00)}, Rewarded: rewards.Tally{Orders: 1, Revenue: usd(40_00)},
		TookOff: usd(4_00), TookOffRejected: usd(0), Sharing: 3, Active: 1, Friends: 1, Period: rewards.Period{Day: f.From}, Program: f.Program,
		Rewards: []rewards.RewardFigures{
			{Kind: rewards.KindPoints, Unit: rewards.UnitPoints, Made: 1, Given: rewards.Money{Minor: 50, Currency: rewards.UnitPoints}},
			{Kind: rewards.KindStoreCredit, Unit: "USD", Made: 1, Waiting: usd(2_00), Given: usd(5_00), Lost: usd(1_00)}}}
	return rewards.FigureReport{Quick: f.Quick, Shop: shop, Currency: "USD", Zone: "Europe/Berlin", From: f.From, To: f.To, Program: f.Program, By: f.By, Total: one,
		Groups: []rewards.Figures{one}, Rejected: []rewards.ReasonFigure{{Reason: rewards.ReasonRefunded, Orders: 2}},
		Value:  []rewards.ValueFigures{{Days: 90, Referred: rewards.CustomerValue{Customers: 30, Revenue: usd(3001)}, Others: rewards.CustomerValue{Revenue: usd(0)}}},
		Review: []rewards.ReviewFigures{{Status: rewards.StatusHeld, Unit: "USD", Rewards: 1, Amount: usd(10_00)}}, HeldNow: int64(f.Top),
		Budgets: []rewards.BudgetFigures{{Program: "give10", Budget: usd(100_00), Used: usd(25_00), Revenue: usd(50_00)}}}, nil
}

func (k kept) Experiment(_ context.Context, _, program string) (rewards.Experiment, error) {
	if program != "spring" {
		return rewards.Experiment{}, rewards.Errorf(rewards.NotFound, "experiment_not_found", "none")
	}
	a, b := variant.Arm{Name: "small", Subjects: 1000, Converted: 100}, variant.Arm{Name: "large", Subjects: 1000, Converted: 150}
	v, err := variant.Compare(a, b)
	return rewards.Experiment{Program: program, Since: minute(3), Verdicts: []variant.Verdict{v}, Arms: []rewards.ArmFigures{
		{Name: "small", Weight: 1, Subjects: 1000, Converted: 100, Referred: rewards.Tally{Orders: 0, Revenue: usd(0)}},
		{Name: "large", Weight: 2, Subjects: 1000, Converted: 150, Referred: rewards.Tally{Orders: 2, Revenue: usd(3_00)}}}}, err
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	const of = "/shops/shop_aaaa/metrics"
	for name, s := range map[string]scenario{
		"days": {ask: get(of + "?from=2026-03-01&to=2026-03-31&by=day&program=give10&top=7"), status: 200, has: []string{
			`{"currency":"USD","time_zone":"Europe/Berlin","from":"2026-03-01","to":"2026-03-31","program":"give10","by":"day","total":{"period":null,"program":"give10"`,
			`"groups":[{"period":"2026-03-01"`, `"orders":{"orders":3,"revenue":{"amount":"100.00","currency":"USD"},"average":{"amount":"33.33","currency":"USD"}}`,
			`"others":{"orders":2,"revenue":{"amount":"60.00","currency":"USD"},"average":{"amount":"30.00","currency":"USD"}}`,
			`{"kind":"points","made":1,"without_amount":0,"promised":{"amount":"50","currency":"points"}`, `"promised":{"amount":"8.00","currency":"USD"}`,
			`"cost":{"amount":"10.00","currency":"USD"}`, `"return":{"part":4000,"whole":1000,"basis_points":40000}`, `"conversion":{"part":1,"whole":3,"basis_points":3333}`,
			`"viral_coefficient":{"part":0,"whole":1,"basis_points":0}`, `"rejected":[{"reason":"refunded","orders":2}]`,
			`{"days":90,"referred":{"customers":30,"revenue":{"amount":"30.01","currency":"USD"},"average":{"amount":"1.00","currency":"USD"}},"others":{"customers":0,"revenue":{"amount":"0.00","currency":"USD"},"average":null},"enough":false}`,
			`"orders_held":7`, `"payback":{"part":5000,"whole":2500,"basis_points":20000}`}},
		"programmes have no period": {ask: get(of + "?by=program"), status: 200, has: []string{`"groups":[{"period":null`}},
		"without people":            {ask: get(of + "?quick=true"), status: 200, has: []string{`"advocates_sharing":null,"advocates_new":null,"advocates_active":null,"friends":null,"friends_referring":null`}},
		"with people":               {ask: get(of + "?quick=false"), status: 200, has: []string{`"advocates_sharing":3,"advocates_new":0,"advocates_active":1,"friends":1,"friends_referring":0`}},
		"half quick":                {ask: get(of + "?quick=1"), status: 400, code: "bad_parameter", field: "quick"},
		"no programme":              {ask: get(of + "?program=none"), status: 404, code: "not_found"},
		"an impossible programme":   {ask: get(of + "?program=A%20B"), status: 400, code: "bad_parameter", field: "program"},
		"no such day":               {ask: get(of + "?from=2026-02-30"), status: 400, code: "bad_parameter", field: "from"},
		"the other way round":       {ask: get(of + "?from=2026-02-02&to=2026-02-01"), status: 400, code: "bad_parameter", field: "to"},
		"another grouping":          {ask: get(of + "?by=hour"), status: 400, code: "bad_parameter", field: "by"},
		"the first none":            {ask: get(of + "?by=advocate&top=0"), status: 400, code: "bad_parameter", field: "top"},
		"another shop":              {ask: get("/shops/shop_bbbb/metrics"), status: 404, code: "not_found"},
		"an experiment": {ask: get("/shops/shop_aaaa/programs/spring/experiment"), status: 200, has: []string{
			`{"program":"spring","since":"2026-11-20T09:03:00Z","arms":[{"name":"small","weight":1,"subjects":1000,"converted":100,"conversion":{"part":100,"whole":1000,"basis_points":1000},"referred":{"orders":0,"revenue":{"amount":"0.00","currency":"USD"},"average":null}}`,
			`"outcome":"better","winner":"large","more_a":0,"more_b":0,"sentence":"large is better: 15.0 % of large converted (150 of 1000)`}},
		"no experiment":             {ask: get("/shops/shop_aaaa/programs/give10/experiment"), status: 404, code: "not_found"},
		"no name of a programme":    {ask: get("/shops/shop_aaaa/programs/A%27/experiment"), status: 404, code: "not_found"},
		"an experiment with a wish": {ask: get("/shops/shop_aaaa/programs/spring/experiment?by=day"), status: 400, code: "bad_parameter", field: "by"},
	} {
		t.Run(name, s.run)
	}
}

func TestMetricsOfAStoredShop(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		r := newReal(t, url)
		r.get("/metrics?by=week&from=2026-01-01&to=2026-01-11", http.StatusOK, `"groups":[{"period":"2025-12-29"`, `{"period":"2026-01-05"`, `"referral_rate":{"part":0,"whole":0,"basis_points":null}`)
		r.get("/metrics?from=2026-01-02&to=2026-01-01", http.StatusBadRequest, `"bad_parameter"`)
		r.get("/metrics?program=none", http.StatusNotFound)
		r.get("/programs/none/experiment", http.StatusNotFound)
	})
}
