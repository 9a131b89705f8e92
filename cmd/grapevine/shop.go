package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/storage"
)

// shopCmd adds and looks after shops.
type shopCmd struct {
	Add     shopAddCmd     `cmd:"" help:"Add a shop."`
	Connect shopConnectCmd `cmd:"" help:"Print a link by which a shop's owner connects it, where the platform has that."`
	List    shopListCmd    `cmd:"" help:"List the shops."`
	Show    shopShowCmd    `cmd:"" help:"Show one shop."`
	Update  shopUpdateCmd  `cmd:"" help:"Give a shop a new token or address; sets a parked shop going."`
	Pause   shopPauseCmd   `cmd:"" help:"Stop calling a shop; its webhooks are still stored."`
	Resume  shopResumeCmd  `cmd:"" help:"Set a paused or parked shop going."`
	Remove  shopRemoveCmd  `cmd:"" help:"Remove a shop: its token is wiped, its books are kept."`

	Subscribe shopSubscribeCmd `cmd:"" help:"Set up a shop's webhooks, or see to it that they are as they should be."`
}

// shopView is a shop as commands print it, in the API's words.
type shopView struct {
	ID       string `json:"id"`
	Platform string `json:"platform"`
	Domain   string `json:"domain"`
	Currency string `json:"currency"`
	Status   string `json:"status"`
	Reason   string `json:"reason"`
	Since    string `json:"since"`
	// Webhooks is where the shop sends them; "" while the public address is not set.
	Webhooks string `json:"webhooks"`
	Group    string `json:"group,omitempty"` // the group of shops that it belongs to
}

func (s *settings) viewShop(sh connectors.Installed) shopView {
	v := shopView{ID: sh.ID, Platform: sh.Platform, Domain: sh.Domain, Currency: sh.Currency, Status: sh.Status, Reason: sh.Reason, Since: when(sh.Since)}
	if p, err := s.platform(sh.Platform); err == nil {
		v.Webhooks = s.hooksAddress(p.Capabilities(), sh)
	}
	return v
}

// printShop prints one shop.
func (s *settings) printShop(ctx context.Context, db *storage.DB, io streams, asJSON bool, shop connectors.Installed) error {
	v := s.viewShop(shop)
	group, err := db.GroupOf(ctx, shop.ID)
	if err != nil && rewards.CodeOf(err) != "not_grouped" {
		return err
	}
	v.Group = group.ID
	if asJSON {
		return io.asJSON(v)
	}
	status := v.Status
	if v.Reason != "" {
		status += " (" + v.Reason + ")"
	}
	_, err = fmt.Fprintf(io.out, "%s\n  platform  %s\n  domain    %s\n  currency  %s\n  status    %s since %s\n", v.ID, v.Platform, v.Domain, v.Currency, status, v.Since)
	if v.Webhooks != "" && err == nil {
		_, err = fmt.Fprintf(io.out, "  webhooks  %s\n", v.Webhooks)
	}
	if v.Group != "" && err == nil {
		_, err = fmt.Fprintf(io.out, "  group     %s  %s\n", v.Group, group.Name)
	}
	if hint := mend(v.Reason); err == nil && hint != "" {
		_, err = fmt.Fprintf(io.out, "  to do     %s\n", hint)
	}
	return err
}

// shopAddCmd installs a shop whose credential the owner made by hand.
type shopAddCmd struct {
	Platform      string   `enum:"${platforms}" default:"${platform}" help:"One of ${platforms}."`
	Domain        string   `placeholder:"HOST" help:"The shop: demo.myshopify.com, shop.example.com; found out for Stripe."`
	AccessToken   string   `required:"" placeholder:"TOKEN" help:"Credential for the shop's API: shpat_…, rk_live_…, ck_…:cs_…; @FILE reads it from a file, - from standard input."`
	Account       string   `placeholder:"ID" help:"The account to call, where one credential serves many (Stripe Connect: acct_…)."`
	WebhookSecret []string `placeholder:"SECRET" sep:"none" help:"Secret of webhooks that you set up by hand, newest first; @FILE as above. Without it they are set up where the platform's API allows."`
	APIURL        string   `name:"api-url" placeholder:"URL" help:"Scheme and host to call instead of the shop's own; only with GRAPEVINE_ALLOW_LOOPBACK_SHOPS."`
	Currency      string   `placeholder:"USD" help:"The shop's currency; asked from the shop if left out."`
	JSON          bool     `help:"Print JSON."`
}

// Run installs the shop and prints it.
func (c *shopAddCmd) Run(ctx context.Context, s *settings, io streams) error {
	a := connectors.Application{Domain: c.Domain, APIURL: c.APIURL, Currency: strings.ToUpper(c.Currency), Account: c.Account}
	var err error
	if a.Token, err = readSecret(c.AccessToken); err != nil {
		return err
	}
	if a.WebhookSecrets, err = readSecrets(c.WebhookSecret); err != nil {
		return err
	}
	return s.with(ctx, func(db *storage.DB) error {
		added, err := enrolment{settings: s, db: db, warn: io.warn}.Install(ctx, c.Platform, a)
		if err != nil {
			return err
		}
		return s.printShop(ctx, db, io, c.JSON, added)
	})
}

// warn tells a person what works less well than it could.
func (io streams) warn(format string, args ...any) {
	fmt.Fprintf(io.err, "warning: "+format+"\n", args...)
}

// readSecrets reads each of some secrets.
func readSecrets(values []string) (secrets []string, err error) {
	for _, v := range values {
		plain, err := readSecret(v)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, plain)
	}
	return secrets, nil
}

// readSecret takes a secret as it is, from @FILE, or from standard input for "-".
func readSecret(v string) (string, error) {
	var b []byte
	var err error
	switch {
	case v == "-":
		b, err = io.ReadAll(io.LimitReader(os.Stdin, 64<<10))
	case strings.HasPrefix(v, "@"):
		b, err = os.ReadFile(v[1:])
	default:
		return v, nil
	}
	if err != nil {
		return "", misuse("reading the token: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// shopListCmd lists the shops.
type shopListCmd struct {
	JSON bool `help:"Print JSON."`
}

// Run prints one line a shop.
func (c *shopListCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		shops, err := db.Shops(ctx)
		if err != nil {
			return err
		}
		views := make([]shopView, len(shops))
		for i, sh := range shops {
			views[i] = s.viewShop(sh)
		}
		return list(io, c.JSON, views, "No shop yet: `grapevine shop add` adds one.", "ID PLATFORM DOMAIN CURRENCY STATUS REASON SINCE", func(v shopView) []string {
			return []string{v.ID, v.Platform, v.Domain, v.Currency, v.Status, v.Reason, v.Since}
		})
	})
}

// oneShop is what the commands on a shop itself take.
type oneShop struct {
	ID   string `arg:"" help:"The shop's id, shop_…"`
	JSON bool   `help:"Print JSON."`
}

// on does something to the shop and prints it.
func (c *oneShop) on(ctx context.Context, s *settings, io streams, do func(db *storage.DB) (connectors.Installed, error)) error {
	return s.with(ctx, func(db *storage.DB) error {
		shop, err := do(db)
		if err != nil {
			return err
		}
		return s.printShop(ctx, db, io, c.JSON, shop)
	})
}

// shopShowCmd shows one shop.
type shopShowCmd struct {
	oneShop `embed:""`
}

// Run prints the shop.
func (c *shopShowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return c.on(ctx, s, io, func(db *storage.DB) (connectors.Installed, error) { return db.Shop(ctx, c.ID) })
}

// shopPauseCmd stops calling a shop.
type shopPauseCmd struct {
	oneShop `embed:""`
}

// Run pauses the shop.
func (c *shopPauseCmd) Run(ctx context.Context, s *settings, io streams) error {
	return c.on(ctx, s, io, func(db *storage.DB) (connectors.Installed, error) { return db.PauseShop(ctx, c.ID) })
}

// shopResumeCmd sets a shop going.
type shopResumeCmd struct {
	oneShop `embed:""`
}

// Run resumes the shop.
func (c *shopResumeCmd) Run(ctx context.Context, s *settings, io streams) error {
	return c.on(ctx, s, io, func(db *storage.DB) (connectors.Installed, error) { return db.ResumeShop(ctx, c.ID) })
}

// shopRemoveCmd removes a shop.
type shopRemoveCmd struct {
	oneShop `embed:""`
}

// Run removes the shop.
func (c *shopRemoveCmd) Run(ctx context.Context, s *settings, io streams) error {
	return c.on(ctx, s, io, func(db *storage.DB) (connectors.Installed, error) { return db.RemoveShop(ctx, c.ID) })
}
