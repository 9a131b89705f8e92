package storage

import (
	"context"
	"slices"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// BlockAdvocate keeps an advocate from earning, in all shops of the group where she is a member of one; her code
// stays. Of what she earned before, all that is not on its way to the shop yet is judged again. reason and actor
// are kept.
func (d *DB) BlockAdvocate(ctx context.Context, shopID, id, reason, actor string) (rewards.Advocate, error) {
	return d.moveAdvocate(ctx, shopID, id, standing{to: "blocked", change: "block", reason: reason, actor: actor}, "active")
}

// UnblockAdvocate lets her earn again, in all shops of the group, also for the orders that came while she was blocked.
func (d *DB) UnblockAdvocate(ctx context.Context, shopID, id, reason, actor string) (rewards.Advocate, error) {
	return d.moveAdvocate(ctx, shopID, id, standing{to: "active", change: "unblock", reason: reason, actor: actor}, "blocked")
}

// RetireAdvocate ends an advocate and stops her codes in the shop. What she earned stays hers, and so does what
// she is in other shops of a group.
func (d *DB) RetireAdvocate(ctx context.Context, shopID, id, reason, actor string) (rewards.Advocate, error) {
	return d.moveAdvocate(ctx, shopID, id, standing{to: "retired", change: "retire", reason: reason, actor: actor}, "active", "blocked")
}

// standing is a change of an advocate's status.
type standing struct{ to, change, reason, actor string }

// moveAdvocate changes her status. One that has it already stays as she is; Kind Conflict, code
// advocate_retired, for one that has ended.
func (d *DB) moveAdvocate(ctx context.Context, shopID, id string, s standing, from ...string) (rewards.Advocate, error) {
	err := d.write(ctx, "changing an advocate", func(x *txn) error {
		if _, _, err := x.lockAround(shopID); err != nil {
			return err
		}
		row, err := x.lockAdvocate(shopID, id)
		if err != nil {
			return err
		}
		if row.Status != s.to && !slices.Contains(from, row.Status) {
			return rewards.Errorf(rewards.Conflict, "advocate_"+row.Status, "advocate %s is %s", id, row.Status)
		}
		rows := []advocateRow{row}
		if s.to != "retired" {
			if rows, err = x.herRows(row); err != nil {
				return err
			}
		}
		var jobs []webhooks.ShopJob
		for _, r := range rows {
			if !slices.Contains(from, r.Status) {
				continue
			}
			more, err := x.stand(r, s)
			if err != nil {
				return err
			}
			jobs = append(jobs, more...)
		}
		return x.enqueue(jobs)
	})
	if err != nil {
		return rewards.Advocate{}, err
	}
	return d.Advocate(ctx, shopID, id)
}

// stand gives an advocate her new status, and returns the jobs that follow from it.
func (x *txn) stand(row advocateRow, s standing) ([]webhooks.ShopJob, error) {
	reason := short(s.reason)
	if s.to == "active" {
		reason = ""
	}
	if _, err := x.exec("UPDATE advocates SET status = ?, reason = ? WHERE shop_id = ? AND id = ?", s.to, reason, row.ShopID, row.ID); err != nil {
		return nil, err
	}
	if err := x.noteChange(row.ShopID, row.ID, rewards.AdvocateChange{Change: s.change, Reason: s.reason, Actor: s.actor}); err != nil {
		return nil, err
	}
	jobs, err := x.followStanding(row.ShopID, row.ID, s)
	return shopJobs(row.ShopID, jobs), err
}

// lockAdvocate reads an advocate while nobody else writes for the shop. Kind NotFound.
func (x *txn) lockAdvocate(shopID, id string) (advocateRow, error) {
	var row advocateRow
	if err := x.lockLane(shopID); err != nil {
		return row, err
	}
	err := x.Where("shop_id = ? AND id = ?", shopID, id).Take(&row).Error
	return row, missing(err, "advocate", id)
}

// followStanding returns the jobs that bring everything else in line: orders whose verdict may be another
// now are read and judged again.
func (x *txn) followStanding(shopID, id string, s standing) ([]rewards.JobRequest, error) {
	open := "outcome IN ('pending', 'held')"
	switch s.to {
	case "retired":
		return x.retireCodes(shopID, id, short(s.reason))
	case "active":
		open = "outcome = 'rejected' AND reason = 'advocate_blocked'"
	}
	var orders []string
	_, err := x.scan(&orders, "SELECT order_id FROM orders WHERE shop_id = ? AND advocate_id = ? AND "+open+" ORDER BY order_id", shopID, id)
	jobs := make([]rewards.JobRequest, len(orders))
	for i, order := range orders {
		jobs[i] = rewards.JobRequest{Kind: rewards.JobConfirm, Subject: order}
	}
	return jobs, err
}

// noteChange keeps what a person did to an advocate.
func (x *txn) noteChange(shopID, advocateID string, c rewards.AdvocateChange) error {
	_, err := x.exec("INSERT INTO advocate_history (shop_id, id, advocate_id, at, change, value, reason, actor) VALUES (?, ?, ?, {now}, ?, ?, ?, ?)",
		shopID, x.d.mint.ID("chg_"), advocateID, c.Change, c.Value, short(c.Reason), clean(c.Actor))
	return err
}

// advocateHistory returns what people did to advocates, by advocate, oldest first.
func (x *txn) advocateHistory(shopID string, ids []string) (map[string][]rewards.AdvocateChange, error) {
	var rows []struct {
		AdvocateID, Change, Value, Reason, Actor string
		At                                       stamp
	}
	_, err := x.scan(&rows, "SELECT advocate_id, change, value, reason, actor, at FROM advocate_history WHERE shop_id = ? AND advocate_id IN ? ORDER BY advocate_id, at, id", shopID, ids)
	found := map[string][]rewards.AdvocateChange{}
	for _, r := range rows {
		found[r.AdvocateID] = append(found[r.AdvocateID], rewards.AdvocateChange{At: r.At.Time, Change: r.Change, Value: r.Value, Reason: r.Reason, Actor: r.Actor})
	}
	return found, err
}

// forgetWords takes out what people wrote about an advocate who is erased: it may name her.
func (x *txn) forgetWords(shopID, advocateID string) error {
	if _, err := x.exec("UPDATE advocate_history SET reason = '' WHERE shop_id = ? AND advocate_id = ?", shopID, advocateID); err != nil {
		return err
	}
	_, err := x.exec("UPDATE leaks SET reason = '' WHERE shop_id = ? AND folded IN (SELECT folded FROM codes WHERE shop_id = ? AND advocate_id = ?)", shopID, shopID, advocateID)
	return err
}
