package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"grapevine/web"
)

// run serves on the listener and works until ctx ends; then it stops, within stopWithin: it is not ready any more,
// takes no more calls, answers those that are open, stores what they brought, ends or hands back the jobs in hand,
// and gives its leases back.
func (a *app) run(ctx context.Context, l net.Listener) error {
	server := web.NewServer(l.Addr().String(), a.echo)
	server.ErrorLog = slog.NewLogLogger(a.log.Handler(), slog.LevelDebug)
	served := make(chan error, 1)
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var parts sync.WaitGroup
	parts.Go(func() { served <- server.Serve(l) })
	a.startWork(work, &parts)
	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
		err = fmt.Errorf("serving on %s: %w", l.Addr(), err)
	}
	a.stopping.Store(true)
	stopWork()
	ended := make(chan struct{})
	go func() { // ends with the process where something hangs: it is left as a kill would leave it
		defer close(ended)
		a.drainCalls(server, err == nil)
		parts.Wait()
		a.pipeline.Close()
	}()
	select {
	case <-ended:
	case <-time.After(stopWithin):
		a.log.Warn("stopped with work in hand: the database has it, and it goes on when its leases have run out")
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// startWork begins what the process does beside answering calls.
func (a *app) startWork(ctx context.Context, parts *sync.WaitGroup) {
	if !a.role.works() {
		parts.Go(func() { a.pipeline.Announce(ctx) })
		return
	}
	care := &caretaker{db: a.db, log: a.log, holder: a.holder, chores: a.chores(), lead: leadFor}
	parts.Go(func() { a.pipeline.Run(ctx) })
	parts.Go(func() { care.run(ctx) })
}

// drainCalls goes on taking calls for as long as it was told to, so that a load balancer can look elsewhere, and
// then lets those end that are open.
func (a *app) drainCalls(server *http.Server, serving bool) {
	if serving && a.drain > 0 {
		time.Sleep(a.drain)
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), callsWithin, errors.New("open calls did not end in time"))
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		a.log.Warn("calls were cut off", "error", err)
		server.Close()
	}
}

// close gives the database back. Connections that hang are left to the kernel.
func (a *app) close() {
	closed := make(chan error, 1)
	go func() { closed <- a.db.Close() }() // ends with the process where it hangs
	select {
	case err := <-closed:
		if err != nil {
			a.log.Warn("closing the database", "error", err)
		}
	case <-time.After(closeWithin):
		a.log.Warn("the database was not closed in time")
	}
}
