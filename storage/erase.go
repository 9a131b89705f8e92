package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// erasedAlias begins the name that stands for somebody who was erased.
const erasedAlias = "erased_"

// customerSeen keeps the e-mail of an advocate up to date. Of other customers nothing is stored, but who is an
// advocate in another shop of the group becomes one here.
func (in *inboxTx) customerSeen(shopID string, p rewards.Person) (string, error) {
	x := in.x
	if p.ID == "" {
		return "no_customer", nil
	}
	var row advocateRow
	n, err := x.scan(&row, "SELECT * FROM advocates WHERE shop_id = ? AND customer_id = ? {lock}", shopID, clean(p.ID))
	if err != nil || n == 0 {
		in.met = append(in.met, met{shopID, p.ID, x.d.EmailKey(shopID, p.Email)})
		return "not_an_advocate", err
	}
	if p.Email == "" {
		return "", nil
	}
	if row.MemberID == nil || plain(row.EmailKey) != x.d.EmailKey(shopID, p.Email) {
		in.renamed = append(in.renamed, renamed{row, p.Email})
	}
	kept, err := x.d.openPerson(shopID, row.PersonSealed)
	if err != nil {
		return "", err
	}
	kept.Email = p.Email
	if p.Name != "" {
		kept.FirstName = p.Name
	}
	if p.Surname != "" {
		kept.LastName = p.Surname
	}
	sealed, err := x.d.sealedPerson(shopID, kept)
	if err != nil {
		return "", err
	}
	_, err = x.exec("UPDATE advocates SET email_key = ?, person_sealed = ? WHERE shop_id = ? AND id = ?",
		noneIfEmpty(x.d.EmailKey(shopID, p.Email)), sealed, shopID, row.ID)
	return "", err
}

// customerErased forgets a customer: as an advocate, as the friend on orders, and in stored webhooks.
// Amounts stay, under a name that leads to nobody. Without a customer's id it forgets whoever stands on
// the orders, and all bodies of the shop in this batch: one of them is the request, which names him.
func (in *inboxTx) customerErased(shopID, customerID string, orderIDs []string, reason string) (string, error) {
	x := in.x
	if customerID == "" && len(orderIDs) == 0 {
		return "no_customer", nil
	}
	if err := x.patiently(); err != nil {
		return "", err
	}
	group, _, err := x.lockAround(shopID)
	if err != nil {
		return "", err
	}
	in.forget(shopID, customerID)
	e := eraser{txn: x, shopID: shopID, customerID: clean(customerID), alias: x.d.mint.ID(erasedAlias), reason: reason, keys: map[string]bool{}, hers: map[string]bool{}}
	if customerID == "" {
		e.customerID = e.alias // which stands nowhere yet
	}
	var row advocateRow
	n, err := x.scan(&row, "SELECT * FROM advocates WHERE shop_id = ? AND customer_id = ?", shopID, e.customerID)
	if err != nil {
		return "", err
	}
	if n > 0 {
		e.emailKey = plain(row.EmailKey)
		if err := e.unlink(group, row); err != nil {
			return "", err
		}
		if err := e.advocate(in, row.ID); err != nil {
			return "", err
		}
	}
	if err := e.asFriend(orderIDs); err != nil {
		return "", err
	}
	if err := e.orders(orderIDs); err != nil {
		return "", err
	}
	if err := e.traces(orderIDs); err != nil {
		return "", err
	}
	return reason, e.events(orderIDs)
}

// patiently lets statements take as long as they need until the transaction ends: nobody is to be kept because there
// is much of him.
func (x *txn) patiently() error {
	if x.d.lite {
		return nil
	}
	_, err := x.exec("SET LOCAL statement_timeout = 0")
	return err
}

func (in *inboxTx) forget(shopID, customerID string) {
	if in.erased == nil {
		in.erased = map[[2]string]bool{}
	}
	in.erased[eventKey{Shop: shopID}.of(customerID)] = true
	in.erased[eventKey{Shop: shopID}.of(unread)] = true
}

// unread stands for the people of whom the events tell that could not be read: anybody.
const unread = "\x00"

// forgets tells whether an event of the same batch must lose its body.
func (in *inboxTx) forgets(shopID string, r webhooks.Digested) bool {
	key := eventKey{Shop: shopID}
	notRead := r.Status == webhooks.EventQuarantined || r.Status == webhooks.EventDead
	return in.erased[key.of(r.CustomerID)] || in.erased[key.of("")] || notRead && in.erased[key.of(unread)]
}

// eraser takes one customer of a shop out of the tables. alias stands wherever she was named, so that
// what was equal stays equal.
type eraser struct {
	*txn
	shopID, customerID, emailKey, alias, reason string
	keys                                        map[string]bool // her e-mails and telephone numbers, as orders tell them
	hers                                        map[string]bool // ids of her orders
}

// advocate retires her, stops her codes, and takes back what she earned and did not get yet.
func (e *eraser) advocate(in *inboxTx, id string) error {
	_, err := e.exec(`UPDATE advocates SET customer_id = NULL, email_key = NULL, person_sealed = NULL, locale = '', status = 'retired', reason = ?
WHERE shop_id = ? AND id = ?`, e.reason, e.shopID, id)
	if err != nil {
		return err
	}
	if err := e.forgetWords(e.shopID, id); err != nil {
		return err
	}
	jobs, err := e.retireCodes(e.shopID, id, e.reason)
	if err != nil {
		return err
	}
	in.jobs = append(in.jobs, shopJobs(e.shopID, jobs)...)
	if err := e.reversePending(in, id); err != nil {
		return err
	}
	// A reward that the shop may have already is looked for there by her own id: it is replaced when its
	// step has ended, see forgetErased. A shop that has left is asked nothing more.
	_, err = e.exec("UPDATE rewards SET customer_id = ? WHERE shop_id = ? AND advocate_id = ? AND customer_id = ? AND (status <> 'issuing' OR ?)",
		e.alias, e.shopID, id, e.customerID, e.reason == "shop_erased")
	return err
}

// asFriend takes her name off the rewards that she has for orders of her own. One that the shop may have
// already keeps it until its step has ended, as with an advocate.
func (e *eraser) asFriend(orderIDs []string) error {
	_, err := e.exec(`UPDATE rewards SET customer_id = ? WHERE shop_id = ? AND beneficiary = 'friend' AND customer_id <> '' AND (customer_id = ? OR order_id IN ?)
  AND status <> 'issuing'`, e.alias, e.shopID, e.customerID, orderIDs)
	return err
}

// forgetErased puts a name that leads to nobody on a reward whose owner was erased while it was under way:
// of a friend the order then names no customer.
func (x *txn) forgetErased(shopID, rewardID string) error {
	_, err := x.exec(`UPDATE rewards SET customer_id = ? WHERE shop_id = ? AND id = ? AND status <> 'issuing' AND customer_id <> '' AND customer_id NOT LIKE 'erased%'
  AND (beneficiary = 'advocate' AND EXISTS (SELECT 1 FROM advocates a WHERE a.shop_id = rewards.shop_id AND a.id = rewards.advocate_id AND a.customer_id IS NULL)
    OR beneficiary = 'friend' AND EXISTS (SELECT 1 FROM orders o WHERE o.shop_id = rewards.shop_id AND o.order_id = rewards.order_id AND o.customer_id = ''))`,
		x.d.mint.ID(erasedAlias), shopID, rewardID)
	return err
}

// reversePending reverses the advocate's rewards that no shop has heard of.
func (e *eraser) reversePending(in *inboxTx, advocateID string) error {
	var rows []rewardRow
	_, err := e.scan(&rows, "SELECT * FROM rewards WHERE shop_id = ? AND advocate_id = ? AND (status IN ('pending', 'held', 'approved') OR status = 'issuing' AND tries = 0) ORDER BY id {lock}", e.shopID, advocateID)
	if err != nil || len(rows) == 0 {
		return err
	}
	list, err := rewardsOf(rows)
	if err != nil {
		return err
	}
	var effect rewards.Effect
	programs := map[string]bool{}
	for _, r := range list {
		dropped, err := r.Drop(rewards.Reason(e.reason), "") // what it was to replace is in the shop still, and goes by a job
		if err != nil {
			return err
		}
		merge(&effect, dropped)
		programs[r.Program] = true
	}
	if err := e.lockOffers(e.shopID, keysOf(programs)); err != nil {
		return err
	}
	in.jobs = append(in.jobs, shopJobs(e.shopID, effect.Jobs)...)
	effect.Jobs = nil
	return e.saveEffect(e.shopID, effect)
}

// orders replaces her name in orders: her own, and those of friends on which her code was a candidate.
func (e *eraser) orders(orderIDs []string) error {
	var rows []orderRow
	_, err := e.scan(&rows, `SELECT order_id, record FROM orders WHERE shop_id = ? AND (customer_id = ? OR order_id IN ? OR (email_key <> '' AND email_key = ?)
  OR (outcome <> 'none' AND CAST(record AS text) LIKE ?)) ORDER BY order_id {lock}`,
		e.shopID, e.customerID, orderIDs, e.emailKey, "%"+likeQuoted(e.customerID)+"%")
	if err != nil {
		return err
	}
	for _, r := range rows {
		rec, err := r.record()
		if err != nil {
			return err
		}
		listed := slices.Contains(orderIDs, r.OrderID)
		e.scrub(&rec, listed)
		text, err := json.Marshal(rec)
		if err != nil {
			return fmt.Errorf("writing the record of order %s: %w", r.OrderID, err)
		}
		_, err = e.exec(`UPDATE orders SET record = ?{json}, customer_id = CASE WHEN customer_id = ? OR ? THEN '' ELSE customer_id END,
  email_key = CASE WHEN customer_id = ? OR ? OR email_key = ? THEN '' ELSE email_key END WHERE shop_id = ? AND order_id = ?`,
			string(text), e.customerID, listed, e.customerID, listed, e.emailKey, e.shopID, r.OrderID)
		if err != nil {
			return err
		}
	}
	return nil
}

// traces forgets where her orders came from, those that are still to be read included, and her e-mails and
// telephone numbers wherever they stand in the shop: also those by which its group would know her.
func (e *eraser) traces(orderIDs []string) error {
	for _, id := range orderIDs {
		e.hers[clean(id)] = true
	}
	if e.emailKey != "" {
		e.keys[e.emailKey] = true
	}
	if _, err := e.exec("DELETE FROM member_keys WHERE shop_id = ? AND email_key IN ?", e.shopID, keysOf(e.keys)); err != nil {
		return err
	}
	_, err := e.exec(`DELETE FROM traces WHERE shop_id = ? AND (customer_id = ? OR order_id IN ?
  OR order_id IN (SELECT t.order_id FROM traces t WHERE t.shop_id = ? AND t.kind = 'email' AND t.key IN ?)
  OR order_id IN (SELECT o.order_id FROM orders o WHERE o.shop_id = ? AND o.email_key <> '' AND o.email_key IN ?) OR kind IN ('email', 'phone') AND key IN ?)`,
		e.shopID, e.customerID, keysOf(e.hers), e.shopID, keysOf(e.keys), e.shopID, keysOf(e.keys), keysOf(e.keys))
	return err
}

// scrub puts the alias where she stood. listed tells that the shop named the order as hers.
func (e *eraser) scrub(rec *rewards.Record, listed bool) {
	f := &rec.Facts
	if listed {
		f.Order.Trail = rewards.Trail{}
	}
	if who := f.Order.Customer; who != nil && (listed || who.ID == e.customerID || e.emailKey != "" && who.EmailKey == e.emailKey) {
		e.hers[clean(f.Order.ID)] = true
		for _, key := range []string{who.EmailKey, who.PhoneKey} {
			if key != "" {
				e.keys[key] = true
			}
		}
		who.ID, who.PhoneKey, f.Order.Trail = e.alias, "", rewards.Trail{}
		if who.EmailKey != "" {
			who.EmailKey = e.alias
		}
	}
	for i := range f.Claims {
		if c := &f.Claims[i]; c.CustomerID == e.customerID {
			c.CustomerID = e.alias
			if c.EmailKey != "" {
				c.EmailKey = e.alias
			}
		}
	}
}

// likeQuoted is the id as JSON has it, for a search; what LIKE takes for a wildcard only finds more.
func likeQuoted(id string) string {
	text, err := json.Marshal(id)
	if err != nil { // a string always marshals
		panic(err)
	}
	return strings.ReplaceAll(string(text), `\`, `_`)
}

// events deletes the stored webhooks that tell of her, or that could not be read: they may tell of her
// too, and nobody can say. That they came stays known by their keys. The answers to calls of the API go
// as well, since they name the people whom they are about.
func (e *eraser) events(orderIDs []string) error {
	for _, sql := range []string{
		"DELETE FROM idempotency WHERE shop_id = ? AND status <> 0",
		"UPDATE events SET body = NULL WHERE shop_id = ? AND status IN ('quarantined', 'dead') AND body IS NOT NULL",
	} {
		if _, err := e.exec(sql, e.shopID); err != nil {
			return err
		}
	}
	_, err := e.exec(`UPDATE events SET body = NULL, customer_id = '' WHERE shop_id = ? AND customer_id = ?`, e.shopID, e.customerID)
	if err != nil || len(orderIDs) == 0 {
		return err
	}
	_, err = e.exec(`UPDATE events SET body = NULL, customer_id = '' WHERE shop_id = ? AND order_id IN ? AND order_id <> ''`, e.shopID, orderIDs)
	return err
}

// uninstall marks a shop as gone. What was sent before the present installation says nothing about it.
func (x *txn) uninstall(shopID string, at time.Time) (string, error) {
	if err := x.lockLane(shopID); err != nil {
		return "", err
	}
	row, err := x.shop(shopID)
	if err != nil {
		return "", err
	}
	if !at.IsZero() && at.Before(row.InstalledAt.Time) {
		return "older_than_installation", nil
	}
	if row.Status == ShopUninstalled {
		return "", nil
	}
	was := row.Status
	row.Status, row.Reason, row.TokenSealed, row.HooksSealed = ShopUninstalled, "app_uninstalled", nil, nil
	return "", x.saveShop(&row, was)
}

// ErasedSince tells whether somebody was erased after t: whose files Scrub has yet to see. That a body was
// dropped because it was of no use tells nothing.
func (d *DB) ErasedSince(ctx context.Context, t time.Time) (bool, error) {
	var n int
	_, err := d.read(ctx).scan(&n, "SELECT count(*) FROM (SELECT 1 FROM events WHERE body IS NULL AND status <> 'ignored' AND finished_at > ? LIMIT 1) e", t)
	return n > 0, d.fault("looking for erasures", err)
}

// Scrub takes what was deleted out of the database's files too. SQLite copies its log into the file,
// empties it, and writes the file anew; PostgreSQL vacuums the tables that hold people, which frees the
// space for other rows. It is to be run within a day of an erasure, and needs no pause of the server.
func (d *DB) Scrub(ctx context.Context) error {
	statements := []string{"VACUUM events, orders, traces, advocates, members, member_keys, advocate_history, leaks, rewards, jobs, attempts, idempotency"}
	if d.lite {
		statements = []string{"PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"}
	}
	for _, sql := range statements {
		if err := d.pools.patient.writer.WithContext(ctx).Exec(sql).Error; err != nil {
			return d.fault("scrubbing the database's files", err)
		}
	}
	return nil
}
