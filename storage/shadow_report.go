package storage

import (
	"context"
	"time"

	"grapevine/rewards"
)

// ShadowRow is one order as a shadow programme would have judged it, beside what was decided.
type ShadowRow struct {
	OrderID, Name            string
	Version                  int
	JudgedAt                 time.Time
	Outcome, LiveOutcome     rewards.Outcome
	Reason, LiveReason       rewards.Reason
	AdvocateID, LiveAdvocate string
	Cost, LiveCost           rewards.Money
}

// ShadowRows streams what a shadow programme would have decided about orders that were judged last between
// from and to, in that order. Kind NotFound, code shadow_not_found, where the shop has no such shadow
// programme.
func (d *DB) ShadowRows(ctx context.Context, shopID, program string, from, to time.Time, f func(ShadowRow) error) error {
	versions, err := d.read(ctx).programVersions(shopID, []string{program})
	if err != nil {
		return d.fault("reading a programme", err)
	}
	if list := versions[program]; len(list) == 0 || !everShadow(list) {
		return rewards.Errorf(rewards.NotFound, "shadow_not_found", "shop %s has no shadow programme %.80q", shopID, program)
	}
	type row struct {
		OrderID, Name                                                  string
		Version                                                        int
		JudgedAt                                                       stamp
		Outcome, Reason, AdvocateID, LiveOutcome, LiveReason, Currency string
		LiveAdvocate                                                   *string
		CostMinor, LiveCostMinor                                       int64
	}
	err = d.snapshot(ctx, func(x *txn) error {
		return stream(x, `SELECT v.order_id, o.name, v.version, v.judged_at, v.outcome, v.reason, v.advocate_id, v.cost_minor, v.currency,
  v.live_outcome, v.live_reason, v.live_cost_minor, o.advocate_id AS live_advocate
FROM shadow_verdicts v JOIN orders o ON o.shop_id = v.shop_id AND o.order_id = v.order_id
WHERE v.shop_id = ? AND v.program = ? AND v.judged_at >= ? AND v.judged_at < ? ORDER BY v.judged_at, v.order_id`, func(r row) error {
			return f(ShadowRow{
				OrderID: r.OrderID, Name: r.Name, Version: r.Version, JudgedAt: r.JudgedAt.Time,
				Outcome: rewards.Outcome(r.Outcome), Reason: rewards.Reason(r.Reason), AdvocateID: r.AdvocateID,
				LiveOutcome: rewards.Outcome(r.LiveOutcome), LiveReason: rewards.Reason(r.LiveReason), LiveAdvocate: plain(r.LiveAdvocate),
				Cost: rewards.Money{Minor: r.CostMinor, Currency: r.Currency}, LiveCost: rewards.Money{Minor: r.LiveCostMinor, Currency: r.Currency},
			})
		}, shopID, program, from, to)
	})
	return d.fault("reading shadow verdicts", err)
}

func everShadow(versions []rewards.Program) bool {
	for _, p := range versions {
		if p.Shadow {
			return true
		}
	}
	return false
}
