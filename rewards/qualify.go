package rewards

import (
	"fmt"
	"slices"
	"strings"
)

// people checks the advocate and the friend.
func (t *trial) people() {
	t.reject(ReasonAdvocateBlocked, "advocate", !t.won.Blocked, "%s", either(t.won.Blocked, "the advocate is blocked", "the advocate is in good standing"))
	who := t.f.Order.Customer
	t.note("other_person", true, "%s", either(who == nil, "no customer to compare with the advocate", "the buyer is not the advocate"))
	t.payment()
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
	switch earlier, here, beside := t.earlier(who); {
	case here >= most || earlier != nil && *earlier >= most:
		t.doubt(ReasonExistingCustomer, "new_customer", false, "%s earlier orders in the shop, %d seen here%s", count(earlier), here, beside)
	case earlier == nil || *earlier < 0:
		t.hold(ReasonUnreadableOrder, "new_customer", false, "the shop does not tell how many orders came before; %d seen here%s", here, beside)
	default:
		t.note("new_customer", true, "%d earlier orders in the shop, %d seen here%s", *earlier, here, beside)
	}
}

// payment checks that a payment of a subscription is one of the first, as far as they count.
func (t *trial) payment() {
	n, most := t.f.Order.Renewal, max(1, t.p.Qualify.Payments)
	if n <= 0 {
		return
	}
	counting := fmt.Sprintf("the first %d count", most)
	if most == 1 {
		counting = "only the first one counts"
	}
	t.doubt(ReasonLaterPayment, "payment", n <= most, "payment %d of a subscription, %s", n, counting)
}

// earlier counts the friend's earlier orders, in the shop and here, beside those by which the same
// subscription was paid before: they do not make an existing customer of somebody who goes on paying.
func (t *trial) earlier(who *Person) (shop *int64, here int64, beside string) {
	shop, here = who.EarlierOrders, t.f.EarlierHere
	own := int64(t.f.Order.Renewal) - 1
	if own <= 0 {
		return shop, here, ""
	}
	if shop != nil && *shop >= 0 { // below zero it is no number, and stays none
		n := max(0, *shop-own)
		shop = &n
	}
	return shop, max(0, here-own), fmt.Sprintf(", beside %d for the same subscription", own)
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
