package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"grapevine/internal/testdb"
)

// bench is one run.
type bench struct {
	rounds   int
	duration time.Duration // of one load
	events   int           // of one batched digest
	idle     time.Duration // for which serve stands still while its memory is watched
	past     int           // orders of the past that is simulated
	sizes    string        // orders that are stored, for scale
	webhooks int           // for million
	chart    string        // file for scale's chart, "" for none
	only     string        // measurements whose name begins so; "" for all
	profiles string        // directory for CPU profiles, "" for none
	// statements asks which statements cost PostgreSQL most.
	statements bool
	dir        string // for databases and the binary
	pgbench    string
	binary     string // grapevine, once it is built
	server     *testdb.Server
	load       *requests // of all measurements, some orders with codes
	plain      *requests // none with
	report     report
	doing      atomic.Value // string, for the progress line
	round      int
}

func main() {
	if text := os.Getenv(serviceEnv); text != "" {
		if err := runService(text); err != nil {
			fmt.Fprintln(os.Stderr, "bench service:", err)
			os.Exit(1)
		}
		return
	}
	b := &bench{}
	flag.BoolFunc("quick", "2 rounds of short loads, about three minutes; flags behind it count", func(string) error {
		b.rounds, b.duration, b.events, b.idle, b.past = 2, 1500*time.Millisecond, 4000, 10*time.Second, 100_000
		return nil
	})
	asJSON := flag.Bool("json", false, "print all samples as JSON instead of the table")
	check := flag.Bool("check", false, "exit 1 if a floor is missed")
	base := flag.String("dir", "", "directory for the databases, on the disk to be measured; the temporary directory if empty")
	flag.IntVar(&b.rounds, "rounds", 5, "rounds; medians are over them")
	flag.DurationVar(&b.duration, "load", 3*time.Second, "how long each load is measured")
	flag.IntVar(&b.events, "events", 8000, "events of a batched digest; one by one there are a tenth")
	flag.DurationVar(&b.idle, "idle", time.Minute, "how long serve stands idle while its memory is watched")
	flag.IntVar(&b.past, "past", 1_000_000, "orders of the past that is simulated")
	flag.StringVar(&b.sizes, "sizes", "0,100000,1000000,10000000", "comma list of how many orders are stored, for scale")
	flag.StringVar(&b.chart, "chart", "", "file for an SVG of cost against size, drawn by scale")
	flag.IntVar(&b.webhooks, "webhooks", 1_000_000, "how many webhooks are sent, for million")
	keep := flag.String("write-past", "", "write that past into an SQLite file, print the shop's id, and end")
	flag.StringVar(&b.only, "only", "", "comma list of measurements: hmac, pgbench, postgres, sqlite, digest, both, workers, serve, simulate; and scale, million, which run only when they are named")
	flag.StringVar(&b.profiles, "profiles", "", "directory for a CPU profile of each service")
	flag.BoolVar(&b.statements, "statements", false, "after each digest print the statements that cost PostgreSQL most")
	flag.Parse()
	if *keep != "" {
		shop, err := writePast(*keep, b.past)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		fmt.Println(shop)
		return
	}
	show := b.report.table
	if *asJSON {
		show = b.report.json
	}
	err := b.run(*base)
	err = errors.Join(err, show(os.Stdout)) // what was measured before a failure too: it took long
	if err == nil && *check && !b.report.met() {
		err = errors.New("a floor is missed")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(base string) (err error) {
	if b.pgbench, err = pgbench(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp(base, "grapevine-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	settings := map[string]string{"shared_buffers": "1GB", "max_wal_size": "8GB", "synchronous_commit": "on"}
	if among(b.only, "scale") {
		settings["shared_buffers"] = quarterOfMemory() // what is stored is larger than the rest needs
	}
	if b.statements {
		settings["shared_preload_libraries"] = preload
		settings["pg_stat_statements.track_planning"] = "on"
		settings["pg_stat_statements.track"] = "all"
	}
	b.server, err = testdb.Start(testdb.Options{Fsync: true, Dir: base, Settings: settings})
	if err != nil {
		return err
	}
	defer b.server.Stop()
	b.load = newRequests(int((b.duration+warmUp).Seconds()*signedAhead), true)
	b.plain = newRequests(int((b.duration+warmUp).Seconds()*signedAhead), false)
	fmt.Fprintf(os.Stderr, "%d cores, %s, PostgreSQL %d; %d rounds\n", runtime.NumCPU(), runtime.Version(), b.server.Major(), b.rounds)
	defer b.progress()()
	if err := b.fsync(); err != nil {
		return err
	}
	for b.round = range b.rounds {
		if err := b.measureRound(); err != nil {
			return err
		}
	}
	for _, m := range []struct {
		name    string
		measure func() error
	}{{"serve", b.serve}, {"simulate", b.simulate}, {"scale", b.scale}, {"million", b.million}} {
		if err := b.wanted(m.name, m.measure); err != nil {
			return err
		}
	}
	return nil
}

// longOnes take a quarter of an hour or more, and have to be named.
const longOnes = ",scale,million,"

// among tells whether a name is in a comma list.
func among(list, name string) bool { return strings.Contains(","+list+",", ","+name+",") }

// wanted runs a measurement unless others were asked for.
func (b *bench) wanted(name string, measure func() error) error {
	if b.only == "" && among(longOnes, name) || b.only != "" && !among(b.only, name) {
		return nil
	}
	b.doing.Store(name)
	if err := measure(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// progress prints a line every five seconds until it is stopped.
func (b *bench) progress() (stop func()) {
	begun, tick, ended := time.Now(), time.NewTicker(5*time.Second), make(chan struct{})
	b.doing.Store("starting")
	go func() { // ends with the run
		for {
			select {
			case <-tick.C:
				fmt.Fprintf(os.Stderr, "%4ds  round %d of %d: %s\n", int(time.Since(begun).Seconds()), b.round+1, b.rounds, b.doing.Load())
			case <-ended:
				return
			}
		}
	}()
	return func() { tick.Stop(); close(ended) }
}
