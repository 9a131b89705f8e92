package storage

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"grapevine/rewards"
)

type advocateRow struct {
	ShopID       string `gorm:"primaryKey"`
	ID           string `gorm:"primaryKey"`
	CustomerID   *string
	EmailKey     *string
	PersonSealed []byte
	Locale       string
	Status       string
	Reason       string
	Team         string
	Created      stamp   `gorm:"column:created_at"`
	MemberID     *string // who she is in the shop's group, where it has one
	MemberSince  stamp
}

func (advocateRow) TableName() string { return "advocates" }

type codeRow struct {
	ShopID     string `gorm:"primaryKey"`
	Folded     string `gorm:"primaryKey"`
	Code       string
	AdvocateID string
	Program    *string
	Status     string
	Reason     string
	Alias      bool
	RetiredAt  stamp
	Created    stamp `gorm:"column:created_at"`
}

func (codeRow) TableName() string { return "codes" }

// advocate puts an advocate together with her code. What is wrong with her outweighs what is wrong with
// the code.
func (r advocateRow) advocate(c codeRow) rewards.Advocate {
	a := rewards.Advocate{
		ID: r.ID, CustomerID: plain(r.CustomerID), Code: c.Code, Program: plain(c.Program), Status: c.Status, Reason: c.Reason,
		Locale: r.Locale, Team: r.Team, CreatedAt: r.Created.Time,
	}
	if r.Status != "active" {
		a.Status, a.Reason = r.Status, r.Reason
	}
	return a
}

const generatedTries = 20 // 31^4 codes a name: so many misses mean that something else is wrong

// CreateAdvocate makes an advocate and her code, or returns the one that this customer already is
// (created false), with another code if the one that she had failed. Kind Conflict code_taken; Invalid bad_code, bad_customer, bad_email.
func (d *DB) CreateAdvocate(ctx context.Context, shopID string, n rewards.NewAdvocate) (a rewards.Advocate, created bool, err error) {
	if n.CustomerID == "" || clean(n.CustomerID) != n.CustomerID {
		return a, false, rewards.Errorf(rewards.Invalid, "bad_customer", "an advocate needs the customer's id in the shop")
	}
	if _, ok := rewards.CanonicalEmail(n.Email); n.Email != "" && !ok {
		return a, false, rewards.Errorf(rewards.Invalid, "bad_email", "that is no e-mail address")
	}
	if n.Code != "" {
		if n.Code, err = rewards.ValidCustomCode(n.Code); err != nil {
			return a, false, err
		}
	}
	err = d.write(ctx, "creating an advocate", func(x *txn) error {
		group, shops, err := x.lockAround(shopID)
		if err != nil {
			return err
		}
		var row advocateRow
		err = x.Where("shop_id = ? AND customer_id = ?", shopID, n.CustomerID).Take(&row).Error
		created = errors.Is(err, gorm.ErrRecordNotFound)
		if err == nil {
			a, err = x.advocateAgain(shopID, row, n)
			return err
		}
		if !created {
			return err
		}
		a, err = x.createAdvocate(shopID, n)
		if err != nil || group == "" || n.Email == "" {
			return err
		}
		a, err = x.linkNew(group, shops, shopID, a.ID, n.Email)
		return err
	})
	return a, created, err
}

func (x *txn) createAdvocate(shopID string, n rewards.NewAdvocate) (rewards.Advocate, error) {
	now, err := x.now()
	if err != nil {
		return rewards.Advocate{}, err
	}
	row := advocateRow{ShopID: shopID, ID: x.d.mint.ID("adv_"), CustomerID: &n.CustomerID, Locale: clean(n.Locale), Status: "active", Created: stamp{now}}
	if key := x.d.EmailKey(shopID, n.Email); key != "" {
		row.EmailKey = &key
	}
	if row.PersonSealed, err = x.d.sealedPerson(shopID, person{Email: n.Email, FirstName: n.FirstName}); err != nil {
		return rewards.Advocate{}, err
	}
	if err := x.Create(&row).Error; err != nil {
		return rewards.Advocate{}, err
	}
	return x.giveCode(row, n)
}

// linkNew makes a new advocate a member of the shop's group. Who is blocked in another shop is so here.
func (x *txn) linkNew(group string, shops []string, shopID, id, email string) (rewards.Advocate, error) {
	var row advocateRow
	if err := x.Where("shop_id = ? AND id = ?", shopID, id).Take(&row).Error; err != nil {
		return rewards.Advocate{}, err
	}
	jobs, err := x.link(group, shops, row, email)
	if err != nil {
		return rewards.Advocate{}, err
	}
	if err := x.enqueue(jobs); err != nil {
		return rewards.Advocate{}, err
	}
	row = advocateRow{}
	if err := x.Where("shop_id = ? AND id = ?", shopID, id).Take(&row).Error; err != nil {
		return rewards.Advocate{}, err
	}
	list, err := x.withCodes(shopID, []advocateRow{row})
	if err != nil {
		return rewards.Advocate{}, err
	}
	return list[0], nil
}

// advocateAgain returns an advocate who was asked for again. If the shop has none of her codes she gets another; the very code that failed may be wanted, for the shop may have made room for it.
func (x *txn) advocateAgain(shopID string, row advocateRow, n rewards.NewAdvocate) (rewards.Advocate, error) {
	list, err := x.withCodes(shopID, []advocateRow{row})
	if err != nil {
		return rewards.Advocate{}, err
	}
	if row.Status != "active" || list[0].Status != "failed" && list[0].Status != "retired" {
		return list[0], nil
	}
	var others int64
	_, err = x.scan(&others, "SELECT count(*) FROM codes WHERE shop_id = ? AND advocate_id = ? AND status IN ('pending', 'active')", shopID, row.ID)
	if err != nil || others > 0 {
		return list[0], err
	}
	folded, _ := rewards.FoldCode(n.Code)
	if _, err = x.exec("DELETE FROM codes WHERE shop_id = ? AND advocate_id = ? AND folded = ? AND status = 'failed'", shopID, row.ID, folded); err != nil {
		return rewards.Advocate{}, err
	}
	if n.FirstName == "" {
		kept, err := x.d.openPerson(shopID, row.PersonSealed)
		if err != nil {
			return rewards.Advocate{}, err
		}
		n.FirstName = kept.FirstName
	}
	return x.giveCode(row, n)
}

// giveCode makes an advocate's code, of the programme that runs now, and has it published.
func (x *txn) giveCode(row advocateRow, n rewards.NewAdvocate) (rewards.Advocate, error) {
	now, err := x.now()
	if err != nil {
		return rewards.Advocate{}, err
	}
	code := codeRow{ShopID: row.ShopID, AdvocateID: row.ID, Status: "pending", Created: stamp{now}}
	program, err := x.currentProgram(row.ShopID)
	if err != nil {
		return rewards.Advocate{}, err
	}
	if program != "" {
		code.Program = &program
	}
	if err := x.placeCode(&code, n); err != nil {
		return rewards.Advocate{}, err
	}
	if program == "" {
		return row.advocate(code), nil
	}
	if err := x.askForCodes(row.ShopID, program); err != nil {
		return rewards.Advocate{}, err
	}
	if err := x.Where("shop_id = ? AND folded = ?", code.ShopID, code.Folded).Take(&code).Error; err != nil {
		return rewards.Advocate{}, err
	}
	return row.advocate(code), nil
}

// placeCode stores the wanted code, or one made from the first name that nobody has yet.
func (x *txn) placeCode(c *codeRow, n rewards.NewAdvocate) error {
	for range generatedTries {
		c.Code = n.Code
		if n.Code == "" {
			c.Code = rewards.PersonalCode(n.FirstName, rewards.RandomCode)
		}
		c.Folded, _ = rewards.FoldCode(c.Code)
		var taken int64
		_, err := x.scan(&taken, `SELECT (SELECT count(*) FROM codes WHERE shop_id = ? AND folded = ?) + (SELECT count(*) FROM rewards WHERE shop_id = ? AND code_folded = ?)`,
			c.ShopID, c.Folded, c.ShopID, c.Folded)
		if err != nil {
			return err
		}
		if taken == 0 {
			return x.Create(c).Error
		}
		if n.Code != "" {
			return rewards.Errorf(rewards.Conflict, "code_taken", "code %q is taken", n.Code)
		}
	}
	return rewards.Errorf(rewards.Internal, "code_taken", "%d generated codes were all taken", generatedTries)
}

// withCodes adds to advocates their newest code, those that they had before, and what people did to them.
func (x *txn) withCodes(shopID string, rows []advocateRow) ([]rewards.Advocate, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var codes []codeRow
	if err := x.Where("shop_id = ? AND advocate_id IN ?", shopID, ids).Order("created_at, folded").Find(&codes).Error; err != nil {
		return nil, err
	}
	newest, before := map[string]codeRow{}, map[string][]rewards.OldCode{}
	for _, c := range codes {
		if was, ok := newest[c.AdvocateID]; ok {
			before[c.AdvocateID] = append([]rewards.OldCode{was.old()}, before[c.AdvocateID]...)
		}
		newest[c.AdvocateID] = c
	}
	changes, err := x.advocateHistory(shopID, ids)
	list := make([]rewards.Advocate, len(rows))
	for i, r := range rows {
		list[i] = r.advocate(newest[r.ID])
		list[i].OldCodes, list[i].History = before[r.ID], changes[r.ID]
	}
	return list, err
}

func (c codeRow) old() rewards.OldCode {
	return rewards.OldCode{Code: c.Code, Status: c.Status, Reason: c.Reason, Alias: c.Alias, RetiredAt: c.RetiredAt.Time}
}

// Advocate returns an advocate. Kind NotFound.
func (d *DB) Advocate(ctx context.Context, shopID, id string) (rewards.Advocate, error) {
	x := d.read(ctx)
	var row advocateRow
	if err := x.Where("shop_id = ? AND id = ?", shopID, id).Take(&row).Error; err != nil {
		return rewards.Advocate{}, d.fault("reading an advocate", missing(err, "advocate", id))
	}
	list, err := x.withCodes(shopID, []advocateRow{row})
	if err != nil {
		return rewards.Advocate{}, d.fault("reading an advocate", err)
	}
	return list[0], nil
}

// Advocates lists a shop's advocates, newest first.
func (d *DB) Advocates(ctx context.Context, shopID string, f rewards.AdvocateFilter, p rewards.Page) (list []rewards.Advocate, next string, err error) {
	x := d.read(ctx)
	q := x.Where("shop_id = ?", shopID)
	if f.CustomerID != "" {
		q = q.Where("customer_id = ?", clean(f.CustomerID))
	}
	if f.Email != "" {
		q = q.Where("email_key = ?", d.EmailKey(shopID, f.Email))
	}
	if f.Code != "" {
		folded, _ := rewards.FoldCode(f.Code)
		q = q.Where("id IN (SELECT advocate_id FROM codes WHERE shop_id = ? AND folded = ?)", shopID, folded)
	}
	if p.Cursor != "" {
		at, err := d.position("advocates", shopID, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		q = q.Where("(created_at, id) < (?, ?)", stamp{at.at}, at.id)
	}
	var rows []advocateRow
	if err := q.Order("created_at DESC, id DESC").Limit(limit(p) + 1).Find(&rows).Error; err != nil {
		return nil, "", d.fault("listing advocates", err)
	}
	rows, more := cut(rows, limit(p))
	if more {
		last := rows[len(rows)-1]
		next = d.cursor("advocates", shopID, position{last.Created.Time, last.ID})
	}
	list, err = x.withCodes(shopID, rows)
	return list, next, d.fault("listing advocates", err)
}

// retireCodes stops an advocate's codes here, and returns the jobs that stop them in the shop.
func (x *txn) retireCodes(shopID, advocateID, reason string) ([]rewards.JobRequest, error) {
	var codes []codeRow
	_, err := x.scan(&codes, `UPDATE codes SET status = 'retired', reason = ?, retired_at = {now}
WHERE shop_id = ? AND advocate_id = ? AND status IN ('pending', 'active') RETURNING folded, program`, reason, shopID, advocateID)
	var jobs []rewards.JobRequest
	for _, c := range codes {
		if c.Program != nil {
			jobs = append(jobs, rewards.JobRequest{Kind: rewards.JobRetire, Subject: rewards.RetireSubject(*c.Program, c.Folded)})
		}
	}
	return jobs, err
}
