package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// settleWithin bounds the time from the end of all faults to the last job: a lease of 20 s that a dead
	// process left behind, three looks for a credit that nobody answered for, and a few draws of the backoff.
	settleWithin = 150 * time.Second
	// stillFor bounds how long the backlog may stay as it is meanwhile.
	stillFor = 60 * time.Second
	lookEach = 100 * time.Millisecond
	// reconcileTries is more than a shop misbehaves.
	reconcileTries = 20
)

// settle ends all faults and waits until nothing is left to do.
func (w *world) settle() error {
	w.step("all faults end")
	begun := time.Now()
	if err := w.calm(); err != nil {
		return err
	}
	w.post.rush()
	if n := w.post.missed(); n > 0 {
		w.step("%d webhooks never arrived: the shops are asked", n)
		if err := together(w.shops, (*shop).reconcile); err != nil {
			return err
		}
	}
	if err := w.drain("after the faults"); err != nil {
		return err
	}
	w.settled = time.Since(begun)
	for _, sh := range w.shops {
		sh.sim.ResetFaults()
	}
	w.step("settled within %v", w.settled.Round(time.Millisecond))
	return nil
}

// calm takes every fault off; processes that wait for a named point are started anew without it. How often a
// shop's API misbehaves is counted, and ends by itself: much of what it is for comes only now.
func (w *world) calm() error {
	for _, sh := range w.shops {
		if err := sh.line.heal(); err != nil {
			return err
		}
	}
	if err := w.db.awake(); err != nil {
		return err
	}
	for _, p := range w.processes {
		lost := p.relay.calm()
		w.inject(lostCommit, lost[toServer])
		w.inject(lostReply, lost[toClient])
		if len(lost) > 0 {
			w.step("of %s %d commits were lost, and %d replies to them", p.name, lost[toServer], lost[toClient])
		}
		if err := p.line.heal(); err != nil {
			return err
		}
	}
	return together(w.processes, func(p *process) error {
		p.disarm()
		if err := p.start(true); err != nil {
			return err
		}
		return p.awaitReady()
	})
}

// disarm ends a launch that still waits for its named point.
func (p *process) disarm() {
	p.mu.Lock()
	p.points = nil
	armed := p.armed != nil && p.running()
	p.mu.Unlock()
	if armed {
		p.end(syscall.SIGTERM, endWithin)
	}
}

// reconcile has the program ask the shop for what no webhook told; a shop that misbehaves is asked again.
func (sh *shop) reconcile() error {
	for try := 1; ; try++ {
		out, err := sh.w.command("reconcile", "--shop", sh.id, "--since", "1h")
		if err == nil || try == reconcileTries {
			sh.w.step("%s", strings.TrimSpace(out))
			return err
		}
		time.Sleep(300 * time.Millisecond)
	}
}

// backlog is what is left to do.
type backlog struct{ events, jobs int }

func (w *world) backlog() (b backlog, err error) {
	counts, err := column[int](w.db, `SELECT count(*)::int FROM events WHERE status IN ('pending', 'confirming')
UNION ALL SELECT count(*)::int FROM jobs WHERE state = 'due' AND kind <> 'poll'`)
	if err == nil {
		b = backlog{counts[0], counts[1]}
	}
	return b, err
}

// drain waits until nothing is left to do (I2, I27).
func (w *world) drain(when string) error {
	begun, moved := time.Now(), time.Now()
	var last backlog
	for {
		now, err := w.backlog()
		switch {
		case err != nil:
			return err
		case now == backlog{}:
			return nil
		case now != last:
			w.step("left to do: %d events, %d jobs", now.events, now.jobs)
			last, moved = now, time.Now()
		case time.Since(moved) > stillFor, time.Since(begun) > settleWithin:
			w.stuck()
			return fmt.Errorf("I27: %s %d events and %d jobs are left after %v, and nothing moved for %v", when, now.events, now.jobs,
				time.Since(begun).Round(time.Second), time.Since(moved).Round(time.Second))
		}
		time.Sleep(lookEach)
	}
}

// stuck writes down what is left.
func (w *world) stuck() {
	rows, err := column[string](w.db, `SELECT 'event ' || to_jsonb(e)::text FROM (SELECT shop_id, id, topic, order_id, status, reason, attempts, suspect, due_at FROM events WHERE status IN ('pending', 'confirming') LIMIT 20) e
UNION ALL SELECT 'job ' || (to_jsonb(j) - 'payload')::text FROM (SELECT * FROM jobs WHERE state = 'due' AND kind <> 'poll' LIMIT 20) j`)
	w.step("left: %v", err)
	for _, row := range rows {
		w.step("  %s", row)
	}
}

// figures are what a process tells of itself.
type figures struct{ goroutines, files int }

var gauge = regexp.MustCompile(`(?m)^(go_goroutines|process_open_fds) ([0-9.e+]+)$`)

func (p *process) figures() (f figures, err error) {
	status, text := fetch("http://" + p.metrics + "/metrics")
	if status != 200 {
		return f, fmt.Errorf("the figures of %s: %d %s", p.name, status, tail(text, 3))
	}
	for _, m := range gauge.FindAllStringSubmatch(text, -1) {
		v, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return f, err
		}
		if m[1] == "go_goroutines" {
			f.goroutines = int(v)
		} else {
			f.files = int(v)
		}
	}
	return f, nil
}

// What a process may hold more than at its start: connections of the pool, those to the shops that are kept
// for a while, who reads from them, and workers who came while others waited for shops.
const (
	moreGoroutines = 80
	moreFiles      = 60
)

// compareFigures wants nothing to have piled up (I26).
func (w *world) compareFigures() {
	for _, p := range w.processes {
		now, err := p.figures()
		was := w.baselines[p]
		if err != nil {
			w.fail("I26: %v", err)
		} else if now.goroutines > was.goroutines+moreGoroutines || now.files > was.files+moreFiles {
			w.fail("I26: %s began with %+v and holds %+v", p.name, was, now)
		}
	}
	open, err := ask[int](w.db, "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	if most := 25 * len(w.processes); err != nil || open > most {
		w.fail("I26: %d connections to the database, want %d at most: %v", open, most, err)
	}
}
