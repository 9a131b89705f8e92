package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"grapevine/internal/simshop"
	"grapevine/web/overview"
)

// demoCmd tells the main job as a story: everything in one process, on the embedded database, against a
// simulated shop that speaks its platform's API over real HTTP.
type demoCmd struct {
	Platform string `enum:"${platforms}" default:"${platform}" help:"What the simulated shop is on: one of ${platforms}."`
	Listen   string `env:"GRAPEVINE_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address of the page that stays open; another free port is taken if it is busy."`
	Once     bool   `help:"End after the story: 0 if every step was as told, 1 if not."`
	Logs     bool   `help:"Show the program's log between the steps."`
}

// Run tells the story, then keeps the page open until it is interrupted.
func (c *demoCmd) Run(ctx context.Context, io streams) error {
	dir, err := os.MkdirTemp("", "grapevine-demo-")
	if err != nil {
		return fmt.Errorf("making room for the demo's database: %w", err)
	}
	defer os.RemoveAll(dir)
	stage, err := c.open(ctx, dir, io)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	work, stop := context.WithCancel(ctx)
	var serving sync.WaitGroup
	serving.Go(func() { served <- stage.app.run(work, stage.listener) })
	defer func() {
		stop()
		serving.Wait()
		stage.close()
	}()
	told := tell(ctx, io.out, stage)
	if told != nil {
		if ctx.Err() != nil {
			return nil
		}
		fmt.Fprintf(io.err, "\nThe story did not go as told: %v\n", told)
		return errQuiet
	}
	if c.Once {
		return nil
	}
	fmt.Fprintf(io.out, "\nThe books are open at %s (Ctrl-C ends the demo).\n", stage.url)
	select {
	case <-ctx.Done():
		return nil
	case err := <-served:
		return err
	}
}

// stage is what the story plays on.
type stage struct {
	app      *app
	shop     simshop.Shop
	listener net.Listener
	url      string
	settings *settings
}

// open builds the stage in a directory of its own: nothing of the user's settings is used or touched.
func (c *demoCmd) open(ctx context.Context, dir string, io streams) (_ *stage, err error) {
	st := &stage{settings: &settings{DatabaseURL: "sqlite:" + filepath.Join(dir, "demo.db"), AllowLoopbackShops: true}}
	defer func() {
		if err != nil {
			st.close()
		}
	}()
	if st.listener, err = listenNear(c.Listen); err != nil {
		return st, err
	}
	st.url = "http://" + st.listener.Addr().String()
	if _, port, _ := net.SplitHostPort(c.Listen); port != "0" && !strings.HasSuffix(st.url, ":"+port) {
		fmt.Fprintf(io.err, "%s is taken; the demo is at %s\n", c.Listen, st.url)
	}
	st.settings.PublicURL = st.url
	connector, err := named(c.Platform)
	if err != nil {
		return st, err
	}
	if st.shop, err = connector.simulate(simshop.Options{Hooks: st.url + "/webhooks/" + c.Platform, Seed: time.Now().UnixNano()}); err != nil {
		return st, err
	}
	st.settings.demo = st.shop.Install().Settings
	if st.settings.demo == nil {
		st.settings.demo = map[string]string{}
	}
	log := st.settings.newLog(c.logTo(io))
	db, err := st.settings.open(ctx, true, true, log)
	if err != nil {
		return st, err
	}
	if st.app, err = newApp(appOptions{settings: st.settings, db: db, log: log, poll: 50 * time.Millisecond}); err != nil {
		db.Close()
		return st, err
	}
	page, err := overview.New(overview.Options{Source: db, Log: log, Now: time.Now})
	if err != nil {
		return st, err
	}
	page.Mount(st.app.echo)
	return st, nil
}

func (c *demoCmd) logTo(s streams) io.Writer {
	if c.Logs {
		return s.err
	}
	return io.Discard
}

// listenNear listens on the address, or on a free port of the same host if it is taken.
func listenNear(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l, nil
	}
	host, _, splitErr := net.SplitHostPort(addr)
	if splitErr != nil {
		return nil, misuse("GRAPEVINE_LISTEN: %w", splitErr)
	}
	l, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, misuse("GRAPEVINE_LISTEN: %w", err)
	}
	return l, nil
}

// close ends what was opened. The page's server has ended by then.
func (st *stage) close() {
	var errs []error
	if st.shop != nil {
		errs = append(errs, st.shop.Close())
	}
	if st.app != nil {
		errs = append(errs, st.app.db.Close())
	} else if st.listener != nil {
		errs = append(errs, st.listener.Close())
	}
	if err := errors.Join(errs...); err != nil {
		slog.Debug("closing the demo", "error", err)
	}
}
