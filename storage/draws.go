package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/rewards/contest"
)

type drawRow struct {
	ShopID        string `gorm:"primaryKey"`
	ID            string `gorm:"primaryKey"`
	Program       string
	Commitment    string
	SeedSealed    []byte
	Winners       int
	OncePerHolder bool
	OpenedAt      stamp
	DrawnAt       stamp
	DrawnBy       string
	Record        string
}

func (drawRow) TableName() string { return "draws" }

func (r drawRow) contest() (rewards.Contest, error) {
	c := rewards.Contest{ID: r.ID, Program: r.Program, Commitment: r.Commitment, Winners: r.Winners, OncePerHolder: r.OncePerHolder,
		OpenedAt: r.OpenedAt.Time, DrawnAt: r.DrawnAt.Time, DrawnBy: r.DrawnBy}
	if r.Record == "" {
		return c, nil
	}
	c.Record = new(contest.Record)
	if err := json.Unmarshal([]byte(r.Record), c.Record); err != nil {
		return c, fmt.Errorf("reading the record of contest %s: %w", r.ID, err)
	}
	return c, nil
}

func seedPlace(shopID string) secret.Place {
	return secret.Place{Shop: shopID, Table: "draws", Column: "seed_sealed"}
}

// OpenContest makes the seed of a programme's next draw, keeps it sealed and returns its commitment. The
// terms are those of the programme's newest version, and stay. Kind NotFound without the programme;
// Invalid, code no_contest_plan; Conflict, code contest_open, while another waits for its draw.
func (d *DB) OpenContest(ctx context.Context, shopID, program string) (c rewards.Contest, err error) {
	program = clean(program)
	err = d.write(ctx, "opening a contest", func(x *txn) error {
		if err := x.lockLane(shopID); err != nil {
			return err
		}
		versions, err := x.programVersions(shopID, []string{program})
		if err != nil {
			return err
		}
		if len(versions[program]) == 0 {
			return rewards.Errorf(rewards.NotFound, "program_not_found", "there is no programme %.80q", program)
		}
		plan := newestOf(versions[program]).Contest
		if plan == nil || plan.Winners < 1 || plan.Winners > contest.MaxWinners {
			return rewards.Errorf(rewards.Invalid, "no_contest_plan", "programme %s does not say how many win: give it `contest: {winners: 3}`", program)
		}
		var open string
		if _, err := x.scan(&open, "SELECT id FROM draws WHERE shop_id = ? AND program = ? AND drawn_at IS NULL", shopID, program); err != nil {
			return err
		}
		if open != "" {
			return rewards.Errorf(rewards.Conflict, "contest_open", "contest %s of programme %s is open: draw it first", open, program)
		}
		now, err := x.now()
		if err != nil {
			return err
		}
		seed := contest.NewSeed()
		row := drawRow{ShopID: shopID, ID: d.mint.ID("draw_"), Program: program, Commitment: contest.Commit(seed), SeedSealed: d.keys.Seal(seedPlace(shopID), seed),
			Winners: plan.Winners, OncePerHolder: plan.OncePerHolder, OpenedAt: stamp{now}}
		if err := x.Create(&row).Error; err != nil {
			return err
		}
		c, err = row.contest()
		return err
	})
	return c, err
}

// Contest returns a contest, with its record once it was drawn. Kind NotFound.
func (d *DB) Contest(ctx context.Context, shopID, id string) (rewards.Contest, error) {
	var row drawRow
	err := d.read(ctx).Where("shop_id = ? AND id = ?", shopID, clean(id)).Take(&row).Error
	if err != nil {
		return rewards.Contest{}, d.fault("reading a contest", missing(err, "contest", id))
	}
	return row.contest()
}

// Contests lists a shop's contests without their records, newest first.
func (d *DB) Contests(ctx context.Context, shopID string) ([]rewards.Contest, error) {
	var rows []drawRow
	err := d.read(ctx).Omit("record", "seed_sealed").Where("shop_id = ?", shopID).Order("opened_at DESC, id DESC").Find(&rows).Error
	if err != nil {
		return nil, d.fault("listing contests", err)
	}
	list := make([]rewards.Contest, len(rows))
	for i, r := range rows {
		if list[i], err = r.contest(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// DrawContest closes a contest and draws its winners from the entries that are issued now. Those that came
// of blocked or erased advocates, those of erased friends, and those that were in an earlier draw of the
// programme take no part. The record is stored with the draw and does not change any more, whatever becomes of an
// entry.
//
// Kind NotFound; Conflict, code already_drawn with the contest as it is, or no_entries: the contest then
// stays open.
func (d *DB) DrawContest(ctx context.Context, shopID, id, actor string) (c rewards.Contest, err error) {
	err = d.write(ctx, "drawing a contest", func(x *txn) error {
		if err := x.lockLane(shopID); err != nil {
			return err
		}
		var row drawRow
		n, err := x.scan(&row, "SELECT * FROM draws WHERE shop_id = ? AND id = ? {lock}", shopID, clean(id))
		if err == nil && n == 0 {
			err = rewards.Errorf(rewards.NotFound, "contest_not_found", "there is no contest %.80q", id)
		}
		if err != nil {
			return err
		}
		if c, err = row.contest(); err != nil {
			return err
		}
		if !row.DrawnAt.IsZero() {
			return rewards.Errorf(rewards.Conflict, "already_drawn", "contest %s was drawn at %s by %s", id, row.DrawnAt.Format(time.RFC3339), row.DrawnBy)
		}
		if row, err = x.draw(row, actor); err != nil {
			return err
		}
		c, err = row.contest()
		return err
	})
	return c, err
}

// draw draws and stores the record.
func (x *txn) draw(row drawRow, actor string) (drawRow, error) {
	now, err := x.now()
	if err != nil {
		return row, err
	}
	entries, err := x.entries(row)
	if err != nil {
		return row, err
	}
	seed, err := x.d.keys.Open(seedPlace(row.ShopID), row.SeedSealed)
	if err != nil {
		return row, fmt.Errorf("opening the seed of contest %s: %w", row.ID, err)
	}
	terms := contest.Terms{Programme: row.Program, ClosedAt: now, Commitment: row.Commitment, Winners: row.Winners, OncePerHolder: row.OncePerHolder}
	rec, err := contest.NewRecord(terms, seed, entries)
	if errors.Is(err, contest.ErrNoEntries) {
		return row, rewards.Errorf(rewards.Conflict, "no_entries", "contest %s has no entries: %w", row.ID, err)
	}
	if err != nil {
		return row, fmt.Errorf("drawing contest %s: %w", row.ID, err)
	}
	text, err := json.Marshal(rec)
	if err != nil {
		return row, fmt.Errorf("writing the record of contest %s: %w", row.ID, err)
	}
	row.DrawnAt, row.DrawnBy, row.Record = stamp{now}, clean(actor), string(text)
	n, err := x.exec("UPDATE draws SET drawn_at = ?, drawn_by = ?, record = ? WHERE shop_id = ? AND id = ? AND drawn_at IS NULL",
		now, row.DrawnBy, row.Record, row.ShopID, row.ID)
	if err == nil && n != 1 {
		err = rewards.Errorf(rewards.Internal, "contest_moved", "contest %s was drawn by somebody else", row.ID)
	}
	return row, err
}

// entries are what lies in the drum of a contest.
func (x *txn) entries(row drawRow) ([]contest.Entry, error) {
	before, err := x.drawnBefore(row)
	if err != nil {
		return nil, err
	}
	var held []rewardRow
	_, err = x.scan(&held, `SELECT r.* FROM rewards r JOIN advocates a ON a.shop_id = r.shop_id AND a.id = r.advocate_id
WHERE r.shop_id = ? AND r.program = ? AND r.kind = 'entry' AND r.status = 'issued' AND r.customer_id NOT LIKE 'erased%'
  AND (r.expires_at IS NULL OR r.expires_at > {now}) AND a.status NOT IN ('blocked', 'retired') ORDER BY r.id`, row.ShopID, row.Program)
	if err != nil {
		return nil, err
	}
	list, err := rewardsOf(held)
	if err != nil {
		return nil, err
	}
	var entries []contest.Entry
	for _, r := range list {
		if n := r.Unused().Minor; n > 0 && !before[r.ID] {
			entries = append(entries, contest.Entry{ID: r.ID, Holder: x.d.entrant(row.ShopID, r), Count: int(n)})
		}
	}
	return entries, nil
}

const friendEntrant = "friend_"

// entrant names whose entry it is in a record that everybody may read: an advocate's id, and for a friend
// what stays equal in all draws of the shop and leads nobody to her.
func (d *DB) entrant(shopID string, r rewards.Reward) string {
	switch {
	case r.Beneficiary != rewards.ForFriend:
		return r.AdvocateID
	case r.CustomerID == "":
		return friendEntrant + r.ID
	}
	return friendEntrant + d.keys.Lookup(shopID, "entrant", r.CustomerID)[:16]
}

// drawnBefore are the entries of the earlier draws of the same programme.
func (x *txn) drawnBefore(row drawRow) (map[string]bool, error) {
	var earlier []drawRow
	_, err := x.scan(&earlier, "SELECT id, record FROM draws WHERE shop_id = ? AND program = ? AND drawn_at IS NOT NULL", row.ShopID, row.Program)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, r := range earlier {
		c, err := r.contest()
		if err != nil {
			return nil, err
		}
		for _, e := range c.Record.Entries {
			seen[e.ID] = true
		}
	}
	return seen, nil
}
