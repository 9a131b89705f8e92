package storage

import (
	"context"
	"testing"
	"time"

	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// hears begins to hear; rung is told of each ring, ended of how it ended.
func (s *store) hears(ctx context.Context) (rung chan struct{}, ended chan error) {
	rung, ended = make(chan struct{}, 100), make(chan error, 1)
	go func() { ended <- s.Hear(ctx, func() { rung <- struct{}{} }) }()
	return rung, ended
}

// soon receives within a time that only a fault exceeds.
func soon[T any](t *testing.T, what string, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s: not within 30 s", what)
	}
	return v
}

func TestARingOfOneProcessIsHeardByAnother(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	other := s.open(Options{})
	ctx, stop := context.WithCancel(s.ctx)
	rung, ended := s.hears(ctx)
	soon(t, "what was stored before", rung)
	if in := s.Inner(); !in.Listens || in.Deaf {
		t.Errorf("it hears: deaf %v, listens %v", in.Deaf, in.Listens)
	}
	if in := other.Inner(); in.Listens || in.Deaf {
		t.Errorf("one who wants no news: deaf %v, listens %v", in.Deaf, in.Listens)
	}
	s.no(other.Ring(s.ctx))
	soon(t, "the ring", rung)
	stop()
	soon(t, "the end", ended)
	if s.Inner().Listens {
		t.Error("it still listens")
	}
}

func TestALostConnectionIsTold(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	rung, ended := s.hears(s.ctx)
	soon(t, "it hears", rung)
	s.raw("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN " + bellChannel + "'")
	s.kind(soon(t, "the loss", ended), rewards.Unavailable, "database_unavailable")
	if in := s.Inner(); !in.Deaf || in.Listens {
		t.Errorf("after the loss: deaf %v, listens %v", in.Deaf, in.Listens)
	}
}

func TestWhoFindsNoConnectionToHearByIsToldSo(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	away := s.dedicated.Copy()
	away.Database = "nowhere"
	s.dedicated = away
	if err := s.Hear(s.ctx, func() {}); err == nil {
		t.Fatal("it heard")
	}
	if in := s.Inner(); !in.Deaf || in.Listens {
		t.Errorf("deaf %v, listens %v", in.Deaf, in.Listens)
	}
}

// A process whose notifications are swallowed, as by a pooler in transaction mode, finds out by itself.
func TestWhoCannotHearIsToldSo(t *testing.T) {
	t.Parallel()
	s, elsewhere := openStore(t, testdb.Postgres(t)), openStore(t, testdb.Postgres(t))
	s.dedicated = elsewhere.dedicated // what is rung in one database is heard in no other
	_, ended := s.hears(s.ctx)
	s.kind(soon(t, "its own voice", ended), rewards.Conflict, "bell_not_heard")
	if in := s.Inner(); !in.Deaf || in.Listens {
		t.Errorf("deaf %v, listens %v", in.Deaf, in.Listens)
	}
}

func TestOnSQLiteThereIsNobodyToHear(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.SQLite(t))
	s.kind(s.Hear(s.ctx, func() {}), rewards.Conflict, "bell_not_heard")
}
