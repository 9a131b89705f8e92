package dst

import (
	"context"
	"encoding/base32"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"grapevine/connectors/shopify"
	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/web"
	"grapevine/webhooks"
)

const (
	clientSecret = "the client secret of a simulated app"
	masterKey    = secret.Text("c2ltdWxhdGlvbiBzaW11bGF0aW9uIHNpbXVsYXRpb24=")
)

// process is one life of the program: from its start to its stop or its crash. Goroutines cannot be killed, so
// each of a crashed process ends at its next step, and what it has open refuses.
type process struct {
	w       *world
	place   string // "a" or "b": which of the processes side by side
	name    string // "a3": its third life
	ctx     context.Context
	end     context.CancelFunc
	stopped bool         // by a signal, as a debugger or an overloaded machine does; the root's alone
	skew    atomic.Int64 // nanoseconds that its clock is ahead

	db       *storage.DB
	pipeline *webhooks.Pipeline
	door     http.Handler
	quit     context.CancelFunc // tells the loops to finish
	loops    sync.WaitGroup
	calls    sync.WaitGroup // deliveries that are being answered
	burial   sync.Once
	rng      sync.Mutex
}

type processKey struct{}

// now is the clock of the process: it may be set, unlike that of the database.
func (p *process) now() time.Time { return time.Now().Add(time.Duration(p.skew.Load())) }

// step waits until the process may go on. It does not return in one that crashed.
func (p *process) step(label string) dice {
	if p.ctx.Err() != nil {
		runtime.Goexit()
	}
	d := p.w.bus.park(p, p.name+" "+label)
	if d.dead {
		runtime.Goexit()
	}
	return d
}

// dead tells whether the process crashed or has ended.
func (p *process) dead() bool { return p.ctx.Err() != nil }

// mint has storage's ids drawn by the seed.
func (w *world) mint(life uint64) rewards.Mint {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(w.plan.Seed, 0x1d<<32|life))
	draw := func(n int) string {
		mu.Lock()
		defer mu.Unlock()
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
	}
	return rewards.Mint{
		ID:   func(prefix string) string { return prefix + strings.ToLower(draw(10)) },
		Code: func() string { return "GV-" + draw(8)[:12] },
	}
}

// open opens the database as one process does.
func (w *world) open(life uint64) (*storage.DB, error) {
	return storage.Open(context.Background(), storage.Options{
		URL: "sqlite:" + w.file, MasterKeys: []secret.Text{masterKey}, Now: time.Now, Mint: w.mint(life),
	})
}

// start begins a life of a process.
func (w *world) start(place string) (*process, error) {
	w.lives++
	p := &process{w: w, place: place, name: place + strconv.Itoa(w.lives)}
	p.skew.Store(int64(w.skew))
	p.ctx, p.end = context.WithCancel(context.WithValue(context.Background(), processKey{}, p))
	var err error
	if p.db, err = w.open(uint64(w.lives)); err != nil {
		return nil, err
	}
	platform, err := shopify.New(shopify.Options{
		ClientSecrets: []string{clientSecret}, Client: &http.Client{Transport: line{p}}, Now: p.now, Poll: time.Second,
	})
	if err != nil {
		return nil, err
	}
	dice := rand.New(rand.NewPCG(w.plan.Seed, 0x717<<32|uint64(w.lives)))
	p.pipeline, err = webhooks.New(webhooks.Options{
		Inbox: inbox{p.db, p}, Doors: p.db, Lanes: lanes{p.db, p}, Work: work{p.db, p}, Desk: desk{p.db.Desk(), p},
		Platforms: []webhooks.Platform{platform}, Seal: p.db.Seal, Worker: p.name, Alone: w.plan.Processes == 1,
		LaneWorkers: w.plan.LaneWorkers, Poll: w.plan.Poll, Now: p.now,
		Jitter: func(bound time.Duration) time.Duration {
			p.rng.Lock()
			defer p.rng.Unlock()
			return time.Duration(dice.Int64N(int64(bound)))
		},
	})
	if err != nil {
		return nil, err
	}
	e, err := web.New(web.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	p.pipeline.Mount(e)
	p.door = e
	var run context.Context
	run, p.quit = context.WithCancel(p.ctx)
	p.loops.Go(func() { p.pipeline.Run(run) })
	return p, nil
}

// crash ends a process where it stands. What it left open is given back once its goroutines are gone.
func (w *world) crash(p *process) {
	w.bus.note("%s crashes", p.name)
	w.leaves(p)
	p.end()
	w.bus.kill(p)
}

// stop ends a process in order, as a deploy does: no new calls, what is in hand is finished.
func (w *world) stop(p *process) {
	w.bus.note("%s is told to stop", p.name)
	w.leaves(p)
}

// leaves takes a process out of the living, and has it buried once nothing of it moves any more.
func (w *world) leaves(p *process) {
	if w.living[p.place] == p {
		delete(w.living, p.place)
	}
	p.quit()
	p.burial.Do(func() {
		w.graves.Go(func() {
			p.calls.Wait()
			p.loops.Wait()
			p.pipeline.Close()
			p.end()
			_ = p.db.Close() // a transaction may have been cut off
		})
	})
}
