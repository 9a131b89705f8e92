package rewards

import (
	"slices"
	"strings"
)

// people checks the advocate and the friend.
func (t *trial) people() {
	t.reject(ReasonAdvocateBlocked, "advocate", !t.won.Blocked, "%s", either(t.won.Blocked, "the advocate is blocked", "the advocate is in good standing"))
	who := t.f.Order.Customer
	t.note("other_person", true, "%s", either(who == nil, "no customer to compare with the advocate", "the buyer is not the advocate"))
	most, limited := t.p.Qualify.orders()
	if limited && (who == nil || who.ID == "" && who.EmailKey == "") {
		t.hold(ReasonNoCustomer, "customer", false, "the order has no customer, and the offer is for %s", either(most == 1, "new ones", "the first orders of one"))
		return
	}
	if t.needsCustomer() && t.f.Order.nobody() {
		t.hold(ReasonNoCustomer, "customer", false, "the order has no customer to give the friend's reward to")
	}
	if !limited {
		return
	}
	switch earlier := who.EarlierOrders; {
	case t.f.EarlierHere >= most || earlier != nil && *earlier >= most:
		t.doubt(ReasonExistingCustomer, "new_customer", false, "%s earlier orders in the shop, %d seen here", count(earlier), t.f.EarlierHere)
	case earlier == nil || *earlier < 0:
		t.hold(ReasonUnreadableOrder, "new_customer", false, "the shop does not tell how many orders came before; %d seen here", t.f.EarlierHere)
	default:
		t.note("new_customer", true, "%d earlier orders in the shop, %d seen here", *earlier, t.f.EarlierHere)
	}
}

// orders tells how many orders of a friend count, and whether they are limited at all.
func (q Qualify) orders() (most int64, limited bool) {
	switch {
	case q.FirstOrders > 0:
		return int64(q.FirstOrders), true
	case q.Customers == CustomersAny:
		return 0, false
	}
	return 1, true
}

// needsCustomer tells whether a reward of the programme goes to the friend's account in the shop.
func (t *trial) needsCustomer() bool {
	return slices.ContainsFunc(t.p.Rules, func(r Rule) bool { return r.For == ForFriend })
}

// origin checks where the order comes from and what it was combined with.
func (t *trial) origin() {
	q, o := t.p.Qualify, t.f.Order
	if len(q.Countries) > 0 {
		if o.Country == "" {
			t.hold(ReasonCountryExcluded, "country", false, "the order tells no country, and the offer is for %s", strings.Join(q.Countries, ", "))
		} else {
			t.reject(ReasonCountryExcluded, "country", slices.Contains(q.Countries, o.Country), "goes to %s, the offer is for %s", o.Country, strings.Join(q.Countries, ", "))
		}
	}
	if q.Alone {
		other := t.foreignCode()
		t.doubt(ReasonCombined, "alone", other == "", "%s", either(other == "", "no other discount code took anything off", "another code took something off as well: "+other))
	}
}

// foreignCode finds a code that took something off and is not an advocate's.
func (t *trial) foreignCode() string {
	for _, applied := range t.f.Order.Codes {
		folded, _ := FoldCode(applied.Code)
		ours := slices.ContainsFunc(t.f.Claims, func(c Claim) bool { return c.Code == folded })
		if !ours && applied.TookOff.Minor > 0 {
			return folded
		}
	}
	return ""
}
