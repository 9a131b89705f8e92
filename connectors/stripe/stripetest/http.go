package stripetest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// request is one call of the API.
type request struct {
	*params
	a   *Account
	ids []string // of the path
}

// route is one place of the API.
type route struct {
	method string
	path   string // with {id} and {sub}
	spec   spec
	run    func(r request) (object, error)
}

// kept is the answer that an idempotency key has.
type kept struct {
	print   string // of the request
	request string // its id
	status  int
	body    []byte
}

// answer is what goes over the wire.
type answer struct {
	status   int
	body     []byte
	header   map[string]string
	replayed bool
}

// handler serves the API.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes() {
		mux.HandleFunc(rt.method+" "+rt.path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, &rt) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, nil) })
	return mux
}

// serve reads a request, answers it under the lock, records it and writes the answer.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, rt *route) {
	const limit = 1 << 20
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return
	}
	s.mu.Lock()
	id := s.newID("req_", 14)
	call := Call{Method: r.Method, Path: r.URL.Path, Key: strings.TrimSpace(r.Header.Get("Idempotency-Key"))}
	out := s.answer(r, rt, string(raw), id, &call)
	call.Status, call.Replayed = out.status, out.replayed
	s.calls = append(s.calls, call)
	now := s.now()
	s.mu.Unlock()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Request-Id", id)
	h.Set("Date", now.Format(http.TimeFormat))
	h.Set("Stripe-Version", APIVersion)
	if call.Key != "" {
		h.Set("Idempotency-Key", call.Key)
	}
	for k, v := range out.header {
		h.Set(k, v)
	}
	w.WriteHeader(out.status)
	// The caller may have gone; there is nobody left to tell.
	_, _ = w.Write(out.body)
}

// answer decides: who asks, how often, what for.
func (s *Server) answer(r *http.Request, rt *route, body, id string, call *Call) answer {
	a, refused := s.admit(r)
	if refused != nil {
		return failed(refused)
	}
	call.Account = a.id
	p, refused := readParams(r, body)
	if refused != nil {
		return failed(refused)
	}
	call.Params = p.fingerprint()
	if s.throttle != 0 {
		s.throttle = max(-1, s.throttle-1)
		out := failed(&apiError{status: http.StatusTooManyRequests, kind: "invalid_request_error", code: "rate_limit", message: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."})
		out.header = map[string]string{"Stripe-Rate-Limited-Reason": "global-rate"}
		return out
	}
	if rt == nil {
		e := badRequest("", "", "Unrecognized request URL (%s: %s). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.", r.Method, r.URL.Path)
		e.status = http.StatusNotFound
		return failed(e)
	}
	if r.Method != http.MethodPost || call.Key == "" {
		out, _ := s.carryOut(r, rt, a, p, id, call.Key)
		return out
	}
	if len(call.Key) > 255 {
		return failed(badRequest("", "", "Idempotency-Key must be at most 255 characters long"))
	}
	print := r.URL.Path + "?" + p.fingerprint()
	if k := a.answers[call.Key]; k != nil {
		return k.again(call.Key, print)
	}
	out, keep := s.carryOut(r, rt, a, p, id, call.Key)
	if keep {
		a.answers[call.Key] = &kept{print: print, request: id, status: out.status, body: out.body}
	}
	return out
}

// again is the answer to a key that was used before.
func (k *kept) again(key, print string) answer {
	if k.print != print {
		return failed(&apiError{
			status: http.StatusBadRequest, kind: "idempotency_error",
			message: "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '" + key + "' if you meant to execute a different request.",
		})
	}
	header := map[string]string{"Idempotent-Replayed": "true", "Original-Request": k.request}
	return answer{status: k.status, body: k.body, header: header, replayed: true}
}

// admit checks the key, the version and the account that a request names.
func (s *Server) admit(r *http.Request) (*Account, *apiError) {
	secret, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if user, _, ok := r.BasicAuth(); ok {
		secret, given = user, true
	}
	if !given || secret == "" {
		return nil, unauthorised("You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').")
	}
	k := s.keys[secret]
	if k == nil {
		return nil, unauthorised("Invalid API Key provided: %s", masked(secret))
	}
	if v := r.Header.Get("Stripe-Version"); v != "" && v != APIVersion {
		return nil, badParam("", "", "Invalid Stripe API version: %s. stripetest speaks %s alone.", v, APIVersion)
	}
	a := s.connected(k.account, r.Header.Get("Stripe-Account"))
	if a == nil {
		return nil, forbidden("account_invalid", "The provided key '%s' does not have access to account '%s' (or that account does not exist). Application access may have been revoked.", masked(secret), r.Header.Get("Stripe-Account"))
	}
	if k.may != nil && !permitted(k.may, r) {
		return nil, forbidden("", "The provided key '%s' does not have the required permissions for this endpoint on account '%s'.", masked(secret), a.id)
	}
	return a, nil
}

// permitted tells whether a restricted key may make a call.
func permitted(may []string, r *http.Request) bool {
	resource, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	return slices.Contains(may, resource+":write") ||
		r.Method == http.MethodGet && slices.Contains(may, resource+":read")
}

// masked is a key as messages show it.
func masked(secret string) string {
	if len(secret) <= 12 {
		return strings.Repeat("*", len(secret))
	}
	return secret[:8] + strings.Repeat("*", len(secret)-12) + secret[len(secret)-4:]
}

// readParams takes the parameters of a request from where they belong: the body of a POST, the query else.
func readParams(r *http.Request, body string) (params, *apiError) {
	if r.Method != http.MethodPost {
		if body != "" {
			return nil, badParam("", "", "stripetest: a %s has no body", r.Method)
		}
		return parseForm(r.URL.RawQuery)
	}
	if r.URL.RawQuery != "" {
		return nil, badParam("", "", "stripetest: the parameters of a POST belong in its body")
	}
	if t, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); body != "" && t != "application/x-www-form-urlencoded" {
		return nil, badParam("", "", "Invalid request (check that your POST content type is application/x-www-form-urlencoded). Sent: %q", t)
	}
	return parseForm(body)
}

// carryOut runs a route; keep tells that its answer stands under the idempotency key.
func (s *Server) carryOut(r *http.Request, rt *route, a *Account, p params, id, key string) (out answer, keep bool) {
	if err := p.check(rt.spec); err != nil {
		return failed(err), false
	}
	broken := s.failureFor(r)
	crash := &apiError{status: http.StatusInternalServerError, kind: "api_error", message: "An unknown error occurred"}
	if broken != nil && !broken.effect {
		return failed(crash), true
	}
	s.cause = cause{request: id, key: key}
	defer func() { s.cause = cause{} }()
	req := request{params: &p, a: a}
	for _, name := range []string{"id", "sub"} {
		if v := r.PathValue(name); v != "" {
			req.ids = append(req.ids, v)
		}
	}
	got, err := rt.run(req)
	if err == nil {
		err = a.expand(got, p.list("expand"))
	}
	switch e, ok := err.(*apiError); {
	case ok:
		return failed(e), !e.early
	case err != nil:
		return failed(badRequest("", "", "%v", err)), true
	case broken != nil:
		return failed(crash), true
	}
	return answer{status: http.StatusOK, body: mustJSON(got)}, true
}

func failed(e *apiError) answer { return answer{status: e.status, body: mustJSON(e.body())} }

// mustJSON writes what the simulator itself made of plain values: it cannot be unwritable.
func mustJSON(v any) []byte {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic("stripetest: " + err.Error())
	}
	return append(b, '\n')
}
