package woocommerce

import (
	"net/netip"
	"net/url"
	"strings"
	"time"

	"grapevine/rewards"
)

// What an order tells of where it came from. All of it may be absent, none of it is ever logged.

const (
	// metaRef is where Grapevine's own plugin keeps the code of the link by which the buyer came; metaRefAt, when
	// that was, like 2026-11-18T10:06:40Z.
	metaRef   = "_grapevine_ref"
	metaRefAt = "_grapevine_ref_at"
	// metaEntry is the page on which the buyer's visit began, as WooCommerce's order attribution notes it
	// since 8.5. The times that it notes are of no known zone and are not read.
	metaEntry = "_wc_order_attribution_session_entry"
	// refParameter is the parameter of a link that carries an advocate's code.
	refParameter = "ref"
)

// longestAgent bounds what is kept of a browser's own description.
const longestAgent = 512

// touches are the codes of the links by which the buyer came, each once. One without a time counts as at the
// order.
func (b *orderBody) touches() []rewards.Touch {
	var out []rewards.Touch
	add := func(code string, at time.Time) {
		f, ok := rewards.FoldCode(code)
		for _, t := range out {
			ok = ok && t.Code != f
		}
		if ok {
			out = append(out, rewards.Touch{Code: f, At: at})
		}
	}
	add(metaText(b.Meta, metaRef), timeOf(text(metaText(b.Meta, metaRefAt))))
	if u, err := url.Parse(metaText(b.Meta, metaEntry)); err == nil {
		add(u.Query().Get(refParameter), time.Time{})
	}
	return out
}

// leaveTrail fills in where the goods go (else the bill), and where the buyer sat.
func (b *orderBody) leaveTrail(o *rewards.Order) {
	o.Touches = b.touches()
	o.Trail.IP = ipOf(string(b.IP))
	o.Trail.Agent = strings.ToValidUTF8(string(b.Agent[:min(len(b.Agent), longestAgent)]), "")
	to := b.Shipping
	if to.Line1 == "" && to.Postcode == "" && to.Country == "" {
		to = b.Billing
	}
	a := &o.Trail.Address
	a.Line1, a.Line2, a.City, a.Postcode = string(to.Line1), string(to.Line2), string(to.City), string(to.Postcode)
	a.Country = countryOf(string(to.Country))
	if o.Country = a.Country; o.Country == "" {
		o.Country = countryOf(string(b.Billing.Country))
	}
}

// countryOf is an ISO code of two letters, "" for anything else.
func countryOf(code string) string {
	code = strings.ToUpper(code)
	if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return code
}

// ipOf is an address on the network in its shortest form, "" for what is none.
func ipOf(s string) string {
	ip, err := netip.ParseAddr(strings.TrimSpace(s))
	if err != nil {
		return ""
	}
	return ip.Unmap().WithZone("").String()
}
