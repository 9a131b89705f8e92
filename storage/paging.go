package storage

import (
	"fmt"
	"time"

	"grapevine/rewards"
)

const (
	defaultLimit = 50
	maxLimit     = 200
)

// limit keeps a page within bounds.
func limit(p rewards.Page) int {
	switch {
	case p.Limit <= 0:
		return defaultLimit
	case p.Limit > maxLimit:
		return maxLimit
	}
	return p.Limit
}

// position is where a page ended: the time and id of its last row.
type position struct {
	at time.Time
	id string
}

// cursor signs a position for one listing of one shop: nobody can make one up, or use it elsewhere.
func (d *DB) cursor(list, shopID string, p position) string {
	return d.keys.Sign(list+"/"+shopID, fmt.Sprintf("%d %s", p.at.UnixMicro(), p.id))
}

// position reads a cursor that was handed out for this listing. Kind Invalid, code bad_cursor.
func (d *DB) position(list, shopID, cursor string) (p position, err error) {
	text, ok := d.keys.Verify(list+"/"+shopID, cursor)
	var micros int64
	if ok {
		_, err = fmt.Sscanf(text, "%d %s", &micros, &p.id)
	}
	if !ok || err != nil {
		return p, rewards.Errorf(rewards.Invalid, "bad_cursor", "the cursor was not given out for this list")
	}
	p.at = time.UnixMicro(micros)
	return p, nil
}

// cut takes the row off that was asked for beyond the page, to see whether there is a next one.
func cut[T any](rows []T, limit int) (page []T, more bool) {
	if len(rows) > limit {
		return rows[:limit], true
	}
	return rows, false
}
