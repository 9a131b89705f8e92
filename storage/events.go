package storage

import (
	"context"
	"strconv"

	"gorm.io/gorm"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// Events lists events, newest first. An empty ShopID means all shops, the unknown too.
func (d *DB) Events(ctx context.Context, f webhooks.EventFilter, p rewards.Page) (list []webhooks.StoredEvent, next string, err error) {
	q := d.read(ctx).Select(storedCols)
	if f.ShopID != "" {
		q = q.Where("shop_id = ?", f.ShopID)
	}
	if f.OrderID != "" {
		q = q.Where("order_id = ? AND order_id <> ''", clean(f.OrderID))
	}
	switch f.Status {
	case "":
	case webhooks.EventPending:
		q = q.Where("status IN ('pending', 'confirming')")
	default:
		q = q.Where("status = ?", string(f.Status))
	}
	if p.Cursor != "" {
		at, err := d.position("events", f.ShopID, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		id, err := strconv.ParseInt(at.id, 10, 64)
		if err != nil {
			return nil, "", rewards.Errorf(rewards.Invalid, "bad_cursor", "the cursor was not given out for this list")
		}
		q = q.Where("id < ?", id)
	}
	var rows []eventRow
	if err := q.Order("id DESC").Limit(limit(p) + 1).Find(&rows).Error; err != nil {
		return nil, "", d.fault("listing events", err)
	}
	rows, more := cut(rows, limit(p))
	if more {
		last := rows[len(rows)-1]
		next = d.cursor("events", f.ShopID, position{last.ReceivedAt.Time, strconv.FormatInt(last.ID, 10)})
	}
	list = make([]webhooks.StoredEvent, len(rows))
	for i, r := range rows {
		list[i] = r.stored()
	}
	return list, next, nil
}

// Event returns an event. An empty shopID finds it in any shop, and those of unknown shops. Kind NotFound.
func (d *DB) Event(ctx context.Context, shopID, id string) (webhooks.StoredEvent, error) {
	row, err := d.read(ctx).event(shopID, id, storedCols)
	return row.stored(), d.fault("reading an event", err)
}

// EventBody returns the raw bytes of an event as they were received. Kind NotFound; Conflict, code
// body_erased, where they are gone.
func (d *DB) EventBody(ctx context.Context, shopID, id string) ([]byte, error) {
	row, err := d.read(ctx).event(shopID, id, "id, body")
	if err != nil {
		return nil, d.fault("reading an event", err)
	}
	if row.Body == nil {
		return nil, rewards.Errorf(rewards.Conflict, "body_erased", "the body of event %s was erased", id)
	}
	return inflate(nil, row.Body)
}

func (x *txn) event(shopID, id, cols string) (eventRow, error) {
	number, err := eventNumber(id)
	if err != nil {
		return eventRow{}, err
	}
	return x.eventWhere(x.Select(cols).Where("id = ?", number), shopID, id)
}

func (x *txn) eventWhere(q *gorm.DB, shopID, id string) (row eventRow, err error) {
	switch {
	case shopID != "":
		q = q.Where("shop_id = ?", shopID)
	case !x.d.lite: // the index of a week begins with the shop
		q = q.Where("shop_id IN (SELECT shop_id FROM shops UNION ALL SELECT '')")
	}
	err = q.Take(&row).Error
	return row, missing(err, "event", id)
}

// Replay makes an event pending again, with its tries counted anew. Kind NotFound; Conflict body_erased
// where its body is gone: of one that was ignored none is kept.
func (d *DB) Replay(ctx context.Context, shopID, id string) (e webhooks.StoredEvent, err error) {
	err = d.write(ctx, "replaying an event", func(x *txn) error {
		row, err := x.event(shopID, id, claimCols)
		if err != nil {
			return err
		}
		if row.Body == nil {
			return rewards.Errorf(rewards.Conflict, "body_erased", "the body of event %s was erased", id)
		}
		_, err = x.exec(`UPDATE events SET status = 'pending', reason = '', attempts = 0, suspect = false, due_at = {now}, finished_at = NULL
WHERE shop_id = ? AND id = ?`, row.ShopID, row.ID)
		if err != nil {
			return err
		}
		row, err = x.event(row.ShopID, id, storedCols)
		e = row.stored()
		return err
	})
	return e, err
}
