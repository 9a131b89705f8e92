package simulation

import (
	"slices"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// facts puts together what a decision rests on, as if the order were judged at the end of the period for the
// first time. Of an order that was judged live the claims stand as they were then; those of others are found
// by the shop's codes.
// assumed tells that the buyer's earlier orders were counted here because the shop did not tell.
func (r *Run) facts(o Order, earlier int64) (f rewards.Facts, assumed bool) {
	was := o.Record.Facts
	f = rewards.Facts{
		Order: was.Order, At: r.opts.To, PaidAt: was.PaidAt, EarlierHere: earlier,
		Trouble: was.Trouble, Detail: was.Detail, Review: was.Review, DisputedAt: was.DisputedAt,
	}
	if f.PaidAt.IsZero() && f.Order.Paid() {
		f.PaidAt = f.Order.PlacedAt
		if at := f.Order.PaidAt; at != nil {
			f.PaidAt = *at
		}
	}
	// Whoever never asked the shop about an order does not know its place among the buyer's orders.
	asked := !was.Historic && o.Record.Decision.Outcome != rewards.OutcomeNone
	if who := f.Order.Customer; who != nil && who.EarlierOrders == nil && !asked {
		known := *who
		known.EarlierOrders = &earlier
		f.Order.Customer = &known
		assumed = true
	}
	if len(f.Order.Codes) > rewards.MaxCodes+1 {
		f.Order.Codes = f.Order.Codes[:rewards.MaxCodes+1]
	}
	f.Claims = r.claims(was, f.Order)
	return f, assumed
}

// claims finds the owners of the order's codes and links, as rewards.Book does.
func (r *Run) claims(was rewards.Facts, o rewards.Order) []rewards.Claim {
	var claims []rewards.Claim
	for _, applied := range o.Codes {
		c, ok := r.claim(was, o, applied.Code)
		if !ok {
			continue
		}
		c.TookOff = applied.TookOff
		i := slices.IndexFunc(claims, func(x rewards.Claim) bool { return x.Code == c.Code })
		if i < 0 {
			claims = append(claims, c)
		} else if sum, err := claims[i].TookOff.Add(applied.TookOff); err == nil {
			claims[i].TookOff = sum
		}
	}
	for _, touch := range o.Touches {
		c, ok := r.claim(was, o, touch.Code)
		if !ok || touch.At.After(o.PlacedAt) {
			continue
		}
		c.Via, c.TouchedAt = rewards.ViaLink, touch.At
		if !slices.ContainsFunc(claims, func(x rewards.Claim) bool {
			return x.Via == rewards.ViaLink && x.Code == c.Code && x.TouchedAt.Equal(touch.At)
		}) {
			claims = append(claims, c)
		}
	}
	return claims
}

// claim finds the owner of a code: who it was when the order was judged, else who it is now.
func (r *Run) claim(was rewards.Facts, o rewards.Order, code string) (rewards.Claim, bool) {
	folded, ok := rewards.FoldCode(code)
	if !ok {
		return rewards.Claim{}, false
	}
	for _, c := range was.Claims {
		if c.Code == folded {
			c.Via, c.TouchedAt, c.TookOff = rewards.ViaCode, time.Time{}, rewards.Money{}
			return c, true
		}
	}
	owner, ok := r.opts.Codes[folded]
	if !ok || !owner.RetiredAt.IsZero() && !o.PlacedAt.Before(owner.RetiredAt) {
		return rewards.Claim{}, false
	}
	c := owner.Claim
	c.Code = folded
	c.Case = fairness.Case{Historic: true} // nothing was gathered for it
	return c, true
}
