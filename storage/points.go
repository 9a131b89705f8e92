package storage

import (
	"context"
	"slices"
	"time"

	"grapevine/rewards"
)

// Points returns what an advocate has of each programme's points, by programme. Kind NotFound without the
// advocate.
func (d *DB) Points(ctx context.Context, shopID, advocateID string) ([]rewards.PointsBalance, error) {
	x := d.read(ctx)
	balances, err := x.points(shopID, advocateID)
	return balances, d.fault("reading points", err)
}

func (x *txn) points(shopID, advocateID string) ([]rewards.PointsBalance, error) {
	if _, err := x.standing(shopID, advocateID); err != nil {
		return nil, err
	}
	held, err := x.heldPoints(shopID, advocateID, "", "")
	if err != nil {
		return nil, err
	}
	now, err := x.now()
	if err != nil {
		return nil, err
	}
	of := map[string][]rewards.Reward{}
	for _, r := range held {
		if r.Unused().Minor > 0 && (r.ExpiresAt.IsZero() || r.ExpiresAt.After(now)) {
			of[r.Program] = append(of[r.Program], r)
		}
	}
	versions, err := x.programVersions(shopID, keysOf(of))
	if err != nil {
		return nil, err
	}
	balances := make([]rewards.PointsBalance, 0, len(of))
	for _, name := range keysOf(of) {
		balances = append(balances, balance(newestOf(versions[name]), name, of[name]))
	}
	return balances, nil
}

// newestOf is the newest of a programme's versions, which rise.
func newestOf(versions []rewards.Program) (p rewards.Program) {
	if n := len(versions); n > 0 {
		p = versions[n-1]
	}
	return p
}

// balance adds up one programme's points.
func balance(p rewards.Program, name string, held []rewards.Reward) rewards.PointsBalance {
	b := rewards.PointsBalance{Program: name, Unused: rewards.Money{Currency: rewards.UnitPoints}}
	ends := map[time.Time]int64{}
	for _, r := range held {
		b.Unused.Minor += r.Unused().Minor
		ends[r.ExpiresAt] += r.Unused().Minor
	}
	for at, n := range ends {
		b.Ends = append(b.Ends, rewards.PointsEnd{At: at, Points: n})
	}
	slices.SortFunc(b.Ends, func(a, b rewards.PointsEnd) int {
		if a.At.IsZero() != b.At.IsZero() {
			return b.At.Compare(a.At) // never comes last
		}
		return a.At.Compare(b.At)
	})
	if p.Points != nil {
		b.Minimum = p.Points.Minimum
	}
	if worth, err := p.PointsWorth(b.Unused.Minor); err == nil {
		b.Worth = worth
	}
	return b
}

// standing returns an advocate's status. Kind NotFound.
func (x *txn) standing(shopID, advocateID string) (status string, err error) {
	n, err := x.scan(&status, "SELECT status FROM advocates WHERE shop_id = ? AND id = ?", shopID, clean(advocateID))
	if err == nil && n == 0 {
		err = rewards.Errorf(rewards.NotFound, "advocate_not_found", "there is no advocate %.80q", advocateID)
	}
	return status, err
}

// heldPoints returns an advocate's own rewards in points that may have something left, of one programme
// or of all. Points of friends are not hers.
func (x *txn) heldPoints(shopID, advocateID, program, lock string) ([]rewards.Reward, error) {
	var rows []rewardRow
	_, err := x.scan(&rows, `SELECT * FROM rewards WHERE shop_id = ? AND advocate_id = ? AND (? = '' OR program = ?)
  AND kind = 'points' AND status = 'issued' AND beneficiary = 'advocate' ORDER BY created_at, id `+lock, shopID, clean(advocateID), program, program)
	if err != nil {
		return nil, err
	}
	return rewardsOf(rows)
}

// ExchangePoints turns an advocate's points into a reward in the shop, by the newest version of the
// programme, and asks for it. Her rewards in points are locked, and then the programme's budget, so that
// of two who ask at once the second sees what the first has used.
//
// Kind NotFound without advocate or programme; Conflict, code advocate_blocked or advocate_retired; and
// the errors of rewards.Exchange.
func (d *DB) ExchangePoints(ctx context.Context, shopID, advocateID, program string, points int64, actor string) (r rewards.StoredReward, err error) {
	program = clean(program)
	err = d.write(ctx, "exchanging points", func(x *txn) error {
		if err := x.lockLane(shopID); err != nil {
			return err
		}
		status, err := x.standing(shopID, advocateID)
		if err != nil {
			return err
		}
		if status == "blocked" || status == "retired" {
			return rewards.Errorf(rewards.Conflict, "advocate_"+status, "advocate %s is %s", advocateID, status)
		}
		versions, err := x.programVersions(shopID, []string{program})
		if err != nil {
			return err
		}
		if len(versions[program]) == 0 {
			return rewards.Errorf(rewards.NotFound, "program_not_found", "there is no programme %.80q", program)
		}
		fresh, err := x.exchange(shopID, advocateID, newestOf(versions[program]), points, actor)
		if err != nil {
			return err
		}
		r, err = x.storedReward(shopID, fresh.ID)
		return err
	})
	return r, err
}

func (x *txn) exchange(shopID, advocateID string, p rewards.Program, points int64, actor string) (rewards.Reward, error) {
	held, err := x.heldPoints(shopID, advocateID, p.Name, "{lock}")
	if err != nil {
		return rewards.Reward{}, err
	}
	used, err := x.lockBudget(shopID, p.Name)
	if err != nil {
		return rewards.Reward{}, err
	}
	now, err := x.now()
	if err != nil {
		return rewards.Reward{}, err
	}
	effect, fresh, err := rewards.Exchange(p, held, points, used, x.d.mint, now, actor)
	if err != nil {
		return rewards.Reward{}, err
	}
	return fresh, x.saveEffect(shopID, effect)
}

// lockBudget returns what a programme has used of its budget, which nobody can change until the
// transaction ends.
func (x *txn) lockBudget(shopID, program string) (rewards.Money, error) {
	rows, err := x.lockBudgets(shopID, []string{program})
	if err == nil && len(rows) == 0 {
		err = rewards.Errorf(rewards.Internal, "offer_not_found", "programme %s has no budget", program)
	}
	if err != nil {
		return rewards.Money{}, err
	}
	return rows[0].used(), nil
}
