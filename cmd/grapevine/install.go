package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/storage"
)

const (
	// probeFor bounds the look at a shop.
	probeFor = 15 * time.Second
	// subscribeFor bounds the setting up of its webhooks: a handful of calls.
	subscribeFor = 60 * time.Second
	// keepFor bounds the storing of what came of that.
	keepFor = 5 * time.Second
	// oldSecrets is how many secrets stay beside a new one that not all webhooks have yet.
	oldSecrets = 4
)

// enrolment installs shops, by command or by an install page.
type enrolment struct {
	settings *settings
	db       *storage.DB
	warn     func(format string, args ...any) // hears what works less well than it could
}

// Install checks what the owner told, asks the shop who it is, so that a wrong token is found now and not with
// the first reward, stores it, and sets up its webhooks where the platform's API allows that. A shop whose
// webhooks could not be set up is installed all the same: it is told, and can be tried again.
//
// Kind Invalid for what was typed wrong, Denied where the shop refuses the token, Conflict shop_exists.
func (e enrolment) Install(ctx context.Context, platform string, a connectors.Application) (connectors.Installed, error) {
	p, shop, err := e.meet(ctx, platform, a)
	if err != nil {
		return connectors.Installed{}, err
	}
	added, err := e.add(ctx, shop, a.WebhookSecrets)
	if err != nil || len(a.WebhookSecrets) > 0 {
		return added, err
	}
	e.setUpHooks(ctx, p, added)
	return added, nil
}

// meet checks what the owner told and asks the shop who it is. Nothing is stored.
func (e enrolment) meet(ctx context.Context, name string, a connectors.Application) (p platform, shop connectors.Shop, err error) {
	if p, err = e.settings.platform(name); err != nil {
		return p, shop, useError{err}
	}
	if shop, err = p.Prepare(a); err != nil {
		return p, shop, useError{err}
	}
	return p, shop, e.probe(ctx, p, &shop)
}

// add stores a shop. Kind Conflict, code shop_exists.
func (e enrolment) add(ctx context.Context, shop connectors.Shop, secrets []string) (connectors.Installed, error) {
	return e.db.AddShop(ctx, storage.NewShop{
		Platform: shop.Platform, Domain: shop.Domain, APIURL: shop.APIURL, Currency: shop.Currency, TimeZone: shop.TimeZone,
		Token: secret.Text(shop.Token), Settings: shop.Settings, Hooks: texts(secrets),
	})
}

// setUpHooks sets up a shop's webhooks, and tells where that did not work.
func (e enrolment) setUpHooks(ctx context.Context, p platform, installed connectors.Installed) {
	if _, err := e.subscribe(ctx, p, installed); err != nil {
		e.warn("the webhooks of %s are not set up (%v); mend that, then run `grapevine shop subscribe %s`", installed.Domain, err, installed.ID)
	}
}

// probe fills in what the shop tells of itself. A shop that does not answer now can still be added when its
// domain and currency are known; one that refuses the token cannot.
func (e enrolment) probe(ctx context.Context, p platform, shop *connectors.Shop) error {
	ctx, cancel := context.WithTimeout(ctx, probeFor)
	defer cancel()
	found, err := p.Probe(ctx, *shop)
	name := shop.Domain
	if name == "" {
		name = shop.Platform
	}
	switch {
	case err == nil:
		return e.fill(shop, found)
	case refuses(err):
		return fmt.Errorf("%s refuses the token: %w", name, err)
	case shop.Domain == "":
		return fmt.Errorf("%s did not answer, so it is not known which shop this is; give --domain to add it all the same: %w", name, err)
	case shop.Currency == "":
		return fmt.Errorf("%s did not answer, so its currency is not known; give --currency to add it all the same: %w", name, err)
	}
	e.warn("%s did not answer (%s); `grapevine doctor` checks it later", name, rewards.CodeOf(err))
	return nil
}

// refuses tells whether a shop said no to a credential, and did not only fail to answer.
func refuses(err error) bool {
	kind := rewards.KindOf(err)
	return kind == rewards.Denied || kind == rewards.Invalid
}

// fill takes over what a shop told of itself.
func (e enrolment) fill(shop *connectors.Shop, found connectors.Profile) error {
	if shop.Currency != "" && found.Currency != "" && shop.Currency != found.Currency {
		return misuse("--currency %s: the shop says its currency is %s", shop.Currency, found.Currency)
	}
	for field, told := range map[*string]string{&shop.Currency: found.Currency, &shop.TimeZone: found.TimeZone} {
		if told != "" {
			*field = told
		}
	}
	if shop.Domain == "" {
		shop.Domain = found.Domain
	}
	switch {
	case found.Domain != "" && found.Domain != shop.Domain: // its webhooks and orders go by its own name
		return misuse("the token is for %s, and not for %s", found.Domain, shop.Domain)
	case shop.Domain == "":
		return misuse("the shop does not tell who it is; give --domain")
	case shop.Currency == "":
		return misuse("%s does not tell its currency; give --currency", shop.Domain)
	}
	if found.Settings != nil {
		shop.Settings = found.Settings
	}
	for _, missing := range found.Missing {
		e.warn("the token lacks the permission %s; see docs/connectors/%s.md", missing, shop.Platform)
	}
	return nil
}

// subscribe sets up a shop's webhooks and keeps what is to be kept. Nothing is done where the platform's are
// set up elsewhere.
func (e enrolment) subscribe(ctx context.Context, p platform, installed connectors.Installed) (connectors.Subscription, error) {
	s, ok := p.(subscriber)
	if !ok {
		return connectors.Subscription{}, nil
	}
	if installed.Status == storage.ShopUninstalled {
		return connectors.Subscription{}, rewards.Errorf(rewards.Conflict, "shop_uninstalled", "%s has left: add it again", installed.Domain)
	}
	address := e.settings.hooksAddress(p.Capabilities(), installed)
	if address == "" {
		return connectors.Subscription{}, misuse("GRAPEVINE_PUBLIC_URL is not set, and the shop has to know where to send its webhooks")
	}
	shop, err := e.db.CallableShop(ctx, installed.ID)
	if err != nil {
		return connectors.Subscription{}, err
	}
	within, cancel := context.WithTimeout(ctx, subscribeFor)
	defer cancel()
	made, err := s.Subscribe(within, shop, address)
	return made, errors.Join(err, e.keepHooks(ctx, installed, made, err != nil))
}

// keepHooks stores what came of setting up webhooks, also of one that failed or was cut short: some of them may
// be signed with a new secret already, the others still with an old one.
func (e enrolment) keepHooks(ctx context.Context, installed connectors.Installed, made connectors.Subscription, partly bool) error {
	if len(made.Secrets) == 0 && len(made.Settings) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepFor)
	defer cancel()
	secrets := made.Secrets
	if partly && len(secrets) > 0 {
		door, err := e.db.Door(ctx, installed.Platform, installed.ID)
		if err != nil {
			return err
		}
		secrets = slices.Concat(secrets, door.Secrets[:min(len(door.Secrets), oldSecrets)])
	}
	_, err := e.db.UpdateShop(ctx, installed.ID, storage.ShopUpdate{Settings: made.Settings, Hooks: texts(secrets)})
	return err
}

// hooksAddress is where a shop sends its webhooks; "" while the public address is not known.
func (s *settings) hooksAddress(can connectors.Capabilities, shop connectors.Installed) string {
	switch {
	case s.PublicURL == "":
		return ""
	case can.OwnDoor:
		return strings.TrimRight(s.PublicURL, "/") + "/webhooks/" + shop.Platform + "/" + shop.ID
	}
	return strings.TrimRight(s.PublicURL, "/") + "/webhooks/" + shop.Platform
}

// texts hides secrets; nil stays nil.
func texts(plain []string) (out []secret.Text) {
	for _, p := range plain {
		out = append(out, secret.Text(p))
	}
	return out
}
