package woocommercetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// problem is an error of the REST API. A problem without a code is none.
type problem struct {
	status int
	code   string
	text   string
	data   map[string]any // more for "data"
}

// document is how WordPress writes a problem.
func (p *problem) document() map[string]any {
	data := map[string]any{"status": p.status}
	for k, v := range p.data {
		data[k] = v
	}
	return map[string]any{"code": p.code, "message": p.text, "data": data}
}

// invalidParam is what the schema says to a parameter that does not fit.
func invalidParam(name, text string) *problem {
	return &problem{
		status: http.StatusBadRequest, code: "rest_invalid_param", text: "Invalid parameter(s): " + name,
		data: map[string]any{"params": map[string]string{name: text}},
	}
}

// call is one request to the REST API while it is answered. The shop's lock is held but where a handler says
// otherwise.
type call struct {
	s      *Server
	method string
	parts  []string // of the route behind /wc/v3
	query  url.Values
	body   map[string]json.RawMessage
	key    *Key
	host   string
	header http.Header // of the answer
	after  []func()    // what is done when the lock is free and before the answer goes out
}

// answer is what a handler gives.
type answer struct {
	status int
	body   any
}

// serve answers everything that the shop is asked for.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	route, ok := s.route(r)
	switch {
	case ok:
		s.serveREST(w, r, route)
	case strings.HasPrefix(r.URL.Path, "/wc-auth/v1/"):
		s.serveAuthorize(w, r)
	default:
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Page not found</title>")
	}
}

// route is the REST route of a request: behind /wp-json where permalinks are pretty, or in rest_route.
func (s *Server) route(r *http.Request) (string, bool) {
	if route := r.URL.Query().Get("rest_route"); route != "" && (r.URL.Path == "/" || r.URL.Path == "/index.php") {
		return strings.TrimSuffix(route, "/"), true
	}
	s.mu.Lock()
	plain := s.opts.Plain
	s.mu.Unlock()
	route, ok := strings.CutPrefix(r.URL.Path, "/wp-json")
	return strings.TrimSuffix(route, "/"), ok && !plain
}

// serveREST authenticates, reads the parameters, lets a handler answer, and writes.
func (s *Server) serveREST(w http.ResponseWriter, r *http.Request, route string) {
	const limit = 1 << 20
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	}
	c := &call{s: s, method: r.Method, query: r.URL.Query(), host: r.Host, header: w.Header()}
	if m := c.query.Get("_method"); m != "" {
		c.method = strings.ToUpper(m)
	}
	a := s.respond(c, r, route, raw)
	for _, f := range c.after {
		f()
	}
	s.record(c, route, a.status)
	body := encode(a.body)
	if fields := c.query.Get("_fields"); fields != "" && a.status < http.StatusBadRequest {
		body = onlyFields(body, strings.FieldsFunc(fields, func(r rune) bool { return r == ',' || r == ' ' }))
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// record keeps what was asked, without what signs it.
func (s *Server) record(c *call, route string, status int) {
	q := url.Values{}
	for name, values := range c.query {
		if !strings.HasPrefix(name, "oauth_") && !strings.HasPrefix(name, "consumer_") && name != "rest_route" {
			q[name] = values
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{Method: c.method, Route: route, Query: q.Encode(), Status: status})
}

// respond finds who asks and what for.
func (s *Server) respond(c *call, r *http.Request, route string, raw []byte) answer {
	if bad := c.readBody(r, raw); bad != nil {
		return c.refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if route == "" {
		return c.index() // keys count under /wc alone
	}
	key, bad := s.authenticate(r)
	if bad != nil {
		return c.refuse(bad)
	}
	c.key = key
	if bad := permit(key, c.method); bad != nil {
		return c.refuse(bad)
	}
	rest, ok := strings.CutPrefix(route, "/wc/v3")
	if !ok {
		return c.refuse(noRoute())
	}
	c.parts = strings.Split(strings.Trim(rest, "/"), "/")
	handler := c.handler()
	if handler == nil {
		return c.refuse(noRoute())
	}
	if bad := c.rights(); bad != nil {
		return c.refuse(bad)
	}
	body, status, bad := handler()
	if bad != nil {
		return c.refuse(bad)
	}
	return answer{status, body}
}

func noRoute() *problem {
	return &problem{
		status: http.StatusNotFound, code: "rest_no_route",
		text: "No route was found matching the URL and request method.",
	}
}

func (c *call) refuse(p *problem) answer { return answer{p.status, p.document()} }

// handle is how an endpoint answers: a body with its status, or a problem.
type handle func() (any, int, *problem)

// handler finds the endpoint.
func (c *call) handler() handle {
	kind := c.parts[0]
	id, sub := int64(0), ""
	if len(c.parts) > 1 {
		var err error
		if id, err = strconv.ParseInt(c.parts[1], 10, 64); err != nil && kind != "settings" {
			return nil
		}
	}
	if len(c.parts) > 2 {
		sub = c.parts[2]
	}
	switch {
	case kind == "system_status" && len(c.parts) == 1 && c.method == http.MethodGet:
		return c.systemStatus
	case kind == "settings" && len(c.parts) > 1 && c.parts[1] == "general" && c.method == http.MethodGet:
		return func() (any, int, *problem) { return c.generalSettings(sub) }
	case kind == "orders" && sub == "refunds":
		return c.refundHandler(id)
	case kind == "refunds" && len(c.parts) == 1 && c.method == http.MethodGet && !c.s.before(9, 0):
		return c.listRefunds
	case len(c.parts) > 2:
		return nil
	}
	resource, ok := map[string]resource{
		"orders":    {c.listOrders, c.createOrder, c.getOrder, c.updateOrder, c.deleteOrder},
		"coupons":   {c.listCoupons, c.createCoupon, c.getCoupon, c.updateCoupon, c.deleteCoupon},
		"customers": {c.listCustomers, c.createCustomer, c.getCustomer, c.updateCustomer, c.deleteCustomer},
		"webhooks":  {c.listWebhooks, c.createWebhook, c.getWebhook, c.updateWebhook, c.deleteWebhook},
	}[kind]
	if !ok {
		return nil
	}
	return resource.pick(c.method, len(c.parts) > 1, id)
}

// resource is a kind of thing with its five endpoints.
type resource struct {
	list, create        handle
	get, update, remove func(id int64) (any, int, *problem)
}

func (r resource) pick(method string, one bool, id int64) handle {
	bind := func(f func(int64) (any, int, *problem)) handle {
		return func() (any, int, *problem) { return f(id) }
	}
	switch {
	case !one && (method == http.MethodGet || method == http.MethodHead):
		return r.list
	case !one && method == http.MethodPost:
		return r.create
	case one && (method == http.MethodGet || method == http.MethodHead):
		return bind(r.get)
	case one && slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, method):
		return bind(r.update)
	case one && method == http.MethodDelete:
		return bind(r.remove)
	}
	return nil
}

// rights refuses who may not: nobody with 401, a user who is no shop manager with 403. The sentences are
// those of the kind of request.
func (c *call) rights() *problem {
	status := 0
	switch u := c.owner(); {
	case c.key == nil || u == nil:
		status = http.StatusUnauthorized
	case !u.manages:
		status = http.StatusForbidden
	default:
		return nil
	}
	switch {
	case c.method == http.MethodGet || c.method == http.MethodHead:
		if len(c.parts) > 1 {
			return cannotView(status)
		}
		return &problem{status: status, code: "woocommerce_rest_cannot_view", text: "Sorry, you cannot list resources."}
	case c.method == http.MethodDelete:
		return &problem{status: status, code: "woocommerce_rest_cannot_delete", text: "Sorry, you are not allowed to delete this resource."}
	case len(c.parts) > 1:
		return &problem{status: status, code: "woocommerce_rest_cannot_edit", text: "Sorry, you are not allowed to edit this resource."}
	}
	return &problem{status: status, code: "woocommerce_rest_cannot_create", text: "Sorry, you are not allowed to create resources."}
}

func cannotView(status int) *problem {
	return &problem{status: status, code: "woocommerce_rest_cannot_view", text: "Sorry, you cannot view this resource."}
}

// owner is the user behind the key.
func (c *call) owner() *user {
	if c.key == nil {
		return nil
	}
	return c.s.st.users[c.key.UserID]
}

// readBody reads JSON or a form into the parameters of the body.
func (c *call) readBody(r *http.Request, raw []byte) *problem {
	c.body = map[string]json.RawMessage{}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil
		}
		for name := range form {
			c.body[name] = encode(form.Get(name))
		}
		return nil
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return nil // WordPress reads no other bodies
	}
	if err := json.Unmarshal(raw, &c.body); err != nil {
		return &problem{
			status: http.StatusBadRequest, code: "rest_invalid_json", text: "Invalid JSON body passed.",
			data: map[string]any{"json_error_code": 4, "json_error_message": "Syntax error"},
		}
	}
	return nil
}

// param is a parameter of the body or else of the query, as text; ok tells whether it was given and is a text
// or a number.
func (c *call) param(name string) (string, bool) {
	if raw, ok := c.body[name]; ok {
		return scalar(raw)
	}
	if c.query.Has(name) {
		return c.query.Get(name), true
	}
	return "", false
}

// scalar is the text of a JSON string, number or boolean.
func scalar(raw json.RawMessage) (string, bool) {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return "", false
	}
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// flag is a boolean parameter as WordPress reads it.
func (c *call) flag(name string) bool {
	text, _ := c.param(name)
	return text == "1" || strings.EqualFold(text, "true") || strings.EqualFold(text, "yes")
}

// list is a parameter that may come as a list or as text with commas.
func (c *call) list(name string) []string {
	if raw, ok := c.body[name]; ok {
		return texts(raw)
	}
	var out []string
	for key, values := range c.query {
		if key == name {
			for _, v := range values {
				out = append(out, splitList(v)...)
			}
		} else if strings.HasPrefix(key, name+"[") {
			out = append(out, values...)
		}
	}
	return out
}

// texts reads a list of scalars, or one.
func texts(raw json.RawMessage) []string {
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		if one, ok := scalar(raw); ok {
			return splitList(one)
		}
		return nil
	}
	var out []string
	for _, one := range all {
		if text, ok := scalar(one); ok {
			out = append(out, text)
		}
	}
	return out
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// ids reads a list of ids.
func (c *call) ids(name string) []int64 {
	out := []int64{}
	for _, text := range c.list(name) {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			out = append(out, id)
		}
	}
	return out
}

// link is the address of a route by which the shop was asked.
func (c *call) link(route string) string { return c.s.restURL(c.s.scheme()+"://"+c.host, route) }

// restURL is the address of a route at a base.
func (s *Server) restURL(base, route string) string {
	if s.opts.Plain {
		return base + "/index.php?rest_route=" + url.QueryEscape(route)
	}
	return base + "/wp-json" + route
}

// invalidID is what an endpoint says to an id that is none.
func invalidID(kind string, status int) *problem {
	return &problem{status: status, code: fmt.Sprintf("woocommerce_rest_%s_invalid_id", kind), text: "Invalid ID."}
}
