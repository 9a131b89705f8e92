package api

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"regexp"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/web/problem"
)

// keyForm is that of an Idempotency-Key.
var keyForm = form{regexp.MustCompile(`^[!-~]+$`), 255}

// closeWithin bounds the bookkeeping after a call, which goes on where the call itself ran out of time.
const closeWithin = 5 * time.Second

// answer is what a handler found: a status and a view.
type answer struct {
	status int
	view   any
}

// reply is an answer as it is sent, and stored for a repetition.
type reply struct {
	status   int
	body     []byte
	replayed bool
}

func (r reply) send(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	if r.replayed {
		h.Set("Idempotent-Replayed", "true")
	}
	if r.status >= http.StatusBadRequest {
		return c.Blob(r.status, problem.MediaType, r.body)
	}
	return c.Blob(r.status, "application/json", r.body)
}

// once carries the call out, or returns the answer of the first time if it carries a key that was used
// before. An error is an answer that is not kept.
func (a *API) once(ctx context.Context, c echo.Context, r route, in call) (reply, error) {
	key := c.Request().Header.Get("Idempotency-Key")
	if key == "" || !r.idempotent {
		out, err := r.handle(ctx, in)
		if err != nil {
			return reply{}, err
		}
		return render(out)
	}
	if !keyForm.fits(key) {
		return reply{}, problem.Refuse("bad_key", problem.Field{Field: "Idempotency-Key", Code: "malformed", Detail: "has 1 to 255 visible ASCII characters"})
	}
	first, status, body, err := a.keys.BeginCall(ctx, in.shop, key, fingerprint(c.Request(), in.body))
	if err != nil {
		return reply{}, err
	}
	if !first {
		return reply{status: status, body: body, replayed: true}, nil
	}
	return a.keep(ctx, c, r, in, key)
}

// keep carries out a call whose key is claimed, and stores its answer. A fault of ours, or a panic, gives
// the key back, so that the call can be sent again.
func (a *API) keep(ctx context.Context, c echo.Context, r route, in call, key string) (reply, error) {
	drop := true
	defer func() {
		if drop {
			a.close(ctx, c, func(ctx context.Context) error { return a.keys.DropCall(ctx, in.shop, key) })
		}
	}()
	found, err := r.handle(ctx, in)
	out, kept := reply{}, err
	if err == nil {
		out, kept = render(found)
	} else if p := problem.From(err, r.method); p.Status < http.StatusInternalServerError {
		p.RequestID = problem.RequestID(c)
		out, kept = render(answer{p.Status, p})
	}
	if kept != nil {
		return reply{}, kept
	}
	drop = false
	// Where the answer cannot be stored the work is done all the same, and the caller is told so.
	a.close(ctx, c, func(ctx context.Context) error { return a.keys.EndCall(ctx, in.shop, key, out.status, out.body) })
	return out, nil
}

// close finishes the books of a call.
func (a *API) close(ctx context.Context, c echo.Context, f func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	if err := f(ctx); err != nil {
		a.log.Error("idempotency key not closed", "request_id", problem.RequestID(c), "error", err)
	}
}

func render(out answer) (reply, error) {
	body, err := json.Marshal(out.view)
	return reply{status: out.status, body: body}, err
}

// fingerprint tells one call from another under the same key.
func fingerprint(r *http.Request, body []byte) []byte {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(r.Method), []byte(r.URL.Path), body} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	return h.Sum(nil)
}
