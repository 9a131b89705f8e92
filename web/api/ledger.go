package api

import (
	"context"
	"net/http"
	"regexp"

	"grapevine/rewards"
)

// accountForm is that of an account's name: "program:give10get10", "issued:adv_…", "issued:charity/trees".
var accountForm = form{regexp.MustCompile(`^[a-z]{2,20}:[0-9A-Za-z][0-9A-Za-z_./-]*$`), 149}

func (a *API) listLedger(ctx context.Context, c call) (answer, error) {
	p, err := c.query.page()
	if err != nil {
		return answer{}, err
	}
	var f rewards.LedgerFilter
	if f.Account, err = c.query.match("account", accountForm); err != nil {
		return answer{}, err
	}
	if f.RewardID, err = c.query.match("reward", ourID); err != nil {
		return answer{}, err
	}
	found, next, err := a.orders.Ledger(ctx, c.shop, f, p)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(found, next, viewEntry)}, nil
}
