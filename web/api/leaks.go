package api

import (
	"context"
	"net/http"
	"time"

	"grapevine/rewards"
)

// leakView is a code that strangers use.
type leakView struct {
	Code       string     `json:"code"`
	Advocate   string     `json:"advocate"`
	Program    *string    `json:"program"`
	DetectedAt *time.Time `json:"detected_at"`
	Evidence   *string    `json:"evidence"`    // null where a person reported it
	ReplacedBy *string    `json:"replaced_by"` // null until the code is rotated
	RotatedAt  *time.Time `json:"rotated_at"`
	Actor      *string    `json:"actor"`
	Reason     *string    `json:"reason"`
}

func viewLeak(l rewards.Leak) leakView {
	return leakView{Code: l.Code, Advocate: l.AdvocateID, Program: some(l.Program), DetectedAt: when(l.DetectedAt), Evidence: some(l.Evidence),
		ReplacedBy: some(l.ReplacedBy), RotatedAt: when(l.RotatedAt), Actor: some(l.Actor), Reason: some(l.Reason)}
}

func (a *API) listLeaks(ctx context.Context, c call) (answer, error) {
	p, err := c.query.page()
	if err != nil {
		return answer{}, err
	}
	found, next, err := a.standings.Leaks(ctx, c.shop, p)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(found, next, viewLeak)}, nil
}

// rotateCode answers 201 with the advocate and her new code, or 200 where the code was rotated before.
func (a *API) rotateCode(ctx context.Context, c call) (answer, error) {
	reason, err := reasonOf(c)
	if err != nil {
		return answer{}, err
	}
	adv, rotated, err := a.standings.RotateCode(ctx, c.shop, c.id, c.actor(), reason)
	if err != nil {
		return answer{}, err
	}
	if rotated {
		return answer{http.StatusCreated, a.viewAdvocate(adv)}, nil
	}
	return answer{http.StatusOK, a.viewAdvocate(adv)}, nil
}
