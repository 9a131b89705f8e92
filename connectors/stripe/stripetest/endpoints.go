package stripetest

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
)

// maxEndpoints is how many webhook endpoints an account may have. Source: docs.stripe.com/webhooks.
const maxEndpoints = 16

// endpoint is a webhook endpoint. Its secret is told once.
type endpoint struct {
	id, url, version, description string
	events                        []string
	connect, disabled, deleted    bool
	byHand                        bool     // made in the dashboard
	secrets                       []string // newest first; several while one is being rolled
	created                       int64
	metadata                      map[string]string
}

func (p *endpoint) key() string { return p.id }
func (p *endpoint) at() int64   { return p.created }

func (p *endpoint) versionOr(other string) string {
	if p.version == "" {
		return other
	}
	return p.version
}

// wants tells whether the endpoint is to get events of a type.
func (p *endpoint) wants(kind string) bool {
	return !p.disabled && !p.deleted && (slices.Contains(p.events, "*") || slices.Contains(p.events, kind))
}

func (p *endpoint) view(a *Account) object {
	status := "enabled"
	if p.disabled {
		status = "disabled"
	}
	return object{
		"id": p.id, "object": "webhook_endpoint", "api_version": orNil(p.version), "application": nil, "created": p.created,
		"description": orNil(p.description), "enabled_events": slices.Clone(p.events), "livemode": a.live, "metadata": stringMap(p.metadata),
		"status": status, "url": p.url,
	}
}

func endpointRoutes() []route {
	const path = "/v1/webhook_endpoints"
	fields := texts("url", "enabled_events.*").and(kindFree, "description").writing()
	return []route{
		{http.MethodPost, path, fields.and(kindText, "api_version").and(kindBool, "connect"), createEndpoint},
		{http.MethodGet, path, spec{}.listing(), func(r request) (object, error) {
			return page(r, path, r.a.endpoints, func(p *endpoint) bool { return !p.deleted })
		}},
		{http.MethodGet, path + "/{id}", reading(), func(r request) (object, error) {
			p, err := r.endpoint()
			if err != nil {
				return nil, err
			}
			return p.view(r.a), nil
		}},
		{http.MethodPost, path + "/{id}", fields.and(kindBool, "disabled"), updateEndpoint},
		{http.MethodDelete, path + "/{id}", spec{}, func(r request) (object, error) {
			p, err := r.endpoint()
			if err != nil {
				return nil, err
			}
			p.deleted = true
			return object{"id": p.id, "object": "webhook_endpoint", "deleted": true}, nil
		}},
	}
}

// endpoint finds the endpoint that the path names.
func (r request) endpoint() (*endpoint, error) {
	p, ok := find[*endpoint](r.a, r.ids[0])
	if !ok || p.deleted {
		return nil, missing("webhook endpoint", r.ids[0], "id")
	}
	return p, nil
}

var versionForm = regexp.MustCompile(`^20\d\d-\d\d-\d\d(\.[a-z]+)?$`)

func createEndpoint(r request) (object, error) {
	address, missed := r.need("url")
	if missed != nil {
		return nil, missed
	}
	if _, missed := r.need("enabled_events"); missed != nil {
		return nil, missed
	}
	p := &endpoint{
		url: address, events: r.list("enabled_events"), version: r.text("api_version"), description: r.text("description"),
		connect: r.text("connect") == "true",
	}
	if err := p.check(r); err != nil {
		return nil, err
	}
	live := 0
	for _, q := range r.a.endpoints {
		if !q.deleted {
			live++
		}
	}
	if live >= maxEndpoints {
		return nil, badRequest("", "", "You have reached the maximum of %d webhook endpoints.", maxEndpoints)
	}
	r.a.addEndpoint(p)
	out := p.view(r.a)
	out["secret"] = p.secrets[0]
	return out, nil
}

// addEndpoint stores an endpoint with a secret.
func (a *Account) addEndpoint(p *endpoint) {
	p.id, p.created, p.secrets = a.s.newID("we_", 24), a.s.now().Unix(), []string{a.s.newID("whsec_", 32)}
	a.endpoints = append(a.endpoints, p)
	a.things[p.id] = p
}

// check refuses what cannot be, and takes the metadata.
func (p *endpoint) check(r request) error {
	u, err := url.Parse(p.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return badRequest("url_invalid", "url", "Invalid URL: %s", p.url)
	}
	for _, kind := range p.events {
		if kind != "*" && !slices.Contains(eventTypes(), kind) {
			return badRequest("", "enabled_events", "Invalid enabled_events: %s is no event type of API version %s", kind, APIVersion)
		}
	}
	if slices.Contains(p.events, "*") && len(p.events) > 1 {
		return badRequest("", "enabled_events", "You may not specify '*' with other events")
	}
	if p.version != "" && !versionForm.MatchString(p.version) {
		return badRequest("", "api_version", "Invalid API version: %s", p.version)
	}
	metadata, bad := r.metadata(p.metadata)
	if bad != nil {
		return bad
	}
	p.metadata = metadata
	return nil
}

func updateEndpoint(r request) (object, error) {
	p, err := r.endpoint()
	if err != nil {
		return nil, err
	}
	next := *p
	if r.has("url") {
		next.url = r.text("url")
	}
	if r.has("enabled_events") {
		next.events = r.list("enabled_events")
	}
	if r.has("description") {
		next.description = r.text("description")
	}
	if r.has("disabled") {
		next.disabled = r.text("disabled") == "true"
	}
	if err := next.check(r); err != nil {
		return nil, err
	}
	*p = next
	return p.view(r.a), nil
}

// AddEndpoint makes a webhook endpoint by hand, as the owner might in the dashboard: with the account's
// version, for these types of events (none: all). connect makes it one for connected accounts.
func (a *Account) AddEndpoint(address string, connect bool, types ...string) (id, secret string) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if len(types) == 0 {
		types = []string{"*"}
	}
	p := &endpoint{url: address, events: slices.Clone(types), connect: connect, byHand: true, metadata: map[string]string{}}
	a.addEndpoint(p)
	return p.id, p.secrets[0]
}

// RollSecret gives an endpoint a new secret. With overlap the old ones sign as well, as within the 24 hours
// that Stripe offers; without, they are worth nothing from now on.
func (a *Account) RollSecret(endpointID string, overlap bool) (secret string, err error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	p, ok := find[*endpoint](a, endpointID)
	if !ok || p.deleted {
		return "", refuse("not_found", "no webhook endpoint %s", endpointID)
	}
	secret = a.s.newID("whsec_", 32)
	old := p.secrets
	p.secrets = []string{secret}
	if overlap {
		p.secrets = append(p.secrets, old...)
	}
	return secret, nil
}

// DisableEndpoint does what Stripe does to an endpoint that fails for days.
func (a *Account) DisableEndpoint(endpointID string) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	p, ok := find[*endpoint](a, endpointID)
	if !ok || p.deleted {
		return refuse("not_found", "no webhook endpoint %s", endpointID)
	}
	p.disabled = true
	return nil
}

// Endpoint is a webhook endpoint, for tests to look at.
type Endpoint struct {
	ID, URL, Version string
	Events           []string
	Connect, Enabled bool
	ByHand           bool     // by AddEndpoint, not through the API
	Secrets          []string // newest first
	Metadata         map[string]string
}

// Endpoints are the endpoints that are not deleted, oldest first.
func (a *Account) Endpoints() []Endpoint {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	out := []Endpoint{}
	for _, p := range a.endpoints {
		if !p.deleted {
			out = append(out, Endpoint{p.id, p.url, p.version, slices.Clone(p.events), p.connect, !p.disabled, p.byHand, slices.Clone(p.secrets), p.metadata})
		}
	}
	return out
}
