package api

import (
	"context"
	"net/http"
	"regexp"

	"grapevine/rewards"
	"grapevine/web/problem"
)

// teamForm is that of a team's name.
var teamForm = form{regexp.MustCompile(`^[a-z0-9_-]+$`), 32}

// because is the body of calls that need nothing but a reason.
type because struct {
	Reason string `json:"reason"`
}

// team is the body that puts an advocate into a team.
type team struct {
	Team string `json:"team"`
}

// reasonOf reads why somebody does something.
func reasonOf(c call) (string, error) {
	var in because
	if err := decode(c.body, &in); err != nil {
		return "", err
	}
	reason, wrong := reasonWords(in.Reason)
	if len(wrong) > 0 {
		return "", problem.Refuse("bad_field", wrong...)
	}
	return reason, nil
}

// blockAdvocate answers 200 with the advocate, also where she was blocked already.
func (a *API) blockAdvocate(ctx context.Context, c call) (answer, error) {
	return a.standing(c, func(reason string) (rewards.Advocate, error) {
		return a.standings.BlockAdvocate(ctx, c.shop, c.id, reason, c.actor())
	})
}

// unblockAdvocate answers 200 with the advocate, also where she was not blocked.
func (a *API) unblockAdvocate(ctx context.Context, c call) (answer, error) {
	return a.standing(c, func(reason string) (rewards.Advocate, error) {
		return a.standings.UnblockAdvocate(ctx, c.shop, c.id, reason, c.actor())
	})
}

func (a *API) standing(c call, change func(reason string) (rewards.Advocate, error)) (answer, error) {
	reason, err := reasonOf(c)
	if err != nil {
		return answer{}, err
	}
	adv, err := change(reason)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, a.viewAdvocate(adv)}, nil
}

// setTeam answers 200 with the advocate in her team.
func (a *API) setTeam(ctx context.Context, c call) (answer, error) {
	var in team
	if err := decode(c.body, &in); err != nil {
		return answer{}, err
	}
	if in.Team != "" && !teamForm.fits(in.Team) {
		return answer{}, problem.Refuse("bad_field", problem.Field{Field: "/team", Code: "malformed", Detail: "has 1 to 32 of a-z, 0-9, - and _, or is empty for no team"})
	}
	adv, err := a.standings.SetTeam(ctx, c.shop, c.id, in.Team, c.actor())
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, a.viewAdvocate(adv)}, nil
}
