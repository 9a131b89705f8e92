package storage

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"grapevine/rewards"
)

// codeLeaked is the reason of a code that was replaced because strangers had it.
const codeLeaked = "code_leaked"

// RotateCode answers a leak: the advocate gets a new code, and the old one stops to take anything off in the
// shop. Whoever still comes with the old one is her friend all the same, and what she earned stays. Asked
// again it changes nothing (rotated false).
//
// Kind NotFound code_not_found; Conflict code_not_rotatable for a code that is not in use, advocate_retired.
func (d *DB) RotateCode(ctx context.Context, shopID, code, actor, reason string) (a rewards.Advocate, rotated bool, err error) {
	var advocateID string
	err = d.write(ctx, "rotating a code", func(x *txn) error {
		if err := x.lockLane(shopID); err != nil {
			return err
		}
		old, err := x.code(shopID, code)
		if err != nil {
			return err
		}
		advocateID, rotated = old.AdvocateID, false
		switch {
		case old.Alias:
			return nil
		case old.Status != "pending" && old.Status != "active":
			return rewards.Errorf(rewards.Conflict, "code_not_rotatable", "code %s is %s", old.Code, old.Status)
		}
		rotated = true
		return x.rotate(old, actor, reason)
	})
	if err != nil {
		return rewards.Advocate{}, false, err
	}
	a, err = d.Advocate(ctx, shopID, advocateID)
	return a, rotated, err
}

// code reads a friend code however it is spelled. Kind NotFound.
func (x *txn) code(shopID, code string) (codeRow, error) {
	var row codeRow
	folded, ok := rewards.FoldCode(code)
	err := gorm.ErrRecordNotFound
	if ok {
		err = x.Where("shop_id = ? AND folded = ?", shopID, folded).Take(&row).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = rewards.Errorf(rewards.NotFound, "code_not_found", "there is no code %.80q", code)
	}
	return row, err
}

func (x *txn) rotate(old codeRow, actor, reason string) error {
	fresh, err := x.successor(old)
	if err != nil {
		return err
	}
	_, err = x.exec("UPDATE codes SET status = 'retired', alias = ?, reason = ?, retired_at = {now} WHERE shop_id = ? AND folded = ?", true, codeLeaked, old.ShopID, old.Folded)
	if err != nil {
		return err
	}
	_, err = x.exec(`INSERT INTO leaks (shop_id, folded, detected_at, evidence, replaced_by, actor, reason, rotated_at) VALUES (?, ?, {now}, '', ?, ?, ?, {now})
ON CONFLICT (shop_id, folded) DO UPDATE SET replaced_by = excluded.replaced_by, actor = excluded.actor, reason = excluded.reason, rotated_at = excluded.rotated_at`,
		old.ShopID, old.Folded, fresh.Code, clean(actor), short(reason))
	if err != nil {
		return err
	}
	if err := x.noteChange(old.ShopID, old.AdvocateID, rewards.AdvocateChange{Change: "rotate", Value: fresh.Code, Reason: reason, Actor: actor}); err != nil || old.Program == nil {
		return err
	}
	return x.enqueue(shopJobs(old.ShopID, []rewards.JobRequest{
		{Kind: rewards.JobRetire, Subject: rewards.RetireSubject(*old.Program, old.Folded)},
		{Kind: rewards.JobCodes, Subject: *old.Program},
	}))
}

// successor stores the code that takes the place of another, in the same programme.
func (x *txn) successor(old codeRow) (codeRow, error) {
	var who advocateRow
	if err := x.Where("shop_id = ? AND id = ?", old.ShopID, old.AdvocateID).Take(&who).Error; err != nil {
		return codeRow{}, missing(err, "advocate", old.AdvocateID)
	}
	if who.Status == "retired" {
		return codeRow{}, rewards.Errorf(rewards.Conflict, "advocate_retired", "advocate %s is retired", who.ID)
	}
	known, err := x.d.openPerson(old.ShopID, who.PersonSealed)
	if err != nil {
		return codeRow{}, err
	}
	now, err := x.now()
	if err != nil {
		return codeRow{}, err
	}
	fresh := codeRow{ShopID: old.ShopID, AdvocateID: old.AdvocateID, Program: old.Program, Status: "pending", Created: stamp{now}}
	return fresh, x.placeCode(&fresh, rewards.NewAdvocate{FirstName: known.FirstName})
}

type leakRow struct {
	Folded     string
	Code       string
	AdvocateID string
	Program    *string
	DetectedAt stamp
	Evidence   string
	ReplacedBy string
	RotatedAt  stamp
	Actor      string
	Reason     string
}

func (r leakRow) leak() rewards.Leak {
	return rewards.Leak{
		Code: r.Code, AdvocateID: r.AdvocateID, Program: plain(r.Program), DetectedAt: r.DetectedAt.Time, Evidence: r.Evidence,
		ReplacedBy: r.ReplacedBy, RotatedAt: r.RotatedAt.Time, Actor: r.Actor, Reason: r.Reason,
	}
}

// Leaks lists the codes of a shop that were found in strangers' hands, the latest first.
func (d *DB) Leaks(ctx context.Context, shopID string, p rewards.Page) (list []rewards.Leak, next string, err error) {
	sql, args := `SELECT l.folded, c.code, c.advocate_id, c.program, l.detected_at, l.evidence, l.replaced_by, l.rotated_at, l.actor, l.reason
FROM leaks l JOIN codes c ON c.shop_id = l.shop_id AND c.folded = l.folded WHERE l.shop_id = ?`, []any{shopID}
	if p.Cursor != "" {
		at, err := d.position("leaks", shopID, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		sql, args = sql+" AND (l.detected_at, l.folded) < (?, ?)", append(args, at.at, at.id)
	}
	var rows []leakRow
	if _, err := d.read(ctx).scan(&rows, sql+" ORDER BY l.detected_at DESC, l.folded DESC LIMIT ?", append(args, limit(p)+1)...); err != nil {
		return nil, "", d.fault("listing leaks", err)
	}
	rows, more := cut(rows, limit(p))
	if more {
		last := rows[len(rows)-1]
		next = d.cursor("leaks", shopID, position{last.DetectedAt.Time, last.Folded})
	}
	for _, r := range rows {
		list = append(list, r.leak())
	}
	return list, next, nil
}
