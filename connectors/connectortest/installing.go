package connectortest

import (
	"slices"
	"testing"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// installing installs shops, rightly and wrongly.
func installing(tb testing.TB, f Fixture) {
	run(tb, "a shop is prepared without a call, and probed without a change", func(tb testing.TB) {
		s := f.open(tb)
		a := s.application()
		shop, err := s.Prepare(a)
		s.no("preparing", err)
		if len(s.line.passed()) > 0 {
			tb.Errorf("preparing a shop calls it: %v", s.line.passed())
		}
		if shop.Platform != s.Name() || shop.Token != a.Token || shop.APIURL != a.APIURL {
			tb.Errorf("the shop is on %q at %q", shop.Platform, shop.APIURL)
		}
		p, err := s.Probe(s.ctx(), s.shop)
		s.no("probing", err)
		if slices.ContainsFunc(s.line.passed(), func(c call) bool { return c.write }) {
			tb.Error("a look at a shop writes")
		}
		if len(p.Missing) > 0 || p.Currency != "" && p.Currency != s.install.Currency {
			tb.Errorf("a token that may do everything lacks %v; the currency is %q", p.Missing, p.Currency)
		}
	})
	run(tb, "what cannot be a shop is refused", func(tb testing.TB) {
		s := f.open(tb)
		for name, change := range map[string]func(*connectors.Application){
			"no token":              func(a *connectors.Application) { a.Token = "" },
			"a blank token":         func(a *connectors.Application) { a.Token = " \n" },
			"an address elsewhere":  func(a *connectors.Application) { a.APIURL = "http://10.0.0.1:80" },
			"an address of no kind": func(a *connectors.Application) { a.APIURL = "::" },
		} {
			a := s.application()
			change(&a)
			if _, err := s.Prepare(a); rewards.KindOf(err) != rewards.Invalid && rewards.KindOf(err) != rewards.Denied {
				tb.Errorf("%s: got %v", name, err)
			}
		}
	})
	run(tb, "the settings are said to be well where they are, and not where there are none", func(tb testing.TB) { settings(tb, f) })
	if _, ok := f.open(tb).Connector.(Subscriber); ok {
		subscribing(tb, f)
	}
	if _, ok := f.open(tb).Connector.(webhooks.HookKeeper); ok {
		run(tb, "webhooks that are as they should be are left alone", func(tb testing.TB) {
			s := f.open(tb)
			mended, err := s.Connector.(webhooks.HookKeeper).KeepHooks(s.ctx(), s.shop)
			s.no("keeping the webhooks", err)
			if len(mended) > 0 || slices.ContainsFunc(s.line.passed(), func(c call) bool { return c.write }) {
				tb.Errorf("mended: %v", mended)
			}
		})
	}
}

// settings has the connector say what is to be said of its settings.
func settings(tb testing.TB, f Fixture) {
	s := f.open(tb)
	if f.Signing.Setting == "" {
		return
	}
	well := func(c Connector) bool {
		return !slices.ContainsFunc(c.Examine(), func(x connectors.Finding) bool { return !x.OK })
	}
	if !well(f.connector(tb, map[string]string{f.Signing.Setting: newSecret}, nil)) {
		tb.Errorf("with a secret: %+v", s.Examine())
	}
	if bare := f.connector(tb, nil, nil); well(bare) && !bare.Capabilities().OwnDoor {
		tb.Errorf("without a secret every webhook is refused, and nothing is said: %+v", bare.Examine())
	}
}

// application is what the shop's owner would tell.
func (s *stage) application() connectors.Application {
	return connectors.Application{
		Domain: s.install.Domain, Token: s.install.Token, APIURL: s.line.URL, Currency: s.install.Currency,
		Account: s.install.Account, WebhookSecrets: s.install.WebhookSecrets,
	}
}

// subscribe has the shop's webhooks made, or looked after.
func (s *stage) subscribe() (connectors.Subscription, error) {
	got, err := s.Connector.(Subscriber).Subscribe(s.ctx(), s.shop, hooks+s.Name()+"/shop_1")
	if got.Secrets != nil {
		s.door.Secrets = got.Secrets
	}
	return got, err
}

// sends has somebody buy, and tells how many letters that makes.
func (s *stage) sends(friend string) int {
	s.tb.Helper()
	s.sim.Take()
	s.place(teapot(friend))
	letters := s.sim.Take()
	for _, l := range letters {
		s.received(l)
	}
	return len(letters)
}

// subscribing makes a shop's webhooks once, however often it is done and whatever goes wrong.
func subscribing(tb testing.TB, f Fixture) {
	run(tb, "webhooks that are there are not made again", func(tb testing.TB) {
		s := f.open(tb)
		want := s.sends("ben")
		if want == 0 {
			tb.Fatal("a paid order makes the simulated shop send nothing")
		}
		got, err := s.subscribe()
		s.no("subscribing again", err)
		if len(got.Made) > 0 || len(got.Mended) > 0 {
			tb.Errorf("made %v, mended %v", got.Made, got.Mended)
		}
		if n := s.sends("carla"); n != want {
			tb.Errorf("an order makes %d letters, it made %d before", n, want)
		}
	})
	run(tb, "webhooks are made once, whatever goes wrong", func(tb testing.TB) {
		s := f.open(tb)
		want := s.sends("ben")
		if want == 0 {
			tb.Fatal("a paid order makes the simulated shop send nothing")
		}
		for _, trouble := range faults() {
			run(tb, trouble.name, func(tb testing.TB) {
				for n := range pagesAtMost {
					s := f.unsubscribed(tb)
					var err error
					passed := s.broken(trouble, n, false, func(s *stage) error {
						_, err = s.subscribe()
						return err
					})
					if n >= len(passed) {
						return // all its calls were broken, one after the other
					}
					if err != nil {
						s.callError("subscribing", err)
						_, err = s.subscribe()
						s.no("subscribing again", err)
					}
					if got := s.sends("carla"); got != want {
						tb.Errorf("call %d broken: an order makes %d letters, want %d", n+1, got, want)
					}
				}
			})
		}
	})
}
