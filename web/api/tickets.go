package api

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/web/problem"
)

// ticketForm is that of a ticket's code as people type it: "GV-7Q2M-XK4P-9WTB".
var ticketForm = form{regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{2,}$`), 64}

type ticketView struct {
	Code       string     `json:"code"`
	Number     int64      `json:"number"`
	Program    string     `json:"program"`
	Advocate   string     `json:"advocate"`
	Reward     string     `json:"reward"`
	Status     string     `json:"status"` // of the reward
	Admits     int64      `json:"admits"`
	IssuedAt   *time.Time `json:"issued_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	RedeemedAt *time.Time `json:"redeemed_at"`
	RedeemedBy *string    `json:"redeemed_by"`
}

// redeem is the body that redeems a ticket.
type redeem struct {
	By string `json:"by"`
}

func viewTicket(t rewards.Ticket) ticketView {
	return ticketView{Code: t.Code, Number: t.Number, Program: t.Program, Advocate: t.AdvocateID, Reward: t.RewardID, Status: string(t.Status), Admits: t.Admits,
		IssuedAt: when(t.IssuedAt), ExpiresAt: when(t.ExpiresAt), RedeemedAt: when(t.RedeemedAt), RedeemedBy: some(t.RedeemedBy)}
}

func (a *API) showTicket(ctx context.Context, c call) (answer, error) {
	t, err := a.tickets.Ticket(ctx, c.shop, c.code)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewTicket(t)}, nil
}

// redeemTicket answers 200 the first time; after that 409, and when and by whom it was redeemed.
func (a *API) redeemTicket(ctx context.Context, c call) (answer, error) {
	var in redeem
	if err := decode(c.body, &in); err != nil {
		return answer{}, err
	}
	in.By = strings.TrimSpace(in.By)
	if in.By == "" || !printable(in.By, 100) {
		return answer{}, problem.Refuse("bad_field", problem.Field{Field: "/by", Code: "required", Detail: "is needed: who lets them in, at most 100 characters and no controls"})
	}
	t, err := a.tickets.RedeemTicket(ctx, c.shop, c.code, in.By, c.actor())
	if err != nil && !t.RedeemedAt.IsZero() {
		return answer{}, problem.Tell(err, is("redeemed_at", t.RedeemedAt.UTC().Format(time.RFC3339)), is("redeemed_by", t.RedeemedBy))
	}
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewTicket(t)}, nil
}
