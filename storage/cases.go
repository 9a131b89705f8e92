package storage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// pair is a friend's order and an advocate who has a claim on it: what a case is about.
type pair struct {
	order rewards.Order // sealed
	claim rewards.Claim // any of hers on the order
	codes []string      // hers on the order, folded
	found fairness.Case
	// How often others used her codes within a day, and how many of them by her link.
	used, linked int
	clicked      bool // her link was followed before this order
}

func (p *pair) key() string { return rewards.CaseKey(p.order.ID, p.claim.AdvocateID) }

// friend is who placed the order, nobody in particular where the shop does not tell.
func (p *pair) friend() rewards.Person { return personOf(p.order) }

func personOf(o rewards.Order) rewards.Person {
	if o.Customer == nil {
		return rewards.Person{}
	}
	return *o.Customer
}

// cases gathers what friends and advocates have in common and what the shop's other orders tell of them. A
// case is gathered once and kept with its order: a later order cannot change an earlier verdict. It is
// gathered anew only where the order tells of other people or places than before.
//
// Left at zero: PaysWithAdvocatesCredit, StaffCode, LateReturns, Referrals and ShopLateBP, which no column
// tells; and SameSurnamePostcode, since an advocate's postcode is not kept.
func (b *bookLoad) cases() error {
	pairs := b.pairs()
	if len(pairs) == 0 {
		return nil
	}
	people := map[string]bool{}
	for _, p := range pairs {
		people[p.claim.AdvocateID] = true
	}
	if err := b.advocates(keysOf(people)); err != nil {
		return err
	}
	for _, p := range pairs {
		b.compare(p)
	}
	for _, step := range []func([]*pair) error{b.common, b.crowds, b.strangers, b.namesakes, b.rings} {
		if err := step(pairs); err != nil {
			return err
		}
	}
	b.neighbours(pairs)
	for _, p := range pairs {
		b.ownCounts(p)
		if was, seen := b.kept[p.key()]; seen {
			p.found.Pair = p.found.Pair.Or(was.Case.Pair)
		}
		b.book.Cases[p.key()] = p.found
	}
	return nil
}

// pairs lists the cases to gather, and puts those that were gathered before into the book.
func (b *bookLoad) pairs() (all []*pair) {
	for _, c := range b.orders {
		o := c.Order
		if o.PlacedAt.IsZero() || c.Trouble != "" || slices.ContainsFunc(b.book.Rewards[o.ID], func(r rewards.Reward) bool { return r.Status.Live() && r.Status.Granted() }) {
			continue // it is judged by the claims that are stored
		}
		of := map[string]*pair{}
		note := func(claim rewards.Claim, code string) {
			p, seen := of[claim.AdvocateID]
			if !seen {
				p = &pair{order: o, claim: claim}
				of[claim.AdvocateID] = p
				if b.keep(p) {
					return
				}
				all = append(all, p)
			}
			if code != "" {
				p.codes = append(p.codes, code)
			}
		}
		for _, folded := range codesOn(o) {
			if claim, ok := b.book.Owners[folded]; ok {
				note(claim, folded)
			} else if old, ok := b.retired[folded]; ok && o.PlacedAt.Before(old.at) {
				note(old.claim, folded)
			}
		}
		if bond, ok := b.book.Bonds[o.ID]; ok {
			note(bond, "")
		}
	}
	return all
}

// keep takes over the case of an order that tells of the same people and places as when it was gathered, or
// of none any more. The advocate's pace is left out: the book counts it again.
func (b *bookLoad) keep(p *pair) bool {
	claim, seen := b.kept[p.key()]
	now, was := tracesOf(p.order), tracesOf(b.book.Records[p.order.ID].Facts.Order)
	if !seen || len(now) > 0 && !slices.Equal(now, was) {
		return false
	}
	kept := claim.Case
	kept.Counts.AdvocateDay, kept.Counts.AdvocateMonth = 0, 0
	b.book.Cases[p.key()] = kept
	return true
}

// plainFriend is who placed an order, for a comparison.
func plainFriend(o rewards.Order) fairness.Person {
	who := personOf(o)
	email, _ := rewards.CanonicalEmail(who.Email)
	return fairness.Person{
		CustomerID: who.ID, Email: email, Phone: who.Phone, First: who.Name, Last: who.Surname,
		Address: o.Trail.Address, IP: o.Trail.IP, Agent: o.Trail.Agent, Card: o.Trail.Card,
	}
}

// compare tells what the two plain people have in common. Of an advocate whose data do not open nothing is
// known, so that a person must look.
func (b *bookLoad) compare(p *pair) {
	friend, who := b.friends[p.order.ID], p.friend()
	p.found.Pair.SameCustomer = who.ID != "" && who.ID == p.claim.CustomerID
	p.found.Pair.SameEmail = who.EmailKey != "" && who.EmailKey == p.claim.EmailKey
	if _, domain, ok := strings.Cut(friend.Email, "@"); ok {
		disposable := fairness.Disposable(domain)
		p.found.Disposable = &disposable
	}
	kept, err := b.d.openPerson(b.shopID, b.sealed[p.claim.AdvocateID].PersonSealed)
	if err != nil {
		const why = "what is kept of the advocate was sealed with another key"
		p.found.Trouble = map[string]string{fairness.DataEmail: why, fairness.DataName: why}
		return
	}
	email, _ := rewards.CanonicalEmail(kept.Email)
	advocate := fairness.Person{CustomerID: p.claim.CustomerID, Email: email, First: kept.FirstName, Last: kept.LastName}
	p.found.Pair = p.found.Pair.Or(fairness.Compare(advocate, friend))
}

// How far apart two orders may be from one place to mean something. Source: the fact table of abuse in
// published rules of referral services; the 365 days of an address are ours.
const (
	addressSpan = 365 * 24 * time.Hour
	ipSpan      = 30 * 24 * time.Hour
	deviceSpan  = 24 * time.Hour
	firstsSpan  = 7 * 24 * time.Hour
)

// spans are how far apart advocate's and friend's orders may be, by kind; the others are for ever.
var spans = map[string]time.Duration{lookupAddress: addressSpan, lookupIP: ipSpan, lookupDevice: deviceSpan}

// common finds the keys that the friend's order shares with the advocate's own orders: e-mails in their rows, and
// all else in what they left.
func (b *bookLoad) common(pairs []*pair) error {
	t := table{cols: "i integer, kind text, key text, customer_id text, order_id text, since timestamptz, until timestamptz"}
	for i, p := range pairs {
		if p.claim.CustomerID == "" {
			continue
		}
		for _, left := range tracesOf(p.order) {
			span := cmp.Or(spans[left.kind], ever)
			t.add(i, left.kind, left.key, clean(p.claim.CustomerID), clean(p.order.ID), p.order.PlacedAt.Add(-span), p.order.PlacedAt.Add(span))
		}
	}
	rows, err := queryAll[struct {
		I    int
		Kind string
	}](b.txn, t, `SELECT v.i, v.kind FROM v CROSS JOIN traces t
WHERE v.kind <> 'email' AND t.shop_id = ? AND t.kind = v.kind AND t.key = v.key AND t.placed_at >= v.since AND t.placed_at <= v.until AND t.customer_id = v.customer_id AND t.customer_id <> '' AND t.order_id <> v.order_id`+
		b.alsoAmong("t.customer_id", "v.customer_id")+`
UNION SELECT v.i, v.kind FROM v CROSS JOIN orders o
WHERE v.kind = 'email' AND o.shop_id = ? AND o.email_key = v.key AND o.email_key <> '' AND o.customer_id = v.customer_id AND o.customer_id <> '' AND o.order_id <> v.order_id`,
		b.shopID, b.shopID)
	for _, r := range rows {
		same := &pairs[r.I].found.Pair
		switch r.Kind {
		case lookupEmail:
			same.SameEmail = true
		case lookupPhone:
			same.SamePhone = true
		case lookupAddress:
			same.SameAddress = true
		case lookupIP:
			same.SameIP = true
		case lookupDevice:
			same.SameDevice, same.SameIP = true, true
		case lookupCard:
			same.SameCard = true
		}
	}
	return err
}

// ownCounts counts what the friend and the advocate did themselves.
func (b *bookLoad) ownCounts(p *pair) {
	minimum := b.minimum(p)
	for _, o := range b.own[p.order.ID] {
		if o.Counts && plain(o.AdvocateID) != p.claim.AdvocateID {
			p.found.Counts.AlreadyReferred = true
		}
		apart := p.order.PlacedAt.Sub(o.PlacedAt.Time).Abs()
		if apart <= splitSpan && nearMinimum(o.OriginalMinor, minimum) {
			p.found.Counts.SplitOrders++
		}
	}
	for _, applied := range p.order.Codes {
		folded, _ := rewards.FoldCode(applied.Code)
		r, ok := b.book.RewardCodes[folded]
		if ok && r.AdvocateID == p.claim.AdvocateID && r.Beneficiary == rewards.ForAdvocate {
			p.found.Counts.CyclesOwnReward = true
		}
	}
}

// minimum is what the programme asks of an order, in minor units; 0 nothing.
func (b *bookLoad) minimum(p *pair) int64 {
	program, _ := rewards.VersionAt(b.book.Versions[p.claim.Program], p.order.PlacedAt)
	return program.Qualify.Minimum.Minor
}

// nearMinimum is what fairness.Counts.NearMinimum says of the order at hand, for another.
func nearMinimum(minor, minimum int64) bool {
	return minimum > 0 && minor >= minimum && minor-minimum <= minimum/20
}
