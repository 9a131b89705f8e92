package api

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/internal/access"
	"grapevine/rewards"
	"grapevine/web/problem"
)

// within is the time that a call may take.
const within = 10 * time.Second

var (
	// ourID is the form of every id that we give out: "rw_k3v9x2m8qat4c7np".
	ourID = form{regexp.MustCompile(`^[a-z]{2,8}_[0-9A-Za-z]+$`), 49}
	// platformID is the form of the ids that shops give out: a number for most, "cs_test_a1" for Stripe.
	platformID = form{regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_.-]*$`), 128}
	// friendCode is the form of an advocate's code, in any case.
	friendCode = form{regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]*$`), 64}
	// bearer is RFC 6750's form of a token.
	bearer = regexp.MustCompile(`^(?i:bearer) +([0-9A-Za-z._~+/=-]{8,})$`)
)

// maxToken bounds a token: none that we give out is nearly as long.
const maxToken = 256

// form is what a text must look like, and how many bytes it may have at most. The length is no part of the pattern: a
// repetition that is counted is kept in memory as so many copies.
type form struct {
	pattern *regexp.Regexp
	most    int
}

// fits tells whether a text is of the form.
func (f form) fits(text string) bool { return len(text) <= f.most && f.pattern.MatchString(text) }

// call is a request that was let in: the token is live, belongs to the shop and carries the scope, and
// the ids have the form of ids.
type call struct {
	token access.Token
	shop  string
	id    string // of the thing below the shop, "" if none is named
	code  string // of a ticket; it opens a door, so it stands in no log
	query query
	body  []byte
}

// serve answers one route's calls.
func (a *API) serve(r route) echo.HandlerFunc {
	if r.handle == nil {
		return serveSpec
	}
	return func(c echo.Context) error {
		begun := a.now()
		ctx, cancel := budget(c.Request().Context(), r.method)
		defer cancel()
		in, err := a.admit(ctx, c, r)
		if err != nil {
			a.fail(err, c)
			return nil
		}
		out, err := a.once(ctx, c, r, in)
		if err != nil {
			a.fail(err, c)
			return nil
		}
		if r.scope == access.Write {
			a.log.Info("api call", "request_id", problem.RequestID(c), "route", r.path, "shop", in.shop, "token", in.token.ID,
				"id", in.id, "status", out.status, "replayed", out.replayed, "took", a.now().Sub(begun))
		}
		return out.send(c)
	}
}

// budget bounds a call. One that changes something is not left half-way because its caller hung up.
func budget(ctx context.Context, method string) (context.Context, context.CancelFunc) {
	if method != http.MethodGet {
		ctx = context.WithoutCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, within, errors.New("api: 10s budget"))
}

// admit lets a request in, or tells why not. Who may not see a shop learns nothing of it: its ids are
// answered like those that do not exist.
func (a *API) admit(ctx context.Context, c echo.Context, r route) (call, error) {
	h := c.Request().Header
	for _, name := range []string{"Authorization", "Idempotency-Key", "Content-Type", "Content-Encoding"} {
		if len(h.Values(name)) > 1 {
			return call{}, problem.Refuse("header_doubled", problem.Field{Field: name, Code: "doubled", Detail: "came more than once"})
		}
	}
	token, err := a.authenticate(ctx, h.Get("Authorization"))
	if err != nil {
		return call{}, err
	}
	in := call{token: token, shop: c.Param("shop")}
	if in.shop != token.ShopID || !ourID.fits(in.shop) {
		return call{}, rewards.Errorf(rewards.NotFound, "not_found", "token %s is of another shop", token.ID)
	}
	if !token.May(r.scope) {
		return call{}, rewards.Errorf(rewards.Denied, "scope_missing", "token %s may not %s", token.ID, r.scope)
	}
	if in.id, err = pathID(c, r); err != nil {
		return call{}, err
	}
	if strings.Contains(r.path, ":code") {
		in.id, in.code = "", in.id
	}
	if in.query, err = readQuery(c.Request().URL.RawQuery, r.query); err != nil {
		return call{}, err
	}
	in.body, err = readBody(c, r)
	return in, err
}

func (a *API) authenticate(ctx context.Context, header string) (access.Token, error) {
	if header == "" {
		return access.Token{}, rewards.Errorf(rewards.Denied, "token_missing", "no authorization header")
	}
	m := bearer.FindStringSubmatch(header)
	if m == nil || len(m[1]) > maxToken {
		return access.Token{}, rewards.Errorf(rewards.Denied, "token_invalid", "not a bearer token")
	}
	token, err := a.keys.CheckToken(ctx, m[1])
	if rewards.KindOf(err) == rewards.Denied || rewards.KindOf(err) == rewards.NotFound {
		return access.Token{}, rewards.Errorf(rewards.Denied, "token_invalid", "%w", err)
	}
	return token, err
}

// pathID returns the id below the shop. One of another form than ids have is not looked up.
func pathID(c echo.Context, r route) (string, error) {
	name, f := "id", ourID
	switch {
	case strings.Contains(r.path, ":order"):
		name, f = "order", platformID
	case strings.Contains(r.path, ":friendcode"):
		name, f = "friendcode", friendCode
	case strings.Contains(r.path, ":code"):
		name, f = "code", ticketForm
	case strings.Contains(r.path, ":name"):
		name, f = "name", programForm
	case !strings.Contains(r.path, ":id"):
		return "", nil
	}
	id := c.Param(name)
	if !f.fits(id) {
		return "", rewards.Errorf(rewards.NotFound, "not_found", "%.60q has not the form of an id", id)
	}
	return id, nil
}
