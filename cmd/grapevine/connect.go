package main

import (
	"context"
	"fmt"
	"log/slog"

	"grapevine/connectors"
	"grapevine/internal/invite"
	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/web/install"
	"grapevine/webhooks"
)

// authorizer is a platform whose shops can make the keys themselves, once their owner has said yes.
type authorizer interface {
	// Locate brings an address that was typed into the form that shops are stored by. Kind Invalid.
	Locate(address string) (domain string, err error)
	// ConsentURL is the shop's page that asks its owner. state comes back with the keys. Kind Invalid for an
	// address of ours that the shop would refuse.
	ConsentURL(domain, state, returnURL, callbackURL string) (string, error)
	// ReadConsent reads what the shop posts: the state, and the credential in the connector's form. Kind Invalid.
	ReadConsent(body []byte) (state, credential string, err error)
}

// shopConnectCmd prints a link by which a shop connects itself.
type shopConnectCmd struct {
	Platform string `enum:"${platforms}" required:"" help:"One of ${platforms}; not all can."`
	Domain   string `required:"" placeholder:"HOST" help:"The shop's address: shop.example.com"`
	JSON     bool   `help:"Print JSON."`
}

// connectView is the link as the command prints it.
type connectView struct {
	Open    string `json:"open"`    // in the owner's browser
	Expires string `json:"expires"` // how long it can be used
}

// Run keeps a one-time state and prints the shop's own page that asks for consent.
func (c *shopConnectCmd) Run(ctx context.Context, s *settings, io streams) error {
	p, err := s.platform(c.Platform)
	if err != nil {
		return err
	}
	a, ok := p.(authorizer)
	if !ok {
		return misuse("%s shops cannot connect themselves: use `grapevine shop add`", c.Platform)
	}
	if s.PublicURL == "" {
		return misuse("GRAPEVINE_PUBLIC_URL is not set, and the shop has to know where to send its keys")
	}
	domain, err := a.Locate(c.Domain)
	if err != nil {
		return useError{err}
	}
	return s.with(ctx, func(db *storage.DB) error {
		state, err := db.CreateInstall(ctx, c.Platform, domain, invite.Life)
		if err != nil {
			return err
		}
		callback, comeBack := install.Addresses(s.PublicURL, c.Platform)
		open, err := a.ConsentURL(domain, state.Reveal(), comeBack, callback)
		if err != nil {
			return useError{err}
		}
		if c.JSON {
			return io.asJSON(connectView{Open: open, Expires: invite.Life.String()})
		}
		_, err = fmt.Fprintf(io.out, "Open this within the next hour, signed in to %s as somebody who may manage the shop:\n\n  %s\n\nThe shop then sends its keys here by itself (`grapevine serve` has to run), and its webhooks are set up.\n", domain, open)
		return err
	})
}

// pagesForInstalls are the addresses that shops which connect themselves come to; nil where no platform does.
func (s *settings) pagesForInstalls(db *storage.DB, platforms []webhooks.Platform, log *slog.Logger) (*install.Pages, error) {
	readers := map[string]install.Reader{}
	for _, p := range platforms {
		if a, ok := p.(authorizer); ok {
			readers[p.Name()] = a.ReadConsent
		}
	}
	if len(readers) == 0 {
		return nil, nil
	}
	enrol := enrolment{settings: s, db: db, warn: func(format string, args ...any) {
		log.Warn("installing a shop: " + fmt.Sprintf(format, args...))
	}}
	return install.New(install.Options{Links: db, Installer: reconnection{enrol}, Readers: readers, Log: log})
}

// reconnection is enrolment for shops that may be installed already: they get the new credential.
type reconnection struct{ enrolment }

// Install installs a shop, or gives one that is installed another credential. What is known of how its API wants
// to be called goes with the old one.
func (r reconnection) Install(ctx context.Context, platform string, a connectors.Application) (connectors.Installed, error) {
	p, shop, err := r.meet(ctx, platform, a)
	if err != nil {
		return connectors.Installed{}, err
	}
	connected, err := r.add(ctx, shop, nil)
	if rewards.CodeOf(err) == "shop_exists" {
		connected, err = r.renew(ctx, shop)
	}
	if err != nil {
		return connected, err
	}
	r.setUpHooks(ctx, p, connected)
	return connected, nil
}

// renew gives a shop that is installed another credential.
func (r reconnection) renew(ctx context.Context, shop connectors.Shop) (connectors.Installed, error) {
	known, err := r.db.FindShop(ctx, shop.Domain)
	if err != nil {
		return known, err
	}
	if known.Platform != shop.Platform {
		return known, rewards.Errorf(rewards.Conflict, "shop_exists", "%s is installed as a %s shop", shop.Domain, known.Platform)
	}
	token := secret.Text(shop.Token)
	return r.db.UpdateShop(ctx, known.ID, storage.ShopUpdate{Token: &token, Settings: shop.Settings})
}
