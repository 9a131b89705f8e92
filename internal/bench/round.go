package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"grapevine/internal/secret"
)

// measureRound takes every measurement once.
func (b *bench) measureRound() error {
	var hmac, bare float64
	steps := []struct {
		name    string
		measure func() error
	}{
		{"hmac", func() (err error) { hmac, err = b.hmacOnly(); return err }},
		{"pgbench", func() (err error) {
			if bare, err = b.bareInserts(b.duration); err == nil {
				b.report.add("pgbench bare inserts", "/s", bare)
			}
			return err
		}},
		{"postgres", func() error { return b.doors("postgres", hmac, bare) }},
		{"sqlite", func() error { return b.doors("sqlite", hmac, bare) }},
		{"digest", func() error { return b.digests("postgres", bare) }},
		{"digest", func() error { return b.digests("sqlite", bare) }},
		{"both", func() error { return b.both(bare) }},
		{"workers", b.workers},
	}
	begun, busy := time.Now(), cpuNow(0)
	for _, s := range steps {
		if err := b.wanted(s.name, s.measure); err != nil {
			return err
		}
	}
	used := cpuNow(0).since(busy)
	b.report.add("processor taken by others", "cores", max(0, used.machine-used.ours)/time.Since(begun).Seconds())
	return nil
}

func (b *bench) hmacOnly() (float64, error) {
	s, _, err := b.drive("HMAC only", spec{Kind: "hmac"}, plan{connections: connections, duration: b.duration})
	return s.perSecond(), err
}

// busyShare is the part of what the door takes at which senders' waits are measured.
const busyShare = 0.7

// doors measures the real door on one database: how much it takes with and without the worker, how long
// one sender waits, and how long senders wait at a good part of what it can take.
func (b *bench) doors(kind string, hmac, bare float64) error {
	full := plan{connections: connections, duration: b.duration}
	door, _, err := b.driveOn(kind, kind+" door", spec{Kind: "door"}, full)
	if err != nil {
		return err
	}
	if bare > 0 {
		b.report.add(kind+" door ÷ pgbench", "×", door.perSecond()/bare)
	}
	if hmac > 0 {
		b.report.add(kind+" door ÷ HMAC only", "×", door.perSecond()/hmac)
	}
	_, out, err := b.driveOn(kind, kind+" door+worker", spec{Kind: "door", Worker: true}, full)
	if err != nil {
		return err
	}
	b.report.add(kind+" door+worker digested", "events/s", float64(out.Events)/(b.duration+warmUp).Seconds())
	one := plan{connections: 1, duration: b.duration}
	if _, _, err = b.driveOn(kind, kind+" one connection", spec{Kind: "door"}, one); err != nil {
		return err
	}
	if _, _, err = b.driveOn(kind, kind+" one connection+worker", spec{Kind: "door", Worker: true}, one); err != nil {
		return err
	}
	busy := plan{connections: connections, duration: b.duration, perSecond: door.perSecond() * busyShare}
	_, _, err = b.driveOn(kind, kind+" door at 70 %", spec{Kind: "door"}, busy)
	return err
}

// driveOn is drive on a fresh database.
func (b *bench) driveOn(kind, name string, s spec, p plan) (sample, outcome, error) {
	drop, err := b.fresh(kind, &s)
	if err != nil {
		return sample{}, outcome{}, err
	}
	defer drop()
	return b.drive(name, s, p)
}

// drive starts a service, loads it, and notes what was seen.
func (b *bench) drive(name string, s spec, p plan) (sample, outcome, error) {
	b.doing.Store(name)
	s.Profile = b.profile(name)
	c, err := startChild(s)
	if err != nil {
		return sample{}, outcome{}, err
	}
	if p.addr, err = c.line(); err != nil {
		return sample{}, outcome{}, err
	}
	var marks []cpu
	p.measured = func() { marks = append(marks, cpuNow(c.pid())) }
	load := b.load
	if p.load != nil {
		load = p.load
	}
	seen, err := load.run(p)
	if err == nil && seen.refused > 0 {
		err = fmt.Errorf("%d of %d calls were not answered 200", seen.refused, seen.refused+seen.answers)
	}
	if err != nil {
		c.kill()
		return seen, outcome{}, err
	}
	b.report.add(name, "/s", seen.perSecond())
	b.report.add(name+" p50", "ms", seen.wait(0.50))
	b.report.add(name+" p99", "ms", seen.wait(0.99))
	used, n := marks[1].since(marks[0]), float64(seen.answers)
	b.report.add(name+" service", "µs CPU/call", used.service/n*1e6)
	if used.postgres > 0 && strings.HasPrefix(s.URL, "postgres:") {
		b.report.add(name+" database", "µs CPU/call", used.postgres/n*1e6)
	}
	if m, ok := residentMemory(c.pid())["VmRSS"]; ok {
		b.report.add(name+" service", "MiB", m)
	}
	out, err := c.end()
	return seen, out, err
}

// abreast is how many pipelines work one event at a time on PostgreSQL, so that its ability to do several
// transactions at once is not held back. SQLite has one writer, so one is all that helps.
const abreast = 4

// digests measures how many stored events are decided each second, many in a transaction against one.
func (b *bench) digests(kind string, bare float64) error {
	for _, codes := range []bool{false, true} {
		orders := kind + " plain orders"
		if codes {
			orders = kind + " coded orders"
		}
		batched, err := b.digest(kind, orders+" batched", spec{Kind: "digest", Events: b.events, Codes: codes})
		if err != nil {
			return err
		}
		one := spec{Kind: "digest", Events: b.events / 10, Codes: codes, Batch: 1}
		if kind == "postgres" {
			one.Pipelines = abreast
		}
		single, err := b.digest(kind, orders+" singly", one)
		if err != nil {
			return err
		}
		b.report.add(orders+" batched ÷ singly", "×", batched/single)
		if bare > 0 {
			b.report.add(orders+" batched ÷ pgbench", "×", batched/bare)
		}
	}
	return nil
}

func (b *bench) digest(kind, name string, s spec) (perSecond float64, err error) {
	b.doing.Store(name)
	drop, err := b.fresh(kind, &s)
	if err != nil {
		return 0, err
	}
	defer drop()
	s.Profile = b.profile(name)
	c, err := startChild(s)
	if err != nil {
		return 0, err
	}
	if _, err := c.line(); err != nil {
		return 0, err
	}
	before := cpuNow(c.pid())
	out, err := c.end()
	if err != nil {
		return 0, err
	}
	perSecond = float64(out.Events) / out.Seconds
	b.report.add(name, "events/s", perSecond)
	if kind != "postgres" {
		return perSecond, nil
	}
	b.report.add(name+" database", "µs CPU/event", cpuNow(0).since(before).postgres/float64(out.Events)*1e6)
	return perSecond, b.costliest(name, s.URL)
}

func (b *bench) profile(name string) string {
	if b.profiles == "" {
		return ""
	}
	return filepath.Join(b.profiles, fmt.Sprintf("%s.%d.pprof", name, b.round))
}

// fresh makes an empty database of a kind and writes it into s.
func (b *bench) fresh(kind string, s *spec) (drop func(), err error) {
	s.Key = secret.Generate().Reveal()
	if kind == "postgres" {
		s.URL, drop, err = b.freshPostgres()
		return drop, err
	}
	dir, err := os.MkdirTemp(b.dir, "sqlite-")
	if err != nil {
		return nil, err
	}
	s.URL = "sqlite:" + filepath.Join(dir, "grapevine.db")
	return func() { os.RemoveAll(dir) }, nil
}

func (b *bench) freshPostgres() (url string, drop func(), err error) {
	name, err := b.server.CreateDatabase()
	if err != nil {
		return "", nil, err
	}
	return b.server.URL(name), func() { b.server.DropDatabase(name) }, nil
}
