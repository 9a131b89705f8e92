package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/storage"
)

// instances are several caretakers on one database, each with a chore that is told apart.
type instances struct {
	t      *testing.T
	url    string
	keys   []secret.Text
	runs   atomic.Int64
	inside atomic.Int64 // how many do the chore now
	mu     sync.Mutex
	by     []string
}

func newInstances(t *testing.T, url string) *instances {
	t.Helper()
	in := &instances{t: t, url: url, keys: []secret.Text{secret.Generate()}}
	db := in.open()
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return in
}

func (in *instances) open() *storage.DB {
	in.t.Helper()
	db, err := storage.Open(in.t.Context(), storage.Options{URL: in.url, MasterKeys: in.keys})
	if err != nil {
		in.t.Fatal(err)
	}
	in.t.Cleanup(func() { db.Close() })
	return db
}

// start runs a caretaker; stop ends it as a stop of its process would.
func (in *instances) start(name string, lead time.Duration, db roster, do func(context.Context) error) (stop func()) {
	c := &caretaker{db: db, log: slog.New(slog.NewTextHandler(in.t.Output(), nil)).With("instance", name), holder: name, lead: lead, chores: []chore{{
		name: "count", every: 30 * time.Millisecond, do: func(ctx context.Context, _ turn) (int, error) {
			if in.inside.Add(1) > 1 {
				in.t.Errorf("%s does what another does already", name)
			}
			defer in.inside.Add(-1)
			in.runs.Add(1)
			in.mu.Lock()
			in.by = append(in.by, name)
			in.mu.Unlock()
			return 1, do(ctx)
		},
	}}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { c.run(ctx); close(ended) }()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	in.t.Cleanup(stop)
	return stop
}

func (in *instances) until(what string, ok func() bool) {
	in.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) { // polls
		if time.Now().After(end) {
			in.t.Fatalf("%s: not within 30 s", what)
		}
	}
}

func (in *instances) ran(name string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.by) > 0 && in.by[len(in.by)-1] == name
}

func fine(context.Context) error { return nil }

func TestOneOfManyDoesTheChoresAndTheNextTakesOver(t *testing.T) {
	t.Parallel()
	in := newInstances(t, testdb.Postgres(t))
	const lead = 600 * time.Millisecond
	stops := map[string]func(){}
	for i := range 3 {
		name := fmt.Sprint("i", i)
		stops[name] = in.start(name, lead, in.open(), fine)
	}
	for len(stops) > 0 {
		before := in.runs.Load()
		in.until("the chore goes on", func() bool { return in.runs.Load() >= before+3 })
		in.mu.Lock()
		leader := in.by[len(in.by)-1]
		in.mu.Unlock()
		if stops[leader] == nil {
			t.Fatalf("%s did a chore after it was stopped", leader)
		}
		stops[leader]()
		delete(stops, leader)
	}
	list, err := in.open().Chores(t.Context())
	if err != nil || len(list) != 1 || list[0].Done.IsZero() || list[0].Did != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
}

// severed is a roster whose process has lost the database: nothing reaches it, and nothing comes back. The chore
// that it does goes on until it is told to end.
type severed struct {
	*storage.DB
	cut atomic.Bool
}

func (s *severed) KeepLead(ctx context.Context, l storage.Lead, ttl time.Duration) error {
	if s.cut.Load() {
		<-ctx.Done() // a network that swallows
		return rewards.Errorf(rewards.Unavailable, "database_unavailable", "gone")
	}
	return s.DB.KeepLead(ctx, l, ttl)
}

func (s *severed) EndLead(ctx context.Context, l storage.Lead) error {
	if s.cut.Load() {
		return rewards.Errorf(rewards.Unavailable, "database_unavailable", "gone")
	}
	return s.DB.EndLead(ctx, l)
}

func TestALeaderThatLosesTheDatabaseEndsItsChoreBeforeAnotherBegins(t *testing.T) {
	t.Parallel()
	in := newInstances(t, testdb.Postgres(t))
	const lead = 600 * time.Millisecond
	first := &severed{DB: in.open()}
	begun := make(chan struct{})
	told := make(chan struct{})
	in.start("first", lead, first, func(ctx context.Context) error {
		if !first.cut.Swap(true) {
			close(begun)
			<-ctx.Done() // it would last for ever
			close(told)
		}
		return ctx.Err()
	})
	<-begun
	in.start("second", lead, in.open(), fine)
	<-told
	in.until("the second goes on", func() bool { return in.ran("second") })
}

func TestAChoreThatGoesWrongIsTriedAgainAndTold(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		in := newInstances(t, url)
		db := in.open()
		var tries atomic.Int64
		stop := in.start("only", 300*time.Millisecond, db, func(context.Context) error {
			switch tries.Add(1) {
			case 1:
				return rewards.Errorf(rewards.Unavailable, "database_timeout", "too slow")
			case 2:
				panic("a chore that nobody thought through")
			}
			return nil
		})
		in.until("it went wrong", func() bool {
			list, err := db.Chores(t.Context())
			return err == nil && len(list) == 1 && list[0].Code == "panic" && list[0].Tries == 2
		})
		in.until("it went well", func() bool {
			list, err := db.Chores(t.Context())
			return err == nil && list[0].Code == "" && list[0].Tries == 0 && !list[0].Done.IsZero()
		})
		stop()
	})
}
