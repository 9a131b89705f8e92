package webhooks

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	// maxBody is the largest webhook that is read. Shopify's orders with hundreds of lines stay below 1 MiB.
	maxBody = 2 << 20
	// answerWithin is the hard cap on an answer: Shopify gives up at 5 s, and one that is answered 503
	// in time is sent again.
	answerWithin = 3 * time.Second
	// hurryWithin is how long a body may still take that asks for memory while many do.
	hurryWithin = time.Second
)

var errTooLarge = errors.New("the body is too large")

// gate is the front door for one platform's webhooks.
type gate struct {
	source Source
	doors  *doorkeeper
	store  *committer
	meter  Meter
	tracer Tracer
	log    *slog.Logger
	bodies *buffers
}

// handle answers 2xx only after the delivery is on the disk. 413 too large, 415 not plain, 401 not
// signed, 400 signed but a header is missing or doubled, 503 not stored.
func (g *gate) handle(c echo.Context) error {
	begun := time.Now()
	status := g.enter(c)
	g.meter.Received(g.source.Name(), status, time.Since(begun))
	if status == http.StatusServiceUnavailable {
		// Those who were refused together are not to come back together.
		c.Response().Header().Set("Retry-After", strconv.Itoa(2+rand.IntN(9)))
	}
	return c.NoContent(status)
}

// enter finds out whose door it is, where each shop has its own. An address that leads to no shop is
// answered like a bad signature, and what no door takes is refused at all alike: nobody learns which shops there
// are.
func (g *gate) enter(c echo.Context) int {
	r, w := c.Request(), c.Response()
	if status := shape(r, w); status != http.StatusOK {
		return status
	}
	if at, ok := g.source.(Glancer); ok {
		if err := at.Glance(r.Header, r.ContentLength); err != nil {
			return g.refuse(err)
		}
	}
	if err := g.store.room(); err != nil {
		return g.refuse(err)
	}
	var door *connectors.Door
	if id := c.Param("shop"); id != "" {
		found, err := g.doors.find(r.Context(), g.source.Name(), id)
		switch {
		case rewards.KindOf(err) == rewards.NotFound:
			return http.StatusUnauthorized
		case err != nil:
			return g.refuse(err)
		}
		door = &found
	}
	return g.receive(r, w, door)
}

func (g *gate) receive(r *http.Request, w http.ResponseWriter, door *connectors.Door) (status int) {
	span := g.tracer.Receive(r.Context(), g.source.Name())
	defer func() { endReceive(span, status) }()
	body, n, status := g.read(r, w)
	if status != http.StatusOK {
		return status
	}
	d, status := g.check(r, body.b[:n], door)
	if status != http.StatusOK || d.Ping {
		g.bodies.putReading(body)
		return status
	}
	d.Trace = span.Trace()
	kept := g.pack(&d)
	g.bodies.putReading(body)
	err, over := g.store.await(d, len(kept.b))
	if over {
		g.bodies.put(kept)
	}
	if err != nil {
		return g.refuse(err)
	}
	return http.StatusOK
}

// read reads a body into a buffer that goes back by putReading. It grows by what has come, not by what was
// announced: who sends slowly, or promises much, has little of our memory, and has it for a second where many want
// some. Any other status than 200 is the answer.
func (g *gate) read(r *http.Request, w http.ResponseWriter) (body *buffer, n int, status int) {
	want := int(r.ContentLength) // shape bounds it; -1 if it is not told
	body, err := g.bodies.getReading(leastBuffer)
	hurried := false
	for err == nil {
		var m int
		m, err = r.Body.Read(body.b[n:])
		switch n += m; {
		case n > maxBody:
			err = errTooLarge
		case n == want: // without another call, which would find the end
			err = io.EOF
		case err == nil && n == len(body.b):
			if !hurried && g.bodies.crowd() {
				hurried = true
				readUntil(w, time.Now().Add(hurryWithin))
			}
			body, err = g.larger(body, n, want)
		}
	}
	if err == io.EOF && (n == want || want < 0) {
		if hurried { // what the connection is waited for from here on is not the body
			readUntil(w, time.Time{})
		}
		return body, n, http.StatusOK
	}
	if body != nil {
		g.bodies.putReading(body)
	}
	switch {
	case err == errTooLarge:
		return nil, 0, tooLarge(w)
	case hurried && errors.Is(err, os.ErrDeadlineExceeded):
		return nil, 0, g.refuse(errBusy)
	case rewards.KindOf(err) == rewards.Unavailable:
		return nil, 0, g.refuse(err)
	}
	return nil, 0, http.StatusBadRequest // the sender went away half-way; nobody reads this
}

// readUntil bounds how long the caller's connection is read from. One that cannot be bound is a test's.
func readUntil(w http.ResponseWriter, at time.Time) {
	_ = http.NewResponseController(w).SetReadDeadline(at)
}

// larger moves what was read into a buffer for what is still to come, or for eight times as much as has come; for
// twice as much where many want memory, so that it costs them as much to send.
func (g *gate) larger(body *buffer, n, want int) (*buffer, error) {
	size := 8 * n
	if g.bodies.crowd() {
		size = 2 * n
	}
	if want > 0 {
		size = min(size, want)
	}
	more, err := g.bodies.getReading(min(size, maxBody+1))
	if err != nil {
		return body, err
	}
	copy(more.b, body.b[:n])
	g.bodies.putReading(body)
	return more, nil
}

// check has the source check a body. Any other status than 200 is the answer.
func (g *gate) check(r *http.Request, body []byte, door *connectors.Door) (connectors.Delivery, int) {
	d, err := g.source.Receive(connectors.Arrival{Header: r.Header, Body: body, Door: door})
	if door != nil && rewards.KindOf(err) == rewards.Denied {
		if now, ok := g.doors.again(r.Context(), g.source.Name(), door.ShopID); ok {
			d, err = g.source.Receive(connectors.Arrival{Header: r.Header, Body: body, Door: &now})
		}
	}
	if err != nil {
		return connectors.Delivery{}, g.refuse(err)
	}
	return d, http.StatusOK
}

// pack moves a delivery's body into a buffer of its own, packed if the inbox says how: what waits for the disk
// is small, and the work is done here, where many do it at a time.
func (g *gate) pack(d *connectors.Delivery) *buffer {
	body := d.Body
	packer, ok := g.store.inbox.(Packer)
	if ok {
		room := g.bodies.get(len(body) + len(body)/4 + leastBuffer)
		defer g.bodies.put(room)
		body = packer.Pack(room.b[:0], body)
	}
	kept := g.bodies.get(len(body))
	n := copy(kept.b, body)
	if d.Body = kept.b[:n]; ok {
		d.Body, d.Packed = nil, d.Body
	}
	return kept
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
	if ct == "" || ct == "application/json" { // what platforms send
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
	g := &gate{source: s, log: slog.New(slog.DiscardHandler), bodies: newBuffers()}
	return func(c echo.Context) error {
		status := shape(c.Request(), c.Response())
		if status == http.StatusOK {
			var body *buffer
			var n int
			if body, n, status = g.read(c.Request(), c.Response()); status == http.StatusOK {
				_, status = g.check(c.Request(), body.b[:n], nil)
				g.bodies.putReading(body)
			}
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
