package shopify

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"grapevine/rewards"
)

const (
	// refAttribute is the cart attribute in which a shop's theme may keep an advocate's code.
	refAttribute = "grapevine_ref"
	// refParameter is the parameter of a link that carries it.
	refParameter = "ref"
	// mostTouches bounds what is kept of an order.
	mostTouches = 20
)

// visitNode is one visit of the buyer's. Shopify tells the first and the last within 30 days before the
// order, once it has reckoned them. Source: schema text of CustomerJourneySummary.
type visitNode struct {
	Page     string     `json:"landingPage"`
	Referral string     `json:"referralCode"`
	At       *time.Time `json:"occurredAt"`
}

// touches gathers an order's touches.
type touches []rewards.Touch

// add notes a code, if it is a well-formed one.
func (t *touches) add(code string, at *time.Time) {
	if folded, ok := rewards.FoldCode(code); ok {
		*t = append(*t, rewards.Touch{Code: folded, At: timeOf(at)})
	}
}

// land notes the code that a landing page carries, else what the shop took for one: that may be any word
// in the parameters ref, source and r. Source: schema text of CustomerVisit.referralCode.
func (t *touches) land(page, referral string, at *time.Time) {
	t.add(cmp.Or(refOf(page), referral), at)
}

// refOf is the parameter ref of an address, or of the address that a discount link redirects to:
// /discount/ANNA-7Q2M?redirect=/?ref=ANNA-7Q2M.
func refOf(page string) string {
	for range 2 {
		u, err := url.Parse(page)
		if err != nil {
			return ""
		}
		q := u.Query()
		if ref := q.Get(refParameter); ref != "" {
			return ref
		}
		if page = q.Get("redirect"); page == "" {
			return ""
		}
	}
	return ""
}

// list orders the touches by time, those of no known time last, which count as at the order. Of one code
// the earliest and the latest are kept; of too many, the latest.
func (t touches) list() []rewards.Touch {
	all := slices.Clone(t)
	slices.SortStableFunc(all, func(a, b rewards.Touch) int {
		if a.At.IsZero() != b.At.IsZero() {
			if a.At.IsZero() {
				return 1
			}
			return -1
		}
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Code, b.Code))
	})
	first, last := map[string]int{}, map[string]int{}
	for i, touch := range all {
		if _, seen := first[touch.Code]; !seen {
			first[touch.Code] = i
		}
		last[touch.Code] = i
	}
	var kept []rewards.Touch
	for i, touch := range all {
		switch {
		case i == first[touch.Code]:
		case i != last[touch.Code], touch.At.Equal(all[first[touch.Code]].At):
			continue
		}
		kept = append(kept, touch)
	}
	return kept[max(0, len(kept)-mostTouches):]
}

// touches are those of an order as the API tells it.
func (n *orderNode) touches() []rewards.Touch {
	var t touches
	if n.Journey != nil {
		for _, v := range []*visitNode{n.Journey.First, n.Journey.Last} {
			if v != nil {
				t.land(v.Page, v.Referral, v.At)
			}
		}
	}
	for _, a := range n.Attributes {
		if a.Key == refAttribute {
			t.add(a.Value, nil)
		}
	}
	return t.list()
}

// touches are those of an order as a webhook tells it: without times.
func (b *orderBody) touches() []rewards.Touch {
	var t touches
	t.land(b.LandingSite, b.LandingRef, nil)
	for _, a := range b.Attributes {
		var code string
		if a.Name == refAttribute && json.Unmarshal(a.Value, &code) == nil { // any other value is no code
			t.add(code, nil)
		}
	}
	return t.list()
}
