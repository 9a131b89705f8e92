package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

type programRow struct {
	ShopID    string `gorm:"primaryKey"`
	Name      string `gorm:"primaryKey"`
	Version   int    `gorm:"primaryKey"`
	Title     string
	Source    string
	Spec      string
	AppliedAt stamp
}

func (programRow) TableName() string { return "programs" }

// StoredProgram is the newest version of a programme with what became of its discount in the shop.
type StoredProgram struct {
	rewards.Program
	Source     string // the file as it was applied
	Offer      webhooks.Offer
	BudgetUsed rewards.Money // by this shop
	// Group is the id of the group whose programme it is, "" for one of the shop's own; GroupUsed is what all
	// its shops have used of the budget.
	Group     string
	GroupUsed rewards.Money
	// Alerts are the levels that the budget passed by this shop's doing, at its present size, the lowest first.
	Alerts []StoredAlert
}

// StoredAlert is the passing of a level of a budget.
type StoredAlert struct {
	rewards.BudgetAlert
	At time.Time
}

// ApplyProgram stores a programme as a new version, and asks for its discount in the shop. Where nothing
// differs from the newest version changed is false and nothing is stored, but what failed in the shop is
// asked for again. p's Version and AppliedAt are set here. Kind NotFound without the shop; Conflict, code
// group_program, for a programme that the shop shares with its group.
func (d *DB) ApplyProgram(ctx context.Context, shopID string, p rewards.Program, source string) (stored rewards.Program, changed bool, err error) {
	err = d.write(ctx, "applying a programme", func(x *txn) error {
		if err := x.lockLane(shopID); err != nil {
			return err
		}
		group, _, err := x.programOwner(shopID, p.Name)
		if err != nil {
			return err
		}
		if group != "" {
			return rewards.Errorf(rewards.Conflict, "group_program", "programme %s is the group's: `grapevine program apply --group %s FILE` applies it in all its shops", p.Name, group)
		}
		stored, changed, err = x.applyProgram(shopID, "", p, source)
		return err
	})
	return stored, changed, err
}

// applyProgram stores a programme of a shop, or of its group.
func (x *txn) applyProgram(shopID, group string, p rewards.Program, source string) (stored rewards.Program, changed bool, err error) {
	now, err := x.now()
	if err != nil {
		return stored, false, err
	}
	versions, err := x.programVersions(shopID, []string{p.Name})
	if err != nil {
		return stored, false, err
	}
	stored = p
	stored.Version, stored.AppliedAt = 1, now
	if n := len(versions[p.Name]); n > 0 {
		last := versions[p.Name][n-1]
		if sameTerms(last, p) {
			return last, false, x.offerAgain(shopID, last.Name)
		}
		stored.Version = last.Version + 1
	}
	if err := x.insertProgram(shopID, stored, source); err != nil {
		return stored, true, err
	}
	return stored, true, x.offerProgram(shopID, group, stored, judgedBy(append(versions[p.Name], stored)))
}

// sameTerms compares what a programme says, in the form in which it is kept.
func sameTerms(a, b rewards.Program) bool {
	a.Version, b.Version = 0, 0
	a.AppliedAt, b.AppliedAt = time.Time{}, time.Time{}
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// judgedBy names the programmes whose codes any of these versions judges, each between spaces: an older order
// is judged by an older version.
func judgedBy(versions []rewards.Program) string {
	names := map[string]bool{}
	for _, v := range versions {
		for _, name := range v.InsteadOf {
			names[name] = true
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " " + strings.Join(keysOf(names), " ") + " "
}

func (x *txn) insertProgram(shopID string, p rewards.Program, source string) error {
	spec, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("writing programme %s: %w", p.Name, err)
	}
	row := programRow{ShopID: shopID, Name: p.Name, Version: p.Version, Title: clean(p.Title), Source: clean(source), Spec: string(spec)}
	row.AppliedAt.Time = p.AppliedAt
	return x.Create(&row).Error
}

// offerProgram wants the shop to show this version, and gives the programme those codes that have waited
// for one. group is whose programme it is, "" for the shop's own.
func (x *txn) offerProgram(shopID, group string, p rewards.Program, judges string) error {
	status := "pending"
	if p.Shadow || p.Friend.None() { // there is nothing to make in the shop
		status = "active"
	}
	var is string
	_, err := x.scan(&is, `INSERT INTO offers (shop_id, program, seed, wanted_version, status, currency, binds, judges, group_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (shop_id, program) DO UPDATE SET wanted_version = excluded.wanted_version, reason = '',
  status = CASE WHEN offers.external_id <> '' THEN 'pending' ELSE excluded.status END,
  currency = CASE WHEN offers.budget_used_minor = 0 THEN excluded.currency ELSE offers.currency END, binds = excluded.binds, judges = excluded.judges
RETURNING status`, shopID, p.Name, x.d.mint.Code(), p.Version, status, p.Currency, p.Attribution.Bind, judges, noneIfEmpty(group))
	if err != nil {
		return err
	}
	if !hasCodes(p) {
		return nil
	}
	if _, err := x.exec("UPDATE codes SET program = ? WHERE shop_id = ? AND program IS NULL", p.Name, shopID); err != nil {
		return err
	}
	if is == "pending" {
		if err := x.enqueue(shopJobs(shopID, []rewards.JobRequest{{Kind: rewards.JobOffer, Subject: p.Name}})); err != nil {
			return err
		}
	}
	return x.askForCodes(shopID, p.Name)
}

// hasCodes tells whether advocates have codes of a programme: a shadow has none, nor has one that only
// judges the codes of others.
func hasCodes(p rewards.Program) bool {
	return !p.Shadow && (len(p.InsteadOf) == 0 || !p.Friend.None())
}

// offerAgain has an offer that failed made again, and its codes that the shop does not have.
func (x *txn) offerAgain(shopID, program string) error {
	n, err := x.exec("UPDATE offers SET status = 'pending', reason = '' WHERE shop_id = ? AND program = ? AND status = 'failed'", shopID, program)
	if err != nil {
		return err
	}
	if n > 0 {
		if err := x.enqueue(shopJobs(shopID, []rewards.JobRequest{{Kind: rewards.JobOffer, Subject: program}})); err != nil {
			return err
		}
	}
	return x.askForCodes(shopID, program)
}

// currentProgram is the programme that a new advocate's code belongs to: of those that run now, or will,
// the one that was applied last; "" without any.
func (x *txn) currentProgram(shopID string) (string, error) {
	versions, err := x.programVersions(shopID, nil)
	if err != nil {
		return "", err
	}
	now, err := x.now()
	if err != nil {
		return "", err
	}
	var best rewards.Program
	for _, name := range keysOf(versions) {
		p := versions[name][len(versions[name])-1]
		over := p.Until != nil && !now.Before(*p.Until)
		if !over && hasCodes(p) && !p.AppliedAt.Before(best.AppliedAt) {
			best = p
		}
	}
	return best.Name, nil
}

// Program returns a programme's newest version. Kind NotFound.
func (d *DB) Program(ctx context.Context, shopID, name string) (StoredProgram, error) {
	list, err := d.programs(ctx, shopID, "p.name = ?", name)
	if err == nil && len(list) == 0 {
		err = rewards.Errorf(rewards.NotFound, "program_not_found", "there is no programme %.80q", name)
	}
	if err != nil {
		return StoredProgram{}, d.fault("reading a programme", err)
	}
	return list[0], nil
}

// Programs returns the newest version of each of a shop's programmes, by name.
func (d *DB) Programs(ctx context.Context, shopID string) ([]StoredProgram, error) {
	list, err := d.programs(ctx, shopID, "p.name <> ?", "")
	return list, d.fault("listing programmes", err)
}

func (d *DB) programs(ctx context.Context, shopID, where string, arg string) ([]StoredProgram, error) {
	var rows []struct {
		Row             offerRow `gorm:"embedded"`
		Source          string
		BudgetUsedMinor int64
		GroupID         *string
		UsedMinor       int64
	}
	x := d.read(ctx)
	_, err := x.scan(&rows, `SELECT o.*, p.spec, p.source, coalesce(g.used_minor, 0) AS used_minor
FROM programs p JOIN offers o ON o.shop_id = p.shop_id AND o.program = p.name AND o.wanted_version = p.version
LEFT JOIN group_programs g ON g.group_id = o.group_id AND g.program = o.program WHERE p.shop_id = ? AND `+where+` ORDER BY p.name`, shopID, arg)
	if err != nil {
		return nil, err
	}
	list := make([]StoredProgram, len(rows))
	for i, r := range rows {
		s := StoredProgram{Source: r.Source, BudgetUsed: rewards.Money{Minor: r.BudgetUsedMinor, Currency: r.Row.Currency}, Group: plain(r.GroupID)}
		if s.Group != "" {
			s.GroupUsed = rewards.Money{Minor: r.UsedMinor, Currency: r.Row.Currency}
		}
		if err := json.Unmarshal([]byte(r.Row.Spec), &s.Program); err != nil {
			return nil, fmt.Errorf("reading programme %s: %w", r.Row.Program, err)
		}
		if s.Offer, err = r.Row.offer(); err != nil {
			return nil, err
		}
		list[i] = s
	}
	return list, x.alertsOf(shopID, list)
}
