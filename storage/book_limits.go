package storage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"grapevine/rewards"
)

// ever is longer than any limit looks back.
const ever = 100 * 365 * 24 * time.Hour

// family adds the programmes that judge others' codes, and those that judge in their shadow.
func (b *bookLoad) family() error {
	if len(b.programs) == 0 {
		return nil
	}
	var rows []struct{ Program, Judges string }
	if _, err := b.scan(&rows, "SELECT program, judges FROM offers WHERE shop_id = ? AND judges <> ''", b.shopID); err != nil {
		return err
	}
	for _, name := range keysOf(b.programs) { // one step: a programme judges the codes of another, and not what that one judges
		for _, r := range rows {
			if strings.Contains(r.Judges, " "+name+" ") {
				b.need(r.Program, "")
			}
		}
	}
	return nil
}

// used lists what advocates earned of programmes that limit them, as far back as a limit looks, and their
// milestones from ever: without a limit or a milestone nothing is listed.
func (b *bookLoad) used() error {
	t := table{cols: "program text, since timestamptz, milestones boolean"}
	for name, versions := range b.book.Versions {
		since, milestones := b.limitSince(versions)
		if !since.IsZero() || milestones {
			t.add(name, since, milestones)
		}
	}
	if len(b.people) == 0 {
		return nil
	}
	people := keysOf(b.people)
	const of = `SELECT r.shop_id, r.advocate_id, r.program, r.order_id, r.id, r.milestone, r.created_at FROM v CROSS JOIN rewards r
WHERE r.shop_id = ? AND r.advocate_id IN ? AND r.program = v.program AND r.status NOT IN ('reversed', 'revoked') AND r.order_id IS NOT NULL AND `
	rows, err := queryAll[rewardRow](b.txn, t, of+"r.created_at >= v.since UNION "+of+"v.milestones AND r.milestone <> ''", b.shopID, people, b.shopID, people)
	if err != nil {
		return err
	}
	elsewhere, err := b.usedElsewhere(t)
	if err != nil {
		return err
	}
	rows = append(rows, elsewhere...)
	slices.SortFunc(rows, func(a, b rewardRow) int { return cmp.Or(a.Created.Compare(b.Created.Time), cmp.Compare(a.ID, b.ID)) })
	for _, r := range rows {
		key := rewards.UsedKey(r.Program, r.AdvocateID)
		b.book.AdvocateUsed[key] = append(b.book.AdvocateUsed[key], rewards.Use{OrderID: b.orderOf(r.ShopID, plain(r.OrderID)), RewardID: r.ID, At: r.Created.Time, Milestone: r.Milestone})
	}
	return nil
}

// limitSince tells from when on the limits of a programme's versions count, zero if they have none, and
// whether any has milestones.
func (b *bookLoad) limitSince(versions []rewards.Program) (since time.Time, milestones bool) {
	span := time.Duration(0)
	for _, p := range versions {
		if p.PerAdvocate > 0 && p.PerAdvocateSpan == 0 {
			p.PerAdvocateSpan = ever
		}
		if p.PerAdvocate > 0 {
			span = max(span, p.PerAdvocateSpan)
		}
		for _, r := range p.Rules {
			milestones = milestones || r.Milestone
		}
	}
	if span > 0 {
		since = b.book.Now.Add(-span)
	}
	return since, milestones
}

const (
	// mostReferrals bounds what is listed of one advocate's referrals in one programme, the newest first: who
	// has more is above every tier, and a milestone beyond it is not seen.
	mostReferrals = 5000
	// paceSpan is how far back an advocate's pace is looked at, whatever the programme counts.
	paceSpan = 30 * 24 * time.Hour
)

// stood are the outcomes of an order that stands for its advocate; counts tells of one whether it lifts her,
// as rewards.Record.Counts does.
const (
	stood  = "('rewarded', 'pending', 'held')"
	counts = "(o.outcome = 'rewarded' OR o.outcome = 'pending' AND o.paid)"
)

// The same question to each database: of every row the newest, by the index of referrals. SQLite knows no
// LATERAL, and finds the oldest that is wanted first; of PostgreSQL it makes a plan that needs no statistics.
// The parameter is mostReferrals.
const (
	pgReferrals = `SELECT v.i, r.order_id, r.placed_at, r.counts FROM v CROSS JOIN LATERAL (SELECT o.order_id, o.placed_at, ` + counts + ` AS counts
  FROM orders o WHERE o.shop_id = v.shop_id AND o.advocate_id = v.holder AND o.program = v.program AND o.placed_at >= v.since AND o.outcome IN ` + stood + `
  ORDER BY o.placed_at DESC LIMIT ?) r`
	liteReferrals = `, w(i, program, shop_id, holder, since) AS MATERIALIZED (SELECT v.i, v.program, v.shop_id, v.holder, coalesce((
  SELECT n.placed_at FROM orders n WHERE n.shop_id = v.shop_id AND n.advocate_id = v.holder AND n.program = v.program AND n.placed_at >= v.since
    AND n.outcome IN ` + stood + ` ORDER BY n.placed_at DESC LIMIT 1 OFFSET ? - 1), v.since) FROM v)
SELECT w.i, o.order_id, o.placed_at, ` + counts + ` AS counts FROM w CROSS JOIN orders o
WHERE o.shop_id = w.shop_id AND o.advocate_id = w.holder AND o.program = w.program AND o.placed_at >= w.since AND o.outcome IN ` + stood
)

// referrals lists the orders of these advocates that stand for these programmes, as far back as tiers and
// milestones look before the oldest order at hand; of a group's programmes also those in its other shops.
func (b *bookLoad) referrals() error {
	t, keys := table{cols: "i integer, program text, shop_id text, holder text, since timestamptz"}, []string(nil)
	ask := func(program, advocate, shopID, holder string, since time.Time) {
		t.add(len(keys), program, shopID, holder, since)
		keys = append(keys, rewards.UsedKey(program, advocate))
	}
	oldest := b.oldest()
	for _, name := range keysOf(b.book.Versions) {
		span := paceSpan
		for _, p := range b.book.Versions[name] {
			if span = max(span, p.CountingPeriod); p.CountingPeriod == 0 {
				span = ever
			}
		}
		for _, who := range keysOf(b.people) {
			ask(name, who, b.shopID, who, oldest.Add(-span))
		}
		for _, m := range b.matesIn(name) {
			ask(name, m.AdvocateID, m.ShopID, m.Holder, oldest.Add(-span))
		}
	}
	statement := pgReferrals
	if b.d.lite {
		statement = liteReferrals
	}
	rows, err := queryAll[struct {
		I        int
		OrderID  string
		PlacedAt stamp
		Counts   bool
	}](b.txn, t, statement, mostReferrals)
	for _, r := range rows {
		shopID := t.rows[r.I][2].(string)
		b.book.Referrals[keys[r.I]] = append(b.book.Referrals[keys[r.I]], rewards.Referral{OrderID: b.orderOf(shopID, r.OrderID), PlacedAt: r.PlacedAt.Time, Counts: r.Counts})
	}
	return err
}

// oldest is when the oldest of the orders was placed, at the latest now.
func (b *bookLoad) oldest() time.Time {
	at := b.book.Now
	for _, c := range b.orders {
		if placed := c.Order.PlacedAt; !placed.IsZero() && placed.Before(at) {
			at = placed
		}
	}
	return at
}
