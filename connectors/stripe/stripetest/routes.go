package stripetest

import (
	"net/http"
	"slices"
)

// routes are all places of the API that the account answers at.
func routes() []route {
	account := route{http.MethodGet, "/v1/account", reading(), func(r request) (object, error) { return r.a.view(), nil }}
	named := route{http.MethodGet, "/v1/accounts/{id}", reading(), func(r request) (object, error) {
		a := r.a.s.connected(r.a, r.ids[0])
		if a == nil {
			return nil, forbidden("account_invalid", "The provided key does not have access to account '%s' (or that account does not exist).", r.ids[0])
		}
		return a.view(), nil
	}}
	return slices.Concat(
		[]route{account, named}, customerRoutes(), balanceRoutes(), couponRoutes(), promotionRoutes(), sessionRoutes(), paymentRoutes(),
		disputeRoutes(), invoiceRoutes(), creditNoteRoutes(), subscriptionRoutes(), eventRoutes(), endpointRoutes(),
	)
}
