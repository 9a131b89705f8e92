package storage

import (
	"context"
	"time"

	"grapevine/rewards"
)

// numberTickets gives each ticket that is issued by these changes the next number of its programme, in
// their order. A number is never given twice: that of a ticket which is reversed later leaves a gap.
func (x *txn) numberTickets(shopID string, changes []rewards.RewardChange) error {
	last, t := map[string]int64{}, table{cols: "program text, number bigint, reward_id text"}
	for _, c := range changes {
		r := c.Reward
		if r.Spec.Kind != rewards.KindTicket || r.Status != rewards.StatusIssued || c.Was == rewards.StatusIssued {
			continue
		}
		if _, known := last[r.Program]; !known {
			var n int64
			if _, err := x.scan(&n, "SELECT coalesce(max(number), 0) FROM ticket_numbers WHERE shop_id = ? AND program = ?", shopID, r.Program); err != nil {
				return err
			}
			last[r.Program] = n
		}
		last[r.Program]++
		t.add(r.Program, last[r.Program], r.ID)
	}
	_, err := x.execAll(t, `INSERT INTO ticket_numbers (shop_id, program, number, reward_id, redeemed_at, redeemed_by)
SELECT ?, v.program, v.number, v.reward_id, NULL, '' FROM v`, shopID)
	return err
}

// ticketRow is a ticket's number beside its reward.
type ticketRow struct {
	Reward     rewardRow `gorm:"embedded"`
	Number     int64
	IssuedAt   stamp
	RedeemedAt stamp
	RedeemedBy string
}

const ticketSQL = `SELECT r.*, n.number, n.redeemed_at, n.redeemed_by,
  (SELECT min(h.at) FROM reward_history h WHERE h.shop_id = r.shop_id AND h.reward_id = r.id AND h.to_status = 'issued') AS issued_at
FROM ticket_numbers n JOIN rewards r ON r.shop_id = n.shop_id AND r.id = n.reward_id WHERE n.shop_id = ? `

func (t ticketRow) ticket() (rewards.Ticket, error) {
	r, err := t.Reward.reward()
	return rewards.Ticket{
		Number: t.Number, Code: r.Code, Program: r.Program, AdvocateID: r.AdvocateID, RewardID: r.ID, Status: r.Status,
		Admits: r.Given.Minor, IssuedAt: t.IssuedAt.Time, ExpiresAt: r.ExpiresAt, RedeemedAt: t.RedeemedAt.Time, RedeemedBy: t.RedeemedBy,
	}, err
}

// Ticket finds a ticket by its code, however it is written. Kind NotFound.
func (d *DB) Ticket(ctx context.Context, shopID, code string) (rewards.Ticket, error) {
	t, err := d.read(ctx).ticket(shopID, code)
	return t, d.fault("reading a ticket", err)
}

func (x *txn) ticket(shopID, code string) (rewards.Ticket, error) {
	var row ticketRow
	var n int64
	folded, ok := rewards.FoldCode(code)
	if ok {
		var err error
		if n, err = x.scan(&row, ticketSQL+"AND r.code_folded = ? AND r.kind = 'ticket'", shopID, folded); err != nil {
			return rewards.Ticket{}, err
		}
	}
	if n == 0 {
		return rewards.Ticket{}, rewards.Errorf(rewards.NotFound, "ticket_not_found", "there is no ticket %.80q", code)
	}
	return row.ticket()
}

// Tickets lists a shop's tickets up to a limit, by programme and number, beyond the number after of that
// programme; the first page begins after "" and 0.
func (d *DB) Tickets(ctx context.Context, shopID string, f rewards.TicketFilter, afterProgram string, after int64, limit int) ([]rewards.Ticket, error) {
	var rows []ticketRow
	_, err := d.read(ctx).scan(&rows, ticketSQL+"AND (? = '' OR n.program = ?) AND (? = '' OR r.status = ?) AND (n.program, n.number) > (?, ?) ORDER BY n.program, n.number LIMIT ?",
		shopID, clean(f.Program), clean(f.Program), string(f.Status), string(f.Status), clean(afterProgram), after, limit)
	if err != nil {
		return nil, d.fault("listing tickets", err)
	}
	list := make([]rewards.Ticket, len(rows))
	for i, r := range rows {
		if list[i], err = r.ticket(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// RedeemTicket lets in whoever shows a code: all that the ticket admits, at once. by is who did it, as the
// door says it; "" for the actor. Of two who show the same code at once the second is refused.
//
// Kind NotFound; Conflict, code already_redeemed, ticket_reversed or ticket_expired, with the ticket as it
// is.
func (d *DB) RedeemTicket(ctx context.Context, shopID, code, by, actor string) (t rewards.Ticket, err error) {
	if by == "" {
		by = actor
	}
	err = d.write(ctx, "redeeming a ticket", func(x *txn) error {
		found, err := x.ticket(shopID, code)
		if err != nil {
			return err
		}
		r, err := x.reward(shopID, found.RewardID, "{lock}")
		if err != nil {
			return err
		}
		if t, err = x.ticket(shopID, code); err != nil { // again, behind the lock
			return err
		}
		now, err := x.now()
		if err != nil {
			return err
		}
		if err := redeemable(t, now); err != nil {
			return err
		}
		effect, _, err := r.Use(r.Unused(), "redeemed", actor)
		if err != nil {
			return err
		}
		if err := x.saveEffect(shopID, effect); err != nil {
			return err
		}
		n, err := x.exec("UPDATE ticket_numbers SET redeemed_at = {now}, redeemed_by = ? WHERE shop_id = ? AND reward_id = ? AND redeemed_at IS NULL", short(by), shopID, r.ID)
		if err == nil && n != 1 {
			err = rewards.Errorf(rewards.Internal, "ticket_moved", "ticket %s was redeemed by somebody else", t.Code)
		}
		if err != nil {
			return err
		}
		t, err = x.ticket(shopID, code)
		return err
	})
	return t, err
}

// redeemable tells why a ticket lets nobody in; nil if it does.
func redeemable(t rewards.Ticket, now time.Time) error {
	switch {
	case !t.RedeemedAt.IsZero():
		return rewards.Errorf(rewards.Conflict, "already_redeemed", "ticket %d of %s was redeemed at %s by %s", t.Number, t.Program, t.RedeemedAt.Format(time.RFC3339), t.RedeemedBy)
	case t.Status == rewards.StatusExpired, !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now):
		return rewards.Errorf(rewards.Conflict, "ticket_expired", "ticket %d of %s ended at %s", t.Number, t.Program, t.ExpiresAt.Format(time.RFC3339))
	case t.Status != rewards.StatusIssued:
		return rewards.Errorf(rewards.Conflict, "ticket_reversed", "ticket %d of %s is %s", t.Number, t.Program, t.Status)
	}
	return nil
}
