package main

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"grapevine/rewards"
	"grapevine/web/health"
)

// role is what one process of an installation does.
type role string

// The roles. Several processes on one PostgreSQL may have any of them; an SQLite file has one process, which
// does all.
const (
	roleAll    role = "all"    // doors, API, pages, and the work
	roleWeb    role = "web"    // doors, API and pages; what it stores others work on
	roleWorker role = "worker" // the work; it listens for health and metrics only
)

// works tells whether the process digests, calls shops and does chores.
func (r role) works() bool { return r != roleWeb }

// receives tells whether the process has doors, API and pages.
func (r role) receives() bool { return r != roleWorker }

// parts are what has to be well for the process to be ready. That of a web process does not depend on workers:
// what it stores waits for them.
func (a *app) parts() []health.Part {
	parts := []health.Part{
		{Name: "stopping", Pinger: health.PingFunc(a.goingOn)},
		{Name: "database", Pinger: a.db.Pages()},
		{Name: "schema", Pinger: health.PingFunc(a.db.Pages().CheckSchema)},
	}
	if a.role.works() {
		parts = append(parts, health.Part{Name: "worker", Pinger: health.PingFunc(a.working)})
	}
	return parts
}

// goingOn fails once the process is told to stop: nothing more should be sent to it.
func (a *app) goingOn(context.Context) error {
	if a.stopping.Load() {
		return rewards.Errorf(rewards.Unavailable, "stopping", "the process was told to stop")
	}
	return nil
}

// tell wakes the workers after a call that may have stored a job: a shopper waits for her code.
func (a *app) tell(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		switch c.Request().Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			if c.Response().Status < http.StatusBadRequest && a.pipeline != nil {
				a.pipeline.Wake()
			}
		}
		return err
	}
}
