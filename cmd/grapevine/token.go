package main

import (
	"context"
	"fmt"

	"grapevine/internal/access"
	"grapevine/storage"
)

// tokenCmd makes API tokens.
type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token; its value is shown once."`
}

// tokenCreateCmd makes one.
type tokenCreateCmd struct {
	Shop  string `required:"" placeholder:"ID" help:"The shop that it opens."`
	Scope string `required:"" enum:"read,write" help:"read or write."`
	JSON  bool   `help:"Print JSON."`
}

// Run prints the token: only its hash is kept.
func (c *tokenCreateCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		t, plain, err := db.CreateToken(ctx, c.Shop, access.Scope(c.Scope))
		if err != nil {
			return err
		}
		if c.JSON {
			return io.asJSON(struct {
				ID    string `json:"id"`
				Token string `json:"token"`
				Scope string `json:"scope"`
			}{t.ID, plain.Reveal(), c.Scope})
		}
		_, err = fmt.Fprintf(io.out, "%s\n%s\nKeep it: it is not shown again.\n", t.ID, plain.Reveal())
		return err
	})
}
