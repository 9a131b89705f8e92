package stripetest

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// keepEvents is how long events can be read. Source: docs.stripe.com/api/events.
const keepEvents = 30 * 24 * time.Hour

// cause is the call that an event came of; empty: it came of itself.
type cause struct{ request, key string }

// event is one event object. What it tells was true when it was made, and stays so.
type event struct {
	id, kind   string
	created    int64
	data       json.RawMessage
	cause      cause
	account    *Account
	deliveries []*delivery
}

func (e *event) key() string { return e.id }
func (e *event) at() int64   { return e.created }

func (e *event) view(a *Account) object { return e.body(a.s.opts.DefaultVersion, a.s.post.pending(e)) }

// body is the event as an endpoint of an API version gets it.
func (e *event) body(version string, pending int) object {
	return object{
		"id": e.id, "object": "event", "api_version": version, "created": e.created, "data": e.data, "livemode": e.account.live,
		"pending_webhooks": pending, "request": object{"id": orNil(e.cause.request), "idempotency_key": orNil(e.cause.key)}, "type": e.kind,
	}
}

// event makes an event of a thing as it is now.
func (a *Account) event(kind string, of, previous object) *event {
	data := object{"object": of}
	if previous != nil {
		data["previous_attributes"] = previous
	}
	return &event{id: a.s.newID("evt_", 24), kind: kind, created: a.s.now().Unix(), data: mustJSON(data), cause: a.s.cause, account: a}
}

// emit makes an event and sends it, or lets it wait for those that belong to it.
func (a *Account) emit(kind string, of, previous object) {
	e := a.event(kind, of, previous)
	if a.batch != nil {
		*a.batch = append(*a.batch, e)
		return
	}
	a.publish([]*event{e})
}

// emitChange is emit for something that changed; nothing is told if it did not.
func (a *Account) emitChange(kind string, before, after object) {
	if previous := changed(before, after); len(previous) > 0 {
		a.emit(kind, after, previous)
	}
}

// changed is what previous_attributes tells: the old values of what is different, nested as the object is.
func changed(before, after object) object {
	out := object{}
	for k, now := range after {
		was, had := before[k]
		if had && reflect.DeepEqual(was, now) {
			continue
		}
		inside, isObject := was.(object)
		if next, ok := now.(object); ok && isObject {
			out[k] = changed(inside, next)
			continue
		}
		out[k] = was
	}
	for k, was := range before {
		if _, still := after[k]; !still {
			out[k] = was
		}
	}
	return out
}

// together carries out what makes several events of one thing that happened. They come in an order that is
// not always the logical one: Stripe promises none.
func (a *Account) together(f func()) {
	var events []*event
	a.batch = &events
	f()
	a.batch = nil
	if a.s.rng.IntN(2) == 1 {
		a.s.rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	}
	a.publish(events)
}

// publish stores events and sends each to the endpoints that ask for it.
func (a *Account) publish(events []*event) {
	for _, e := range events {
		a.events = append(a.events, e)
		a.things[e.id] = e
		to := a.audience(e)
		for _, p := range to {
			body := e.body(p.versionOr(a.s.opts.DefaultVersion), len(to))
			if p.connect {
				body["account"] = a.id
			}
			e.deliveries = append(e.deliveries, &delivery{event: e, endpoint: p, body: mustJSON(body)})
		}
		a.s.post.add(e.deliveries)
	}
}

// audience is the endpoints that get an event: the account's own, and its platform's Connect endpoints. A
// live Connect endpoint hears of test events too. Source: docs.stripe.com/connect/webhooks.
func (a *Account) audience(e *event) (out []*endpoint) {
	for _, x := range a.s.accounts {
		own := x == a
		platform := a.platform != nil && !a.parted && x.id == a.platform.id && (x.live == a.live || x.live)
		if !own && !platform || own && e.kind == "account.application.deauthorized" {
			continue
		}
		for _, p := range x.endpoints {
			if p.connect != own && p.wants(e.kind) {
				out = append(out, p)
			}
		}
	}
	return out
}

func eventRoutes() []route {
	return []route{
		{http.MethodGet, "/v1/events", texts("type", "types.*").and(kindBool, "delivery_success").listing().dated(), listEvents},
		{http.MethodGet, "/v1/events/{id}", reading(), func(r request) (object, error) {
			e, ok := find[*event](r.a, r.ids[0])
			if !ok || r.a.forgotten(e) {
				return nil, missing("event", r.ids[0], "id")
			}
			return e.view(r.a), nil
		}},
	}
}

// forgotten tells whether an event is too old to be read.
func (a *Account) forgotten(e *event) bool {
	return e.created < a.s.now().Add(-keepEvents).Unix()
}

func listEvents(r request) (object, error) {
	types := r.list("types")
	switch {
	case len(types) > 0 && r.has("type"):
		return nil, badParam("", "types", "You may only specify one of these parameters: type, types.")
	case len(types) > 20:
		return nil, badParam("", "types", "Invalid array: must have at most 20 elements.")
	}
	return page(r, "/v1/events", r.a.events, func(e *event) bool {
		switch {
		case r.a.forgotten(e):
			return false
		case len(types) > 0 && !slices.Contains(types, e.kind):
			return false
		case r.has("delivery_success") && (r.text("delivery_success") == "true") != r.a.s.post.succeeded(e):
			return false
		}
		if family, all := strings.CutSuffix(r.text("type"), "*"); all {
			return strings.HasPrefix(e.kind, family)
		}
		return r.is("type", e.kind)
	})
}

// Event is one event object, for tests to look at.
type Event struct {
	ID   string
	Type string
	Data json.RawMessage // {"object":…, "previous_attributes":…}
}

// Events are all events so far, oldest first.
func (a *Account) Events() []Event {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	out := []Event{}
	for _, e := range a.events {
		out = append(out, Event{e.id, e.kind, slices.Clone(e.data)})
	}
	return out
}

// RepeatEvent makes a second event object, with an id of its own, for the change that an event tells of.
// Source: docs.stripe.com/webhooks ("in some cases, two separate Event objects are generated").
func (a *Account) RepeatEvent(id string) (newID string, err error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	e, ok := find[*event](a, id)
	if !ok {
		return "", refuse("not_found", "no event %s", id)
	}
	again := &event{id: a.s.newID("evt_", 24), kind: e.kind, created: a.s.now().Unix(), data: e.data, cause: e.cause, account: a}
	a.publish([]*event{again})
	return again.id, nil
}
