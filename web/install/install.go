// Package install lets a shop connect itself. The owner opens a one-time link in the shop and says yes; the
// shop's server then posts fresh API keys to our callback, and the owner's browser comes to our return page.
//
//	owner ──link──▶ shop ──keys──▶ callback ──are they that shop's?──▶ shop
//	owner ◀─────────────── return page ◀── browser
//
// The callback is not signed, so nothing in it is believed: what it carries of ours must be an unused link,
// which names the shop, and the keys are tried on that very shop before anything is stored.
package install

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/internal/invite"
)

const (
	// maxCallback is how many bytes a callback may have; WooCommerce's have about 250.
	maxCallback = 16 << 10
	// budget is how long the shop may take to prove its keys and take its webhooks. WooCommerce waits 60 s.
	budget = 45 * time.Second
	// spare is what the answer may take beyond that: noting how it ended, and sending.
	spare = 10 * time.Second
	// within is for pages, which ask the database only.
	within = 5 * time.Second
)

// Links are the one-time links. Storage keeps them.
type Links interface {
	// Install reads a link. Kind NotFound.
	Install(ctx context.Context, platform, state string) (invite.Invitation, error)
	// UseInstall uses a link up. Kind NotFound; Conflict once it was used; Denied after its time.
	UseInstall(ctx context.Context, platform, state string) (invite.Invitation, error)
	// EndInstall notes the shop that came of a used link, or the code of the error that kept it away.
	EndInstall(ctx context.Context, platform, state, shopID, reason string) error
}

// Installer adds a shop, as a person would by a command.
type Installer interface {
	// Install tries the credential on the shop that the application names, stores the shop and sets up its
	// webhooks. A shop that is installed gets the credential instead of its old one. Nothing is stored before
	// the shop has accepted the credential. It ends with ctx.
	Install(ctx context.Context, platform string, app connectors.Application) (connectors.Installed, error)
}

// Reader reads what a platform's shops post to the callback: the link's state and the API credential, in the
// form that the platform's connector wants. An error without a code means that the body is not such a thing.
type Reader func(body []byte) (state, credential string, err error)

// Options are what New needs; all are required.
type Options struct {
	Links     Links
	Installer Installer
	Readers   map[string]Reader // by platform
	Log       *slog.Logger
}

// Pages are the callbacks and return pages of all platforms whose shops can connect themselves.
type Pages struct {
	links     Links
	installer Installer
	readers   map[string]Reader
	log       *slog.Logger
	budget    time.Duration
	tmpl      *template.Template
	style     file
}

// New checks the options and reads the templates.
func New(o Options) (*Pages, error) {
	if o.Links == nil || o.Installer == nil || o.Log == nil || len(o.Readers) == 0 {
		return nil, errors.New("install: New needs links, an installer, readers and a logger")
	}
	p := &Pages{links: o.Links, installer: o.Installer, readers: o.Readers, log: o.Log, budget: budget, style: stylesheet()}
	tmpl, err := template.New("page").Funcs(template.FuncMap{"style": func() string { return p.style.path }}).Parse(pageSource)
	p.tmpl = tmpl
	return p, err
}

// Mount adds /install/{platform}/callback and /install/{platform}/return for each platform, and the
// stylesheet below /assets.
func (p *Pages) Mount(e *echo.Echo) {
	reading := []string{http.MethodGet, http.MethodHead}
	for _, platform := range p.platforms() {
		e.POST(callbackPath(platform), p.callback(platform))
		e.Match(reading, returnPath(platform), p.comeBack(platform))
	}
	e.Match(reading, p.style.path, p.style.serve)
}

func (p *Pages) platforms() []string {
	var names []string
	for name := range p.readers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func callbackPath(platform string) string { return "/install/" + platform + "/callback" }
func returnPath(platform string) string   { return "/install/" + platform + "/return" }

// Addresses are where a platform's shop sends its keys and its owner, on a server that is reached at public
// ("https://refer.example.com").
func Addresses(public, platform string) (callback, comeBack string) {
	base := strings.TrimRight(public, "/")
	return base + callbackPath(platform), base + returnPath(platform)
}
