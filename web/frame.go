package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"

	"github.com/labstack/echo/v4"

	"grapevine/rewards"
	"grapevine/web/problem"
)

const (
	// maxAddress is how long a path with its query may be; more is answered 414.
	maxAddress = 8 << 10
	// maxBody is a last limit for any body. The API and the webhooks have narrower ones of their own.
	maxBody = 4 << 20
)

// plainCSP is for answers that are not pages: a browser may do nothing with them.
const plainCSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// requestID is what a caller may hand in as the id of her call.
var requestID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$`)

// Options are what New needs.
type Options struct {
	Log *slog.Logger // required
	// HTTPS tells that callers reach this server by HTTPS only: browsers are told to remember it.
	HTTPS bool
}

// New returns an echo with the middleware that every call passes and the one error handler. Routes are
// added to it by the packages that own them.
func New(o Options) (*echo.Echo, error) {
	if o.Log == nil {
		return nil, errors.New("web: New needs a logger")
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = problem.Handler(o.Log)
	for _, m := range chain(o) {
		e.Use(m.wrap)
	}
	return e, nil
}

// step is one middleware with its name.
type step struct {
	name string
	wrap echo.MiddlewareFunc
}

// chain is the middleware in the order in which a call passes it. The id comes first, so that every
// answer and every line of the log has it; the headers come before anything that can fail.
func chain(o Options) []step {
	return []step{
		{"request id", identify},
		{"security headers", secure(o.HTTPS)},
		{"recover", recoverPanics},
		{"limits", limit},
	}
}

// identify gives each call an id: the caller's own if it is well formed, else a new one.
func identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ids := c.Request().Header.Values(echo.HeaderXRequestID)
		id := ""
		if len(ids) == 1 && requestID.MatchString(ids[0]) {
			id = ids[0]
		} else {
			id = rewards.NewID("req_")
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

// secure sets the headers that keep a browser from doing more with an answer than was meant. Pages
// widen the content security policy for themselves. The values are shared by all answers: a header is set or
// added to, and neither writes into what is there.
func secure(https bool) echo.MiddlewareFunc {
	type header struct {
		name   string
		values []string
	}
	shared := []header{
		{"Content-Security-Policy", []string{plainCSP}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"Referrer-Policy", []string{"no-referrer"}},
		{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
		{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
	}
	if https {
		shared = append(shared, header{"Strict-Transport-Security", []string{"max-age=31536000"}})
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			for _, s := range shared {
				h[s.name] = s.values
			}
			return next(c)
		}
	}
}

// recoverPanics turns a panic into an error with its stack, so that one bad call ends alone.
func recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler: // net/http's own way to drop a connection
				panic(p)
			default:
				err = rewards.Errorf(rewards.Internal, "panic", "%w", fmt.Errorf("%v\n%s", p, debug.Stack()))
			}
		}()
		return next(c)
	}
}

// limit refuses what no address here takes: odd methods, endless addresses and bodies.
func limit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if len(r.RequestURI) > maxAddress {
			return rewards.Errorf(rewards.Invalid, "address_too_long", "%d bytes", len(r.RequestURI))
		}
		// The router answers OPTIONS by itself wherever there is a route.
		if r.Method == http.MethodOptions && c.Get(echo.ContextKeyHeaderAllow) != nil {
			return echo.ErrMethodNotAllowed
		}
		if r.ContentLength > maxBody {
			return &http.MaxBytesError{Limit: maxBody}
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
		}
		return next(c)
	}
}
