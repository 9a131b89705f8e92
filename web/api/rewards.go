package api

import (
	"context"
	"net/http"
	"strings"

	"grapevine/rewards"
	"grapevine/web/problem"
	"grapevine/web/words"
)

// reissue is the body that replaces a reward.
type reissue struct {
	Reason string `json:"reason"`
}

func (a *API) showReward(ctx context.Context, c call) (answer, error) {
	r, err := a.orders.Reward(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewReward(r)}, nil
}

func (a *API) listRewards(ctx context.Context, c call) (answer, error) {
	p, err := c.query.page()
	if err != nil {
		return answer{}, err
	}
	var f rewards.RewardFilter
	if f.OrderID, err = c.query.match("order", platformID); err != nil {
		return answer{}, err
	}
	if f.AdvocateID, err = c.query.match("advocate", ourID); err != nil {
		return answer{}, err
	}
	f.Status, err = oneOf(c.query, "status", words.Statuses())
	if err != nil {
		return answer{}, err
	}
	found, next, err := a.orders.Rewards(ctx, c.shop, f, p)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(found, next, viewReward)}, nil
}

// reissueReward answers 201 with the new reward, or 200 with the one that replaced it before.
func (a *API) reissueReward(ctx context.Context, c call) (answer, error) {
	var in reissue
	if err := decode(c.body, &in); err != nil {
		return answer{}, err
	}
	in.Reason = strings.TrimSpace(in.Reason)
	if in.Reason == "" {
		return answer{}, problem.Refuse("bad_field", problem.Field{Field: "/reason", Code: "required", Detail: "is needed: why the code is replaced"})
	}
	if !printable(in.Reason, 200) {
		return answer{}, problem.Refuse("bad_field", problem.Field{Field: "/reason", Code: "malformed", Detail: "has at most 200 characters and no controls"})
	}
	r, created, err := a.orders.Reissue(ctx, c.shop, c.id, in.Reason, c.actor())
	if err != nil {
		return answer{}, err
	}
	if created {
		return answer{http.StatusCreated, viewReward(r)}, nil
	}
	return answer{http.StatusOK, viewReward(r)}, nil
}
