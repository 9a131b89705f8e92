package main

import (
	"context"
	"fmt"
	"io"

	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/webhooks"
)

// fsckCmd checks the books of a live database against the rules, and against the shops.
type fsckCmd struct {
	Offline bool `help:"Do not ask the shops whether they hold what the books say."`
	JSON    bool `help:"Print JSON."`
}

// Run checks everything, read-only; exit 1 on a breach.
func (c *fsckCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		checkup := checkup{db: db, settings: s}
		if !c.JSON {
			checkup.progress = io.err
		}
		if err := checkup.run(ctx, !c.Offline); err != nil {
			return err
		}
		return checkup.print(io, c.JSON)
	})
}

// sound is one invariant as fsck prints it.
type sound struct {
	ID       string   `json:"id"`
	Holds    string   `json:"holds"`
	Breaches []string `json:"breaches"`
}

// checkup is one run over a database and its shops.
type checkup struct {
	db       *storage.DB
	settings *settings
	progress io.Writer // one line a shop that is asked, or nil

	Invariants []sound  `json:"invariants"`
	Unchecked  []string `json:"unchecked"` // what could not be asked, and why
	breaches   int
}

func (c *checkup) run(ctx context.Context, shops bool) error {
	found := map[string][]string{}
	summary, err := c.db.Fsck(ctx, func(b storage.Breach) {
		found[b.ID] = append(found[b.ID], fmt.Sprintf("%s %s: %s", b.ShopID, b.Subject, b.Text))
	})
	if err != nil {
		return err
	}
	for _, r := range summary.Checks {
		for _, left := range r.Unchecked {
			c.Unchecked = append(c.Unchecked, r.ID+" "+left)
		}
		if r.Breaches == 0 && len(r.Unchecked) > 0 {
			continue // what was looked at is right, and that is not enough to say that it holds
		}
		c.add(r.ID, r.Sentence, found[r.ID])
		delete(found, r.ID) // several checks may share an id
	}
	if !shops {
		c.Unchecked = append(c.Unchecked, "I11 what the shops hold: left out by --offline")
		return nil
	}
	return c.askShops(ctx)
}

func (c *checkup) add(id, holds string, breaches []string) {
	if breaches == nil {
		breaches = []string{}
	}
	c.Invariants = append(c.Invariants, sound{ID: id, Holds: holds, Breaches: breaches})
	c.breaches += len(breaches)
}

// askShops compares each shop with the books. A shop that cannot be asked is said to be unchecked: that is
// no breach, and no success.
func (c *checkup) askShops(ctx context.Context) error {
	shops, err := c.db.Shops(ctx)
	if err != nil {
		return err
	}
	var breaches []string
	compared, unchecked := 0, len(c.Unchecked)
	for _, installed := range shops {
		if installed.Status == storage.ShopUninstalled {
			continue
		}
		shop, err := c.db.CallableShop(ctx, installed.ID)
		if err != nil {
			c.Unchecked = append(c.Unchecked, fmt.Sprintf("I11 %s: %s", installed.ID, rewards.CodeOf(err)))
			continue
		}
		platform, err := c.settings.platform(shop.Platform)
		if err != nil {
			c.Unchecked = append(c.Unchecked, fmt.Sprintf("I11 %s: %s", installed.ID, rewards.CodeOf(err)))
			continue
		}
		if c.progress != nil {
			fmt.Fprintf(c.progress, "asking %s what it holds\n", shop.Domain)
		}
		granted := func(ctx context.Context, f func(rewards.Reward) error) error { return c.db.Issued(ctx, shop.ID, f) }
		n, err := webhooks.Audit(ctx, platform, shop, granted, func(d webhooks.Difference) {
			breaches = append(breaches, fmt.Sprintf("%s %s: %s in the shop (%s)", shop.ID, d.RewardID, d.What, d.ExternalID))
		})
		compared += n
		if err != nil {
			c.Unchecked = append(c.Unchecked, fmt.Sprintf("I11 %s: %s after %d rewards", installed.ID, rewards.CodeOf(err), n))
		}
	}
	if len(breaches) == 0 && len(c.Unchecked) > unchecked {
		return nil // what was compared is right, and that is not enough to say that it holds
	}
	c.add("I11", fmt.Sprintf("the shops hold what was given, once each, and nothing else of ours (%d compared)", compared), breaches)
	return nil
}

// print shows the result; a breach fails the command.
func (c *checkup) print(io streams, asJSON bool) error {
	if asJSON {
		if c.Unchecked == nil {
			c.Unchecked = []string{}
		}
		if err := io.asJSON(c); err != nil {
			return err
		}
	} else {
		for _, s := range c.Invariants {
			fmt.Fprintf(io.out, "%s %-4s %s\n", tick(len(s.Breaches) == 0), s.ID, s.Holds)
			for _, b := range s.Breaches {
				fmt.Fprintf(io.out, "       %s\n", b)
			}
		}
		for _, u := range c.Unchecked {
			fmt.Fprintf(io.out, "? not checked: %s\n", u)
		}
	}
	if c.breaches > 0 {
		if !asJSON {
			fmt.Fprintf(io.out, "%d breaches\n", c.breaches)
		}
		return errQuiet
	}
	return nil
}
