package stripe

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Prepare checks and normalises what an owner typed, without a call. The key says whether the shop is live or a
// test; the domain, the account's id in lower case, may be left to Probe. An Account makes it a shop of a
// Connect platform, whose key names the account in every call.
//
// Kind Invalid, codes bad_token, bad_account, bad_shop_domain, bad_currency, bad_webhook_secret, bad_api_url;
// Denied, code loopback_not_allowed.
func (s *Stripe) Prepare(a connectors.Application) (connectors.Shop, error) {
	shop := connectors.Shop{
		Platform: Name, APIURL: strings.TrimSuffix(strings.TrimSpace(a.APIURL), "/"), Token: strings.TrimSpace(a.Token),
		Currency: strings.ToUpper(strings.TrimSpace(a.Currency)),
	}
	mode, err := modeOfKey(shop.Token)
	if err != nil {
		return shop, err
	}
	if shop.APIURL != "" {
		if err := s.CheckAPIURL(shop.APIURL); err != nil {
			return shop, err
		}
	}
	if shop.Currency != "" && (len(shop.Currency) != 3 || strings.Trim(shop.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return shop, rewards.Errorf(rewards.Invalid, "bad_currency", "%.20q is not like EUR", shop.Currency)
	}
	for _, secret := range a.WebhookSecrets {
		if !validSecret(secret) {
			return shop, rewards.Errorf(rewards.Invalid, "bad_webhook_secret", "a webhook's signing secret begins with %s", secretPrefix)
		}
	}
	shop.Settings = map[string]string{SettingMode: string(mode)}
	account := strings.TrimSpace(a.Account)
	if account != "" {
		if !accountForm.MatchString(account) {
			return shop, rewards.Errorf(rewards.Invalid, "bad_account", "%.80q is not like acct_1A2b3C", account)
		}
		shop.Settings[SettingAccount], shop.Settings[SettingConnected] = account, "true"
		shop.Domain = domainOf(account, mode)
	}
	typed := strings.ToLower(strings.TrimSpace(a.Domain))
	if typed == "" {
		return shop, nil
	}
	if !strings.HasSuffix(typed, testSuffix) && mode == Test { // the account's id is meant
		typed += testSuffix
	}
	switch {
	case !domainForm.MatchString(typed):
		return shop, rewards.Errorf(rewards.Invalid, "bad_shop_domain", "%.80q is not like acct_1a2b3c, or acct_1a2b3c.test", typed)
	case modeOfDomain(typed) != mode:
		return shop, rewards.Errorf(rewards.Invalid, "bad_shop_domain", "%s is in test mode, the key in live mode", typed)
	case account != "" && typed != shop.Domain:
		return shop, rewards.Errorf(rewards.Invalid, "bad_shop_domain", "%s is not the account %s", typed, account)
	}
	shop.Domain = typed
	return shop, nil
}

// accountBody is an account as it tells itself.
type accountBody struct {
	ID       string `json:"id"`
	Currency string `json:"default_currency"`
	Email    string `json:"email"`
	Business struct {
		Name string `json:"name"`
	} `json:"business_profile"`
	Settings struct {
		Dashboard struct {
			Name     string `json:"display_name"`
			TimeZone string `json:"timezone"`
		} `json:"dashboard"`
	} `json:"settings"`
}

// Probe asks the account who it is. What a restricted key may read is tried out, because no key can tell; what
// it may write cannot be tried without writing. It changes nothing.
//
// Every error is a *connectors.CallError. Kind Invalid, code wrong_account: the key is for another account than
// the shop's.
func (s *Stripe) Probe(ctx context.Context, shop connectors.Shop) (connectors.Profile, error) {
	c, err := s.caller(shop)
	if err != nil {
		return connectors.Profile{}, err
	}
	var b accountBody
	// The library's call for this takes no parameters, so no deadline and no account either.
	err = c.get(ctx, "reading account", &b, func(p stripego.Params) error {
		return c.api.Accounts.B.Call(http.MethodGet, "/v1/account", c.api.Accounts.Key, &stripego.AccountParams{Params: p}, &stripego.Account{})
	})
	if connectors.AsCallError(err).Park == "scope_missing" && restricted(shop.Token) && shop.Domain != "" {
		return c.unnamed(ctx)
	}
	if err != nil {
		return connectors.Profile{}, err
	}
	if !accountForm.MatchString(b.ID) {
		return connectors.Profile{}, connectors.Unreadable(false, "the account's id is %.80q", b.ID)
	}
	mode, err := modeOfKey(shop.Token)
	if err != nil {
		return connectors.Profile{}, call(err)
	}
	domain := domainOf(b.ID, mode)
	if shop.Domain != "" && shop.Domain != domain {
		return connectors.Profile{}, call(rewards.Errorf(rewards.Invalid, "wrong_account", "the key is for %s, not for %s", domain, shop.Domain))
	}
	settings := maps.Clone(shop.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	settings[SettingAccount], settings[SettingMode] = b.ID, string(mode)
	p := connectors.Profile{
		Name: b.Settings.Dashboard.Name, Domain: domain, Currency: currencyOf(b.Currency), TimeZone: b.Settings.Dashboard.TimeZone,
		Settings: settings,
	}
	if p.Name == "" {
		p.Name = b.Business.Name
	}
	p.Notes = s.notes(shop, p.Currency)
	if restricted(shop.Token) {
		err = c.tryOut(ctx, &p)
	}
	return p, err
}

// unnamed is what is known where the key may not read the account: what the owner said.
func (c *caller) unnamed(ctx context.Context) (connectors.Profile, error) {
	p := connectors.Profile{Domain: c.shop.Domain, Settings: c.shop.Settings}
	p.Notes = append(c.s.notes(c.shop, ""), "the restricted key may not read the account, so domain and currency are what you typed")
	err := c.tryOut(ctx, &p)
	return p, err
}

// tryOut fills in what a restricted key lacks.
func (c *caller) tryOut(ctx context.Context, p *connectors.Profile) error {
	missing, err := c.unreadables(ctx)
	for _, permission := range missing {
		if permission == customersWrite { // of use only to programmes that give store credit
			p.Lacking = map[rewards.RewardKind][]string{rewards.KindStoreCredit: {permission}}
		} else {
			p.Missing = append(p.Missing, permission)
		}
	}
	return err
}

// notes are for people.
func (s *Stripe) notes(shop connectors.Shop, currency string) (notes []string) {
	if connected(shop) && len(s.opts.Secrets) == 0 {
		notes = append(notes, fmt.Sprintf("set %s to the signing secret of the platform's Connect endpoint: until then no webhook of this account is taken", settingSecrets))
	}
	if unsettled(currency) {
		notes = append(notes, fmt.Sprintf("amounts in %s cannot be told for sure: sales in it are held", currency))
	}
	if restricted(shop.Token) {
		notes = append(notes, "what the restricted key may write could not be tried; docs/connectors/stripe.md lists what is needed")
	}
	return notes
}

// unreadables tries what a key may read, and names the permissions that it lacks as Stripe's dashboard does.
func (c *caller) unreadables(ctx context.Context) (missing []string, err error) {
	one := func(p stripego.ListParams) stripego.ListParams { p.Limit = stripego.Int64(1); return p }
	for _, try := range []struct {
		permission string
		list       func(p stripego.ListParams) error
	}{
		{"Checkout Sessions: Read", func(p stripego.ListParams) error {
			return c.api.CheckoutSessions.List(&stripego.CheckoutSessionListParams{ListParams: one(p)}).Err()
		}},
		{"Invoices: Read", func(p stripego.ListParams) error {
			return c.api.Invoices.List(&stripego.InvoiceListParams{ListParams: one(p)}).Err()
		}},
		{"Charges and Refunds: Read", func(p stripego.ListParams) error {
			return c.api.Charges.List(&stripego.ChargeListParams{ListParams: one(p)}).Err()
		}},
		{"PaymentIntents: Read", func(p stripego.ListParams) error {
			return c.api.PaymentIntents.List(&stripego.PaymentIntentListParams{ListParams: one(p)}).Err()
		}},
		{"Disputes: Read", func(p stripego.ListParams) error {
			return c.api.Disputes.List(&stripego.DisputeListParams{ListParams: one(p)}).Err()
		}},
		{customersWrite, func(p stripego.ListParams) error {
			return c.api.Customers.List(&stripego.CustomerListParams{ListParams: one(p)}).Err()
		}},
		{"Coupons: Write", func(p stripego.ListParams) error {
			return c.api.Coupons.List(&stripego.CouponListParams{ListParams: one(p)}).Err()
		}},
		{"Promotion Codes: Write", func(p stripego.ListParams) error {
			return c.api.PromotionCodes.List(&stripego.PromotionCodeListParams{ListParams: one(p)}).Err()
		}},
		{"Events: Read", func(p stripego.ListParams) error {
			return c.api.Events.List(&stripego.EventListParams{ListParams: one(p)}).Err()
		}},
		{"Webhook Endpoints: Write", func(p stripego.ListParams) error {
			return c.api.WebhookEndpoints.List(&stripego.WebhookEndpointListParams{ListParams: one(p)}).Err()
		}},
	} {
		var any page[bare]
		err := c.list(ctx, "trying "+try.permission, "", &any, try.list)
		switch {
		case connectors.AsCallError(err).Park == "scope_missing":
			missing = append(missing, try.permission)
		case err != nil:
			return missing, err
		}
	}
	return missing, nil
}
