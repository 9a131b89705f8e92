package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/web/problem"
)

// Options are what New needs. All but PublicURL are required.
type Options struct {
	Advocates Advocates
	Orders    Orders
	Reviews   Reviews
	Standings Standings
	Jobs      Jobs
	Events    Events
	Points    Points
	Payouts   Payouts
	Payments  Payments
	Contests  Contests
	Tickets   Tickets
	Figures   Figures
	Shops     Shops
	Keys      Keys
	// PublicURL is the address under which shoppers reach this server, as in GRAPEVINE_PUBLIC_URL:
	// "https://refer.example.com". Advocates have no links while it is "".
	PublicURL string
	Logger    *slog.Logger
	Now       func() time.Time // for the time that a call took
}

// API answers the calls under /api/v1.
type API struct {
	advocates Advocates
	orders    Orders
	reviews   Reviews
	standings Standings
	jobs      Jobs
	events    Events
	points    Points
	payouts   Payouts
	payments  Payments
	contests  Contests
	tickets   Tickets
	figures   Figures
	shops     Shops
	keys      Keys
	links     string // what an advocate's link starts with, "" if there are no links
	log       *slog.Logger
	now       func() time.Time
	fail      echo.HTTPErrorHandler
}

// New checks the options and returns the API.
func New(o Options) (*API, error) {
	for name, missing := range map[string]bool{
		"Advocates": o.Advocates == nil, "Orders": o.Orders == nil, "Reviews": o.Reviews == nil, "Standings": o.Standings == nil, "Jobs": o.Jobs == nil, "Events": o.Events == nil, "Shops": o.Shops == nil,
		"Points": o.Points == nil, "Payouts": o.Payouts == nil, "Payments": o.Payments == nil, "Contests": o.Contests == nil, "Tickets": o.Tickets == nil, "Figures": o.Figures == nil,
		"Keys": o.Keys == nil, "Logger": o.Logger == nil, "Now": o.Now == nil,
	} {
		if missing {
			return nil, fmt.Errorf("api: New needs %s", name)
		}
	}
	links, err := linkBase(o.PublicURL)
	if err != nil {
		return nil, err
	}
	return &API{
		advocates: o.Advocates, orders: o.Orders, reviews: o.Reviews, standings: o.Standings, jobs: o.Jobs, events: o.Events, shops: o.Shops, keys: o.Keys,
		points: o.Points, payouts: o.Payouts, payments: o.Payments, contests: o.Contests, tickets: o.Tickets, figures: o.Figures,
		links: links, log: o.Logger, now: o.Now, fail: problem.Handler(o.Logger),
	}, nil
}

// linkBase turns the public URL into what links start with.
func linkBase(public string) (string, error) {
	if public == "" {
		return "", nil
	}
	u, err := url.Parse(public)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("api: GRAPEVINE_PUBLIC_URL has to be like https://refer.example.com")
	}
	return strings.TrimRight(public, "/") + "/r/", nil
}

// Mount adds the routes under /api/v1. Calls that no route takes are answered by the echo's own error
// handler, which should be problem.Handler, as web.New sets it.
func (a *API) Mount(e *echo.Echo) {
	for _, r := range a.routes() {
		methods := []string{r.method}
		if r.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		e.Match(methods, prefix+r.path, a.serve(r))
	}
}
