package api

import (
	"context"
	"net/http"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/contest"
)

// contestHead is a contest without its record.
type contestHead struct {
	ID         string     `json:"id"`
	Program    string     `json:"program"`
	Status     string     `json:"status"` // open, drawn
	Commitment string     `json:"commitment"`
	Winners    int        `json:"winners"` // how many win
	OncePer    bool       `json:"once_per_advocate"`
	OpenedAt   *time.Time `json:"opened_at"`
	DrawnAt    *time.Time `json:"drawn_at"`
	DrawnBy    *string    `json:"drawn_by"`
}

type contestView struct {
	contestHead
	Record *contest.Record `json:"record"` // the published document, null before the draw
}

func viewContestHead(c rewards.Contest) contestHead {
	out := contestHead{ID: c.ID, Program: c.Program, Status: "open", Commitment: c.Commitment, Winners: c.Winners, OncePer: c.OncePerHolder,
		OpenedAt: when(c.OpenedAt), DrawnAt: when(c.DrawnAt), DrawnBy: some(c.DrawnBy)}
	if !c.DrawnAt.IsZero() {
		out.Status = "drawn"
	}
	return out
}

func (a *API) listContests(ctx context.Context, c call) (answer, error) {
	found, err := a.contests.Contests(ctx, c.shop)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(found, "", viewContestHead)}, nil
}

func (a *API) showContest(ctx context.Context, c call) (answer, error) {
	found, err := a.contests.Contest(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, contestView{viewContestHead(found), found.Record}}, nil
}
