package api

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"grapevine/rewards"
	"grapevine/web/problem"
)

// reasonForm is that of a stable code that explains an outcome.
var reasonForm = form{regexp.MustCompile(`^[a-z0-9_]+$`), 64}

// review is the body that decides about an order.
type review struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
}

func (a *API) listReviews(ctx context.Context, c call) (answer, error) {
	p, err := c.query.page()
	if err != nil {
		return answer{}, err
	}
	var f rewards.ReviewFilter
	if f.Status, err = oneOf(c.query, "status", []rewards.QueueStatus{rewards.QueueHeld, rewards.QueueRejected, rewards.QueueReviewed}); err != nil {
		return answer{}, err
	}
	reason, err := c.query.match("reason", reasonForm)
	if err != nil {
		return answer{}, err
	}
	f.Reason = rewards.Reason(reason)
	if f.AdvocateID, err = c.query.match("advocate", ourID); err != nil {
		return answer{}, err
	}
	found, next, err := a.reviews.Reviews(ctx, c.shop, f, p)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(found, next, viewQueued)}, nil
}

// reviewOrder answers 200 with the order as it was judged again, also where the verdict stood already.
func (a *API) reviewOrder(ctx context.Context, c call) (answer, error) {
	var in review
	if err := decode(c.body, &in); err != nil {
		return answer{}, err
	}
	var wrong []problem.Field
	switch rewards.Verdict(in.Verdict) {
	case rewards.VerdictApprove, rewards.VerdictReject, rewards.VerdictUndo:
	default:
		wrong = append(wrong, problem.Field{Field: "/verdict", Code: "unknown_value", Detail: "has to be one of approve, reject, undo"})
	}
	reason, bad := reasonWords(in.Reason)
	if wrong = append(wrong, bad...); len(wrong) > 0 {
		return answer{}, problem.Refuse("bad_field", wrong...)
	}
	o, err := a.reviews.Review(ctx, c.shop, c.id, rewards.Verdict(in.Verdict), c.actor(), reason)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewOrder(o)}, nil
}

// actor names who calls, as histories keep it.
func (c call) actor() string { return "token:" + c.token.ID }

// reasonWords reads why somebody does something: a person's words, which every such call needs.
func reasonWords(s string) (reason string, wrong []problem.Field) {
	reason = strings.TrimSpace(s)
	switch {
	case reason == "":
		return "", []problem.Field{{Field: "/reason", Code: "required", Detail: "is needed: why it is done. It is kept for ever, so it should name nobody"}}
	case !printable(reason, 200):
		return "", []problem.Field{{Field: "/reason", Code: "malformed", Detail: "has at most 200 characters and no controls"}}
	}
	return reason, nil
}
