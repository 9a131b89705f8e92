package shopify

import (
	"fmt"
	"net/netip"
	"strings"

	"grapevine/rewards"
)

// What an order tells of where it came from. All of it may be withheld, none of it is ever logged.

// addressNode is a MailingAddress of the API.
type addressNode struct {
	Line1   string `json:"address1"`
	Line2   string `json:"address2"`
	City    string `json:"city"`
	Zip     string `json:"zip"`
	Country string `json:"countryCodeV2"`
}

// addressBody is an address in a webhook. Without approval for protected data all but the country is
// absent.
type addressBody struct {
	Line1   string `json:"address1"`
	Line2   string `json:"address2"`
	City    string `json:"city"`
	Zip     string `json:"zip"`
	Country string `json:"country_code"`
}

// countryOf is an ISO code of two letters, "" for anything else.
func countryOf(code string) string {
	if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return code
}

// sendTo fills in where the goods go, else where the bill goes.
func sendTo(o *rewards.Order, shipping, billing *addressNode) {
	to := shipping
	if to == nil || *to == (addressNode{}) {
		to = billing
	}
	if to == nil {
		return
	}
	a := &o.Trail.Address
	a.Line1, a.Line2, a.City, a.Postcode, a.Country = to.Line1, to.Line2, to.City, to.Zip, countryOf(to.Country)
	if o.Country = a.Country; o.Country == "" && billing != nil {
		o.Country = countryOf(billing.Country)
	}
}

// ipOf is an address on the network in its shortest form, "" for what is none.
func ipOf(text string) string {
	ip, err := netip.ParseAddr(strings.TrimSpace(text))
	if err != nil {
		return ""
	}
	return ip.Unmap().WithZone("").String()
}

// longestAgent bounds what is kept of a browser's own description.
const longestAgent = 512

// cardDetails is a card as its transaction tells it.
type cardDetails struct {
	BIN     string `json:"bin"`
	Number  string `json:"number"` // "•••• •••• •••• 4242"
	Company string `json:"company"`
	Month   int    `json:"expirationMonth"`
	Year    int    `json:"expirationYear"`
}

// mark tells one card from another by issuer, first and last digits and expiry: "visa 424242 4242
// 12/2028". It is "" where the last four digits or the expiry are not told.
//
// Shopify's Admin API has no fingerprint of a card, so this is weaker than one. Two cards can agree in all
// of it, if rarely. One card has two marks once it was renewed, or where a wallet (Apple Pay) pays with a
// number of its own. The holder's name is left out, because she types it anew each time. PayPal, bank
// payments and instalments tell nothing.
func (c *cardDetails) mark() string {
	if c == nil || c.Month < 1 || c.Month > 12 || c.Year <= 0 {
		return ""
	}
	digits := onlyDigits(c.Number)
	if len(digits) < 4 {
		return ""
	}
	return fmt.Sprintf("%s %s %s %02d/%d", strings.ToLower(strings.TrimSpace(c.Company)), onlyDigits(c.BIN), digits[len(digits)-4:], c.Month, c.Year)
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// card is the mark of the first card that paid, or was to pay, for the order.
func (n *orderNode) card() string {
	for _, t := range n.Cards {
		if t.Status != "SUCCESS" || t.Kind != "SALE" && t.Kind != "CAPTURE" && t.Kind != "AUTHORIZATION" {
			continue
		}
		if mark := t.Details.mark(); mark != "" {
			return mark
		}
	}
	return ""
}

// leaveTrail fills in what the API tells: all but the buyer's browser.
func (n *orderNode) leaveTrail(o *rewards.Order) {
	o.Touches = n.touches()
	o.Trail.IP, o.Trail.Card = ipOf(n.ClientIP), n.card()
	sendTo(o, n.ShippingTo, n.BillingTo)
	switch n.Risk.Recommendation {
	case "INVESTIGATE":
		o.Risk = rewards.RiskInvestigate
	case "CANCEL":
		o.Risk = rewards.RiskCancel
	}
}

// leaveTrail fills in what a webhook tells: all but the card and the shop's opinion.
func (b *orderBody) leaveTrail(o *rewards.Order) {
	o.Touches = b.touches()
	o.Trail.IP = ipOf(b.BrowserIP)
	sendTo(o, (*addressNode)(b.ShippingTo), (*addressNode)(b.BillingTo))
	if c := b.Client; c != nil {
		if ip := ipOf(c.IP); ip != "" {
			o.Trail.IP = ip
		}
		o.Trail.Agent = strings.ToValidUTF8(c.Agent[:min(len(c.Agent), longestAgent)], "")
	}
}
