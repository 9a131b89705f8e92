package connectortest

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/simshop"
	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// good is a fixture that passes: that of a connector which is listed.
func good() Fixture {
	return Fixture{
		Open:   func(e connectors.Environment) (Connector, error) { return shopify.Open(e) },
		Start:  shopifytest.Simulate,
		Golden: "../shopify/testdata/webhooks",
		Writes: func(_ *http.Request, body []byte) bool { return bytes.Contains(body, []byte(`"mutation `)) },
		Signing: Signing{
			Header: "X-Shopify-Hmac-Sha256", Setting: "GRAPEVINE_SHOPIFY_CLIENT_SECRETS",
			Sign: func(l simshop.Letter, secret string, _ time.Time) http.Header {
				h := l.Header.Clone()
				h.Set("X-Shopify-Hmac-Sha256", shopifytest.Sign(secret, l.Body))
				return h
			},
		},
		Product: func(s simshop.Shop, price string) (string, error) {
			p, err := s.(*shopifytest.Stage).AddProduct(shopifytest.ProductInput{Title: "Mug", Price: price})
			if err != nil {
				return "", err
			}
			return strconv.FormatInt(p.ID, 10), nil
		},
	}
}

// faulty is a good connector with one thing wrong.
type faulty struct {
	Connector
	receive  func(c Connector, a connectors.Arrival) (connectors.Delivery, error)
	decode   func(c Connector, topic string, body []byte, at time.Time) (rewards.Event, error)
	order    func(o rewards.Order, err error) (rewards.Order, error)
	do       func(c Connector, ctx context.Context, s connectors.Shop, key string, a rewards.Action) (connectors.Receipt, error)
	find     func(r connectors.Receipt, err error) (connectors.Receipt, error)
	changes  func(p connectors.ChangesPage, err error) (connectors.ChangesPage, error)
	holdings func(h connectors.Holding) connectors.Holding
	can      func(c connectors.Capabilities) connectors.Capabilities
}

func (f faulty) Receive(a connectors.Arrival) (connectors.Delivery, error) {
	if f.receive != nil {
		return f.receive(f.Connector, a)
	}
	return f.Connector.Receive(a)
}

func (f faulty) Decode(topic string, body []byte, at time.Time) (rewards.Event, error) {
	if f.decode != nil {
		return f.decode(f.Connector, topic, body, at)
	}
	return f.Connector.Decode(topic, body, at)
}

func (f faulty) Order(ctx context.Context, s connectors.Shop, id string) (rewards.Order, error) {
	o, err := f.Connector.Order(ctx, s, id)
	if f.order != nil {
		return f.order(o, err)
	}
	return o, err
}

func (f faulty) Do(ctx context.Context, s connectors.Shop, key string, a rewards.Action) (connectors.Receipt, error) {
	if f.do != nil {
		return f.do(f.Connector, ctx, s, key, a)
	}
	return f.Connector.Do(ctx, s, key, a)
}

func (f faulty) Find(ctx context.Context, s connectors.Shop, a rewards.Action) (connectors.Receipt, error) {
	r, err := f.Connector.Find(ctx, s, a)
	if f.find != nil {
		return f.find(r, err)
	}
	return r, err
}

func (f faulty) Changes(ctx context.Context, s connectors.Shop, since time.Time, cursor string) (connectors.ChangesPage, error) {
	p, err := f.Connector.Changes(ctx, s, since, cursor)
	if f.changes != nil {
		return f.changes(p, err)
	}
	return p, err
}

func (f faulty) Holdings(ctx context.Context, s connectors.Shop, each func(connectors.Holding) error) error {
	if f.holdings == nil {
		return f.Connector.Holdings(ctx, s, each)
	}
	return f.Connector.Holdings(ctx, s, func(h connectors.Holding) error { return each(f.holdings(h)) })
}

func (f faulty) Capabilities() connectors.Capabilities {
	if f.can != nil {
		return f.can(f.Connector.Capabilities())
	}
	return f.Connector.Capabilities()
}

// altered gives an error's CallError other flags.
func altered(err error, f func(ce *connectors.CallError)) error {
	if err == nil {
		return nil
	}
	ce := *connectors.AsCallError(err)
	f(&ce)
	return &ce
}

// doing is faulty.do of a connector that does as it should and says something else.
func doing(say func(r connectors.Receipt, err error) (connectors.Receipt, error)) func(Connector, context.Context, connectors.Shop, string, rewards.Action) (connectors.Receipt, error) {
	return func(c Connector, ctx context.Context, s connectors.Shop, key string, a rewards.Action) (connectors.Receipt, error) {
		return say(c.Do(ctx, s, key, a))
	}
}

// clearly says of every failure that nothing was done.
func clearly(r connectors.Receipt, err error) (connectors.Receipt, error) {
	return r, altered(err, func(ce *connectors.CallError) { ce.Unclear = false })
}

// blindly sends again what may have been done.
func blindly(c Connector, ctx context.Context, s connectors.Shop, key string, a rewards.Action) (connectors.Receipt, error) {
	r, err := c.Do(ctx, s, key, a)
	if err != nil && connectors.AsCallError(err).Unclear {
		return c.Do(ctx, s, key, a)
	}
	return r, err
}

// unread takes every letter for signed.
func unread(c Connector, a connectors.Arrival) (connectors.Delivery, error) {
	d, err := c.Receive(a)
	if rewards.KindOf(err) == rewards.Denied {
		h := a.Header
		return connectors.Delivery{
			Platform: c.Name(), Domain: h.Get("X-Shopify-Shop-Domain"), Topic: h.Get("X-Shopify-Topic"), DeliveryID: h.Get("X-Shopify-Webhook-Id"), Body: a.Body,
		}, nil
	}
	return d, err
}

// TestTheSuiteFindsWhatIsWrong breaks a good connector in one way after the other: the part that is about it
// has to fail.
func TestTheSuiteFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		part  string
		fault faulty
	}{
		"the signature is ignored": {"signatures", faulty{receive: unread}},
		"the first of two signatures counts": {"signatures", faulty{receive: func(c Connector, a connectors.Arrival) (connectors.Delivery, error) {
			a.Header = a.Header.Clone()
			if v := a.Header.Get("X-Shopify-Hmac-Sha256"); v != "" {
				a.Header.Set("X-Shopify-Hmac-Sha256", v)
			}
			return c.Receive(a)
		}}},
		"the body is tidied before it is stored": {"signatures", faulty{receive: func(c Connector, a connectors.Arrival) (connectors.Delivery, error) {
			d, err := c.Receive(a)
			d.Body = append(slices.Clone(d.Body), '\n')
			return d, err
		}}},
		"a delivery is known by the second": {"deliveries", faulty{receive: func(c Connector, a connectors.Arrival) (connectors.Delivery, error) {
			d, err := c.Receive(a)
			d.DeliveryID = d.TriggeredAt.Format(time.RFC3339)
			return d, err
		}}},
		"each arrival is a delivery of its own": {"deliveries", faulty{receive: func(c Connector, a connectors.Arrival) (connectors.Delivery, error) {
			d, err := c.Receive(a)
			d.DeliveryID = rewards.NewID("d_")
			return d, err
		}}},
		"a body that cannot be read is passed over": {"bodies", faulty{decode: func(c Connector, topic string, body []byte, at time.Time) (rewards.Event, error) {
			e, err := c.Decode(topic, body, at)
			if err != nil {
				return rewards.Unheeded{Reason: "unreadable"}, nil
			}
			return e, nil
		}}},
		"a part of a body is kept": {"bodies", faulty{decode: func(c Connector, topic string, body []byte, at time.Time) (rewards.Event, error) {
			e, err := c.Decode(topic, body, at)
			if seen, ok := e.(rewards.OrderSeen); ok {
				if i := bytes.Index(body, []byte(seen.Order.ID)); i >= 0 {
					seen.Order.ID = unsafe.String(&body[i], len(seen.Order.ID))
				}
				return seen, err
			}
			return e, err
		}}},
		"a body that cannot be read is a panic": {"bodies", faulty{decode: func(c Connector, topic string, body []byte, at time.Time) (rewards.Event, error) {
			e, err := c.Decode(topic, body, at)
			if err != nil {
				panic(err)
			}
			return e, nil
		}}},
		"a body is fetched later": {"bodies", faulty{decode: func(c Connector, topic string, body []byte, at time.Time) (rewards.Event, error) {
			e, err := c.Decode(topic, body, at)
			if seen, ok := e.(rewards.OrderSeen); ok {
				return rewards.OrderTouched{OrderID: seen.Order.ID}, err
			}
			return e, err
		}}},
		"more is carried out than is claimed": {"capabilities", faulty{can: func(c connectors.Capabilities) connectors.Capabilities {
			c.Rewards = slices.DeleteFunc(slices.Clone(c.Rewards), func(k rewards.RewardKind) bool { return k == rewards.KindTag })
			return c
		}}},
		"a reduction is said and not made": {"capabilities", faulty{do: func(c Connector, ctx context.Context, s connectors.Shop, key string, a rewards.Action) (connectors.Receipt, error) {
			if reduce, ok := a.(rewards.ReduceCode); ok {
				return connectors.Receipt{ExternalID: reduce.ExternalID}, nil
			}
			return c.Do(ctx, s, key, a)
		}}},
		"a code that was used is not told of": {"capabilities", faulty{do: doing(func(r connectors.Receipt, err error) (connectors.Receipt, error) {
			r.Spent = false
			return r, err
		})}},
		"a write is sent again blindly":    {"acts in trouble", faulty{do: blindly}},
		"a write's 500 counts as not done": {"acts in trouble", faulty{do: doing(clearly)}},
		"every failure may have been done": {"acts in trouble", faulty{do: doing(func(r connectors.Receipt, err error) (connectors.Receipt, error) {
			return r, altered(err, func(ce *connectors.CallError) { ce.Unclear = true })
		})}},
		"a failure has no flags":     {"acts in trouble", faulty{do: doing(func(r connectors.Receipt, err error) (connectors.Receipt, error) { return r, flagless(err) })}},
		"trouble looks like absence": {"acts in trouble", faulty{find: absence}},
		"a throttled call is a failed one": {"acts in trouble", faulty{do: doing(func(r connectors.Receipt, err error) (connectors.Receipt, error) {
			return r, altered(err, func(ce *connectors.CallError) { ce.Throttled = false })
		})}},
		"what was not done is found": {"reading back", faulty{find: func(r connectors.Receipt, err error) (connectors.Receipt, error) { return r, nil }}},
		"a code of somebody else's is taken for ours": {"reading back", faulty{find: func(r connectors.Receipt, err error) (connectors.Receipt, error) {
			return r, unless(err, rewards.Conflict)
		}}},
		"an order that is not there is an empty order": {"reading back", faulty{order: func(o rewards.Order, err error) (rewards.Order, error) { return o, unless(err, rewards.NotFound) }}},
		"refunds are not seen":                         {"reading back", faulty{order: unrefunded}},
		"nothing that is held is ours": {"reading back", faulty{holdings: func(h connectors.Holding) connectors.Holding {
			h.Subject = ""
			return h
		}}},
		"a refused token is a failure like any other": {"a shop that cannot be called", faulty{do: doing(func(r connectors.Receipt, err error) (connectors.Receipt, error) {
			return r, altered(err, func(ce *connectors.CallError) { ce.Park = "" })
		})}},
		"only the first page of changes is told of": {"asking what changed", faulty{changes: func(p connectors.ChangesPage, err error) (connectors.ChangesPage, error) {
			p.Next = ""
			return p, err
		}}},
		"the last change of a page is lost": {"asking what changed", faulty{changes: func(p connectors.ChangesPage, err error) (connectors.ChangesPage, error) {
			if p.Next != "" {
				p.Deliveries = p.Deliveries[:len(p.Deliveries)-1]
			}
			return p, err
		}}},
		"a change is known by its order": {"asking what changed", faulty{changes: func(p connectors.ChangesPage, err error) (connectors.ChangesPage, error) {
			for i, d := range p.Deliveries {
				p.Deliveries[i].DeliveryID = strings.Join(strings.Split(d.DeliveryID, "/")[:3], "/")
			}
			return p, err
		}}},
		"a change is new each time": {"asking what changed", faulty{changes: func(p connectors.ChangesPage, err error) (connectors.ChangesPage, error) {
			for i := range p.Deliveries {
				p.Deliveries[i].DeliveryID = rewards.NewID("d_")
			}
			return p, err
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if failures := failuresOf(t, tc.part, with(tc.fault)); len(failures) == 0 {
				t.Errorf("the part %q does not notice", tc.part)
			}
		})
	}
}

// TestThePipelineFindsWhatIsWrong tells the story through connectors with one thing wrong.
func TestThePipelineFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		way   string
		fault faulty
	}{
		"the shop is asked and tells of nothing": {"no webhook at all, the shop asked after each step", faulty{changes: func(_ connectors.ChangesPage, err error) (connectors.ChangesPage, error) {
			return connectors.ChangesPage{}, err
		}}},
		"a delivery is known by its topic": {"as it happens", faulty{receive: func(c Connector, a connectors.Arrival) (connectors.Delivery, error) {
			d, err := c.Receive(a)
			d.DeliveryID = d.Topic
			return d, err
		}}},
		"a credit is said and not given": {"as it happens", faulty{do: func(c Connector, ctx context.Context, s connectors.Shop, key string, a rewards.Action) (connectors.Receipt, error) {
			if grant, ok := a.(rewards.GrantCredit); ok {
				return connectors.Receipt{ExternalID: grant.RewardID}, nil
			}
			return c.Do(ctx, s, key, a)
		}}},
		"refunds are not seen": {"as it happens", faulty{order: unrefunded}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := with(tc.fault)
			i := slices.IndexFunc(tellings(), func(w telling) bool { return w.name == tc.way })
			url := testdb.SQLite(t)
			failures := play(t, true, func(tb testing.TB) { f.build(tb, url, tellings()[i].asks).tell(tellings()[i]) })
			if len(failures) == 0 {
				t.Error("nobody notices")
			}
		})
	}
}

// with is the good fixture with a connector that has one thing wrong.
func with(wrong faulty) Fixture {
	f := good()
	f.Open = func(e connectors.Environment) (Connector, error) {
		c, err := shopify.Open(e)
		wrong := wrong
		wrong.Connector = c
		return wrong, err
	}
	return f
}

// unrefunded tells every line as it was bought.
func unrefunded(o rewards.Order, err error) (rewards.Order, error) {
	for i := range o.Lines {
		o.Lines[i].Current = o.Lines[i].Quantity
	}
	return o, err
}

// A record of a good connector is empty: what is found above is found because of what is wrong.
func TestTheSuiteFindsNothingWhereNothingIsWrong(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"signatures", "deliveries", "capabilities", "reading back", "a shop that cannot be called", "asking what changed"} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			for _, f := range failuresOf(t, part, good()) {
				t.Error(f)
			}
		})
	}
}

// failuresOf plays one part until something fails, and returns what.
func failuresOf(t *testing.T, name string, f Fixture) []string {
	t.Helper()
	i := slices.IndexFunc(parts(), func(p part) bool { return p.name == name })
	if i < 0 {
		t.Fatalf("there is no part %q", name)
	}
	return play(t, true, func(tb testing.TB) { parts()[i].play(tb, f) })
}

// flagless forgets what an error says beside its kind.
func flagless(err error) error {
	if err == nil {
		return nil
	}
	return rewards.Errorf(rewards.KindOf(err), rewards.CodeOf(err), "%s", err.Error())
}

// absence says that what could not be looked at is not there.
func absence(r connectors.Receipt, err error) (connectors.Receipt, error) {
	if err != nil && rewards.KindOf(err) == rewards.Unavailable {
		return r, &connectors.CallError{Cause: rewards.Errorf(rewards.NotFound, "not_done", "%w", err)}
	}
	return r, err
}

// unless passes over errors of a kind.
func unless(err error, kind rewards.Kind) error {
	if err != nil && rewards.KindOf(err) == kind {
		return nil
	}
	return err
}

// A test that is recorded ends like any other: at its first Fatal, with what is to be cleaned up done, and
// what failed below it failed.
func TestARecordIsATest(t *testing.T) {
	t.Parallel()
	var steps []string
	failures := play(t, false, func(tb testing.TB) {
		tb.Cleanup(func() { steps = append(steps, "cleaned up") })
		run(tb, "one", func(tb testing.TB) {
			tb.Cleanup(func() { steps = append(steps, "one cleaned up") })
			tb.Fatalf("ends with %d", 1)
			steps = append(steps, "never")
		})
		run(tb, "two", func(tb testing.TB) {
			run(tb, "three", func(testing.TB) { panic(errors.New("falls")) })
			if !tb.Failed() {
				steps = append(steps, "does not know")
			}
		})
		tb.Error("goes", "on")
		steps = append(steps, "went on")
	})
	if want := []string{"one: ends with 1", "two: three: panic: falls", "goes on"}; !slices.Equal(failures, want) {
		t.Errorf("failures %q, want %q", failures, want)
	}
	if want := []string{"one cleaned up", "went on", "cleaned up"}; !slices.Equal(steps, want) {
		t.Errorf("steps %q, want %q", steps, want)
	}
}
