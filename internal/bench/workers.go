package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// workers measures what a second worker process adds, on the same cores and the same database.
func (b *bench) workers() error {
	for _, codes := range []bool{false, true} {
		kind, events := "plain orders", 2*b.events
		if codes {
			kind, events = "coded orders", b.events/2
		}
		one, err := b.workedBy(1, events, codes)
		if err != nil {
			return err
		}
		two, err := b.workedBy(2, events, codes)
		if err != nil {
			return err
		}
		b.report.add("one worker, "+kind, "events/s", one)
		b.report.add("two workers, "+kind, "events/s", two)
		b.report.add("two workers ÷ one, "+kind, "×", two/one)
	}
	return nil
}

// workedBy fills an inbox and has so many processes empty it. It fails if an event was worked on twice or came to a
// bad end, and counts rewards that were given twice.
func (b *bench) workedBy(n, events int, codes bool) (perSecond float64, err error) {
	b.doing.Store(fmt.Sprintf("%d workers", n))
	var s spec
	drop, err := b.fresh("postgres", &s)
	if err != nil {
		return 0, err
	}
	defer drop()
	s.Kind, s.Events, s.Codes = "fill", events, codes
	filler, err := startChild(s)
	if err != nil {
		return 0, err
	}
	if _, err := filler.end(); err != nil {
		return 0, err
	}
	s.Kind = "work"
	var team []*child
	for range n {
		c, err := startChild(s)
		if err != nil {
			return 0, err
		}
		defer c.kill()
		if _, err := c.line(); err != nil {
			return 0, err
		}
		team = append(team, c)
	}
	took, err := race(s.URL, team)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, c := range team {
		out, err := c.end()
		if err != nil {
			return 0, err
		}
		done += out.Events
	}
	if done != events {
		return 0, fmt.Errorf("%d workers ended %d events of %d", n, done, events)
	}
	perSecond = float64(events) / took.Seconds()
	if !codes {
		return perSecond, nil
	}
	return perSecond, b.once(fmt.Sprintf("workers: %d, coded orders", n), s.URL, events)
}

// race starts the team and waits until nothing is left to do.
func race(url string, team []*child) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), digestLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	begun := time.Now()
	for _, c := range team {
		if _, err := io.WriteString(c.stdin, "go\n"); err != nil {
			return 0, err
		}
	}
	for left := true; left; {
		time.Sleep(20 * time.Millisecond)
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM events WHERE status = 'pending') OR EXISTS (SELECT 1 FROM events WHERE status = 'confirming')`).Scan(&left)
		if err != nil {
			return 0, err
		}
	}
	return time.Since(begun), nil
}

// fill is a child that makes a world with a full inbox.
func fill(s spec, w *world) error {
	ctx, cancel := context.WithTimeout(context.Background(), digestLimit)
	defer cancel()
	if err := errors.Join(w.settle(ctx), w.put(ctx, s)); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(outcome{Events: s.Events})
}

// work is a child that waits for a line, and works until its standard input ends. It tells what it brought to
// its end.
func work(s spec, w *world) error {
	p, err := w.pipeline(0, 1)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadString('\n'); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	worked := make(chan error, 1)
	go func() { worked <- p.Run(ctx) }()
	io.Copy(io.Discard, in)
	stop()
	err = <-worked
	p.Close()
	err = errors.Join(err, w.verify(context.Background()))
	n := w.digested.Load()
	if s.Codes {
		n = w.decided.Load()
	}
	return errors.Join(err, json.NewEncoder(os.Stdout).Encode(outcome{Events: int(n)}))
}
