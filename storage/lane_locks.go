package storage

import (
	"slices"
	"time"

	"grapevine/webhooks"
)

// Who asks for jobs of a shop and who works for it meet at its lane, and do not wait for each other there.
//
//	who                              lock on PostgreSQL
//	works for the shop (fence)       NO KEY UPDATE: one at a time
//	asks for jobs of a due lane      KEY SHARE: beside all of these
//	asks for jobs of another lane    NO KEY UPDATE, to make it due
//	gives the lease back             UPDATE if there is nobody else, else as one who works
//
// Only who gives the lease back may put the time off at which a lane is due, and only if nobody is just writing a
// job that does not show yet: then the lane stays due, and is looked at again. While a lane is leased
// it is due, so who works for the shop need not make it so.
//
// Rows of jobs that several write are met by kind and subject, the bytes compared.

// laneLock is the lock of who works for a shop.
func (x *txn) laneLock() string {
	if x.d.lite {
		return ""
	}
	return " FOR NO KEY UPDATE"
}

// lockAlone takes a leased lane if nobody else is at it. Kind Conflict, code lease_lost, on SQLite.
func (x *txn) lockAlone(l webhooks.Lane) (alone bool, err error) {
	if x.d.lite {
		return true, x.fence(l)
	}
	var id string
	n, err := x.scan(&id, "SELECT shop_id FROM lanes WHERE shop_id = ? AND token = ? FOR UPDATE SKIP LOCKED", l.Shop.ID, l.Token)
	return n == 1, err
}

// whenDue is when a row of v is due.
const whenDue = "coalesce(v.run_at, {now})"

// makeDue sees to it that lanes are due when the first of their jobs is, which are sorted by shop, and stay so
// until these can be seen.
func (x *txn) makeDue(jobs []webhooks.ShopJob) error {
	lanes := table{cols: "shop_id text, run_at timestamptz"}
	for _, j := range jobs {
		last := len(lanes.rows) - 1
		switch {
		case j.ShopID == x.leased:
		case last < 0 || j.ShopID != lanes.rows[last][0]:
			lanes.add(j.ShopID, j.RunAt)
		case earlier(j.RunAt, lanes.rows[last][1].(time.Time)):
			lanes.rows[last][1] = j.RunAt
		}
	}
	if len(lanes.rows) == 0 {
		return nil
	}
	if !x.d.lite {
		due, err := queryAll[string](x, lanes, "SELECT l.shop_id FROM v JOIN lanes l ON l.shop_id = v.shop_id AND l.next_at <= "+whenDue+" ORDER BY l.shop_id FOR KEY SHARE OF l")
		if err != nil {
			return err
		}
		lanes.rows = slices.DeleteFunc(lanes.rows, func(r []any) bool { return slices.Contains(due, r[0].(string)) })
	}
	if len(lanes.rows) > 1 && !x.d.lite {
		_, err := queryAll[string](x, lanes, "SELECT l.shop_id FROM v JOIN lanes l ON l.shop_id = v.shop_id ORDER BY l.shop_id FOR NO KEY UPDATE OF l")
		if err != nil {
			return err
		}
	}
	_, err := x.execAll(lanes, `UPDATE lanes AS l SET next_at = CASE WHEN l.next_at < `+whenDue+` THEN l.next_at ELSE `+whenDue+` END FROM v WHERE l.shop_id = v.shop_id`)
	return err
}
