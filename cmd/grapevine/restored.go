package main

import (
	"context"
	"fmt"
	"time"

	"grapevine/rewards"
	"grapevine/storage"
)

// restoredCmd is run once after an older backup was put in place, before serve.
type restoredCmd struct {
	Backup time.Time `required:"" format:"2006-01-02T15:04:05Z07:00" placeholder:"TIME" help:"When the backup was made, 2026-11-20T03:00:00Z; rather too early than too late."`
	JSON   bool      `help:"Print JSON."`
}

// Run marks what may have been done after the backup, so that it is not done again.
func (c *restoredCmd) Run(ctx context.Context, s *settings, io streams) error {
	if c.Backup.After(time.Now()) {
		return misuse("--backup %s is in the future", when(c.Backup))
	}
	db, err := s.open(ctx, true, false, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	if holder, until, err := db.Leads(ctx, "chores"); err == nil && holder != "" && !db.Alone() && until.After(time.Now()) {
		return rewards.Errorf(rewards.Conflict, "still_served", "process %s works on this database: stop every serve first", holder)
	}
	done, err := db.Restore(ctx, c.Backup)
	if err != nil {
		return err
	}
	if c.JSON {
		return io.asJSON(done)
	}
	return c.print(io, done)
}

func (c *restoredCmd) print(io streams, done storage.Restored) error {
	_, err := fmt.Fprintf(io.out, `%d jobs are looked up in their shops before anything is sent.
%d shops are asked what changed since %s, and their orders are judged again.
Rewards that may have been given since then wait as dead jobs (%s): compare them with the shop, then
`+"`grapevine jobs retry` those that the shop does not have, and `grapevine jobs close`"+` those that it has. Now start
serve, then run grapevine fsck: it lists what the shops hold and the books do not know.
`, done.Jobs, done.Polls, when(c.Backup), storage.CodeRestored)
	return err
}
