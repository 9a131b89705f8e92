package storage

import (
	"context"
	"slices"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// Member is one person in the shops of a group.
type Member struct {
	ID        string // mem_…
	Since     time.Time
	Advocates []MemberAdvocate // by shop, one in each at most
}

// MemberAdvocate is a member as an advocate of one shop.
type MemberAdvocate struct {
	ShopID string
	rewards.Advocate
}

// Members lists a group's members, the newest first. Kind NotFound without the group.
func (d *DB) Members(ctx context.Context, groupID string, p rewards.Page) (list []Member, next string, err error) {
	x := d.read(ctx)
	if _, err := x.group(groupID); err != nil {
		return nil, "", d.fault("listing members", err)
	}
	sql, args := "SELECT id, created_at FROM members WHERE group_id = ?", []any{groupID}
	if p.Cursor != "" {
		at, err := d.position("members", groupID, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		sql, args = sql+" AND (created_at, id) < (?, ?)", append(args, at.at, at.id)
	}
	var rows []struct {
		ID      string
		Created stamp `gorm:"column:created_at"`
	}
	if _, err := x.scan(&rows, sql+" ORDER BY created_at DESC, id DESC LIMIT ?", append(args, limit(p)+1)...); err != nil {
		return nil, "", d.fault("listing members", err)
	}
	rows, more := cut(rows, limit(p))
	if more {
		last := rows[len(rows)-1]
		next = d.cursor("members", groupID, position{last.Created.Time, last.ID})
	}
	for _, r := range rows {
		list = append(list, Member{ID: r.ID, Since: r.Created.Time})
	}
	return list, next, d.fault("listing members", x.fillMembers(list))
}

// fillMembers adds what members are in each shop.
func (x *txn) fillMembers(list []Member) error {
	ids := make([]string, len(list))
	for i, m := range list {
		ids[i] = m.ID
	}
	var rows []advocateRow
	if err := x.Where("member_id IN ?", ids).Order("shop_id, id").Find(&rows).Error; err != nil {
		return err
	}
	for len(rows) > 0 {
		n := slices.IndexFunc(rows, func(r advocateRow) bool { return r.ShopID != rows[0].ShopID })
		if n < 0 {
			n = len(rows)
		}
		shop := rows[0].ShopID
		advocates, err := x.withCodes(shop, rows[:n])
		if err != nil {
			return err
		}
		for i, a := range advocates {
			m := &list[slices.Index(ids, plain(rows[i].MemberID))]
			m.Advocates = append(m.Advocates, MemberAdvocate{ShopID: shop, Advocate: a})
		}
		rows = rows[n:]
	}
	return nil
}

// keysIn is by what an e-mail is known in each of some shops.
func (d *DB) keysIn(shops []string, email string) table {
	t := table{cols: "shop_id text, email_key text"}
	for _, id := range shops {
		if key := d.EmailKey(id, email); key != "" {
			t.add(id, key)
		}
	}
	return t
}

// link makes an advocate the member of her e-mail, and of what she is known by from now on. shops are all of
// the group, whose lanes are locked. A second advocate of a shop with one e-mail stays on her own, as in a shop
// without a group. The jobs that follow from it are returned.
func (x *txn) link(group string, shops []string, row advocateRow, email string) ([]webhooks.ShopJob, error) {
	keys := x.d.keysIn(shops, email)
	if len(keys.rows) == 0 {
		return nil, nil
	}
	member, err := x.memberBy(keys)
	if err != nil {
		return nil, err
	}
	switch {
	case row.MemberID != nil && (member == "" || member == *row.MemberID): // she has another e-mail, or a second one
		return nil, x.knowMember(group, *row.MemberID, keys)
	case row.MemberID != nil:
		return nil, nil
	case member == "":
		if member, err = x.newMember(group); err == nil {
			err = x.knowMember(group, member, keys)
		}
	default:
		err = x.knowMember(group, member, x.d.keysIn([]string{row.ShopID}, email))
	}
	if err != nil {
		return nil, err
	}
	_, err = x.exec(`UPDATE advocates SET member_id = ?, member_since = {now} WHERE shop_id = ? AND id = ?
  AND NOT EXISTS (SELECT 1 FROM advocates a WHERE a.member_id = ? AND a.shop_id = ?)`, member, row.ShopID, row.ID, member, row.ShopID)
	if err != nil {
		return nil, err
	}
	return x.blockAlike([]string{member})
}

// memberBy finds the member that one of these keys is of, the oldest where they are of several; "" is nobody.
func (x *txn) memberBy(keys table) (string, error) {
	rows, err := queryAll[struct {
		MemberID string
		Created  stamp `gorm:"column:created_at"`
	}](x, keys, `SELECT k.member_id, m.created_at FROM v CROSS JOIN member_keys k JOIN members m ON m.group_id = k.group_id AND m.id = k.member_id
WHERE k.shop_id = v.shop_id AND k.email_key = v.email_key`+x.alsoAmong("k.shop_id", "v.shop_id")+x.alsoAmong("k.email_key", "v.email_key"))
	if err != nil || len(rows) == 0 {
		return "", err
	}
	oldest := rows[0]
	for _, r := range rows[1:] {
		if c := r.Created.Compare(oldest.Created.Time); c < 0 || c == 0 && r.MemberID < oldest.MemberID {
			oldest = r
		}
	}
	return oldest.MemberID, nil
}

func (x *txn) newMember(group string) (string, error) {
	id := x.d.mint.ID("mem_")
	_, err := x.exec("INSERT INTO members (group_id, id, created_at) VALUES (?, ?, {now})", group, id)
	return id, err
}

// knowMember keeps by what a member is known. A key that is another's stays so.
func (x *txn) knowMember(group, member string, keys table) error {
	_, err := x.execAll(keys, `INSERT INTO member_keys (shop_id, email_key, group_id, member_id) SELECT v.shop_id, v.email_key, ?, ? FROM v WHERE true ON CONFLICT DO NOTHING`, group, member)
	return err
}

// herRows are a member's advocates in all shops, the given one alone where she is no member.
func (x *txn) herRows(row advocateRow) (rows []advocateRow, err error) {
	if row.MemberID == nil {
		return []advocateRow{row}, nil
	}
	err = x.Where("member_id = ?", *row.MemberID).Order("shop_id").Find(&rows).Error
	return rows, err
}

// blockAlike blocks members everywhere who are blocked in one shop: they became one person just now.
func (x *txn) blockAlike(members []string) (jobs []webhooks.ShopJob, err error) {
	t := table{cols: "member_id text"}
	for _, m := range members {
		t.add(m)
	}
	rows, err := queryAll[advocateRow](x, t, `SELECT a.* FROM v CROSS JOIN advocates a WHERE a.member_id = v.member_id AND a.status = 'active'
  AND EXISTS (SELECT 1 FROM advocates b WHERE b.member_id = v.member_id AND b.status = 'blocked')`)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		more, err := x.stand(r, standing{to: "blocked", change: "block", reason: "blocked in another shop of the group", actor: "engine"})
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, more...)
	}
	return jobs, nil
}

// unlink takes an advocate who is erased out of her member, and what she is known by in this shop. Where it
// was the last the member is forgotten.
func (x *txn) unlink(group string, row advocateRow) error {
	if row.MemberID == nil {
		return nil
	}
	if _, err := x.exec("UPDATE advocates SET member_id = NULL, member_since = NULL WHERE shop_id = ? AND id = ?", row.ShopID, row.ID); err != nil {
		return err
	}
	if _, err := x.exec("DELETE FROM member_keys WHERE shop_id = ? AND group_id = ? AND member_id = ?", row.ShopID, group, *row.MemberID); err != nil {
		return err
	}
	return x.dropLonely(group, *row.MemberID)
}

// dropLonely forgets members who are an advocate nowhere: this one, or all for "".
func (x *txn) dropLonely(group, member string) error {
	for _, of := range []struct{ table, id string }{{"member_keys", "member_id"}, {"members", "id"}} {
		_, err := x.exec("DELETE FROM "+of.table+" WHERE group_id = ? AND (? = '' OR "+of.id+" = ?) AND NOT EXISTS (SELECT 1 FROM advocates a WHERE a.member_id = "+of.table+"."+of.id+")",
			group, member, member)
		if err != nil {
			return err
		}
	}
	return nil
}
