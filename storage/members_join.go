package storage

// joinMembers makes the advocates of a shop that joins a group its members, and the group's members known in
// the shop. The number of statements does not depend on that of the people.
func (x *txn) joinMembers(group, shopID string) error {
	if err := x.knowAllIn(group, shopID); err != nil {
		return err
	}
	shops, err := x.shopsOf(group)
	if err != nil {
		return err
	}
	members, err := x.linkAll(group, shopID, shops)
	if err != nil {
		return err
	}
	jobs, err := x.blockAlike(members)
	if err != nil {
		return err
	}
	return x.enqueue(jobs)
}

// knowAllIn keeps by what the group's members are known in a shop. Of one whose e-mail does not open any more
// nothing can be known.
func (x *txn) knowAllIn(group, shopID string) error {
	var rows []advocateRow
	err := x.Where("member_id IN (SELECT id FROM members WHERE group_id = ?) AND person_sealed IS NOT NULL", group).Order("member_since, shop_id").Find(&rows).Error
	if err != nil {
		return err
	}
	t, seen := table{cols: "email_key text, member_id text"}, map[string]bool{}
	for _, r := range rows {
		key := x.d.EmailKey(shopID, x.emailOf(r))
		if key != "" && !seen[key] {
			seen[key] = true
			t.add(key, *r.MemberID)
		}
	}
	_, err = x.execAll(t, "INSERT INTO member_keys (shop_id, email_key, group_id, member_id) SELECT ?, v.email_key, ?, v.member_id FROM v WHERE true ON CONFLICT DO NOTHING", shopID, group)
	return err
}

// emailOf is the e-mail that is kept of an advocate, "" where there is none or it does not open.
func (x *txn) emailOf(r advocateRow) string {
	kept, err := x.d.openPerson(r.ShopID, r.PersonSealed)
	if err != nil {
		return ""
	}
	return kept.Email
}

// linkAll links the advocates of a shop with the members of their e-mails, new ones where there are none, and
// returns the members. Of several with one e-mail the oldest is the member.
func (x *txn) linkAll(group, shopID string, shops []string) (members []string, err error) {
	var known []struct{ EmailKey, MemberID string }
	if _, err := x.scan(&known, "SELECT email_key, member_id FROM member_keys WHERE shop_id = ?", shopID); err != nil {
		return nil, err
	}
	of := map[string]string{}
	for _, k := range known {
		of[k.EmailKey] = k.MemberID
	}
	var rows []advocateRow
	err = x.Where("shop_id = ? AND email_key IS NOT NULL AND member_id IS NULL", shopID).Order("created_at, id").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	fresh, keys, links := table{cols: "id text"}, table{cols: "shop_id text, email_key text, member_id text"}, table{cols: "id text, member_id text"}
	linked := map[string]bool{}
	for _, r := range rows {
		member, met := of[*r.EmailKey]
		if !met {
			email := x.emailOf(r)
			if email == "" {
				continue
			}
			member = x.d.mint.ID("mem_")
			fresh.add(member)
			for _, k := range x.d.keysIn(shops, email).rows {
				keys.add(k[0], k[1], member)
			}
			of[*r.EmailKey] = member
		}
		if !linked[member] {
			linked[member] = true
			links.add(r.ID, member)
			members = append(members, member)
		}
	}
	if _, err := x.execAll(fresh, "INSERT INTO members (group_id, id, created_at) SELECT ?, v.id, {now} FROM v WHERE true", group); err != nil {
		return nil, err
	}
	if _, err := x.execAll(keys, "INSERT INTO member_keys (shop_id, email_key, group_id, member_id) SELECT v.shop_id, v.email_key, ?, v.member_id FROM v WHERE true ON CONFLICT DO NOTHING", group); err != nil {
		return nil, err
	}
	_, err = x.execAll(links, "UPDATE advocates AS a SET member_id = v.member_id, member_since = {now} FROM v WHERE a.shop_id = ? AND a.id = v.id", shopID)
	return members, err
}

// leaveMembers makes the advocates of a shop that leaves its group members no more. Who is an advocate in none
// of the other shops is forgotten as a member.
func (x *txn) leaveMembers(group, shopID string) error {
	for _, sql := range []string{
		"UPDATE advocates SET member_id = NULL, member_since = NULL WHERE shop_id = ? AND member_id IS NOT NULL",
		"DELETE FROM member_keys WHERE shop_id = ?",
	} {
		if _, err := x.exec(sql, shopID); err != nil {
			return err
		}
	}
	return x.dropLonely(group, "")
}
