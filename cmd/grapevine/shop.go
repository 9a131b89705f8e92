package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/storage"
)

// shopCmd adds and looks after shops.
type shopCmd struct {
	Add    shopAddCmd    `cmd:"" help:"Add a shop."`
	List   shopListCmd   `cmd:"" help:"List the shops."`
	Show   shopShowCmd   `cmd:"" help:"Show one shop."`
	Update shopUpdateCmd `cmd:"" help:"Give a shop a new token or address; sets a parked shop going."`
	Pause  shopPauseCmd  `cmd:"" help:"Stop calling a shop; its webhooks are still stored."`
	Resume shopResumeCmd `cmd:"" help:"Set a paused or parked shop going."`
	Remove shopRemoveCmd `cmd:"" help:"Remove a shop: its token is wiped, its books are kept."`
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
}

func viewShop(s connectors.Installed) shopView {
	return shopView{ID: s.ID, Platform: s.Platform, Domain: s.Domain, Currency: s.Currency, Status: s.Status, Reason: s.Reason, Since: when(s.Since)}
}

// printShop prints one shop.
func printShop(io streams, asJSON bool, s connectors.Installed) error {
	v := viewShop(s)
	if asJSON {
		return io.asJSON(v)
	}
	status := v.Status
	if v.Reason != "" {
		status += " (" + v.Reason + ")"
	}
	_, err := fmt.Fprintf(io.out, "%s\n  platform  %s\n  domain    %s\n  currency  %s\n  status    %s since %s\n", v.ID, v.Platform, v.Domain, v.Currency, status, v.Since)
	if hint := mend(v.Reason); err == nil && hint != "" {
		_, err = fmt.Fprintf(io.out, "  to do     %s\n", hint)
	}
	return err
}

// shopAddCmd installs a shop whose token the owner made by hand (a custom app).
type shopAddCmd struct {
	Platform    string `enum:"shopify" default:"shopify" help:"shopify"`
	Domain      string `required:"" placeholder:"HOST" help:"your-shop.myshopify.com"`
	AccessToken string `required:"" placeholder:"TOKEN" help:"Admin API access token; @FILE reads it from a file, - from standard input."`
	APIURL      string `name:"api-url" placeholder:"URL" help:"Scheme and host to call instead of the shop's own; only with GRAPEVINE_ALLOW_LOOPBACK_SHOPS."`
	Currency    string `placeholder:"USD" help:"The shop's currency; asked from the shop if left out."`
	JSON        bool   `help:"Print JSON."`
}

// probeFor bounds the look at a new shop.
const probeFor = 15 * time.Second

// Run asks the shop who it is, so that a wrong token is found now and not with the first reward.
func (c *shopAddCmd) Run(ctx context.Context, s *settings, io streams) error {
	token, err := readSecret(c.AccessToken)
	if err != nil {
		return err
	}
	platform, err := s.shopify(quiet())
	if err != nil {
		return err
	}
	domain, err := shopify.Domain(c.Domain)
	if err != nil {
		return useError{err}
	}
	if c.APIURL != "" {
		if err := platform.CheckAPIURL(c.APIURL); err != nil {
			return useError{err}
		}
	}
	shop := connectors.Shop{Platform: c.Platform, Domain: domain, APIURL: strings.TrimRight(c.APIURL, "/"), Currency: strings.ToUpper(c.Currency), TimeZone: "UTC", Token: token}
	if err := c.probe(ctx, platform, &shop, io); err != nil {
		return err
	}
	return s.with(ctx, func(db *storage.DB) error {
		added, err := db.AddShop(ctx, storage.NewShop{
			Platform: shop.Platform, Domain: shop.Domain, APIURL: shop.APIURL, Currency: shop.Currency, TimeZone: shop.TimeZone, Token: secret.Text(shop.Token),
		})
		if err != nil {
			return err
		}
		return printShop(io, c.JSON, added)
	})
}

// probe fills in what the shop tells of itself. A shop that does not answer now can still be added when
// its currency is given; one that refuses the token cannot.
func (c *shopAddCmd) probe(ctx context.Context, platform *shopify.Shopify, shop *connectors.Shop, io streams) error {
	ctx, cancel := context.WithTimeout(ctx, probeFor)
	defer cancel()
	found, err := platform.Probe(ctx, *shop)
	switch {
	case err == nil:
		if shop.Currency != "" && found.Currency != "" && shop.Currency != found.Currency {
			return misuse("--currency %s: the shop says its currency is %s", shop.Currency, found.Currency)
		}
		if found.Currency != "" {
			shop.Currency = found.Currency
		}
		if found.TimeZone != "" {
			shop.TimeZone = found.TimeZone
		}
		for _, missing := range found.Missing {
			fmt.Fprintf(io.err, "warning: the token lacks the scope %s; see docs/connectors/shopify.md\n", missing)
		}
		return nil
	case rewards.KindOf(err) == rewards.Denied:
		return fmt.Errorf("%s refuses the token: %w", shop.Domain, err)
	case shop.Currency == "":
		return fmt.Errorf("%s did not answer, so its currency is not known; give --currency to add it all the same: %w", shop.Domain, err)
	}
	fmt.Fprintf(io.err, "warning: %s did not answer (%s); `grapevine doctor` checks it later\n", shop.Domain, rewards.CodeOf(err))
	return nil
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
			views[i] = viewShop(sh)
		}
		return list(io, c.JSON, views, "No shop yet: `grapevine shop add` adds one.", "ID DOMAIN CURRENCY STATUS REASON SINCE", func(v shopView) []string {
			return []string{v.ID, v.Domain, v.Currency, v.Status, v.Reason, v.Since}
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
		return printShop(io, c.JSON, shop)
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

// shopUpdateCmd changes how a shop is called.
type shopUpdateCmd struct {
	oneShop     `embed:""`
	AccessToken string `placeholder:"TOKEN" help:"New Admin API access token; @FILE or - as in add."`
	APIURL      string `name:"api-url" placeholder:"URL" help:"New scheme and host to call; only with GRAPEVINE_ALLOW_LOOPBACK_SHOPS."`
}

// Run stores what was given; a new token sets a parked shop going.
func (c *shopUpdateCmd) Run(ctx context.Context, s *settings, io streams) error {
	if c.AccessToken == "" && c.APIURL == "" {
		return misuse("nothing to update: give --access-token or --api-url")
	}
	platform, err := s.shopify(quiet())
	if err != nil {
		return err
	}
	var u storage.ShopUpdate
	if c.AccessToken != "" {
		token, err := readSecret(c.AccessToken)
		if err != nil {
			return err
		}
		u.Token = (*secret.Text)(&token)
	}
	if c.APIURL != "" {
		if err := platform.CheckAPIURL(c.APIURL); err != nil {
			return useError{err}
		}
		url := strings.TrimRight(c.APIURL, "/")
		u.APIURL = &url
	}
	return c.on(ctx, s, io, func(db *storage.DB) (connectors.Installed, error) {
		if u.Token != nil {
			if err := tryToken(ctx, db, platform, c.ID, u, io); err != nil {
				return connectors.Installed{}, err
			}
		}
		return db.UpdateShop(ctx, c.ID, u)
	})
}

// tryToken refuses a token that the shop refuses. A shop that does not answer now gets it all the same.
func tryToken(ctx context.Context, db *storage.DB, platform *shopify.Shopify, id string, u storage.ShopUpdate, io streams) error {
	shop, err := db.CallableShop(ctx, id)
	if rewards.CodeOf(err) == "token_unreadable" { // the old one; the new one is what counts
		return nil
	}
	if err != nil {
		return err
	}
	shop.Token = u.Token.Reveal()
	if u.APIURL != nil {
		shop.APIURL = *u.APIURL
	}
	ctx, cancel := context.WithTimeout(ctx, probeFor)
	defer cancel()
	_, err = platform.Probe(ctx, shop)
	switch {
	case rewards.KindOf(err) == rewards.Denied:
		return fmt.Errorf("%s refuses the token, so nothing was changed: %w", shop.Domain, err)
	case err != nil:
		fmt.Fprintf(io.err, "warning: %s did not answer (%s); the token is stored untried\n", shop.Domain, rewards.CodeOf(err))
	}
	return nil
}
