package storage

import (
	"context"
	"reflect"
	"slices"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/variant"
)

// Experiment compares the variants of a programme as they are now. Only what came after they became so is
// counted. Kind NotFound for a programme that is not there or has no variants.
func (d *DB) Experiment(ctx context.Context, shopID, program string) (rewards.Experiment, error) {
	var e rewards.Experiment
	err := d.snapshot(ctx, func(x *txn) error {
		all, err := x.programVersions(shopID, []string{program})
		if err != nil {
			return err
		}
		versions := all[program]
		if len(versions) == 0 || len(versions[len(versions)-1].Variants) < 2 {
			return rewards.Errorf(rewards.NotFound, "experiment_not_found", "programme %.80q compares no variants", program)
		}
		p := versions[len(versions)-1]
		e = rewards.Experiment{Program: program, Since: since(versions)}
		if err := x.arms(shopID, p, &e); err != nil {
			return err
		}
		if err := x.armRevenue(shopID, p, &e); err != nil {
			return err
		}
		return judgeArms(&e)
	})
	return e, d.fault("comparing variants", err)
}

// since is when the newest version's variants became what they are.
func since(versions []rewards.Program) time.Time {
	newest := versions[len(versions)-1]
	at := newest.AppliedAt
	for _, p := range slices.Backward(versions) {
		if !reflect.DeepEqual(p.Variants, newest.Variants) {
			break
		}
		at = p.AppliedAt
	}
	return at
}

// arms deals the advocates to their variants again, as each order did, and counts those with a referral.
func (x *txn) arms(shopID string, p rewards.Program, e *rewards.Experiment) error {
	at := map[string]*rewards.ArmFigures{}
	e.Arms = make([]rewards.ArmFigures, len(p.Variants))
	for i, v := range p.Variants {
		e.Arms[i] = rewards.ArmFigures{Name: v.Name, Weight: v.Weight, Referred: rewards.Tally{Revenue: rewards.Money{Currency: p.Currency}}}
		at[v.Name] = &e.Arms[i]
	}
	type subject struct {
		AdvocateID string
		Converted  bool
	}
	sql := `SELECT c.advocate_id, EXISTS (SELECT 1 FROM orders o WHERE o.shop_id = ? AND o.advocate_id = c.advocate_id AND o.program = ? AND o.placed_at >= ? AND ` +
		goodOrder + ` AND ` + asReferral + `) AS converted FROM codes c WHERE c.shop_id = ? AND c.program IN ? AND c.status <> 'failed'
AND (c.retired_at IS NULL OR c.retired_at > ?) GROUP BY c.advocate_id`
	return stream(x, sql, func(s subject) error {
		if arm := at[p.VariantOf(s.AdvocateID)]; arm != nil {
			arm.Subjects++
			if s.Converted {
				arm.Converted++
			}
		}
		return nil
	}, shopID, p.Name, e.Since, shopID, append([]string{p.Name}, p.InsteadOf...), e.Since)
}

// armRevenue sums the referred orders by the variant that they were judged with.
func (x *txn) armRevenue(shopID string, p rewards.Program, e *rewards.Experiment) error {
	var rows []struct {
		Variant       string
		Orders, Minor int64
	}
	_, err := x.scan(&rows, "SELECT o.variant, count(*) AS orders, CAST(sum(o.eligible_minor) AS bigint) AS minor FROM orders o WHERE o.shop_id = ? AND o.program = ? AND o.placed_at >= ? AND "+
		goodOrder+" AND "+asReferral+" AND o.currency = ? GROUP BY o.variant", shopID, p.Name, e.Since, p.Currency)
	for _, r := range rows {
		for i, arm := range e.Arms {
			if arm.Name == r.Variant {
				e.Arms[i].Referred.Orders, e.Arms[i].Referred.Revenue.Minor = r.Orders, r.Minor
			}
		}
	}
	return err
}

func judgeArms(e *rewards.Experiment) (err error) {
	arms := make([]variant.Arm, len(e.Arms))
	for i, a := range e.Arms {
		arms[i] = variant.Arm{Name: a.Name, Subjects: a.Subjects, Converted: a.Converted}
	}
	e.Verdicts, err = variant.CompareAll(arms)
	return err
}
