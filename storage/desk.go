package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// Desk is the side of the database that a lane asks. It is a webhooks.Desk.
type Desk struct{ d *DB }

var _ webhooks.Desk = (*Desk)(nil)

// Desk returns the side that a lane asks.
func (d *DB) Desk() *Desk { return &Desk{d} }

// Reward reads a reward for its next step. See webhooks.Desk.
func (k *Desk) Reward(ctx context.Context, l webhooks.Lane, id string) (rewards.Reward, rewards.Siblings, error) {
	x := k.d.read(ctx)
	r, err := x.reward(l.Shop.ID, id, "")
	if err != nil {
		return r, rewards.Siblings{}, k.d.fault("reading a reward", err)
	}
	var s rewards.Siblings
	switch {
	case r.Spec.Kind == rewards.KindTag:
		s, err = x.sameTag(l.Shop.ID, r)
	case r.Spec.Kind == rewards.KindStoreCredit && r.ExternalID != "":
		s, err = x.siblings(l.Shop.ID, r)
	}
	return r, s, k.d.fault("reading a customer's rewards", err)
}

// sameTag tells whether another reward gives the customer the same tag, or is about to.
func (x *txn) sameTag(shopID string, r rewards.Reward) (s rewards.Siblings, err error) {
	var rows []rewardRow
	_, err = x.scan(&rows, `SELECT * FROM rewards WHERE shop_id = ? AND kind = 'tag' AND customer_id = ? AND id <> ? AND status IN ('issuing', 'issued') AND NOT void ORDER BY id`,
		shopID, r.CustomerID, r.ID)
	if err != nil {
		return s, err
	}
	others, err := rewardsOf(rows)
	s.SameTag = slices.ContainsFunc(others, func(o rewards.Reward) bool { return o.Spec.Tag == r.Spec.Tag })
	return s, err
}

// siblings finds what the customer's other credits have done to her account.
func (x *txn) siblings(shopID string, r rewards.Reward) (s rewards.Siblings, err error) {
	var rows []rewardRow
	_, err = x.scan(&rows, `SELECT * FROM rewards WHERE shop_id = ? AND kind = 'store_credit' AND customer_id = ? AND id <> ? AND external_id <> '' ORDER BY created_at, id`,
		shopID, r.CustomerID, r.ID)
	if err != nil {
		return s, err
	}
	others, err := rewardsOf(rows)
	for _, other := range others {
		s.Credits = append(s.Credits, other.ExternalID)
		for _, key := range keysOf(other.Refs) {
			if debit, ok := strings.CutPrefix(key, rewards.RefDebit); ok {
				s.Debits = append(s.Debits, debit)
			}
		}
	}
	return s, err
}

type offerRow struct {
	ShopID        string `gorm:"primaryKey"`
	Program       string `gorm:"primaryKey"`
	Seed          string
	ExternalID    string
	WantedVersion int
	ShownVersion  int
	Status        string
	Reason        string
	Currency      string
	Spec          string `gorm:"->"` // of the wanted version, where it was joined
}

func (offerRow) TableName() string { return "offers" }

func (r offerRow) offer() (webhooks.Offer, error) {
	var p rewards.Program
	if err := json.Unmarshal([]byte(r.Spec), &p); err != nil {
		return webhooks.Offer{}, fmt.Errorf("reading programme %s: %w", r.Program, err)
	}
	o := webhooks.Offer{
		Program: r.Program, Version: r.WantedVersion, ExternalID: r.ExternalID, Shown: r.ShownVersion, Status: r.Status, Reason: r.Reason,
		Publish: rewards.PublishOffer{Program: r.Program, Title: p.Title, Discount: p.Friend, Seed: r.Seed, StartsAt: p.AppliedAt},
	}
	if p.From != nil {
		o.Publish.StartsAt = *p.From
	}
	if p.Until != nil {
		o.Publish.EndsAt = *p.Until
	}
	return o, nil
}

const offerSQL = `SELECT o.*, p.spec FROM offers o JOIN programs p ON p.shop_id = o.shop_id AND p.name = o.program AND p.version = o.wanted_version
WHERE o.shop_id = ? AND o.program = ?`

// Offer reads the state of a programme's discount. See webhooks.Desk.
func (k *Desk) Offer(ctx context.Context, l webhooks.Lane, program string) (webhooks.Offer, error) {
	return k.d.offer(ctx, l.Shop.ID, program)
}

func (d *DB) offer(ctx context.Context, shopID, program string) (webhooks.Offer, error) {
	var row offerRow
	n, err := d.read(ctx).scan(&row, offerSQL, shopID, program)
	if err == nil && n == 0 {
		err = rewards.Errorf(rewards.NotFound, "program_not_found", "there is no programme %.80q", program)
	}
	if err != nil {
		return webhooks.Offer{}, d.fault("reading an offer", err)
	}
	return row.offer()
}

// renewing is the reason for which a code that the shop has is pending: it is to get new terms.
const renewing = "renewing"

// SaveOffer stores what became of an offer and ends the job. See webhooks.Desk. Once the offer is there
// the codes that wait for it are asked for.
func (k *Desk) SaveOffer(ctx context.Context, l webhooks.Lane, j webhooks.Job, o webhooks.Offer, renew bool) error {
	return k.d.fenced(ctx, l, "storing an offer", func(x *txn) error {
		_, err := x.exec(`UPDATE offers SET external_id = ?, shown_version = ?, status = ?, reason = ? WHERE shop_id = ? AND program = ?`,
			clean(o.ExternalID), o.Shown, o.Status, clean(o.Reason), l.Shop.ID, o.Program)
		if err != nil {
			return err
		}
		if renew {
			_, err := x.exec("UPDATE codes SET status = 'pending', reason = ? WHERE shop_id = ? AND program = ? AND status = 'active'", renewing, l.Shop.ID, o.Program)
			if err != nil {
				return err
			}
		}
		if _, err := x.endJobs(l.Shop.ID, []webhooks.Job{j}); err != nil || o.ExternalID == "" {
			return err
		}
		return x.askForCodes(l.Shop.ID, o.Program)
	})
}

// askForCodes has the pending codes of a programme published, if there are any. Where nothing stands in the
// shop, because the programme lives by links, they are good at once.
func (x *txn) askForCodes(shopID, program string) error {
	_, err := x.exec(`UPDATE codes SET status = 'active', reason = '' WHERE shop_id = ? AND program = ? AND status = 'pending'
  AND EXISTS (SELECT 1 FROM offers o WHERE o.shop_id = codes.shop_id AND o.program = codes.program AND o.status = 'active' AND o.external_id = '')`, shopID, program)
	if err != nil {
		return err
	}
	var n int64
	if _, err := x.scan(&n, "SELECT count(*) FROM codes WHERE shop_id = ? AND program = ? AND status = 'pending'", shopID, program); err != nil || n == 0 {
		return err
	}
	return x.enqueue(shopJobs(shopID, []rewards.JobRequest{{Kind: rewards.JobCodes, Subject: program}}))
}

// PendingCodes lists friend codes that the shop does not have yet. See webhooks.Desk.
func (k *Desk) PendingCodes(ctx context.Context, l webhooks.Lane, program string, limit int) ([]string, error) {
	codes := []string{}
	_, err := k.d.read(ctx).scan(&codes, "SELECT code FROM codes WHERE shop_id = ? AND program = ? AND status = 'pending' ORDER BY created_at, folded LIMIT ?",
		l.Shop.ID, program, limit)
	return codes, k.d.fault("reading pending codes", err)
}

// SaveCodes stores what the shop made of codes and ends the job, or leaves it due while others wait.
// See webhooks.Desk. A code that was retired meanwhile stays so. One that friends have used already, and that the
// shop will not have under new terms, is retired: it counts for the orders from before, and is taken out of the shop.
func (k *Desk) SaveCodes(ctx context.Context, l webhooks.Lane, j webhooks.Job, active []string, refused map[string]string) error {
	t := table{cols: "name text, fate text, why text"} // as no column of codes is called: RETURNING has no table
	for _, c := range active {
		folded, _ := rewards.FoldCode(c)
		t.add(folded, "active", "")
	}
	for c, reason := range refused {
		folded, _ := rewards.FoldCode(c)
		t.add(folded, "failed", clean(reason))
	}
	return k.d.fenced(ctx, l, "storing codes", func(x *txn) error {
		codes, err := queryAll[codeRow](x, t, `UPDATE codes AS c SET reason = v.why,
  status = CASE WHEN v.fate = 'failed' AND c.reason = ? THEN 'retired' ELSE v.fate END,
  retired_at = CASE WHEN v.fate = 'failed' AND c.reason = ? THEN {now} ELSE c.retired_at END
FROM v WHERE c.shop_id = ? AND c.folded = v.name AND c.status = 'pending' RETURNING folded, status`, renewing, renewing, l.Shop.ID)
		if err != nil {
			return err
		}
		var gone []rewards.JobRequest
		for _, c := range codes {
			if c.Status == "retired" {
				gone = append(gone, rewards.JobRequest{Kind: rewards.JobRetire, Subject: rewards.RetireSubject(j.Subject, c.Folded)})
			}
		}
		if err := x.enqueue(shopJobs(l.Shop.ID, gone)); err != nil {
			return err
		}
		if _, err := x.endJobs(l.Shop.ID, []webhooks.Job{j}); err != nil {
			return err
		}
		return x.askForCodes(l.Shop.ID, j.Subject)
	})
}
