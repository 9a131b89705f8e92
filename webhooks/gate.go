package webhooks

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/internal/fault"
	"grapevine/rewards"
)

const (
	// maxBody is the largest webhook that is read. Shopify's orders with hundreds of lines stay below 1 MiB.
	maxBody = 2 << 20
	// answerWithin is the hard cap on an answer: Shopify gives up at 5 s, and one that is answered 503
	// in time is sent again.
	answerWithin = 3 * time.Second
	// pooledBody is the largest buffer that is kept for reuse; a rare giant must not pin its memory.
	pooledBody = 256 << 10
)

// gate is the front door for one platform's webhooks.
type gate struct {
	source Source
	doors  *doorkeeper
	store  *committer
	meter  Meter
	tracer Tracer
	log    *slog.Logger
	bodies *sync.Pool
}

// handle answers 2xx only after the delivery is on the disk. 413 too large, 415 not plain, 401 not
// signed, 400 signed but a header is missing or doubled, 503 not stored.
func (g *gate) handle(c echo.Context) error {
	begun := time.Now()
	status := g.enter(c)
	g.meter.Received(g.source.Name(), status, time.Since(begun))
	if status == http.StatusServiceUnavailable {
		c.Response().Header().Set("Retry-After", "5")
	}
	return c.NoContent(status)
}

// enter finds out whose door it is, where each shop has its own. An address that leads to no shop is
// answered like a bad signature, and what no door takes is refused at all alike: nobody learns which shops there
// are.
func (g *gate) enter(c echo.Context) int {
	if status := shape(c.Request(), c.Response()); status != http.StatusOK {
		return status
	}
	var door *connectors.Door
	if id := c.Param("shop"); id != "" {
		found, err := g.doors.find(c.Request().Context(), g.source.Name(), id)
		switch {
		case rewards.KindOf(err) == rewards.NotFound:
			return http.StatusUnauthorized
		case err != nil:
			return g.refuse(err)
		}
		door = &found
	}
	return g.receive(c.Request(), c.Response(), door)
}

func (g *gate) receive(r *http.Request, w http.ResponseWriter, door *connectors.Door) (status int) {
	span := g.tracer.Receive(r.Context(), g.source.Name())
	defer func() { endReceive(span, status) }()
	buf := g.bodies.Get().(*bytes.Buffer)
	d, status := g.check(r, w, buf, door)
	if status != http.StatusOK || d.Ping {
		g.reuse(buf)
		return status
	}
	d.Trace = span.Trace()
	waiting, err := g.store.put(d)
	if err != nil {
		g.reuse(buf)
		return g.refuse(err)
	}
	if fault.Bug(fault.AckBeforeCommit) {
		return http.StatusOK
	}
	timer := time.NewTimer(answerWithin)
	defer timer.Stop()
	select {
	case err = <-waiting.answer:
		g.reuse(buf)
	case <-timer.C: // a committer still reads the body
		err = rewards.Errorf(rewards.Unavailable, "inbox_slow", "not stored within %s", answerWithin)
	}
	if err != nil {
		return g.refuse(err)
	}
	return http.StatusOK
}

// check reads the body into buf and has the source check it; the delivery lives in buf. Any other
// status than 200 is the answer.
func (g *gate) check(r *http.Request, w http.ResponseWriter, buf *bytes.Buffer, door *connectors.Door) (connectors.Delivery, int) {
	none := connectors.Delivery{}
	buf.Reset()
	if r.ContentLength > 0 {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return none, tooLarge(w)
		}
		return none, http.StatusBadRequest // the sender went away half-way; nobody reads this
	}
	d, err := g.source.Receive(connectors.Arrival{Header: r.Header, Body: buf.Bytes(), Door: door})
	if door != nil && rewards.KindOf(err) == rewards.Denied {
		if now, ok := g.doors.again(r.Context(), g.source.Name(), door.ShopID); ok {
			d, err = g.source.Receive(connectors.Arrival{Header: r.Header, Body: buf.Bytes(), Door: &now})
		}
	}
	if err != nil {
		return none, g.refuse(err)
	}
	return d, http.StatusOK
}

// reuse gives a buffer back that nobody reads any more.
func (g *gate) reuse(buf *bytes.Buffer) {
	if buf.Cap() <= pooledBody {
		g.bodies.Put(buf)
	}
}

// refuse logs why and gives the status. A bad signature is not logged above debug: anybody can send one.
func (g *gate) refuse(err error) int {
	switch rewards.KindOf(err) {
	case rewards.Denied:
		g.log.Debug("webhook refused", "platform", g.source.Name(), "code", rewards.CodeOf(err))
		return http.StatusUnauthorized
	case rewards.Invalid:
		g.log.Warn("webhook refused", "platform", g.source.Name(), "code", rewards.CodeOf(err))
		return http.StatusBadRequest
	}
	g.log.Error("webhook not stored", "platform", g.source.Name(), "error", err)
	return http.StatusServiceUnavailable
}

// shape refuses what cannot be a webhook, by what its headers say of its body.
func shape(r *http.Request, w http.ResponseWriter) int {
	if !plain(r.Header) {
		return http.StatusUnsupportedMediaType
	}
	if r.ContentLength > maxBody {
		return tooLarge(w)
	}
	return http.StatusOK
}

// tooLarge also ends the connection: what is left of the body is not worth reading.
func tooLarge(w http.ResponseWriter) int {
	w.Header().Set("Connection", "close")
	return http.StatusRequestEntityTooLarge
}

// plain tells whether the body can be a webhook's: not compressed (the signature is over the raw bytes,
// and nothing here inflates), not multipart, in no charset but UTF-8.
func plain(h http.Header) bool {
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return false
	}
	ct := h.Get("Content-Type")
	if ct == "" {
		return true
	}
	media, params, err := mime.ParseMediaType(ct)
	if err != nil || strings.HasPrefix(media, "multipart/") {
		return false
	}
	charset := params["charset"]
	return charset == "" || strings.EqualFold(charset, "utf-8")
}

// HMACOnly is the door without the inbox: what this machine can do at most. It exists for the benchmark.
func HMACOnly(s Source) echo.HandlerFunc {
	g := &gate{source: s, log: slog.New(slog.DiscardHandler), bodies: &sync.Pool{New: func() any { return new(bytes.Buffer) }}}
	return func(c echo.Context) error {
		buf := g.bodies.Get().(*bytes.Buffer)
		defer g.reuse(buf)
		status := shape(c.Request(), c.Response())
		if status == http.StatusOK {
			_, status = g.check(c.Request(), c.Response(), buf, nil)
		}
		return c.NoContent(status)
	}
}

// sleep waits for d, a wake-up or the end of ctx, which ever comes first.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
}
