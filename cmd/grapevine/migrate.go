package main

import (
	"context"
	"fmt"

	"grapevine/storage"
)

// migrateCmd brings the schema up to date.
type migrateCmd struct{}

// Run runs the migrations that the database does not have, and says from where to where.
func (migrateCmd) Run(ctx context.Context, s *settings, io streams) error {
	keys, err := s.masterKeys()
	if err != nil {
		return err
	}
	db, err := storage.Open(ctx, storage.Options{URL: s.DatabaseURL, MasterKeys: keys})
	if err != nil {
		return err
	}
	defer db.Close()
	from, to, err := db.Migrate(ctx)
	if err != nil {
		return err
	}
	if from == to {
		_, err = fmt.Fprintf(io.out, "the schema is at version %d, nothing to do\n", to)
		return err
	}
	_, err = fmt.Fprintf(io.out, "the schema went from version %d to %d\n", from, to)
	return err
}
