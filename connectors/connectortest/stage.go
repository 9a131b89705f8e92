package connectortest

import (
	"cmp"
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/simshop"
)

// stage is a simulated shop with a connector that may call it, by way of a faultline.
type stage struct {
	Connector
	tb      testing.TB
	f       Fixture
	sim     simshop.Shop
	install simshop.Install
	line    *faultline
	shop    connectors.Shop
	door    *connectors.Door // nil where the platform has none for each shop
}

// hooks is where webhooks of a stage without a door would go.
const hooks = "http://127.0.0.1:9/webhooks/"

// start starts a simulated shop whose webhooks are kept back.
func (f Fixture) start(tb testing.TB, o simshop.Options) simshop.Shop {
	tb.Helper()
	o.HoldPost = true
	if o.Seed == 0 {
		o.Seed = 7
	}
	if o.Hooks == "" {
		o.Hooks = hooks + "any"
	}
	sim, err := f.Start(o)
	if err != nil {
		tb.Fatalf("starting the simulated shop: %v", err)
	}
	tb.Cleanup(func() {
		if err := sim.Close(); err != nil {
			tb.Errorf("closing the simulated shop: %v", err)
		}
	})
	return sim
}

// unsubscribed is a stage whose webhooks are still to be made, where they are made through the API.
func (f Fixture) unsubscribed(tb testing.TB, options ...simshop.Options) *stage {
	tb.Helper()
	var o simshop.Options
	if len(options) > 0 {
		o = options[0]
	}
	s := &stage{tb: tb, f: f, sim: f.start(tb, o)}
	s.install = s.sim.Install()
	s.line = newFaultline(tb, s.install.APIURL, f.Writes)
	s.Connector = f.connector(tb, s.install.Settings, o.Now)
	s.shop = s.installed(s.Connector, s.line.URL)
	s.door = s.guarded(s.install.WebhookSecrets)
	return s
}

// open sets a stage: a new shop, installed as the program installs it, webhooks and all.
func (f Fixture) open(tb testing.TB, options ...simshop.Options) *stage {
	tb.Helper()
	s := f.unsubscribed(tb, options...)
	if sub, ok := s.Connector.(Subscriber); ok {
		got, err := sub.Subscribe(tb.Context(), s.shop, hooks+s.Name()+"/shop_1")
		if err != nil {
			tb.Fatalf("subscribing: %v", err)
		}
		maps.Copy(s.shop.Settings, got.Settings)
		if got.Secrets != nil {
			s.door.Secrets = got.Secrets
		}
	}
	if !s.Capabilities().OwnDoor {
		s.door = nil
	}
	s.line.mend()
	return s
}

// guarded is the shop's own door with these secrets.
func (s *stage) guarded(secrets []string) *connectors.Door {
	return &connectors.Door{ShopID: s.shop.ID, Domain: s.shop.Domain, Secrets: secrets, Settings: s.shop.Settings}
}

// connector opens a connector with these settings.
func (f Fixture) connector(tb testing.TB, settings map[string]string, now func() time.Time) Connector {
	tb.Helper()
	c, err := f.Open(connectors.Environment{
		Setting: func(name string) (string, error) { return settings[name], nil }, AllowLoopback: true, Now: now,
	})
	if err != nil {
		tb.Fatalf("opening the connector: %v", err)
	}
	return c
}

// installed prepares and probes the shop as its owner would have it done.
func (s *stage) installed(c Connector, apiURL string) connectors.Shop {
	s.tb.Helper()
	shop, err := c.Prepare(connectors.Application{
		Domain: s.install.Domain, Token: s.install.Token, APIURL: apiURL, Currency: s.install.Currency,
		Account: s.install.Account, WebhookSecrets: s.install.WebhookSecrets,
	})
	if err != nil {
		s.tb.Fatalf("preparing the shop: %v", err)
	}
	p, err := c.Probe(s.tb.Context(), shop)
	if err != nil {
		s.tb.Fatalf("probing the shop: %v", err)
	}
	shop.ID = "shop_1"
	shop.Domain = cmp.Or(shop.Domain, p.Domain)
	shop.Currency = cmp.Or(p.Currency, shop.Currency)
	shop.TimeZone = cmp.Or(p.TimeZone, shop.TimeZone)
	if shop.Settings == nil {
		shop.Settings = map[string]string{}
	}
	maps.Copy(shop.Settings, p.Settings)
	return shop
}

// no ends the test on an error.
func (s *stage) no(doing string, err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Fatalf("%s: %v", doing, err)
	}
}

// ctx is the test's.
func (s *stage) ctx() context.Context { return s.tb.Context() }

// customer makes an account in the shop.
func (s *stage) customer(name string) string {
	s.tb.Helper()
	id, err := s.sim.AddCustomer(buyer(name))
	s.no("adding a customer", err)
	return id
}

// buyer is a person of this name.
func buyer(name string) simshop.Buyer {
	return simshop.Buyer{Email: name + "@example.com", FirstName: name, Surname: "Example"}
}

// place places an order that is paid.
func (s *stage) place(b simshop.Basket) simshop.Sold {
	s.tb.Helper()
	sold, err := s.sim.Place(b)
	s.no("placing an order", err)
	return sold
}

// teapot is a basket of one line of 80.00.
func teapot(by string) simshop.Basket {
	return simshop.Basket{Buyer: buyer(by), Goods: []simshop.Goods{{Title: "Teapot", Price: "80.00"}}}
}

// codes are the vault's, by code in upper case: platforms differ in how they spell one.
func (s *stage) codes() map[string]simshop.Code {
	s.tb.Helper()
	list, err := s.sim.Codes()
	s.no("looking at the codes", err)
	out := map[string]simshop.Code{}
	for _, c := range list {
		key := fold(c.Code)
		if _, twice := out[key]; twice {
			s.tb.Errorf("the shop has the code %s twice", c.Code)
		}
		out[key] = c
	}
	return out
}

// fold writes a code as all platforms compare it.
func fold(code string) string { return strings.ToUpper(code) }
