package api

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"grapevine/rewards"
	"grapevine/web/problem"
)

// programForm is that of a programme's name.
var programForm = form{regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_.-]*$`), 64}

type pointsView struct {
	Program string          `json:"program"`
	Points  int64           `json:"points"` // unused, and not run out
	Worth   *moneyView      `json:"worth"`  // of all of them; null where nothing can be had for them
	Minimum int64           `json:"minimum"`
	Ends    []pointsEndView `json:"ends"`
}

type pointsEndView struct {
	Points int64      `json:"points"`
	At     *time.Time `json:"at"` // null: never
}

// exchange is the body that exchanges points.
type exchange struct {
	Program string `json:"program"`
	Points  int64  `json:"points"`
}

func viewPoints(b rewards.PointsBalance) pointsView {
	return pointsView{Program: b.Program, Points: b.Unused.Minor, Worth: money(b.Worth), Minimum: b.Minimum,
		Ends: viewList(b.Ends, "", func(e rewards.PointsEnd) pointsEndView { return pointsEndView{e.Points, when(e.At)} }).Data}
}

func (a *API) showPoints(ctx context.Context, c call) (answer, error) {
	balances, err := a.points.Points(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(balances, "", viewPoints)}, nil
}

// exchangePoints answers 201 with the new reward.
func (a *API) exchangePoints(ctx context.Context, c call) (answer, error) {
	var in exchange
	if err := decode(c.body, &in); err != nil {
		return answer{}, err
	}
	var wrong []problem.Field
	if !programForm.fits(in.Program) {
		wrong = append(wrong, problem.Field{Field: "/program", Code: "malformed", Detail: "is needed: the name of the programme that gave the points"})
	}
	if in.Points < 1 {
		wrong = append(wrong, problem.Field{Field: "/points", Code: "malformed", Detail: "is needed: a whole number above zero"})
	}
	if len(wrong) > 0 {
		return answer{}, problem.Refuse("bad_field", wrong...)
	}
	r, err := a.points.ExchangePoints(ctx, c.shop, c.id, in.Program, in.Points, c.actor())
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusCreated, viewReward(r)}, nil
}
