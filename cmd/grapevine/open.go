package main

import (
	"context"
	"io"
	"log/slog"

	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/web/words"
)

// newLog writes to the given stream, one line an event.
func (s *settings) newLog(w io.Writer) *slog.Logger {
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// open opens the database for one command. An SQLite file is brought up to date by whoever opens it; on
// PostgreSQL an older schema is refused, because other instances may be running on it.
func (s *settings) open(ctx context.Context, exclusive, migrate bool, log *slog.Logger) (*storage.DB, error) {
	keys, err := s.masterKeys()
	if err != nil {
		return nil, err
	}
	db, err := storage.Open(ctx, storage.Options{URL: s.DatabaseURL, MasterKeys: keys, Exclusive: exclusive, Log: log})
	if err != nil {
		return nil, err
	}
	has, knows, err := db.Schema(ctx)
	if err == nil && has > knows && log != nil {
		log.Warn("the database's schema is newer than this program: it goes on, because the migration allows that; replace it soon", "schema", has, "knows", knows)
	}
	if rewards.CodeOf(err) == "schema_older" && (migrate || db.Alone()) {
		_, _, err = db.Migrate(ctx)
	}
	if err == nil {
		err = db.CheckKeys(ctx)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// with opens the database for a command that does one thing, and may take as long as it needs.
func (s *settings) with(ctx context.Context, do func(*storage.DB) error) error {
	db, err := s.open(ctx, false, false, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	return do(db.Patient())
}

// withShop is with for the listings of one shop: of a shop that there is not, an empty list would say
// that all is well. Kind NotFound.
func (s *settings) withShop(ctx context.Context, shop string, do func(*storage.DB) error) error {
	return s.with(ctx, func(db *storage.DB) error {
		if _, err := db.Shop(ctx, shop); err != nil {
			return err
		}
		return do(db)
	})
}

// mend finds the next step for an error's code, "" if there is none.
func mend(code string) string {
	if e, ok := words.Shop(code); ok { // before the API's words for its callers
		return e.Do
	}
	if e, ok := words.Problem(code); ok {
		return e.Do
	}
	return ""
}
