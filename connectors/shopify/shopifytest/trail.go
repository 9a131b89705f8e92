package shopifytest

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// What an order tells of where it came from: addresses, the buyer's machine, the card, the visits.

// Address is where goods or a bill go.
type Address struct {
	FirstName   string `json:"first_name,omitempty"`
	LastName    string `json:"last_name,omitempty"`
	Address1    string `json:"address1,omitempty"`
	Address2    string `json:"address2,omitempty"`
	City        string `json:"city,omitempty"`
	Zip         string `json:"zip,omitempty"`
	CountryCode string `json:"country_code,omitempty"`
}

// Visit is one time that the buyer came to the shop. ReferralCode is read from LandingPage where it is
// not given; At is the order's own time where it is zero.
type Visit struct {
	LandingPage  string    `json:"landing_page"` // "/?ref=ANNA-7Q2M" or a whole address
	ReferralCode string    `json:"referral_code,omitempty"`
	At           time.Time `json:"at"`
}

// Card is what the order's payment was made with.
type Card struct {
	BIN     string `json:"bin"`
	Number  string `json:"number"` // "•••• •••• •••• 4242"
	Company string `json:"company"`
	Name    string `json:"name"`
	Month   int    `json:"month"`
	Year    int    `json:"year"`
	Wallet  string `json:"wallet,omitempty"` // APPLE_PAY
}

// keepVisits completes the visits of a checkout: a landing site is one, and the first one is the
// landing site.
func (o *Order) keepVisits(visits []Visit) {
	o.Visits = slices.Clone(visits)
	if len(o.Visits) == 0 && o.LandingSite != "" {
		o.Visits = []Visit{{LandingPage: o.LandingSite}}
	}
	for i := range o.Visits {
		v := &o.Visits[i]
		if v.At.IsZero() {
			v.At = o.CreatedAt
		}
		if v.ReferralCode == "" {
			v.ReferralCode = referralCode(v.LandingPage)
		}
	}
	if len(o.Visits) > 0 && o.LandingSite == "" {
		o.LandingSite = o.Visits[0].LandingPage
	}
}

// referralCode is what Shopify takes out of an address. Source: schema text of
// CustomerVisit.referralCode, which names the parameters ref, source and r.
func referralCode(page string) string {
	u, err := url.Parse(page)
	if err != nil {
		return ""
	}
	for _, name := range []string{"ref", "source", "r"} {
		if v := u.Query().Get(name); v != "" {
			return v
		}
	}
	return ""
}

// visitObject is a CustomerVisit; the landing page is a whole address there.
func (s *Shop) visitObject(o *Order, i int) *object {
	v := o.Visits[i]
	page := v.LandingPage
	if strings.HasPrefix(page, "/") {
		page = "https://" + s.opts.Domain + page
	}
	return &object{"CustomerVisit", map[string]any{
		"id": gid("CustomerVisit", o.ID+int64(i)), "landingPage": orNil(page), "occurredAt": stamp(v.At),
		"referralCode": orNil(v.ReferralCode), "referrerUrl": nil,
	}}
}

// addressObject is a MailingAddress. Without level 2 the country and the city are all that is told.
func (s *Shop) addressObject(o *Order, a *Address) *object {
	if a == nil {
		return nil
	}
	fields := map[string]any{
		"id": gid("MailingAddress", o.ID), "city": orNil(a.City), "countryCodeV2": orNil(a.CountryCode),
		"company": nil, "phone": nil, "provinceCode": nil,
		"address1": nil, "address2": nil, "zip": nil, "firstName": nil, "lastName": nil,
	}
	if !s.settings.HideLevel2 {
		fields["address1"], fields["address2"], fields["zip"] = orNil(a.Address1), orNil(a.Address2), orNil(a.Zip)
		fields["firstName"], fields["lastName"] = orNil(a.FirstName), orNil(a.LastName)
	}
	return &object{"MailingAddress", fields}
}

// addressPayload is an address in a webhook, where hidden keys are absent, the city's too.
func (s *Shop) addressPayload(a *Address) any {
	if a == nil {
		return nil
	}
	body := map[string]any{"country_code": orNil(a.CountryCode), "province_code": nil, "company": nil}
	if !s.settings.HideLevel2 {
		body["address1"], body["address2"], body["city"], body["zip"] = orNil(a.Address1), orNil(a.Address2), orNil(a.City), orNil(a.Zip)
		body["first_name"], body["last_name"] = orNil(a.FirstName), orNil(a.LastName)
		body["name"] = strings.TrimSpace(a.FirstName + " " + a.LastName)
	}
	return body
}

func (o *Order) riskObject() *object {
	recommendation := o.Risk
	if recommendation == "" {
		recommendation = "NONE"
	}
	return &object{"OrderRiskSummary", map[string]any{"recommendation": recommendation}}
}

// cardObject is how a transaction was paid; nil where it was not by a card.
func (o *Order) cardObject(t Transaction) *object {
	c := o.Card
	if c == nil || t.Gateway == "shopify_store_credit" {
		return nil
	}
	fields := map[string]any{
		"bin": orNil(c.BIN), "number": orNil(c.Number), "company": orNil(c.Company), "name": orNil(c.Name),
		"expirationMonth": nil, "expirationYear": nil, "paymentMethodName": "card", "wallet": orNil(c.Wallet),
	}
	if c.Month > 0 {
		fields["expirationMonth"], fields["expirationYear"] = c.Month, c.Year
	}
	return &object{"CardPaymentDetails", fields}
}

// trailPayload writes what a webhook tells of all this: of the visits the first alone, of the card
// nothing, of the browser what the API keeps to itself.
func (s *Shop) trailPayload(o *Order, body map[string]any) {
	body["landing_site"], body["landing_site_ref"] = orNil(o.LandingSite), orNil(referralCode(o.LandingSite))
	body["shipping_address"], body["billing_address"] = s.addressPayload(o.ShippingAddress), s.addressPayload(o.BillingAddress)
	body["browser_ip"], body["client_details"] = orNil(o.ClientIP), nil
	if o.ClientIP != "" || o.UserAgent != "" {
		body["client_details"] = map[string]any{
			"browser_ip": orNil(o.ClientIP), "user_agent": orNil(o.UserAgent), "accept_language": "en",
			"browser_height": nil, "browser_width": nil, "session_hash": nil,
		}
	}
}
