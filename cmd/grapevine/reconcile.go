package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"grapevine/internal/progress"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/webhooks"
)

// reconcileCmd asks a shop what changed, by hand. A running serve does so by itself, in the platform's rhythm.
type reconcileCmd struct {
	Shop  string `required:"" placeholder:"ID" help:"The shop."`
	Since span   `default:"48h" placeholder:"DURATION" help:"How far back to ask: 48h, 30d."`
	JSON  bool   `help:"Print JSON."`
}

// span is a length of time as people write it: a number of days like 30d, as in programme files, or hours, minutes
// and seconds like 1h30m. A day has 24 hours.
type span time.Duration

// longestSpan is more than any shop tells of.
const longestSpan = 100 * 365

// UnmarshalText reads a span above zero.
func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if days, whole := strings.CutSuffix(string(text), "d"); whole {
		n, bad := strconv.ParseUint(days, 10, 16)
		if d, err = time.Duration(n)*24*time.Hour, bad; n > longestSpan {
			d = 0
		}
	}
	if err != nil || d <= 0 {
		return fmt.Errorf("%.40q: give how far back, like 48h or 30d", text)
	}
	*s = span(d)
	return nil
}

// caughtUp is what a reconciliation found, as the command prints it.
type caughtUp struct {
	Shop  string `json:"shop"`
	Since string `json:"since"`
	Seen  int    `json:"seen"`
	New   int    `json:"new"` // that no webhook had brought
}

// Run asks the shop and stores what no webhook had brought; a running serve works on it.
func (c *reconcileCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		installed, err := db.Shop(ctx, c.Shop)
		if err != nil {
			return err
		}
		if installed.Status == storage.ShopUninstalled {
			return rewards.Errorf(rewards.Conflict, "shop_uninstalled", "%s has left: add it again", installed.Domain)
		}
		shop, err := db.CallableShop(ctx, c.Shop)
		if err != nil {
			return err
		}
		platform, err := s.platform(shop.Platform)
		if err != nil {
			return err
		}
		since := time.Now().Add(-time.Duration(c.Since)).UTC()
		bar := progress.New(io.err, "changes", 0, time.Now)
		done, err := webhooks.CatchUp(ctx, platform, db, shop, since, func(c webhooks.Caught) { bar.Done(int64(c.Seen)) })
		bar.End()
		if err != nil {
			return fmt.Errorf("after %d changes: %w", done.Seen, err)
		}
		v := caughtUp{Shop: shop.ID, Since: when(since), Seen: done.Seen, New: done.New}
		if c.JSON {
			return io.asJSON(v)
		}
		_, err = fmt.Fprintf(io.out, "%s told of %d changes since %s; %d of them were new here\n", shop.Domain, v.Seen, v.Since, v.New)
		return err
	})
}
