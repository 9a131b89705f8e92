package shopifytest

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Server is a Shop that listens on loopback.
type Server struct {
	*Shop
	http     *http.Server
	listener net.Listener
	done     chan struct{}
}

// Start makes a shop and serves it on a free port of 127.0.0.1. Close ends both.
func Start(opts Options) (*Server, error) {
	return Listen(opts, "127.0.0.1:0")
}

// Listen is Start on a given address.
func Listen(opts Options, address string) (*Server, error) {
	shop, err := New(opts)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for the simulated shop: %w", err)
	}
	s := &Server{Shop: shop, listener: l, done: make(chan struct{})}
	s.http = &http.Server{Handler: shop.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.done)
		// Serve ends with ErrServerClosed, by Close.
		_ = s.http.Serve(l)
	}()
	return s, nil
}

// URL is the address that the shop is served on: http://127.0.0.1:PORT.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Close stops serving and sending.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	s.Shop.Close()
	return err
}

// Handler serves the Admin API and, under /sim/, the control API.
func (s *Shop) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /admin/api/{version}/graphql.json", s.serveGraphQL)
	s.routeControl(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.write(w, answer{status: http.StatusNotFound, body: errorsText("Not Found")})
	})
	return mux
}

// answer is what goes over the wire.
type answer struct {
	status int
	header map[string]string
	body   []byte
	drop   bool          // close the connection instead
	cut    bool          // close it in the middle of the body
	pace   time.Duration // wait so long after each byte
}

// errorsText is the body of everything that fails before GraphQL: {"errors":"text"}.
func errorsText(text string) []byte {
	b, err := json.Marshal(map[string]string{"errors": text})
	if err != nil {
		return nil
	}
	return b
}

// serveGraphQL parses, lets a fault have its say, executes, records, answers.
func (s *Shop) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	const limit = 1 << 20
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		s.write(w, answer{status: http.StatusRequestEntityTooLarge, body: errorsText("Request too large")})
		return
	}
	req := &request{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(req); err != nil || req.Query == "" {
		s.write(w, answer{status: http.StatusBadRequest, body: []byte(`{"errors":{"query":"Required parameter missing or invalid"}}`)})
		return
	}
	token := r.Header.Get("X-Shopify-Access-Token")
	a, delay := s.answer(req, token)
	if delay > 0 && !pause(r.Context(), delay) {
		return
	}
	if a.pace > 0 {
		trickle(w, r, a)
		return
	}
	s.write(w, a)
}

// answer decides and records under the lock; a delay is for the caller to wait.
func (s *Shop) answer(req *request, token string) (answer, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent := variablesText(req.Variables)
	wrong := s.parse(req)
	call := Call{At: s.now(), Operation: req.operation(), Mutation: req.isMutation(), Fields: req.fields(), Variables: sent}
	fault := s.pick(req)
	run := func() []byte {
		body, ran := s.respond(req, wrong, fault)
		if ran {
			call.Executed++
		}
		return body
	}
	var a answer
	var delay time.Duration
	switch {
	case fault != nil && !fault.Effect && fault.before():
		a = fault.answer(nil)
	case s.settings.Uninstalled || subtle.ConstantTimeCompare([]byte(token), []byte(s.settings.AccessToken)) != 1:
		a = answer{status: http.StatusUnauthorized, body: errorsText("[API] Invalid API key or access token (unrecognized login or wrong password)")}
	default:
		if fault != nil && fault.Kind == FaultTwice {
			run()
		}
		a = answer{status: http.StatusOK, body: run()}
		if fault != nil {
			if a = fault.answer(a.body); fault.Kind == FaultSlow {
				delay = fault.Delay
			}
		}
	}
	if fault != nil {
		call.Fault = fault.Kind
	}
	if call.Status = a.status; a.drop {
		call.Status = 0
	}
	s.calls = append(s.calls, call)
	return a, delay
}

// respond is the right answer to a request whose token is good.
func (s *Shop) respond(req *request, wrong []any, fault *Fault) (body []byte, ran bool) {
	var out any = map[string]any{"errors": wrong}
	if len(wrong) == 0 {
		var st *State
		var refuse *Fault
		if fault != nil && fault.Kind == FaultStale {
			st = s.earlier(fault.Behind)
		}
		if fault != nil && fault.Kind == FaultUserError {
			refuse = fault
		}
		out, ran = s.execute(req, st, refuse)
		ran = ran && refuse == nil
	}
	body, err := json.Marshal(out)
	if err != nil {
		return errorsText(err.Error()), ran
	}
	return body, ran
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return errorsText(err.Error())
	}
	return b
}

// write sends an answer with Shopify's headers.
func (s *Shop) write(w http.ResponseWriter, a answer) {
	if a.drop {
		hangUp()
		return
	}
	h := w.Header()
	s.mu.Lock()
	h.Set("X-Request-Id", s.uuid())
	s.mu.Unlock()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Shopify-API-Version", APIVersion)
	for k, v := range a.header {
		h.Set(k, v)
	}
	if !a.cut {
		w.WriteHeader(a.status)
		// The caller may have gone; there is nobody left to tell.
		_, _ = w.Write(a.body)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body[:len(a.body)/2])
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	hangUp()
}

// hangUp closes the connection without another byte; net/http takes this panic as the order to.
func hangUp() { panic(http.ErrAbortHandler) }

// pause waits, or tells that the caller has gone.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return !errors.Is(ctx.Err(), context.Canceled)
	}
}
