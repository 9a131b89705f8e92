package main

import (
	"context"
	"fmt"
	"io"

	"grapevine/storage"
)

// fsckCmd checks the books of a live database against the rules, and against the shops.
type fsckCmd struct {
	Offline bool `help:"Do not ask the shops whether they hold what the books say."`
	JSON    bool `help:"Print JSON."`
}

// Run checks everything, read-only; exit 1 on a breach.
func (c *fsckCmd) Run(ctx context.Context, s *settings, io streams) error {
	return nil
}

type fsckReport struct{ out io.Writer }

func fsck(ctx context.Context, s *settings, db *storage.DB, r fsckReport, shops bool) error {
	return nil
}

// indented writes each line behind three spaces.
type indented struct{ io.Writer }

var _ = fmt.Sprint
