package main

import (
	"context"
	"fmt"
	"time"

	"grapevine/storage"
)

// rekeyCmd seals what is sealed under older master keys anew under the current one.
type rekeyCmd struct {
	JSON bool `help:"Print JSON."`
}

// Run goes on where an earlier run was cut off; it can run beside serve. Exit 1 if something cannot be read.
func (c *rekeyCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		told := time.Now()
		done, err := db.Rekey(ctx, func(r storage.Rekeyed) {
			if !c.JSON && time.Since(told) > time.Second {
				told = time.Now()
				fmt.Fprintf(io.err, "%s: %d values so far\n", r.Table, r.Done)
			}
		})
		if err != nil {
			return err
		}
		if c.JSON {
			err = io.asJSON(done)
		} else {
			err = c.print(io, done)
		}
		if err == nil && done.Unreadable > 0 {
			return errQuiet
		}
		return err
	})
}

func (c *rekeyCmd) print(io streams, done storage.Rekeyed) error {
	_, err := fmt.Fprintf(io.out, "%d values were sealed anew under the current master key.\n", done.Done)
	if err != nil {
		return err
	}
	if done.Unreadable > 0 {
		_, err = fmt.Fprintf(io.out, "%d values cannot be opened with any of the keys in GRAPEVINE_MASTER_KEY: add the key that sealed them, behind the current one, and run this again.\n", done.Unreadable)
		return err
	}
	_, err = fmt.Fprintln(io.out, "Once every process runs with the current key in front, the older ones can be taken out of GRAPEVINE_MASTER_KEY. Keep them as long as backups that need them.")
	return err
}
