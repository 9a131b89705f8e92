package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ask puts one question that is answered by one number.
func (m *flood) ask(question string) (n int64, err error) {
	err = m.query(func(ctx context.Context, conn *pgx.Conn) error { return conn.QueryRow(ctx, question).Scan(&n) })
	return n, err
}

func (m *flood) query(f func(ctx context.Context, conn *pgx.Conn) error) error {
	return onDatabase(m.spec.URL, 5*time.Minute, f)
}

// left counts what is still to be done. Shops are asked for ever what changed.
func (m *flood) left() (int64, error) {
	return m.ask(`SELECT (SELECT count(*) FROM events WHERE status = 'pending') + (SELECT count(*) FROM events WHERE status = 'confirming')
  + (SELECT count(*) FROM jobs WHERE state = 'due' AND kind <> 'poll' AND run_at < now() + interval '1 hour')`)
}

// everyAnswerIsARow wants the key of each acknowledged webhook, a row for each key, and an end for each row.
func (m *flood) everyAnswerIsARow() error {
	stored := map[[16]byte]bool{}
	err := m.query(func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT key FROM seen")
		if err != nil {
			return err
		}
		var key [16]byte
		_, err = pgx.ForEachRow(rows, []any{&key}, func() error { stored[key] = true; return nil })
		return err
	})
	if err != nil {
		return err
	}
	acked := 0
	for i := range m.acked {
		if !m.acked[i].Load() {
			continue
		}
		acked++
		domain := m.stores[i%len(m.stores)].domain
		if n := i / codedEvery; i%codedEvery == 0 && n < len(m.coded) {
			domain = m.coded[n].store.domain
		}
		sum := sha256.Sum256([]byte("shopify\x00" + domain + "\x00" + deliveryID(i)))
		if !stored[[16]byte(sum[:16])] {
			return fmt.Errorf("webhook %d was answered 200 and is not there", i)
		}
	}
	m.report.add("million: different webhooks answered 200", "", float64(acked))
	for what, question := range map[string]string{
		"rows without an end": `SELECT count(*) FROM events WHERE status NOT IN ('done', 'ignored')`,
		"rows too many":       `SELECT (SELECT count(*) FROM events WHERE topic LIKE 'orders/%') - ` + fmt.Sprint(acked),
		"keys without a row":  `SELECT (SELECT count(*) FROM seen) - (SELECT count(*) FROM events)`,
	} {
		n, err := m.ask(question)
		if err != nil {
			return err
		}
		if n != 0 {
			return fmt.Errorf("%d %s", n, what)
		}
	}
	return nil
}

// noRewardTwice wants one reward for each order with a code, in the books and in the shops.
func (m *flood) noRewardTwice() error {
	rewards, err := m.ask(`SELECT count(*) FROM rewards WHERE status = 'issued'`)
	if err != nil {
		return err
	}
	orders, err := m.ask(`SELECT count(DISTINCT (shop_id, order_id)) FROM rewards`)
	if err != nil {
		return err
	}
	held := int64(0)
	for _, s := range m.stores {
		state, err := s.sim.State()
		if err != nil {
			return err
		}
		for _, d := range state.Discounts {
			if d.Amount.Minor == 500 {
				held++
			}
		}
	}
	m.report.add("million: orders with a code", "", float64(m.orders))
	m.report.add("million: rewards issued", "", float64(rewards))
	if rewards != int64(m.orders) || orders != rewards || held != rewards {
		return fmt.Errorf("%d orders with a code, %d rewards for %d orders, %d codes in the shops", m.orders, rewards, orders, held)
	}
	return nil
}
