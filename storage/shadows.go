package storage

import (
	"log/slog"

	"grapevine/rewards"
)

// saveShadows keeps what shadow programmes would have decided, beside what was decided. records and shadows
// are by order id.
func (x *txn) saveShadows(shopID string, records map[string]rewards.Record, shadows map[string][]rewards.ShadowVerdict) error {
	t := table{cols: `program text, order_id text, version integer, outcome text, reason text, advocate_id text, cost_minor bigint, currency text,
  live_outcome text, live_reason text, live_cost_minor bigint`}
	for _, id := range keysOf(shadows) {
		live := records[id].Decision
		for _, s := range shadows[id] {
			cost, err := live.Cost(s.Cost.Currency)
			if err != nil { // an order that cannot be summed up was judged as such
				cost = rewards.Money{}
			}
			d := s.Decision
			t.add(s.Program, clean(id), s.Version, string(d.Outcome), string(d.Reason), d.Advocate, s.Cost.Minor, s.Cost.Currency,
				string(live.Outcome), string(live.Reason), cost.Minor)
		}
	}
	_, err := x.execAll(t, `INSERT INTO shadow_verdicts (shop_id, program, order_id, version, judged_at, outcome, reason, advocate_id, cost_minor, currency,
  live_outcome, live_reason, live_cost_minor)
SELECT ?, v.program, v.order_id, v.version, {now}, v.outcome, v.reason, v.advocate_id, v.cost_minor, v.currency, v.live_outcome, v.live_reason, v.live_cost_minor
FROM v WHERE true ORDER BY v.program, v.order_id
ON CONFLICT (shop_id, program, order_id) DO UPDATE SET version = excluded.version, judged_at = excluded.judged_at, outcome = excluded.outcome,
  reason = excluded.reason, advocate_id = excluded.advocate_id, cost_minor = excluded.cost_minor, currency = excluded.currency,
  live_outcome = excluded.live_outcome, live_reason = excluded.live_reason, live_cost_minor = excluded.live_cost_minor`, shopID)
	return err
}

// saveAlerts keeps that budgets passed a level, once for each size of the budget, and has it logged after
// the commit.
func (x *txn) saveAlerts(shopID string, alerts []rewards.BudgetAlert) error {
	for _, a := range alerts {
		n, err := x.exec(`INSERT INTO budget_alerts (shop_id, program, level, budget_minor, used_minor, currency, at) VALUES (?, ?, ?, ?, ?, ?, {now})
ON CONFLICT DO NOTHING`, shopID, a.Program, a.Level, a.Budget.Minor, a.Used.Minor, a.Budget.Currency)
		if err != nil {
			return err
		}
		if n > 0 {
			x.afterwards(func(log *slog.Logger) {
				log.Warn("a budget passed a level", "shop", shopID, "program", a.Program, "percent", a.Level, "used", a.Used.String(), "budget", a.Budget.String())
			})
		}
	}
	return nil
}

// alertsOf returns the alerts of a shop's programmes for the size that their budgets have now, by programme,
// the lowest level first.
func (x *txn) alertsOf(shopID string, list []StoredProgram) error {
	var rows []struct {
		Program     string
		Level       int
		BudgetMinor int64
		UsedMinor   int64
		Currency    string
		At          stamp
	}
	if _, err := x.scan(&rows, "SELECT program, level, budget_minor, used_minor, currency, at FROM budget_alerts WHERE shop_id = ? ORDER BY program, level", shopID); err != nil {
		return err
	}
	for _, r := range rows {
		for i := range list {
			p := &list[i]
			if p.Name == r.Program && p.Budget.Minor == r.BudgetMinor && p.Currency == r.Currency {
				money := func(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: r.Currency} }
				p.Alerts = append(p.Alerts, StoredAlert{
					BudgetAlert: rewards.BudgetAlert{Program: r.Program, Level: r.Level, Used: money(r.UsedMinor), Budget: money(r.BudgetMinor)}, At: r.At.Time})
			}
		}
	}
	return nil
}
