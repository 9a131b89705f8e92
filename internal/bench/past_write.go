package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver that storage uses

	"grapevine/internal/bench/history"
	"grapevine/rewards"
	"grapevine/storage"
)

// fillPast makes an SQLite file with one shop, the programme that judges its live part, its advocates and its
// past, and returns the shop's id. Rows are written past the store, in one transaction that no power failure
// may meet. told is asked now and then with how many orders are written.
func fillPast(ctx context.Context, path string, p history.Plan, told func(n int64)) (shopID string, err error) {
	shopID, err = preparePast(ctx, path)
	if err != nil {
		return "", err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=cache_size(-64000)")
	if err != nil {
		return "", err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer tx.Rollback()
	if err := writePeople(ctx, tx, shopID, p); err != nil {
		return "", err
	}
	if err := writeOrders(ctx, tx, shopID, p, told); err != nil {
		return "", err
	}
	return shopID, tx.Commit()
}

// preparePast makes the schema, a shop and its programme as the product does.
func preparePast(ctx context.Context, path string) (string, error) {
	db, err := storage.Open(ctx, storage.Options{URL: "sqlite:" + path, Now: func() time.Time { return history.Begin }})
	if err != nil {
		return "", err
	}
	defer db.Close()
	if _, _, err := db.Migrate(ctx); err != nil {
		return "", err
	}
	shop, err := db.AddShop(ctx, storage.NewShop{Platform: "shopify", Domain: "past.myshopify.com", Currency: "USD", Token: "shpat_past"})
	if err != nil {
		return "", err
	}
	_, _, err = db.ApplyProgram(ctx, shop.ID, history.Program(), "program: "+history.Program().Name)
	return shop.ID, err
}

func writePeople(ctx context.Context, tx *sql.Tx, shopID string, p history.Plan) error {
	person, err := tx.PrepareContext(ctx, `INSERT INTO advocates (shop_id, id, customer_id, email_key, status, created_at) VALUES (?, ?, ?, ?, 'active', ?)`)
	if err != nil {
		return err
	}
	code, err := tx.PrepareContext(ctx, `INSERT INTO codes (shop_id, folded, code, advocate_id, program, status, created_at) VALUES (?, ?, ?, ?, ?, 'active', ?)`)
	if err != nil {
		return err
	}
	for _, a := range p.People() {
		if _, err := person.ExecContext(ctx, shopID, a.ID, a.CustomerID, a.EmailKey, a.Since.UnixMicro()); err != nil {
			return err
		}
		if _, err := code.ExecContext(ctx, shopID, a.Code, a.Code, a.ID, history.Program().Name, a.Since.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

func writeOrders(ctx context.Context, tx *sql.Tx, shopID string, p history.Plan, told func(n int64)) error {
	insert, err := tx.PrepareContext(ctx, `INSERT INTO orders (shop_id, order_id, name, status, currency, original_minor, eligible_minor, customer_id, email_key,
  placed_at, updated_at, paid, test, outcome, reason, program, version, advocate_id, record, historic) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	n := int64(0)
	return p.Each(func(rec rewards.Record) error {
		text, err := json.Marshal(rec)
		if err != nil {
			return fmt.Errorf("order %s: %w", rec.Facts.Order.ID, err)
		}
		o, d := rec.Facts.Order, rec.Decision
		var advocate any
		if d.Advocate != "" {
			advocate = d.Advocate
		}
		_, err = insert.ExecContext(ctx, shopID, o.ID, o.Name, o.Status(), o.Currency, rec.Eligible.Original.Minor, rec.Eligible.Left.Minor,
			o.Customer.ID, o.Customer.EmailKey, o.PlacedAt.UnixMicro(), o.UpdatedAt.UnixMicro(), o.Paid(), o.Test,
			string(d.Outcome), string(d.Reason), d.Program, d.Version, advocate, string(text), rec.Facts.Historic)
		if n++; n%1000 == 0 {
			told(n)
		}
		return err
	})
}
