package fairness_test

import (
	"slices"
	"strings"
	"testing"

	"grapevine/rewards/fairness"
)

// story is a case in which a rule is asked, in the words of what happened.
type story struct {
	what     string
	settings fairness.Settings
	c        fairness.Case
}

func pair(p fairness.Pair) fairness.Case     { return fairness.Case{Pair: p} }
func counts(n fairness.Counts) fairness.Case { return fairness.Case{Counts: n} }
func trouble(name, why string) fairness.Case {
	return fairness.Case{Trouble: map[string]string{name: why}}
}
func throwAway(is bool) fairness.Case                { return fairness.Case{Disposable: &is} }
func household(v fairness.Verdict) fairness.Settings { return fairness.Settings{Household: v} }

// stories has for each rule one case in which it fires, and one that comes near and does not.
var stories = map[string]struct{ fires, nearMiss story }{
	"same_customer": {
		story{what: "the advocate buys with their own code", c: pair(fairness.Pair{SameCustomer: true})},
		story{what: "two accounts, one mailbox", c: pair(fairness.Pair{SameEmail: true})}},
	"same_email": {
		story{what: "two accounts, one mailbox", c: pair(fairness.Pair{SameEmail: true})},
		story{what: "two mailboxes, one character apart", c: pair(fairness.Pair{NearEmail: true})}},
	"same_phone": {
		story{what: "a second account with the old number", c: pair(fairness.Pair{SamePhone: true})},
		story{what: "somebody else had the number", c: counts(fairness.Counts{OthersByPhone: 1})}},
	"same_card": {
		story{what: "a second account, paid with the same card", c: pair(fairness.Pair{SameCard: true})},
		story{what: "somebody else's card", c: counts(fairness.Counts{OthersByCard: 1})}},
	"alias_email": {
		story{what: "anna+2@example.com", c: pair(fairness.Pair{AliasEmail: true, SameDomain: true})},
		story{what: "a tag that the provider ignores makes one mailbox", c: pair(fairness.Pair{AliasEmail: true, SameEmail: true})}},
	"same_domain": {
		story{what: "a@smith.example and b@smith.example", c: pair(fairness.Pair{SameDomain: true})},
		story{what: "a tag says more than the domain", c: pair(fairness.Pair{SameDomain: true, AliasEmail: true})}},
	"near_email": {
		story{what: "anna.b1 and anna.b2", c: pair(fairness.Pair{NearEmail: true})},
		story{what: "no character apart", c: pair(fairness.Pair{NearEmail: true, SameEmail: true})}},
	"near_name": {
		story{what: "Anna Berg and A. Berg", c: pair(fairness.Pair{NearName: true})},
		story{what: "the surname alone", c: pair(fairness.Pair{SameSurnamePostcode: true})}},
	"surname_postcode": {
		story{what: "the Bergs of one village", c: pair(fairness.Pair{SameSurnamePostcode: true})},
		story{what: "the Bergs, where households are welcome", settings: household(fairness.Flag), c: pair(fairness.Pair{SameSurnamePostcode: true})}},
	"same_address": {
		story{what: "a flat share", c: pair(fairness.Pair{SameAddress: true})},
		story{what: "neighbours", c: pair(fairness.Pair{SameSurnamePostcode: true})}},
	"same_device": {
		story{what: "one telephone, two accounts", c: pair(fairness.Pair{SameDevice: true, SameIP: true})},
		story{what: "one office, two browsers", c: pair(fairness.Pair{SameIP: true})}},
	"same_ip": {
		story{what: "one office, two browsers", c: pair(fairness.Pair{SameIP: true})},
		story{what: "a device says more", c: pair(fairness.Pair{SameIP: true, SameDevice: true})}},
	"friends_per_ip": {
		story{what: "the fourth friend", c: counts(fairness.Counts{FriendsByIP: 3})},
		story{what: "the third friend", c: counts(fairness.Counts{FriendsByIP: 2})}},
	"account_farm": {
		story{what: "the third first order from one browser", c: counts(fairness.Counts{FirstsByDevice: 2})},
		story{what: "the second from each place", c: counts(fairness.Counts{FirstsByDevice: 1, FirstsByAddress: 1, FirstsByCard: 1})}},
	"disposable_email": {
		story{what: "a mailbox for ten minutes", c: throwAway(true)},
		story{what: "a mailbox to keep", c: throwAway(false)}},
	"known_phone": {
		story{what: "an old customer with a new e-mail", c: counts(fairness.Counts{OthersByPhone: 1})},
		story{what: "an old address", c: counts(fairness.Counts{OthersByAddress: 1})}},
	"known_card": {
		story{what: "an old customer with an old card", c: counts(fairness.Counts{OthersByCard: 1})},
		story{what: "a first order with the card this week, by the friend", c: counts(fairness.Counts{FirstsByCard: 0, SplitOrders: 1})}},
	"known_address": {
		story{what: "the last tenant was a customer", c: counts(fairness.Counts{OthersByAddress: 1})},
		story{what: "a new house", c: counts(fairness.Counts{OthersByAddress: 0, OthersByPhone: 1})}},
	"already_referred": {
		story{what: "two advocates, one friend", c: counts(fairness.Counts{AlreadyReferred: true})},
		story{what: "the same advocate's second friend", c: counts(fairness.Counts{AdvocateDay: 1, AdvocateMonth: 1})}},
	"velocity_day": {
		story{what: "the sixth in a day", c: counts(fairness.Counts{AdvocateDay: 5})},
		story{what: "the fifth in a day", c: counts(fairness.Counts{AdvocateDay: 4})}},
	"velocity_month": {
		story{what: "the eleventh in a month", c: counts(fairness.Counts{AdvocateMonth: 10})},
		story{what: "the tenth in a month", c: counts(fairness.Counts{AdvocateMonth: 9})}},
	"ring": {
		story{what: "A refers B, and B refers A", c: counts(fairness.Counts{Ring: 2})},
		story{what: "a circle of six", c: counts(fairness.Counts{Ring: 6})}},
	"code_leak": {
		story{what: "the code stands on a coupon site", c: counts(fairness.Counts{StrangersDay: 11, ClicksKnown: true, LinkShareBP: 1999})},
		story{what: "a post that went round, by the link", c: counts(fairness.Counts{StrangersDay: 11, ClicksKnown: true, LinkShareBP: 2000})}},
	"late_returns": {
		story{what: "four of ten come back too late to matter", c: counts(fairness.Counts{LateReturns: 4, Referrals: 10})},
		story{what: "three of ten", c: counts(fairness.Counts{LateReturns: 3, Referrals: 10})}},
	"order_splitting": {
		story{what: "two orders in a day, each at the minimum", c: counts(fairness.Counts{SplitOrders: 1, NearMinimum: true})},
		story{what: "the second is a large one", c: counts(fairness.Counts{SplitOrders: 1})}},
	"near_minimum": {
		story{what: "one cent above", c: counts(fairness.Counts{NearMinimum: true})},
		story{what: "other orders were near it", c: counts(fairness.Counts{SplitOrders: 1})}},
	"coupon_cycling": {
		story{what: "the friend has the advocate's voucher", c: counts(fairness.Counts{CyclesOwnReward: true})},
		story{what: "a gift card of the advocate is another matter", c: counts(fairness.Counts{PaysWithAdvocatesCredit: true})}},
	"self_funded": {
		story{what: "the advocate's gift card pays", c: counts(fairness.Counts{PaysWithAdvocatesCredit: true})},
		story{what: "the advocate's voucher is another matter", c: counts(fairness.Counts{CyclesOwnReward: true})}},
	"shop_risk_cancel": {
		story{what: "the shop would cancel", c: counts(fairness.Counts{ShopRiskCancel: true})},
		story{what: "the shop would look", c: counts(fairness.Counts{ShopRiskInvestigate: true})}},
	"shop_risk_investigate": {
		story{what: "the shop would look", c: counts(fairness.Counts{ShopRiskInvestigate: true})},
		story{what: "the shop would cancel", c: counts(fairness.Counts{ShopRiskInvestigate: true, ShopRiskCancel: true})}},
	"bulk_buyer": {
		story{what: "twenty-one pairs of socks", c: counts(fairness.Counts{Pieces: 21})},
		story{what: "twenty pairs", c: counts(fairness.Counts{Pieces: 20})}},
	"staff_code": {
		story{what: "the staff's discount", c: counts(fairness.Counts{StaffCode: true})},
		story{what: "a busy advocate", c: counts(fairness.Counts{AdvocateDay: 4})}},
	"unread": {
		story{what: "something new could not be read", c: trouble("horoscope", "no stars")},
		story{what: "a rule's own data could not be read", c: trouble(fairness.DataCard, "timeout")}},
}

func TestEachRuleFiresAndNearlyFires(t *testing.T) {
	t.Parallel()
	for _, r := range fairness.Rules() {
		s, ok := stories[r.Name]
		if !ok || s.fires.what == "" || s.nearMiss.what == "" {
			t.Errorf("%s has no story in which it fires, or none in which it nearly does", r.Name)
			continue
		}
		t.Run(r.Name+" fires: "+s.fires.what, func(t *testing.T) {
			t.Parallel()
			g, ok := find(fairness.Judge(s.fires.settings, s.fires.c), r.Name)
			if !ok || g.Evidence == "" {
				t.Fatalf("%+v, %v", g, ok)
			}
			want := fairness.Signal{Rule: r.Name, Version: r.Version, Verdict: r.Verdict, Points: r.Points, Evidence: g.Evidence}
			if g != want {
				t.Fatalf("%+v, want %+v", g, want)
			}
		})
		t.Run(r.Name+" does not: "+s.nearMiss.what, func(t *testing.T) {
			t.Parallel()
			if g, ok := find(fairness.Judge(s.nearMiss.settings, s.nearMiss.c), r.Name); ok {
				t.Fatalf("%+v", g)
			}
		})
	}
	for name := range stories {
		if _, ok := fairness.RuleNamed(name); !ok {
			t.Errorf("%s has stories and is no rule", name)
		}
	}
}

func find(signals []fairness.Signal, rule string) (fairness.Signal, bool) {
	i := slices.IndexFunc(signals, func(g fairness.Signal) bool { return g.Rule == rule })
	if i < 0 {
		return fairness.Signal{}, false
	}
	return signals[i], true
}

func TestTheTableIsSound(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range fairness.Rules() {
		switch {
		case seen[r.Name] || r.Name == "" || r.Version < 1:
			t.Errorf("%q, version %d: twice, or without a name or a version", r.Name, r.Version)
		case !strings.HasSuffix(r.Title, "."):
			t.Errorf("%s: %q is no sentence", r.Name, r.Title)
		case !slices.Contains([]string{fairness.RejectsSelf, fairness.RejectsExisting, fairness.RejectsFraud}, r.Rejects):
			t.Errorf("%s rejects with %q", r.Name, r.Rejects)
		case r.Verdict == fairness.Flag && (r.Points <= 0 || r.Points > 40):
			t.Errorf("%s flags with %d points: a flag alone must not hold", r.Name, r.Points)
		case r.Verdict == fairness.Hold && r.Points != 60, r.Verdict == fairness.Reject && r.Points != 100:
			t.Errorf("%s has %d points with %s", r.Name, r.Points, r.Verdict)
		case !r.Verdict.Known() || r.Verdict == fairness.Off:
			t.Errorf("%s has the verdict %q", r.Name, r.Verdict)
		}
		seen[r.Name] = true
	}
}
