package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"grapevine/connectors"
	"grapevine/internal/progress"
	"grapevine/rewards"
	"grapevine/storage"
)

// importCmd brings in what happened before Grapevine was there.
type importCmd struct {
	Orders importOrdersCmd `cmd:"" help:"Bring in past orders, from a CSV file or from the shop: they make customers known and are never rewarded."`
}

// importOrdersCmd brings in past orders.
type importOrdersCmd struct {
	Shop     string `required:"" placeholder:"ID" help:"The shop."`
	File     string `arg:"" optional:"" help:"A CSV file, such as Shopify's export of orders."`
	FromShop bool   `help:"Ask the shop for its orders instead."`
	Since    string `placeholder:"DATE" help:"With --from-shop: the first day, 2024-01-01."`
	DryRun   bool   `help:"Read and check everything, store nothing."`
	JSON     bool   `help:"Print JSON."`
}

// importBatch is how many orders are stored in one transaction.
const importBatch = 400

// imported is how an import went.
type imported struct {
	Read    int64     `json:"read"`    // orders
	Stored  int64     `json:"stored"`  // with --dry-run: that would be
	Known   int64     `json:"known"`   // there already, left alone
	Refused int64     `json:"refused"` // lines, or orders that the shop could not tell whole
	Rejects string    `json:"rejects_file,omitempty"`
	DryRun  bool      `json:"dry_run,omitempty"`
	Reasons []refusal `json:"first_refused"`
}

// refusal is a line of a file, or an order of a shop, that was not imported.
type refusal struct {
	Line  int    `json:"line,omitempty"`
	Order string `json:"order,omitempty"`
	Why   string `json:"why"`
}

// shownRefusals is how many refusals are told; the rejects file has all.
const shownRefusals = 10

func (d *imported) refuse(r refusal) {
	d.Refused++
	if len(d.Reasons) < shownRefusals {
		d.Reasons = append(d.Reasons, r)
	}
}

// Run imports and tells how it went. What is there already is left alone, so that it may be run again after
// it was broken off.
func (c *importOrdersCmd) Run(ctx context.Context, s *settings, io streams) error {
	if (c.File == "") == !c.FromShop || c.Since != "" && !c.FromShop {
		return misuse("name a CSV file, or ask the shop by --from-shop --since 2024-01-01")
	}
	return s.with(ctx, func(db *storage.DB) error {
		shop, err := db.CallableShop(ctx, c.Shop)
		if err != nil {
			return err
		}
		zone, err := time.LoadLocation(shop.TimeZone)
		if err != nil {
			zone = time.UTC
		}
		done := &imported{DryRun: c.DryRun, Reasons: []refusal{}}
		sink := &orderSink{db: db, shopID: shop.ID, dry: c.DryRun, done: done, bar: progress.New(io.err, "orders", 0, time.Now)}
		if c.FromShop {
			err = c.fromShop(ctx, s, shop, zone, sink)
		} else {
			err = importFile(ctx, c.File, shop, zone, sink)
		}
		if err == nil {
			err = sink.flush(ctx)
		}
		sink.bar.End()
		if err != nil {
			return errors.Join(err, done.brokenOff(io, err))
		}
		return done.print(io, c.JSON)
	})
}

// orderSink stores orders in batches.
type orderSink struct {
	db     *storage.DB
	shopID string
	dry    bool
	batch  []rewards.Order
	done   *imported
	bar    *progress.Bar
}

func (k *orderSink) add(ctx context.Context, o rewards.Order) error {
	k.batch = append(k.batch, o)
	k.done.Read++
	k.bar.Done(k.done.Read)
	if len(k.batch) < importBatch {
		return nil
	}
	return k.flush(ctx)
}

func (k *orderSink) flush(ctx context.Context) error {
	if len(k.batch) == 0 {
		return nil
	}
	if k.dry {
		known, err := k.db.KnownOrders(ctx, k.shopID, k.batch)
		k.done.Known += int64(known)
		k.done.Stored += int64(len(k.batch) - known)
		k.batch = k.batch[:0]
		return err
	}
	n, err := k.db.ImportOrders(ctx, k.shopID, k.batch)
	k.done.Stored += int64(n.Stored)
	k.done.Known += int64(n.Known)
	k.batch = k.batch[:0]
	return err
}

// fromShop pages through the shop's orders, at the pace that the shop allows.
func (c *importOrdersCmd) fromShop(ctx context.Context, s *settings, shop connectors.Shop, zone *time.Location, sink *orderSink) error {
	since, err := day(c.Since, "--since", zone)
	if err != nil {
		return err
	}
	platform, err := s.platform(shop.Platform)
	if err != nil {
		return err
	}
	return importHistory(ctx, platform, shop, since, sink)
}

func importHistory(ctx context.Context, from historian, shop connectors.Shop, since time.Time, sink *orderSink) error {
	for cursor := ""; ; {
		page, err := from.History(ctx, shop, since, cursor)
		if err != nil {
			return err
		}
		for _, o := range page.Orders {
			if err := sink.add(ctx, o); err != nil {
				return err
			}
		}
		for _, id := range sortedKeys(page.Skipped) {
			sink.done.refuse(refusal{Order: id, Why: page.Skipped[id]})
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
		if err := rest(ctx, page.Pace.Wait()); err != nil {
			return err
		}
	}
}

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// brokenOff tells what an import that failed has stored. One that never began has nothing to go on with.
func (d *imported) brokenOff(io streams, because error) error {
	var use useError
	if d.Read == 0 && errors.As(because, &use) {
		return nil
	}
	_, err := fmt.Fprintf(io.err, "%s orders were stored before that; run the same command again to go on\n", grouped(d.Stored))
	return err
}

func (d *imported) print(io streams, asJSON bool) error {
	if asJSON {
		return io.asJSON(d)
	}
	verb := "stored"
	if d.DryRun {
		verb = "would be stored"
	}
	fmt.Fprintf(io.out, "%s %s, %s known already, %s refused\n", grouped(d.Stored), verb, grouped(d.Known), grouped(d.Refused))
	for _, r := range d.Reasons {
		if r.Line > 0 {
			fmt.Fprintf(io.out, "  line %d: %s\n", r.Line, r.Why)
		} else {
			fmt.Fprintf(io.out, "  order %s: %s\n", r.Order, r.Why)
		}
	}
	if d.Rejects != "" {
		fmt.Fprintf(io.out, "The refused lines are in %s, each with its reason: mend them there and import that file.\n", d.Rejects)
	}
	return nil
}
