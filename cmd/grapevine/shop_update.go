package main

import (
	"context"
	"fmt"
	"strings"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/storage"
)

// shopUpdateCmd changes how a shop is called.
type shopUpdateCmd struct {
	oneShop       `embed:""`
	AccessToken   string   `placeholder:"TOKEN" help:"New credential for the shop's API; @FILE or - as in add."`
	WebhookSecret []string `placeholder:"SECRET" sep:"none" help:"New secrets of its webhooks, newest first; @FILE as in add. Give the old one too while it is still in use."`
	APIURL        string   `name:"api-url" placeholder:"URL" help:"New scheme and host to call; only with GRAPEVINE_ALLOW_LOOPBACK_SHOPS."`
}

// Run stores what was given; a new token sets a parked shop going.
func (c *shopUpdateCmd) Run(ctx context.Context, s *settings, io streams) error {
	if c.AccessToken == "" && c.APIURL == "" && len(c.WebhookSecret) == 0 {
		return misuse("nothing to update: give --access-token, --webhook-secret or --api-url")
	}
	return c.on(ctx, s, io, func(db *storage.DB) (connectors.Installed, error) {
		shop, err := db.Shop(ctx, c.ID)
		if err != nil {
			return shop, err
		}
		p, err := s.platform(shop.Platform)
		if err != nil {
			return shop, err
		}
		u, err := c.update(p)
		if err != nil {
			return shop, err
		}
		if u.Token != nil {
			if u.Settings, err = tryToken(ctx, db, p, c.ID, u, io); err != nil {
				return shop, err
			}
		}
		return db.UpdateShop(ctx, c.ID, u)
	})
}

// update reads and checks what was given.
func (c *shopUpdateCmd) update(p platform) (u storage.ShopUpdate, err error) {
	if c.AccessToken != "" {
		token, err := readSecret(c.AccessToken)
		if err != nil {
			return u, err
		}
		u.Token = (*secret.Text)(&token)
	}
	secrets, err := readSecrets(c.WebhookSecret)
	if err != nil {
		return u, err
	}
	u.Hooks = texts(secrets)
	if c.APIURL != "" {
		if err := p.CheckAPIURL(c.APIURL); err != nil {
			return u, useError{err}
		}
		url := strings.TrimRight(c.APIURL, "/")
		u.APIURL = &url
	}
	return u, nil
}

// tryToken refuses a token that the shop refuses, and returns what the shop is to be known by from now on. A
// shop that does not answer now gets it all the same.
func tryToken(ctx context.Context, db *storage.DB, p platform, id string, u storage.ShopUpdate, io streams) (map[string]string, error) {
	shop, err := db.CallableShop(ctx, id)
	if err != nil && rewards.CodeOf(err) != "token_unreadable" { // the old one; the new one is what counts
		return nil, err
	}
	shop.Token = u.Token.Reveal()
	if u.APIURL != nil {
		shop.APIURL = *u.APIURL
	}
	ctx, cancel := context.WithTimeout(ctx, probeFor)
	defer cancel()
	found, err := p.Probe(ctx, shop)
	switch {
	case refuses(err):
		return nil, fmt.Errorf("%s refuses the token, so nothing was changed: %w", shop.Domain, err)
	case err != nil:
		io.warn("%s did not answer (%s); the token is stored untried", shop.Domain, rewards.CodeOf(err))
	case found.Domain != "" && found.Domain != shop.Domain:
		return nil, misuse("the token is for %s, and the shop is %s, so nothing was changed", found.Domain, shop.Domain)
	}
	for _, missing := range found.Missing {
		io.warn("the token lacks the permission %s; see docs/connectors/%s.md", missing, shop.Platform)
	}
	return found.Settings, nil
}

// shopSubscribeCmd sets up webhooks.
type shopSubscribeCmd struct {
	ID   string `arg:"" help:"The shop's id, shop_…"`
	JSON bool   `help:"Print JSON."`
}

// subscribed is what became of a shop's webhooks, as the command prints it.
type subscribed struct {
	Webhooks string   `json:"webhooks"` // where they go
	Made     []string `json:"made"`
	Mended   []string `json:"mended"`
}

// Run sets them up; run again it changes nothing.
func (c *shopSubscribeCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		shop, err := db.Shop(ctx, c.ID)
		if err != nil {
			return err
		}
		p, err := s.platform(shop.Platform)
		if err != nil {
			return err
		}
		if _, ok := p.(subscriber); !ok {
			return misuse("webhooks of %s shops are set up there, not here: see docs/connectors/%s.md", shop.Platform, shop.Platform)
		}
		done, err := enrolment{settings: s, db: db, warn: io.warn}.subscribe(ctx, p, shop)
		if err != nil {
			return err
		}
		v := subscribed{Webhooks: s.hooksAddress(p.Capabilities(), shop), Made: append([]string{}, done.Made...), Mended: append([]string{}, done.Mended...)}
		if c.JSON {
			return io.asJSON(v)
		}
		if len(v.Made)+len(v.Mended) == 0 {
			_, err := fmt.Fprintf(io.out, "The webhooks of %s are as they should be; they go to %s\n", shop.Domain, v.Webhooks)
			return err
		}
		_, err = fmt.Fprintf(io.out, "Webhooks of %s go to %s\n  made    %s\n  mended  %s\n", shop.Domain, v.Webhooks, orNone(v.Made), orNone(v.Mended))
		return err
	})
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
