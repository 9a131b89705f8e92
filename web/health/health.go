// Package health answers /healthz (the process lives) and /readyz (it can do its work).
package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/rewards"
	"grapevine/web/words"
)

// within is how long all checks together may take: those who ask give up soon after.
const within = 2 * time.Second

// Pinger is a part of the program that can tell whether it works.
type Pinger interface {
	// Ping returns nil if the part works. The error's code finds the sentence that is shown
	// (schema_older, schema_newer, worker_stopped, database_away …), its text goes to the log.
	Ping(ctx context.Context) error
}

// PingFunc is a function that is a Pinger.
type PingFunc func(ctx context.Context) error

// Ping calls f.
func (f PingFunc) Ping(ctx context.Context) error { return f(ctx) }

// Part is a Pinger with the name under which it is shown: "database", "schema", "worker".
type Part struct {
	Name   string
	Pinger Pinger
}

// Health answers for the whole program.
type Health struct {
	log   *slog.Logger
	role  string
	parts []Part
}

// Options are what New needs.
type Options struct {
	Log  *slog.Logger // required
	Role string       // what the process does, told in both answers; "" is not told
}

// New returns a Health that is ready when all parts are.
func New(o Options, parts ...Part) (*Health, error) {
	if o.Log == nil {
		return nil, errors.New("health: New needs a logger")
	}
	for _, p := range parts {
		if p.Name == "" || p.Pinger == nil {
			return nil, fmt.Errorf("health: part %q lacks its name or its pinger", p.Name)
		}
	}
	return &Health{log: o.Log, role: o.Role, parts: parts}, nil
}

// Mount adds both addresses.
func (h *Health) Mount(e *echo.Echo) {
	methods := []string{http.MethodGet, http.MethodHead}
	e.Match(methods, "/healthz", h.alive)
	e.Match(methods, "/readyz", h.ready)
}

// view is the body of both answers.
type view struct {
	Status string     `json:"status"` // alive, ready or not_ready
	Role   string     `json:"role,omitempty"`
	Parts  []partView `json:"parts,omitempty"`
}

type partView struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Code string `json:"code,omitempty"`
	Says string `json:"says,omitempty"` // what is wrong
	Do   string `json:"do,omitempty"`   // what to do
}

func (h *Health) alive(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, view{Status: "alive", Role: h.role})
}

// ready answers 200 or 503, and names what is missing.
func (h *Health) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeoutCause(c.Request().Context(), within, errors.New("health: 2s budget"))
	defer cancel()
	v, status := view{Status: "ready", Role: h.role, Parts: []partView{}}, http.StatusOK
	for _, p := range h.parts {
		pv := h.check(ctx, p)
		if !pv.OK {
			v.Status, status = "not_ready", http.StatusServiceUnavailable
		}
		v.Parts = append(v.Parts, pv)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	if status != http.StatusOK {
		c.Response().Header().Set("Retry-After", "5")
	}
	return c.JSON(status, v)
}

func (h *Health) check(ctx context.Context, p Part) partView {
	err := p.Pinger.Ping(ctx)
	if err == nil {
		return partView{Name: p.Name, OK: true}
	}
	h.log.Warn("not ready", "part", p.Name, "code", rewards.CodeOf(err), "error", err)
	said, ok := words.Find(rewards.CodeOf(err))
	if !ok {
		said, _ = words.Find("not_ready")
	}
	return partView{Name: p.Name, Code: said.Code, Says: said.Says, Do: said.Do}
}
