// Package overview is the one page that the demo keeps open: the shops, what came in, what was decided
// and why, what was given. It only reads, needs no script, and asks for no login: mount it where only
// its reader can reach it, on loopback.
package overview

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/web/problem"
	"grapevine/webhooks"
)

const (
	maxShops  = 10
	maxOrders = 25 // of each shop
	maxEvents = 25
	within    = 5 * time.Second
)

// csp lets the page have its own stylesheet and picture, and nothing else.
const csp = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Source is what the page reads.
type Source interface {
	// InstalledShops returns up to limit shops, the latest first.
	InstalledShops(ctx context.Context, limit int) ([]connectors.Installed, error)
	// LatestOrders returns up to limit orders of a shop that carried a code or a link, with their rewards,
	// those that were judged last first.
	LatestOrders(ctx context.Context, shopID string, limit int) ([]rewards.StoredOrder, error)
	// Events lists events, newest first; an empty ShopID means all.
	Events(ctx context.Context, f webhooks.EventFilter, p rewards.Page) (list []webhooks.StoredEvent, next string, err error)
}

// Options are what New needs; all are required.
type Options struct {
	Source Source
	Log    *slog.Logger
	Now    func() time.Time
}

// Page is the overview.
type Page struct {
	source Source
	log    *slog.Logger
	now    func() time.Time
	files  []file
	tmpl   *template.Template
}

//go:embed page.html
var pageSource string

// New reads the templates and files.
func New(o Options) (*Page, error) {
	if o.Source == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("overview: New needs a source, a logger and a clock")
	}
	p := &Page{source: o.Source, log: o.Log, now: o.Now, files: files()}
	tmpl, err := template.New("page").Funcs(template.FuncMap{"asset": p.asset}).Parse(pageSource)
	p.tmpl = tmpl
	return p, err
}

// Mount adds the page at / and its files below /assets.
func (p *Page) Mount(e *echo.Echo) {
	methods := []string{http.MethodGet, http.MethodHead}
	e.Match(methods, "/", p.show)
	for _, f := range p.files {
		e.Match(methods, f.path, f.serve)
	}
}

func (p *Page) show(c echo.Context) error {
	ctx, cancel := context.WithTimeoutCause(c.Request().Context(), within, errors.New("overview: 5s budget"))
	defer cancel()
	v, err := p.read(ctx)
	if err != nil {
		trouble := problem.From(err, c.Request().Method)
		trouble.RequestID = problem.RequestID(c)
		problem.Log(p.log, c, trouble, err)
		return p.render(c, trouble.Status, "trouble", viewTrouble(trouble, p.now()))
	}
	return p.render(c, http.StatusOK, "overview", v)
}

func (p *Page) read(ctx context.Context) (view, error) {
	v := view{Now: when(p.now())}
	shops, err := p.source.InstalledShops(ctx, maxShops)
	if err != nil {
		return v, err
	}
	for _, s := range shops {
		orders, err := p.source.LatestOrders(ctx, s.ID, maxOrders)
		if err != nil {
			return v, err
		}
		v.Shops = append(v.Shops, viewShop(s, orders))
	}
	events, _, err := p.source.Events(ctx, webhooks.EventFilter{}, rewards.Page{Limit: maxEvents})
	for _, e := range events {
		v.Events = append(v.Events, viewEvent(e, v.Shops))
	}
	return v, err
}

// render writes a whole page or, where the template fails, nothing of it.
func (p *Page) render(c echo.Context, status int, name string, v any) error {
	var out bytes.Buffer
	if err := p.tmpl.ExecuteTemplate(&out, name, v); err != nil {
		return rewards.Errorf(rewards.Internal, "template", "%s: %w", name, err)
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", csp)
	h.Set("Cache-Control", "no-store")
	return c.HTMLBlob(status, out.Bytes())
}
