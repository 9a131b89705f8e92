package main

import (
	"context"
	"fmt"
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
	p, err := e.settings.platform(platform)
	if err != nil {
		return connectors.Installed{}, useError{err}
	}
	shop, err := p.Prepare(a)
	if err != nil {
		return connectors.Installed{}, useError{err}
	}
	if err := e.probe(ctx, p, &shop); err != nil {
		return connectors.Installed{}, err
	}
	added, err := e.db.AddShop(ctx, storage.NewShop{
		Platform: platform, Domain: shop.Domain, APIURL: shop.APIURL, Currency: shop.Currency, TimeZone: shop.TimeZone,
		Token: secret.Text(shop.Token), Settings: shop.Settings, Hooks: texts(a.WebhookSecrets),
	})
	if err != nil {
		return added, err
	}
	if len(a.WebhookSecrets) == 0 {
		if _, err := e.subscribe(ctx, p, added); err != nil {
			e.warn("its webhooks are not set up (%v); mend that, then run `grapevine shop subscribe %s`", err, added.ID)
		}
	}
	return added, nil
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
	case rewards.KindOf(err) == rewards.Denied:
		return fmt.Errorf("%s refuses the token: %w", name, err)
	case shop.Domain == "":
		return fmt.Errorf("%s did not answer, so it is not known which shop this is; give --domain to add it all the same: %w", name, err)
	case shop.Currency == "":
		return fmt.Errorf("%s did not answer, so its currency is not known; give --currency to add it all the same: %w", name, err)
	}
	e.warn("%s did not answer (%s); `grapevine doctor` checks it later", name, rewards.CodeOf(err))
	return nil
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
	case shop.Domain == "":
		return misuse("the shop does not tell who it is; give --domain")
	case shop.Currency == "":
		return misuse("%s does not tell its currency; give --currency", shop.Domain)
	}
	for key, value := range found.Settings {
		if shop.Settings == nil {
			shop.Settings = map[string]string{}
		}
		shop.Settings[key] = value
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
	address := e.settings.hooksAddress(p.Capabilities(), installed)
	if address == "" {
		return connectors.Subscription{}, misuse("GRAPEVINE_PUBLIC_URL is not set, and the shop has to know where to send its webhooks")
	}
	shop, err := e.db.CallableShop(ctx, installed.ID)
	if err != nil {
		return connectors.Subscription{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, subscribeFor)
	defer cancel()
	made, err := s.Subscribe(ctx, shop, address)
	if err != nil {
		return made, err
	}
	_, err = e.db.UpdateShop(ctx, installed.ID, storage.ShopUpdate{Settings: made.Settings, Hooks: texts(made.Secrets)})
	return made, err
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
