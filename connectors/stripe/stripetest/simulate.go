package stripetest

import (
	"strings"

	"grapevine/internal/simshop"
)

var _ simshop.Shop = (*Server)(nil)

// Simulate starts a simulated Stripe as a simulated shop: what it returns is a *Server. Options.Hooks is passed
// over: where webhooks go is told by the API.
func Simulate(o simshop.Options) (simshop.Shop, error) {
	s, err := Start(Options{Seed: o.Seed, Now: o.Now, Currency: o.Currency, HoldPost: o.HoldPost})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Install is how the shop's own account is installed: with its secret key.
func (s *Server) Install() simshop.Install { return s.install(s.Account, "", "") }

// InstallConnected is how a connected account is installed: with the platform's key and the account's id.
func (s *Server) InstallConnected(a *Account) simshop.Install { return s.install(a, a.id, a.id) }

func (s *Server) install(a *Account, domain, account string) simshop.Install {
	in := simshop.Install{
		Platform: "stripe", Domain: domain, APIURL: s.URL(), Token: s.Key(), Account: account, Currency: strings.ToUpper(a.currency), TimeZone: "UTC",
	}
	for _, p := range a.Endpoints() {
		if p.ByHand {
			in.WebhookSecrets = append(in.WebhookSecrets, p.Secrets...)
		}
	}
	return in
}
