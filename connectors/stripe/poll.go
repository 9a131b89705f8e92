package stripe

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	// windowPages bounds how many pages of a hundred one look reads.
	windowPages = 5
	// keptFor is how long Stripe keeps events. Source: API 2023-10-16, "List all events".
	keptFor = 30 * 24 * time.Hour
)

// Rhythm tells how often an account is asked. Stripe repeats a webhook for three days, so this is for what even
// that did not bring: the endpoint was switched off, or the machine was.
func (s *Stripe) Rhythm() connectors.Rhythm {
	return connectors.Rhythm{Every: 15 * time.Minute, Overlap: 10 * time.Minute, Back: 48 * time.Hour}
}

// span is a part of time that is listed at once, both ends with it. Stripe lists the newest first; to give the
// oldest first, a span that is too full for one look is halved.
type span struct {
	from, to int64 // seconds; to 0: open
	end      int64 // where the whole listing ends; 0: not known yet
}

// String writes a span as a cursor.
func (w span) String() string {
	return strings.Join([]string{strconv.FormatInt(w.from, 10), strconv.FormatInt(w.to, 10), strconv.FormatInt(w.end, 10)}, " ")
}

// parseSpan reads a cursor. Kind Invalid, code bad_cursor.
func parseSpan(cursor string) (span, error) {
	var n [3]int64
	parts := strings.Split(cursor, " ")
	bad := len(parts) != len(n)
	for i := range n {
		if !bad {
			v, err := strconv.ParseInt(parts[i], 10, 64)
			n[i], bad = v, err != nil || v < 0
		}
	}
	if bad || n[1] < n[0] || n[2] < n[1] {
		return span{}, call(rewards.Errorf(rewards.Invalid, "bad_cursor", "%.80q is no place in a list of Stripe's", cursor))
	}
	return span{from: n[0], to: n[1], end: n[2]}, nil
}

// halved is the first half of a span.
func (w span) halved() span {
	w.to = w.from + (w.to-w.from)/2
	return w
}

// next is the span after one that was listed whole: twice as long if it was nearly empty. ok is false after
// the last.
func (w span) next(sparse bool) (span, bool) {
	if w.to >= w.end {
		return span{}, false
	}
	long := w.to - w.from + 1
	if sparse {
		long *= 2
	}
	return span{from: w.to + 1, to: min(w.to+max(long, 1), w.end), end: w.end}, true
}

// whole tells that a span cannot be halved any more: it is one second.
func (w span) whole() bool { return w.to <= w.from }

// within is the span as Stripe's filter.
func (w span) within() *stripego.RangeQueryParams {
	return &stripego.RangeQueryParams{GreaterThanOrEqual: w.from, LesserThanOrEqual: w.to}
}

// Changes lists the events since a moment that webhooks send too, the oldest first, each with its own bytes and
// its own id: what a webhook has brought is known by it. Events are kept for thirty days.
//
// Every error is a *connectors.CallError. Kind Invalid, code bad_cursor.
func (s *Stripe) Changes(ctx context.Context, shop connectors.Shop, since time.Time, cursor string) (connectors.ChangesPage, error) {
	c, err := s.caller(shop)
	if err != nil {
		return connectors.ChangesPage{}, err
	}
	var w span
	var page connectors.ChangesPage
	if cursor == "" {
		w.from = max(since.Unix(), s.opts.Now().Add(-keptFor).Unix(), 1)
	} else if w, err = parseSpan(cursor); err != nil {
		return page, err
	}
	events, whole, err := c.events(ctx, w)
	if err != nil {
		return page, err
	}
	if w.end == 0 { // the first look, up to now by Stripe's own clock
		page.Until = c.at
		w.end = max(c.at.Unix(), w.from)
		w.to = w.end
	}
	if !whole {
		page.Next = w.halved().String()
		return page, nil
	}
	for _, e := range slices.Backward(events) {
		d, err := s.delivery(shop, e)
		if err != nil {
			return page, err
		}
		page.Deliveries = append(page.Deliveries, d)
	}
	if next, more := w.next(len(events) < perPage); more {
		page.Next = next.String()
	}
	return page, nil
}

// delivery is an event as its webhook would be.
func (s *Stripe) delivery(shop connectors.Shop, raw jsontext.Value) (connectors.Delivery, error) {
	var e eventBody
	if err := parse(raw, &e); err != nil {
		return connectors.Delivery{}, connectors.Unreadable(false, "an event: %w", err)
	}
	d := connectors.Delivery{Platform: Name, Domain: shop.Domain, Topic: e.Type, DeliveryID: e.ID, TriggeredAt: e.at(), Body: raw}
	if modeOfEvent(e.Livemode) != modeOfDomain(shop.Domain) { // a key sees its own mode only
		d.Topic = otherMode + e.Type
	}
	return d, nil
}

// events lists what happened in a span, the newest first. whole is false where there is more than one look
// takes, and less time can be asked for.
func (c *caller) events(ctx context.Context, w span) (all []jsontext.Value, whole bool, err error) {
	after := ""
	for n := 0; ; n++ {
		var next page[jsontext.Value]
		err := c.list(ctx, "listing events", after, &next, func(p stripego.ListParams) error {
			q := &stripego.EventListParams{ListParams: p, Types: stripego.StringSlice(Topics())}
			q.CreatedRange = w.within()
			return c.api.Events.List(q).Err()
		})
		if err != nil {
			return nil, false, err
		}
		all = append(all, next.Data...)
		if !next.More || len(next.Data) == 0 {
			return all, true, nil
		}
		if n+1 >= windowPages && (w.end == 0 || !w.whole()) {
			return nil, false, nil
		}
		var last bare
		if err := parse(next.Data[len(next.Data)-1], &last); err != nil {
			return nil, false, connectors.Unreadable(false, "an event: %w", err)
		}
		after = last.ID
	}
}
