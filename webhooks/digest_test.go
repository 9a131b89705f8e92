package webhooks

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// books is an InboxTx that remembers what it was told. Codes that it knows are of ours.
type books struct {
	ours    map[string]bool
	plain   map[string]rewards.Order
	jobs    []ShopJob
	traced  []string
	applied []rewards.Event
}

func (b *books) Unpack(_, packed []byte) ([]byte, error) { return packed, nil }

func (b *books) Concerns(_ context.Context, qs []OrderQuestion) ([]bool, error) {
	out := make([]bool, len(qs))
	for i, q := range qs {
		out[i] = b.ours["order "+q.OrderID]
		for _, c := range q.Codes {
			out[i] = out[i] || b.ours[c]
		}
	}
	return out, nil
}

func (b *books) RecordPlain(_ context.Context, orders []ShopOrder) error {
	for _, o := range orders {
		b.plain[o.ShopID+" "+o.Order.ID] = o.Order
	}
	return nil
}

func (b *books) Trace(_ context.Context, orders []ShopOrder) error {
	for _, o := range orders {
		b.traced = append(b.traced, o.ShopID+" "+o.Order.ID)
	}
	return nil
}

func (b *books) Enqueue(_ context.Context, jobs []ShopJob) error {
	b.jobs = append(b.jobs, jobs...)
	return nil
}

func (b *books) Apply(_ context.Context, _ string, e rewards.Event, _ time.Time) (string, error) {
	b.applied = append(b.applied, e)
	return "applied", nil
}

// script is a Source whose topics say what their bodies mean.
type script map[string]func() (rewards.Event, error)

func (script) Name() string { return "script" }

func (script) Capabilities() connectors.Capabilities { return connectors.Capabilities{} }

func (script) Receive(connectors.Arrival) (connectors.Delivery, error) {
	return connectors.Delivery{}, nil
}

func (s script) Decode(topic string, _ []byte, _ time.Time) (rewards.Event, error) { return s[topic]() }

func TestDigest(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	order := func(id, code string, at time.Time) func() (rewards.Event, error) {
		return func() (rewards.Event, error) {
			o := rewards.Order{ID: id, UpdatedAt: at, Customer: &rewards.Person{ID: "c1", Email: "ben@example.com"}}
			if code != "" {
				o.Codes = []rewards.AppliedCode{{Code: code}}
			}
			return rewards.OrderSeen{Order: o}, nil
		}
	}
	is := func(e rewards.Event) func() (rewards.Event, error) {
		return func() (rewards.Event, error) { return e, nil }
	}
	asked := func(id string) func() (rewards.Event, error) { // it leaves open which codes there are
		return func() (rewards.Event, error) {
			e, err := order(id, "", at)()
			return rewards.OrderSeen{Order: e.(rewards.OrderSeen).Order, Ask: true}, err
		}
	}
	source := script{
		"plain":       order("1", "", at),
		"plain older": order("1", "", at.Add(-time.Hour)),
		"ours":        order("2", " anna-7q2m ", at),
		"foreign":     order("3", "SUMMER", at),
		"known":       is(rewards.OrderTouched{OrderID: "4", At: at}),
		"unknown":     is(rewards.OrderTouched{OrderID: "5"}),
		"garbage":     func() (rewards.Event, error) { return nil, rewards.Errorf(rewards.Invalid, "bad_json", "no") },
		"other":       is(rewards.Unheeded{Reason: "unknown_topic"}),
		"request":     is(rewards.DataRequested{CustomerID: "c9"}),
		"gone":        is(rewards.CustomerGone{CustomerID: "c8"}),
		"uninstalled": is(rewards.AppUninstalled{At: at}),
		"open":        asked("6"),
		"by a name":   is(rewards.OrderTouched{OrderID: "7", At: at, Ask: true}),
		"broken":      is(rewards.HooksBroken{Reason: "hooks_empty"}),
	}
	want := map[string]Digested{
		"plain":       {Status: EventDone, OrderID: "1", CustomerID: "c1"},
		"plain older": {Status: EventDone, OrderID: "1", CustomerID: "c1"},
		"ours":        {Status: EventConfirming, OrderID: "2", CustomerID: "c1"},
		"foreign":     {Status: EventDone, OrderID: "3", CustomerID: "c1"},
		"known":       {Status: EventConfirming, OrderID: "4"},
		"unknown":     {Status: EventDone, Reason: "not_referred", OrderID: "5"},
		"garbage":     {Status: EventQuarantined, Reason: "bad_json"},
		"other":       {Status: EventIgnored, Reason: "unknown_topic"},
		"request":     {Status: EventHeld, Reason: "data_request", CustomerID: "c9"},
		"gone":        {Status: EventDone, Reason: "applied", CustomerID: "c8"},
		"uninstalled": {Status: EventDone, Reason: "applied"},
		"open":        {Status: EventConfirming, OrderID: "6", CustomerID: "c1"},
		"by a name":   {Status: EventConfirming, OrderID: "7"},
		"broken":      {Status: EventHeld, Reason: "hooks_empty"},
	}
	var events []Event
	for topic := range want {
		events = append(events, Event{ShopID: "s", Platform: "script", Topic: topic})
	}
	d := &digester{sources: map[string]Source{"script": source}, seal: func(_ string, o *rewards.Order) {
		if p := o.Customer; p != nil {
			p.EmailKey, p.Email = "sealed", ""
		}
	}}
	b := &books{ours: map[string]bool{"ANNA-7Q2M": true, "order 4": true}, plain: map[string]rewards.Order{}}
	got, err := d.digest(t.Context(), b, events)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		if got[i] != want[e.Topic] {
			t.Errorf("%s: %+v, want %+v", e.Topic, got[i], want[e.Topic])
		}
	}
	if len(b.plain) != 2 || !b.plain["s 1"].UpdatedAt.Equal(at) || b.plain["s 1"].Customer.Email != "" {
		t.Errorf("recorded %v: want orders 1 (its newer state, sealed) and 3", b.plain)
	}
	for _, j := range b.jobs {
		if !j.Hint.Equal(at) {
			t.Errorf("order %s is to be read as of %s, want %s", j.Subject, j.Hint, at)
		}
	}
	if slices.Sort(b.traced); fmt.Sprint(b.traced) != "[s 2 s 6]" {
		t.Errorf("kept where %v came from, want that of the orders that will be read", b.traced)
	}
	if len(b.jobs) != 4 || len(b.applied) != 2 {
		t.Errorf("%d jobs and %d applied events, want 4 and 2", len(b.jobs), len(b.applied))
	}
}

func TestAnOrderIsAskedAboutByItsCodesLinksAndBuyer(t *testing.T) {
	t.Parallel()
	o := rewards.Order{ID: "1", Customer: &rewards.Person{ID: "c1", EmailKey: "sealed"},
		Codes: []rewards.AppliedCode{{Code: " anna-7q2m"}, {Code: "\u200b"}}, Touches: []rewards.Touch{{Code: "ben-44xy"}}}
	got := questionOf("s", o)
	want := OrderQuestion{ShopID: "s", OrderID: "1", Codes: []string{"ANNA-7Q2M"}, Links: []string{"BEN-44XY"}, CustomerID: "c1", EmailKey: "sealed"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	o.Codes, o.Touches = slices.Repeat(o.Codes[:1], 100), slices.Repeat(o.Touches, 100)
	if got := questionOf("s", o); len(got.Codes) != rewards.MaxCodes+1 || len(got.Links) != rewards.MaxCodes {
		t.Errorf("%d codes and %d links are asked about", len(got.Codes), len(got.Links))
	}
}

// spoilt is an InboxTx whose bodies cannot be unpacked.
type spoilt struct{ books }

func (*spoilt) Unpack(_, _ []byte) ([]byte, error) {
	return nil, rewards.Errorf(rewards.Internal, "bad_body", "not packed")
}

// The store then tries the events one by one.
func TestABodyThatCannotBeUnpackedFailsItsBatchByName(t *testing.T) {
	t.Parallel()
	d := &digester{sources: map[string]Source{"script": script{}}}
	_, err := d.digest(t.Context(), &spoilt{}, []Event{{ID: 17, Platform: "script", Topic: "x"}})
	if rewards.CodeOf(err) != "bad_body" || !strings.Contains(err.Error(), "event 17") {
		t.Errorf("got %v, want code bad_body of event 17", err)
	}
}

func TestAPanicInADecoderIsAnError(t *testing.T) {
	t.Parallel()
	d := &digester{sources: map[string]Source{"script": script{}}} // an unknown topic calls nil
	_, err := d.digest(t.Context(), &books{}, []Event{{Platform: "script", Topic: "x"}})
	if rewards.CodeOf(err) != "panic" {
		t.Errorf("got %v, want code panic", err)
	}
}

func TestAnUnknownPlatformIsQuarantined(t *testing.T) {
	t.Parallel()
	d := &digester{}
	got, err := d.digest(t.Context(), &books{}, []Event{{Platform: "no such"}})
	if err != nil || got[0].Status != EventQuarantined {
		t.Errorf("got %v, %v", got, err)
	}
}
