package stripe

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"grapevine/connectors"
	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	open := func(secrets string, fails error) (*Stripe, error) {
		return Open(connectors.Environment{Setting: func(name string) (string, error) {
			if name != "GRAPEVINE_STRIPE_WEBHOOK_SECRETS" {
				t.Errorf("asked for %s", name)
			}
			return secrets, fails
		}})
	}
	for given, want := range map[string]string{
		"":                       "not set",
		" , ":                    "not set",
		"whsec_a":                "1 signing",
		" whsec_a ,whsec_b,":     "2 signing",
		"whsec_a,sk_live_secret": "",
		"whsec_":                 "",
	} {
		s, err := open(given, nil)
		if want == "" {
			if err == nil || strings.Contains(err.Error(), "sk_live") {
				t.Errorf("%q: %v", given, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		f := s.Examine()
		if len(f) != 1 || !f[0].OK || !strings.Contains(f[0].Says, want) {
			t.Errorf("%q: %+v", given, f)
		}
	}
	if _, err := open("", errors.New("no such file")); err == nil {
		t.Error("a setting that cannot be read is passed over")
	}
}

func TestWhatAnOwnerTypes(t *testing.T) {
	t.Parallel()
	s := connector(t)
	for name, tc := range map[string]struct {
		a    connectors.Application
		want string // domain and settings, or the error
	}{
		"a test key":                          {connectors.Application{Token: " sk_test_4eC39\n"}, " mode=test"},
		"a live restricted key":               {connectors.Application{Token: "rk_live_4eC39", Currency: "eur"}, " mode=live"},
		"a key and the account's id":          {connectors.Application{Token: "sk_live_4eC39", Domain: "acct_1Tea"}, "acct_1tea mode=live"},
		"a test key and the account's id":     {connectors.Application{Token: "sk_test_4eC39", Domain: "acct_1Tea"}, "acct_1tea.test mode=test"},
		"a test key and the shop's name":      {connectors.Application{Token: "sk_test_4eC39", Domain: "acct_1tea.test"}, "acct_1tea.test mode=test"},
		"a connected account":                 {connectors.Application{Token: "sk_live_4eC39", Account: "acct_1Tea"}, "acct_1tea account=acct_1Tea connected=true mode=live"},
		"a connected account, named":          {connectors.Application{Token: "sk_test_4eC39", Account: "acct_1Tea", Domain: "acct_1tea"}, "acct_1tea.test account=acct_1Tea connected=true mode=test"},
		"no key":                              {connectors.Application{}, "invalid bad_token"},
		"a publishable key":                   {connectors.Application{Token: "pk_live_4eC39"}, "invalid bad_token"},
		"a webhook's secret":                  {connectors.Application{Token: "whsec_4eC39"}, "invalid bad_token"},
		"a key with a path":                   {connectors.Application{Token: "sk_live_4e/../C39"}, "invalid bad_token"},
		"a live key for the test side":        {connectors.Application{Token: "sk_live_4eC39", Domain: "acct_1tea.test"}, "invalid bad_shop_domain"},
		"a host":                              {connectors.Application{Token: "sk_live_4eC39", Domain: "shop.example.com"}, "invalid bad_shop_domain"},
		"an account that is none":             {connectors.Application{Token: "sk_live_4eC39", Account: "cus_1"}, "invalid bad_account"},
		"two accounts":                        {connectors.Application{Token: "sk_live_4eC39", Account: "acct_1Tea", Domain: "acct_1coffee"}, "invalid bad_shop_domain"},
		"a currency that is none":             {connectors.Application{Token: "sk_live_4eC39", Currency: "euro"}, "invalid bad_currency"},
		"a webhook secret that is none":       {connectors.Application{Token: "sk_live_4eC39", WebhookSecrets: []string{"secret"}}, "invalid bad_webhook_secret"},
		"a blank webhook secret":              {connectors.Application{Token: "sk_live_4eC39", WebhookSecrets: []string{""}}, "invalid bad_webhook_secret"},
		"an address that is not this machine": {connectors.Application{Token: "sk_live_4eC39", APIURL: "http://example.com"}, "invalid bad_api_url"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, err := s.Prepare(tc.a)
			got := shop.Domain
			for _, k := range slices.Sorted(maps.Keys(shop.Settings)) {
				got += " " + k + "=" + shop.Settings[k]
			}
			if err != nil {
				got = string(rewards.KindOf(err)) + " " + rewards.CodeOf(err)
				if strings.Contains(err.Error(), "4eC39") {
					t.Errorf("the error tells the key: %v", err)
				}
			}
			same(t, "shop", got, tc.want)
		})
	}
	strict, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := strict.CheckAPIURL("http://127.0.0.1:1"); rewards.CodeOf(err) != "loopback_not_allowed" {
		t.Errorf("loopback where it is not allowed: %v", err)
	}
}

func TestWhoAnAccountIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{Currency: "chf", Name: "Tea Example"})
	p, err := w.conn.Probe(context.Background(), w.shop)
	w.no(err)
	account := w.sim.AccountID()
	same(t, "profile", []any{p.Name, p.Domain, p.Currency, p.Settings[SettingAccount], p.Settings[SettingMode], p.Missing},
		[]any{"Tea Example", strings.ToLower(account) + ".test", "CHF", account, "test", []string(nil)})
	other := w.shop
	other.Domain = "acct_1other.test"
	_, err = w.conn.Probe(context.Background(), other)
	failed(t, "another account's key", err, "invalid wrong_account")
	w.sim.RevokeKey(w.sim.Key())
	_, err = w.conn.Probe(context.Background(), w.shop)
	failed(t, "a key that was taken away", err, "denied token_refused park=token_refused")
}

func TestARestrictedKeyIsTriedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	shop := w.shop
	shop.Token = w.sim.RestrictKey(w.sim.Account, "account:read", "checkout:read", "invoices:read", "charges:read", "payment_intents:read", "promotion_codes:write", "events:read", "webhook_endpoints:write")
	p, err := w.conn.Probe(context.Background(), shop)
	w.no(err)
	same(t, "missing", []any{p.Missing, p.Lacking}, []any{[]string{"Disputes: Read", "Coupons: Write"}, map[rewards.RewardKind][]string{rewards.KindStoreCredit: {"Customers: Write"}}})
	shop.Token = w.sim.RestrictKey(w.sim.Account, "checkout:read")
	p, err = w.conn.Probe(context.Background(), shop)
	w.no(err)
	if p.Domain != shop.Domain || p.Currency != "" || len(p.Missing) != 8 || len(p.Notes) != 2 {
		t.Errorf("a key that may not read its account: %+v", p)
	}
	shop.Domain = ""
	_, err = w.conn.Probe(context.Background(), shop)
	failed(t, "and nobody said which it is", err, "denied scope_missing park=scope_missing")
}

func TestAccountsOfAPlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	tea, coffee := w.sim.Connect(), w.sim.Connect()
	w.sim.AddEndpoint("https://shop.example.com/webhooks/stripe", true)
	secret := w.sim.Endpoints()[0].Secrets
	conn, err := New(Options{AllowLoopback: true, Secrets: secret})
	w.no(err)
	w.conn = conn
	w.shop = w.install(w.sim.InstallConnected(tea))
	sub, err := conn.Subscribe(context.Background(), w.shop, "https://shop.example.com/webhooks/stripe/shop_1")
	same(t, "nothing is made", []any{sub, err, len(tea.Endpoints())}, []any{connectors.Subscription{}, nil, 0})
	mended, err := conn.KeepHooks(context.Background(), w.shop)
	same(t, "nothing is mended", []any{mended, err}, []any{[]string(nil), nil})

	sold, err := tea.PlaceSession(stripetest.SessionInput{Buyer: anna, Items: []stripetest.Item{{Title: "Tea", Price: "20.00"}}})
	w.no(err)
	_, err = coffee.PlaceSession(stripetest.SessionInput{Buyer: anna, Items: []stripetest.Item{{Title: "Coffee", Price: "20.00"}}})
	w.no(err)
	domains := map[string]int{}
	for _, l := range w.sim.Take() {
		d, err := conn.Receive(connectors.Arrival{Header: l.Header, Body: l.Body})
		w.no(err)
		if d.Topic == sessionCompleted {
			domains[d.Domain]++
		}
	}
	same(t, "sessions by shop", domains, map[string]int{domainOf(tea.AccountID(), Test): 1, domainOf(coffee.AccountID(), Test): 1})
	same(t, "read in its own account", w.order(sold.Session).ID, sold.Session)
	w.do("offer", offer(tenPercent))

	w.no(w.sim.Deauthorize(tea))
	left := false
	for _, l := range w.sim.Take() {
		d, err := conn.Receive(connectors.Arrival{Header: l.Header, Body: l.Body})
		w.no(err)
		e, err := conn.Decode(d.Topic, d.Body, d.TriggeredAt)
		w.no(err)
		if _, ok := e.(rewards.AppUninstalled); ok && d.Domain == w.shop.Domain {
			left = true
		}
	}
	if !left {
		t.Error("nobody heard that the account left")
	}
	_, err = conn.Order(context.Background(), w.shop, sold.Session)
	failed(t, "an account that left", err, "denied shop_gone park=shop_gone")
}

func TestAnEndpointIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	ctx := context.Background()
	const address = "https://shop.example.com/webhooks/stripe/shop_1"
	other, _ := w.sim.AddEndpoint("https://elsewhere.example.com/hook", false)
	made, err := w.conn.Subscribe(ctx, w.shop, address)
	w.no(err)
	id := made.Settings[SettingEndpoint]
	same(t, "made", []any{made.Made, len(made.Secrets), made.Mended, made.Settings[SettingAccount]}, []any{[]string{id}, 1, []string(nil), w.sim.AccountID()})
	w.shop = withSettings(w.shop, made.Settings)
	again, err := w.conn.Subscribe(ctx, w.shop, address)
	same(t, "again", []any{again, err}, []any{connectors.Subscription{}, nil})
	w.no(w.sim.DisableEndpoint(id))
	again, err = w.conn.Subscribe(ctx, w.shop, address)
	same(t, "switched off", []any{again.Mended, again.Secrets, err}, []any{[]string{id}, []string(nil), nil})

	forgot := w.shop
	forgot.Settings = nil
	anew, err := w.conn.Subscribe(ctx, forgot, address)
	w.no(err)
	if anew.Secrets[0] == made.Secrets[0] || anew.Settings[SettingEndpoint] == id {
		t.Error("an endpoint whose secret nobody has is kept")
	}
	var left []string
	for _, e := range w.sim.Endpoints() {
		left = append(left, e.ID)
	}
	same(t, "endpoints", left, []string{other, anew.Settings[SettingEndpoint]})
	mended, err := w.conn.KeepHooks(ctx, w.shop) // the shop that knows the old one
	same(t, "an endpoint that is gone", []any{mended, err}, []any{[]string(nil), nil})
	w.shop.Token = w.sim.RestrictKey(w.sim.Account, "account:read")
	_, err = w.conn.Subscribe(ctx, w.shop, address)
	failed(t, "a key that may not", err, "denied scope_missing park=scope_missing")
}
