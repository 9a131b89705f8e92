package simulation

import (
	"time"

	"grapevine/rewards"
)

// sums are what one programme's verdicts come to.
type sums struct {
	zone     *time.Location
	program  rewards.Program
	outcomes map[rewards.Outcome]int64
	reasons  map[ReasonCount]int64 // Orders left out
	news     int64                 // new customers among the referrals that stand
	left     map[rewards.Outcome]int64
	discount map[bool]int64 // what friends' codes took off, by whether the referral stands
	costs    map[kindUnit]*KindCost
	unpriced int64
	ranOut   time.Time // when the budget first refused an order
	days     map[int64]*day
	months   map[string]*Part
	rules    map[string]*RuleCost
	levels   map[string]*Part
	variants map[string]*Part
	top      map[string]*Part
	offset   offsets
}

type kindUnit struct {
	kind rewards.RewardKind
	unit string
}

// day is one day's share of the curve.
type day struct{ cost, revenue, referrals int64 }

func (s *sums) begin(p rewards.Program, zone *time.Location) {
	*s = sums{
		zone: zone, program: p, outcomes: map[rewards.Outcome]int64{}, reasons: map[ReasonCount]int64{}, left: map[rewards.Outcome]int64{},
		discount: map[bool]int64{}, costs: map[kindUnit]*KindCost{}, days: map[int64]*day{}, months: map[string]*Part{},
		rules: map[string]*RuleCost{}, levels: map[string]*Part{}, variants: map[string]*Part{}, top: map[string]*Part{},
		offset: offsets{zone: zone},
	}
}

// add counts one order that was judged.
func (s *sums) add(f rewards.Facts, v verdict) {
	placed := f.Order.PlacedAt
	s.outcomes[v.Outcome]++
	if v.Reason != rewards.ReasonNone {
		s.reasons[ReasonCount{Outcome: v.Outcome, Reason: v.Reason}]++
	}
	if v.Reason == rewards.ReasonBudgetExhausted && s.ranOut.IsZero() {
		s.ranOut = placed
	}
	took := int64(0)
	if v.won.TookOff.Currency == s.program.Currency {
		took = v.won.TookOff.Minor
	}
	counts := v.Outcome == rewards.OutcomeRewarded || v.Outcome == rewards.OutcomePending
	s.discount[counts] += took
	if !v.Stands() {
		return
	}
	s.left[v.Outcome] += v.left.Minor
	s.grants(v)
	if !counts {
		return
	}
	p := Part{Referrals: 1, Revenue: v.left.Minor, Cost: v.cost.Minor, Discount: took}
	if isNew(f) {
		p.NewCustomers = 1
		s.news++
	}
	number := s.offset.day(placed)
	d := s.days[number]
	if d == nil {
		d = &day{}
		s.days[number] = d
	}
	d.cost, d.revenue, d.referrals = d.cost+v.cost.Minor, d.revenue+v.left.Minor, d.referrals+1
	into(s.months, month(number), p)
	into(s.top, v.Advocate, p)
	if len(s.program.Levels) > 0 {
		into(s.levels, v.Level, p)
	}
	if len(s.program.Variants) > 0 {
		into(s.variants, v.Variant, p)
	}
}

// grants counts what the order brings, held orders too.
func (s *sums) grants(v verdict) {
	for _, g := range v.Grants {
		unit := g.Kind.Unit(s.program.Currency)
		priced := g.Value.Minor > 0
		k := kindUnit{g.Kind, unit}
		c := s.costs[k]
		if c == nil {
			c = &KindCost{Kind: g.Kind, Unit: unit}
			s.costs[k] = c
		}
		r := s.rules[g.Rule]
		if r == nil {
			r = &RuleCost{Rule: g.Rule, For: g.For, Kind: g.Kind, Unit: unit}
			s.rules[g.Rule] = r
		}
		switch v.Outcome {
		case rewards.OutcomeHeld:
			c.Held += g.Net.Minor
			continue
		case rewards.OutcomePending:
			c.Pending += g.Net.Minor
		default:
			c.Given += g.Net.Minor
		}
		c.Rewards++
		r.Rewards++
		r.Amount += g.Net.Minor
		if !priced {
			c.Unpriced++
			s.unpriced++
		}
	}
}

func into(parts map[string]*Part, name string, p Part) {
	sum := parts[name]
	if sum == nil {
		sum = &Part{Name: name}
		parts[name] = sum
	}
	sum.Referrals += p.Referrals
	sum.NewCustomers += p.NewCustomers
	sum.Revenue += p.Revenue
	sum.Cost += p.Cost
	sum.Discount += p.Discount
}

// isNew tells whether the buyer had no earlier order, here or as the shop tells it.
func isNew(f rewards.Facts) bool {
	who := f.Order.Customer
	return who != nil && f.EarlierHere == 0 && (who.EarlierOrders == nil || *who.EarlierOrders == 0)
}

// offsets turns times into days of a zone. Looking a zone's offset up costs more than all else that is done
// for an order, so the last one is kept for as long as it holds.
type offsets struct {
	zone     *time.Location
	from, to time.Time
	seconds  int
}

const secondsOfDay = 24 * 60 * 60

// day numbers the days since 1970-01-01 in the zone.
func (o *offsets) day(t time.Time) int64 {
	if t.Before(o.from) || !t.Before(o.to) || o.to.IsZero() {
		local := t.In(o.zone)
		_, o.seconds = local.Zone()
		start, end := local.ZoneBounds()
		o.from, o.to = start, end
		if end.IsZero() { // the zone keeps this offset from here on
			o.to = t.AddDate(100, 0, 0)
		}
	}
	at := t.Unix() + int64(o.seconds)
	if at < 0 {
		at -= secondsOfDay - 1
	}
	return at / secondsOfDay
}

func dayOf(number int64) time.Time { return time.Unix(number*secondsOfDay, 0).UTC() }

func month(day int64) string { return dayOf(day).Format("2006-01") }
