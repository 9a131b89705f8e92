package api

import (
	"time"

	"grapevine/rewards"
	"grapevine/rewards/variant"
)

type reportView struct {
	Currency string         `json:"currency"`
	Zone     string         `json:"time_zone"`
	From     string         `json:"from"`
	To       string         `json:"to"`
	Program  *string        `json:"program"`
	By       *string        `json:"by"`
	Total    figuresView    `json:"total"`
	Groups   []figuresView  `json:"groups"`
	Rejected []rejectedView `json:"rejected"`
	Value    []valueView    `json:"customer_value"`
	Review   reviewNowView  `json:"review"`
	Budgets  []budgetView   `json:"budgets"`
}

type figuresView struct {
	Period   *string   `json:"period"` // its first day, of groups by day, week or month
	Program  *string   `json:"program"`
	Variant  *string   `json:"variant"`
	Advocate *string   `json:"advocate"`
	Orders   tallyView `json:"orders"`
	Referred tallyView `json:"referred"`
	Rewarded tallyView `json:"rewarded"`
	Pending  tallyView `json:"pending"`
	Held     tallyView `json:"held"`
	Others   tallyView `json:"others"`
	Rejected tallyView `json:"rejected"`
	Historic tallyView `json:"historic"`
	Foreign  int64     `json:"other_currencies"`
	ByLink   int64     `json:"by_link"`

	// Null where they were not asked for.
	Sharing *int64 `json:"advocates_sharing"`
	New     *int64 `json:"advocates_new"`
	Active  *int64 `json:"advocates_active"`
	Friends *int64 `json:"friends"`
	Onward  *int64 `json:"friends_referring"`

	Rewards           []keptView `json:"rewards"`
	Discounts         *moneyView `json:"discounts"`
	DiscountsRejected *moneyView `json:"discounts_rejected"`
	Cost              *moneyView `json:"cost"`

	ReferralRate ratioView `json:"referral_rate"`
	RevenueShare ratioView `json:"revenue_share"`
	Conversion   ratioView `json:"conversion"`
	Return       ratioView `json:"return"`
	FriendsEach  ratioView `json:"friends_each"`
	OnwardShare  ratioView `json:"onward_share"`
	Viral        ratioView `json:"viral_coefficient"`
}

type tallyView struct {
	Orders  int64      `json:"orders"`
	Revenue *moneyView `json:"revenue"`
	Average *moneyView `json:"average"` // null without orders
}

// ratioView is a part of a whole; of money both are minor units.
type ratioView struct {
	Part        int64  `json:"part"`
	Whole       int64  `json:"whole"`
	BasisPoints *int64 `json:"basis_points"` // 10000 is 1; null where the whole is nothing
}

type keptView struct {
	Kind          string     `json:"kind"`
	Made          int64      `json:"made"`
	WithoutAmount int64      `json:"without_amount"`
	Promised      *moneyView `json:"promised"`
	Waiting       *moneyView `json:"waiting"`
	Given         *moneyView `json:"given"`
	Used          *moneyView `json:"used"`
	Lost          *moneyView `json:"lost"`
}

type rejectedView struct {
	Reason string `json:"reason"`
	Orders int64  `json:"orders"`
}

type valueView struct {
	Days     int          `json:"days"`
	Referred customerView `json:"referred"`
	Others   customerView `json:"others"`
	Enough   bool         `json:"enough"` // of both sides, to read anything from it
}

type customerView struct {
	Customers int64      `json:"customers"`
	Revenue   *moneyView `json:"revenue"`
	Average   *moneyView `json:"average"`
}

type reviewNowView struct {
	Orders  int64         `json:"orders_held"`
	Rewards []waitingView `json:"rewards"`
}

type waitingView struct {
	Status  string     `json:"status"`
	Rewards int64      `json:"rewards"`
	Amount  *moneyView `json:"amount"`
}

type budgetView struct {
	Program string     `json:"program"`
	Budget  *moneyView `json:"budget"`
	Used    *moneyView `json:"used"`
	Revenue *moneyView `json:"revenue"`
	Spent   ratioView  `json:"spent"`
	Payback ratioView  `json:"payback"`
}

type experimentView struct {
	Program  string     `json:"program"`
	Since    *time.Time `json:"since"`
	Arms     []armView  `json:"arms"`
	Verdicts []armsView `json:"verdicts"`
}

type armView struct {
	Name      string    `json:"name"`
	Weight    int       `json:"weight"`
	Subjects  int64     `json:"subjects"`
	Converted int64     `json:"converted"`
	Share     ratioView `json:"conversion"`
	Referred  tallyView `json:"referred"`
}

type armsView struct {
	A        string  `json:"a"`
	B        string  `json:"b"`
	Outcome  string  `json:"outcome"`
	Winner   *string `json:"winner"`
	MoreA    int64   `json:"more_a"`
	MoreB    int64   `json:"more_b"`
	Sentence string  `json:"sentence"`
}

// FigureView is a report as JSON: the command line prints what the API answers.
func FigureView(r rewards.FigureReport) any {
	v := reportView{Currency: r.Currency, Zone: r.Zone, From: r.From.String(), To: r.To.String(), Program: some(r.Program), By: some(r.By),
		Total: viewFigures(r.Total, rewards.ByNothing, r.Quick)}
	v.Groups = viewList(r.Groups, "", func(f rewards.Figures) figuresView { return viewFigures(f, r.By, r.Quick) }).Data
	v.Rejected = viewList(r.Rejected, "", func(f rewards.ReasonFigure) rejectedView { return rejectedView{string(f.Reason), f.Orders} }).Data
	v.Value = viewList(r.Value, "", func(f rewards.ValueFigures) valueView {
		return valueView{f.Days, viewCustomers(f.Referred), viewCustomers(f.Others), f.Enough()}
	}).Data
	v.Review = reviewNowView{r.HeldNow, viewList(r.Review, "", func(f rewards.ReviewFigures) waitingView {
		return waitingView{string(f.Status), f.Rewards, money(f.Amount)}
	}).Data}
	v.Budgets = viewList(r.Budgets, "", func(b rewards.BudgetFigures) budgetView {
		return budgetView{b.Program, money(b.Budget), money(b.Used), money(b.Revenue), viewRatio(b.Spent()), viewRatio(b.Payback())}
	}).Data
	return v
}

func viewFigures(f rewards.Figures, by rewards.Grouping, quick bool) figuresView {
	v := figuresView{Program: some(f.Program), Variant: some(f.Variant), Advocate: some(f.Advocate),
		Orders: viewTally(f.All), Referred: viewTally(f.Referred()), Rewarded: viewTally(f.Rewarded), Pending: viewTally(f.Pending), Held: viewTally(f.Held),
		Others: viewTally(f.Others()), Rejected: viewTally(f.Rejected), Historic: viewTally(f.Historic), Foreign: f.Elsewhere, ByLink: f.ByLink,
		Discounts: money(f.TookOff), DiscountsRejected: money(f.TookOffRejected), Cost: money(f.Cost()),
		ReferralRate: viewRatio(f.ReferralRate()), RevenueShare: viewRatio(f.RevenueShare()), Conversion: viewRatio(f.Conversion()), Return: viewRatio(f.Return()),
		FriendsEach: viewRatio(f.FriendsEach()), OnwardShare: viewRatio(f.OnwardShare()), Viral: viewRatio(f.Viral())}
	if !quick {
		v.Sharing, v.New, v.Active, v.Friends, v.Onward = &f.Sharing, &f.NewSharing, &f.Active, &f.Friends, &f.Onward
	}
	if by.OverTime() {
		v.Period = some(f.Day.String())
	}
	v.Rewards = viewList(f.Rewards, "", func(r rewards.RewardFigures) keptView {
		return keptView{string(r.Kind), r.Made, r.Unpriced, money(r.Promised()), money(r.Waiting), money(r.Given), money(r.Used), money(r.Lost)}
	}).Data
	return v
}

func viewTally(t rewards.Tally) tallyView {
	v := tallyView{Orders: t.Orders, Revenue: money(t.Revenue)}
	if m, ok := t.Average(); ok {
		v.Average = money(m)
	}
	return v
}

func viewCustomers(c rewards.CustomerValue) customerView {
	v := customerView{Customers: c.Customers, Revenue: money(c.Revenue)}
	if m, ok := c.Average(); ok {
		v.Average = money(m)
	}
	return v
}

func viewRatio(r rewards.Ratio) ratioView {
	v := ratioView{Part: r.Part, Whole: r.Whole}
	if bp, ok := r.BasisPoints(); ok {
		v.BasisPoints = &bp
	}
	return v
}

func viewExperiment(e rewards.Experiment) experimentView {
	return experimentView{Program: e.Program, Since: when(e.Since),
		Arms: viewList(e.Arms, "", func(a rewards.ArmFigures) armView {
			return armView{a.Name, a.Weight, a.Subjects, a.Converted, viewRatio(rewards.Ratio{Part: a.Converted, Whole: a.Subjects}), viewTally(a.Referred)}
		}).Data,
		Verdicts: viewList(e.Verdicts, "", func(v variant.Verdict) armsView {
			return armsView{v.A.Name, v.B.Name, string(v.Outcome), some(v.Winner), v.MoreA, v.MoreB, v.String()}
		}).Data}
}
