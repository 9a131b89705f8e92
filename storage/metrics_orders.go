package storage

import "grapevine/rewards"

// What the statements say of an order o. orders_figures holds all of its columns that they ask for.
const (
	goodOrder  = "NOT o.test AND o.status IN ('paid', 'partially_refunded')"
	asReferral = "o.outcome IN ('rewarded', 'pending', 'held') AND o.advocate_id IS NOT NULL"
)

// during joins the periods with the rows of a shop in them for which a condition holds, and goes on behind
// WHERE. PostgreSQL is kept from comparing each row with each period: OFFSET 0 has it look for the rows of one
// period after the other.
func (x *txn) during(table, at, condition, join string) string {
	alias := table[:1]
	rows := alias + ".shop_id = ? AND " + at + " >= v.since AND " + at + " < v.until" + condition
	if x.d.lite {
		return " FROM v CROSS JOIN " + table + " " + alias + join + " WHERE " + rows
	}
	return " FROM v CROSS JOIN LATERAL (SELECT * FROM " + table + " " + alias + " WHERE " + rows + " OFFSET 0) " + alias + join + " WHERE true"
}

// inPeriod are the good orders of the periods.
func (g *figuring) inPeriod() string {
	return g.during("orders", "o.placed_at", "", "") + " AND " + goodOrder
}

// orderKey are the columns by which orders are told apart.
func orderKey(by rewards.Grouping) string {
	switch by {
	case rewards.ByProgram:
		return "v.n, o.program, '' AS variant, '' AS advocate"
	case rewards.ByVariant:
		return "v.n, o.program, o.variant, '' AS advocate"
	case rewards.ByAdvocate:
		return "v.n, '' AS program, '' AS variant, o.advocate_id AS advocate"
	}
	return "v.n, '' AS program, '' AS variant, '' AS advocate"
}

// mine limits rows to the programme that was asked for, and to the advocates that are listed.
func (g *figuring) mine(q *statement, s *sheet, program, advocate string) {
	if g.f.Program != "" {
		q.add(" AND "+program+" = ?", g.f.Program)
	}
	if s.by == rewards.ByAdvocate {
		q.add(" AND "+advocate+" IN ?", g.top)
	}
}

// findTop finds the advocates whose referrals brought most.
func (g *figuring) findTop(s *sheet) error {
	var q statement
	q.add("SELECT o.advocate_id"+g.inPeriod()+" AND "+asReferral+" AND NOT o.historic AND o.currency = ?", g.shop.Shop, g.shop.Currency)
	if g.f.Program != "" {
		q.add(" AND o.program = ?", g.f.Program)
	}
	q.add(" GROUP BY o.advocate_id ORDER BY sum(o.eligible_minor) DESC, o.advocate_id LIMIT ?", g.f.Top)
	var err error
	g.top, err = ask[string](g, s, &q)
	s.order = []groupKey{}
	for _, id := range g.top {
		s.order = append(s.order, groupKey{Advocate: id})
	}
	return err
}

// orders counts orders and their revenue by what became of them.
func (g *figuring) orders(s *sheet) error {
	var q statement
	q.add("SELECT n, program, variant, advocate, class, count(*) AS orders, CAST(sum(minor) AS bigint) AS minor FROM (SELECT " + orderKey(s.by))
	q.add(", CASE WHEN o.currency <> ? THEN 'elsewhere' WHEN o.historic THEN 'historic'", g.shop.Currency)
	if g.f.Program != "" && (s.by == rewards.ByNothing || s.by.OverTime()) {
		q.add(" WHEN o.program <> ? THEN 'other'", g.f.Program)
	}
	q.add(" WHEN "+asReferral+" THEN o.outcome WHEN o.outcome = 'rejected' THEN o.outcome ELSE 'other' END AS class, o.eligible_minor AS minor"+g.inPeriod(), g.shop.Shop)
	if !s.by.OverTime() && s.by != rewards.ByNothing {
		q.add(" AND o.program <> ''")
		g.mine(&q, s, "o.program", "o.advocate_id")
	}
	q.add(") c GROUP BY n, program, variant, advocate, class")
	rows, err := ask[struct {
		Key    groupKey `gorm:"embedded"`
		Class  string
		Orders int64
		Minor  int64
	}](g, s, &q)
	for _, r := range rows {
		count(s.of(r.Key), r.Class, r.Orders, r.Minor)
	}
	return err
}

// count adds orders of a class to a group.
func count(f *rewards.Figures, class string, orders, minor int64) {
	add := func(t *rewards.Tally) {
		t.Orders += orders
		t.Revenue.Minor += minor
	}
	switch class {
	case "elsewhere":
		f.Elsewhere += orders
		return
	case "historic":
		add(&f.Historic)
		return
	case string(rewards.OutcomeRewarded):
		add(&f.Rewarded)
	case string(rewards.OutcomePending):
		add(&f.Pending)
	case string(rewards.OutcomeHeld):
		add(&f.Held)
	case string(rewards.OutcomeRejected):
		add(&f.Rejected)
	}
	add(&f.All)
}

// people counts the advocates and the friends of referred orders. A friend is a customer whose first order
// that we know of it was; she goes on where somebody bought by a code of hers.
func (g *figuring) people(s *sheet) error {
	// Whether an order was the first is asked of all orders of the customer: with a bound in time PostgreSQL would
	// take orders_figures, and pass by all that were placed before. It is asked once an order, hence OFFSET 0.
	once := " OFFSET 0"
	if g.d.lite {
		once = ""
	}
	var q statement
	q.add("SELECT n, program, variant, advocate, count(DISTINCT who) AS active, count(DISTINCT friend) AS friends, count(DISTINCT CASE WHEN friend IS NOT NULL AND"+
		" EXISTS (SELECT 1 FROM advocates a WHERE a.shop_id = ? AND a.customer_id = c.friend AND EXISTS (SELECT 1 FROM orders o WHERE o.shop_id = a.shop_id AND o.advocate_id = a.id AND "+goodOrder+" AND "+asReferral+"))"+
		" THEN friend END) AS onward FROM (SELECT "+orderKey(s.by)+", o.advocate_id AS who, CASE WHEN o.customer_id <> '' AND coalesce((SELECT max(CASE WHEN e.placed_at < o.placed_at THEN 1 ELSE 0 END) FROM orders e"+
		" WHERE e.shop_id = o.shop_id AND e.customer_id = o.customer_id AND e.customer_id <> '' AND NOT e.test AND e.status <> 'cancelled'), 0) = 0 THEN o.customer_id END AS friend", g.shop.Shop)
	q.add(g.inPeriod()+" AND "+asReferral+" AND NOT o.historic AND o.currency = ?", g.shop.Shop, g.shop.Currency)
	g.mine(&q, s, "o.program", "o.advocate_id")
	q.add(once + ") c GROUP BY n, program, variant, advocate")
	rows, err := ask[struct {
		Key                     groupKey `gorm:"embedded"`
		Active, Friends, Onward int64
	}](g, s, &q)
	for _, r := range rows {
		f := s.of(r.Key)
		f.Active, f.Friends, f.Onward = r.Active, r.Friends, r.Onward
	}
	return err
}

// codes sums what codes of advocates took off, and counts the orders for which a link was followed.
func (g *figuring) codes(s *sheet) error {
	var q statement
	q.add("SELECT n, program, variant, advocate, CAST(sum(CASE WHEN won THEN took_off ELSE 0 END) AS bigint) AS good, CAST(sum(CASE WHEN won THEN 0 ELSE took_off END) AS bigint) AS bad," +
		" sum(CASE WHEN won AND linked THEN 1 ELSE 0 END) AS links FROM (SELECT " + orderKey(s.by) + ", o.outcome <> 'rejected' AS won, o.took_off_minor AS took_off, o.linked")
	q.add(g.inPeriod()+" AND (o.outcome = 'rejected' OR "+asReferral+") AND NOT o.historic AND o.currency = ?", g.shop.Shop, g.shop.Currency)
	if s.by != rewards.ByNothing && !s.by.OverTime() {
		q.add(" AND o.program <> ''")
	}
	g.mine(&q, s, "o.program", "o.advocate_id")
	q.add(") c GROUP BY n, program, variant, advocate")
	rows, err := ask[struct {
		Key              groupKey `gorm:"embedded"`
		Good, Bad, Links int64
	}](g, s, &q)
	for _, r := range rows {
		f := s.of(r.Key)
		f.TookOff.Minor, f.TookOffRejected.Minor, f.ByLink = r.Good, r.Bad, r.Links
	}
	return err
}
