package storage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// leakRule is the rule of fairness that tells a leak. It holds the orders; what is found here tells people.
const leakRule = "code_leak"

// DetectLeaks looks for codes in strangers' hands among the orders that were placed since then, of one shop or
// of all (shopID ""), and returns those that were not known as leaks before. Whether a code has leaked is said
// by the rule code_leak, with the settings of the programme that judged the order: one that has the rule off
// has no leaks. What was found stays found. A shop that cannot be looked at does not keep the others from it: the error
// tells of all such shops.
func (d *DB) DetectLeaks(ctx context.Context, shopID string, since time.Time) (found []rewards.Leak, err error) {
	shops := []string{shopID}
	if shopID == "" {
		if _, err := d.read(ctx).scan(&shops, "SELECT shop_id FROM shops WHERE status <> ? ORDER BY shop_id", ShopUninstalled); err != nil {
			return nil, d.fault("listing shops", err)
		}
	}
	var errs []error
	for _, id := range shops {
		leaks, err := d.detectLeaks(ctx, id, since)
		if err != nil {
			errs = append(errs, fmt.Errorf("shop %s: %w", id, err))
		} else {
			found = append(found, leaks...)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return found, errors.Join(errs...)
}

// useRow is an order with a code of an advocate, and how the code was used in the day before it, this order
// included.
type useRow struct {
	Code       string
	AdvocateID string
	OfProgram  *string
	Program    string // that judged it
	Version    int
	Used       int
	Linked     int
}

// The orders are counted as the rule counts them when it judges one. A day more is read than is looked at:
// what lies before the first order counts.
const usesSQL = `SELECT u.code, c.advocate_id, c.program AS of_program, u.program, u.version, u.used, u.linked FROM (
  SELECT code, program, version, placed_at, count(*) OVER w AS used, count(CASE WHEN linked THEN 1 END) OVER w AS linked
  FROM orders WHERE shop_id = ? AND code <> '' AND NOT test AND placed_at > ?
  WINDOW w AS (PARTITION BY code ORDER BY placed_at RANGE BETWEEN {day} PRECEDING AND CURRENT ROW)) u
JOIN codes c ON c.shop_id = ? AND c.folded = u.code AND NOT c.alias
WHERE u.placed_at > ? AND u.used - u.linked > ?
  AND NOT EXISTS (SELECT 1 FROM leaks l WHERE l.shop_id = ? AND l.folded = u.code)
ORDER BY u.code, u.used - u.linked DESC`

func (d *DB) detectLeaks(ctx context.Context, shopID string, since time.Time) (found []rewards.Leak, err error) {
	x := d.read(ctx)
	versions, err := x.programVersions(shopID, nil)
	if err != nil {
		return nil, d.fault("reading programmes", err)
	}
	var uses []useRow
	_, err = x.scan(&uses, x.dayOf(usesSQL), shopID, since.Add(-24*time.Hour), shopID, since, fewest(versions), shopID)
	if err != nil {
		return nil, d.fault("counting the uses of codes", err)
	}
	worst := map[string]bool{}
	for _, u := range uses {
		if evidence, leaks := u.leaks(versions); leaks && !worst[u.Code] {
			worst[u.Code] = true
			found = append(found, rewards.Leak{Code: u.Code, AdvocateID: u.AdvocateID, Program: plain(u.OfProgram), Evidence: evidence})
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	if err := d.write(ctx, "recording leaks", func(x *txn) error { return x.saveLeaks(shopID, found) }); err != nil {
		return nil, err
	}
	return found, nil
}

// dayOf writes a span of a day as the database has it.
func (x *txn) dayOf(sql string) string {
	day := "interval '24 hours'"
	if x.d.lite {
		day = strconv.FormatInt((24 * time.Hour).Microseconds(), 10)
	}
	return strings.ReplaceAll(sql, "{day}", day)
}

// fewest is how many strangers every programme puts up with: codes with fewer need no look.
func fewest(versions map[string][]rewards.Program) int {
	least := fairness.DefaultStrangers
	for _, list := range versions {
		for _, p := range list {
			least = min(least, p.Fairness.WithDefaults().Strangers)
		}
	}
	return least
}

// leaks asks the rule about one order. The rule counts the others.
func (u useRow) leaks(versions map[string][]rewards.Program) (evidence string, leaks bool) {
	for _, p := range versions[u.Program] {
		if p.Version != u.Version {
			continue
		}
		c := fairness.Case{Counts: fairness.Counts{StrangersDay: u.Used - u.Linked - 1, ClicksKnown: u.Linked > 0, LinkShareBP: u.Linked * 10_000 / u.Used}}
		for _, s := range fairness.Judge(p.Fairness, c) {
			if s.Rule == leakRule {
				return s.Evidence, true
			}
		}
	}
	return "", false
}

// saveLeaks records what was found, and fills in when.
func (x *txn) saveLeaks(shopID string, found []rewards.Leak) error {
	now, err := x.now()
	if err != nil {
		return err
	}
	t := table{cols: "folded text, evidence text"}
	for i, l := range found {
		t.add(l.Code, l.Evidence)
		found[i].DetectedAt = now
	}
	_, err = x.execAll(t, `INSERT INTO leaks (shop_id, folded, detected_at, evidence, replaced_by, actor, reason)
SELECT ?, v.folded, {now}, v.evidence, '', '', '' FROM v WHERE true ON CONFLICT DO NOTHING`, shopID)
	return err
}
