package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"time"

	"grapevine/connectors/shopify"
	"grapevine/internal/memory"
	"grapevine/internal/secret"
	"grapevine/storage"
	"grapevine/web"
	"grapevine/web/metrics"
	"grapevine/webhooks"
)

// serviceEnv tells a child of this program what to be: a spec as JSON.
const serviceEnv = "GRAPEVINE_BENCH_SERVICE"

// spec is one service under measurement.
type spec struct {
	Kind      string        // hmac, door, digest, fill, work, figures
	URL       string        // of the database
	Key       string        // master key
	Worker    bool          // door: digest meanwhile
	Grace     time.Duration // door: how long the worker may go on behind the last webhook
	Batch     int           // digest: 0 is the pipeline's default, 1 is one transaction an event
	Pipelines int           // digest: how many work side by side; 0 is one
	Events    int           // digest, fill: how many
	From      int           // digest: the number of the first
	Codes     bool          // digest: orders carry a code
	Profile   string        // file for a CPU profile, "" for none
}

// outcome is what a service tells when it ends.
type outcome struct {
	Events  int       // digested or decided
	Seconds float64   // digest: how long that took; door: from the first event's arrival to the last one's decision
	Waits   []float64 `json:",omitempty"` // door with a grace: ms from each event's arrival to its decision; figures: of each question
}

// runService is the child's main. It prints its address on a line of its own, serves until its standard
// input ends, and prints its outcome as JSON. A digest prints only the latter.
func runService(text string) error {
	memory.Tune(context.Background()) // as serve does
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	if s.Profile != "" {
		f, err := os.Create(s.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	connector, err := shopify.New(shopify.Options{ClientSecrets: []string{clientSecret}})
	if err != nil {
		return err
	}
	if s.Kind == "hmac" {
		return serveHMAC(connector)
	}
	db, err := storage.Open(context.Background(), storage.Options{URL: s.URL, MasterKeys: []secret.Text{secret.Text(s.Key)}})
	if err != nil {
		return err
	}
	defer db.Close()
	if _, _, err := db.Migrate(context.Background()); err != nil {
		return err
	}
	world, err := prepare(context.Background(), db, connector)
	if err != nil {
		return err
	}
	switch s.Kind {
	case "digest":
		return digest(s, world)
	case "fill":
		return fill(s, world)
	case "work":
		return work(s, world)
	case "figures":
		return askFigures(world)
	}
	return serveDoor(s, world)
}

func serveHMAC(connector *shopify.Shopify) error {
	e, err := web.New(web.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	e.POST("/webhooks/shopify", webhooks.HMACOnly(connector))
	return serve(e, func() outcome { return outcome{} })
}

// besideDoor is how many batches are digested at a time where webhooks come in, as serve does it.
const besideDoor = 2

func serveDoor(s spec, w *world) error {
	e, err := web.New(web.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	p, err := w.pipeline(s.Batch, besideDoor)
	if err != nil {
		return err
	}
	p.Mount(e)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	worked := make(chan error, 1)
	if s.Worker {
		if err := w.settle(ctx); err != nil {
			return err
		}
		go func() { worked <- p.Run(ctx) }()
	} else {
		worked <- nil
	}
	var ended error
	err = serve(e, func() outcome {
		out := outcome{Events: int(w.digested.Load())}
		w.goOn(ctx, s.Grace)
		stop()
		ended = <-worked
		if s.Grace > 0 {
			out.Waits, out.Seconds = w.waits.all()
		}
		return out
	})
	p.Close()
	return errors.Join(err, ended)
}

// goOn waits until nothing is left to be decided, for a while at most.
func (w *world) goOn(ctx context.Context, grace time.Duration) {
	for begun := time.Now(); time.Since(begun) < grace; time.Sleep(20 * time.Millisecond) {
		counts, _, err := w.db.EventCounts(ctx)
		if err == nil && counts[webhooks.EventPending]+counts[webhooks.EventConfirming] == 0 {
			return
		}
	}
}

// serve answers on a free port until standard input ends.
func serve(handler http.Handler, end func() outcome) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := web.NewServer(l.Addr().String(), handler)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	fmt.Println(l.Addr())
	io.Copy(io.Discard, os.Stdin)
	out := end()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// pipeline is the product's, over this world.
func (w *world) pipeline(batch, digests int) (*webhooks.Pipeline, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	meter, err := metrics.New(metrics.Options{Stats: w.db, Log: log, Now: time.Now})
	if err != nil {
		return nil, err
	}
	o := webhooks.Options{
		Inbox: countedInbox{w.db, &w.digested, &w.waits}, Doors: w.db, Lanes: w.db, Work: countedWork{w.db, &w.decided, &w.waits}, Desk: w.db.Desk(),
		Platforms: []webhooks.Platform{w.shop}, Seal: w.db.Seal, Alone: w.db.Alone(), Batch: batch, Digests: digests, Meter: meter, Log: log,
	}
	if batch == 1 {
		o.Lanes = singly{w.db}
	}
	return webhooks.New(o)
}
