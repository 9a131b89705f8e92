package stripe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	maxAnswer = 8 << 20 // bytes of an answer; a page of a hundred events is far below
	perPage   = 100     // the longest page that Stripe gives
)

// caller carries one chain of calls to one account, one call after the other.
type caller struct {
	s    *Stripe
	shop connectors.Shop
	wire *wire
	api  *client.API
	at   time.Time // of the first answer, by Stripe's clock
}

// caller prepares calls to a shop. Every error is a *connectors.CallError.
func (s *Stripe) caller(shop connectors.Shop) (*caller, error) {
	if err := admit(shop); err != nil {
		return nil, err
	}
	base := "" // Stripe's own
	if shop.APIURL != "" {
		if err := s.CheckAPIURL(shop.APIURL); err != nil {
			return nil, call(err)
		}
		base = shop.APIURL
	}
	w := &wire{next: s.transport}
	// Redirects are not followed, so that a key stays with the host it was meant for; cookies are not kept.
	hc := &http.Client{Transport: w, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &caller{s: s, shop: shop, wire: w, api: client.New(shop.Token, &stripego.Backends{
		API:     backend(stripego.APIBackend, base, hc),
		Connect: backend(stripego.ConnectBackend, base, hc),
		Uploads: backend(stripego.UploadsBackend, base, hc),
	})}, nil
}

// backend makes one backend of the library, at Stripe's own address of it or at another. The library writes
// into the configuration that it is given, so each has one of its own: with a shared one, all would go where
// the first goes.
func backend(kind stripego.SupportedBackend, base string, hc *http.Client) stripego.Backend {
	config := &stripego.BackendConfig{
		HTTPClient: hc,
		// Whoever asked tries again: the library would sleep past a deadline, and not after every trouble.
		MaxNetworkRetries: stripego.Int64(0),
		EnableTelemetry:   stripego.Bool(false),
		LeveledLogger:     &stripego.LeveledLogger{Level: stripego.LevelNull},
	}
	if base != "" {
		config.URL = stripego.String(base)
	}
	return stripego.GetBackendWithConfig(kind, config)
}

// account is the header Stripe-Account of calls for a connected account; nil for an account's own key.
func (c *caller) account() *string {
	if !connected(c.shop) {
		return nil
	}
	return stripego.String(c.shop.Settings[SettingAccount])
}

// get reads one thing into out. do makes the call with the parameters it is given.
func (c *caller) get(ctx context.Context, operation string, out any, do func(p stripego.Params) error) error {
	return c.ask(ctx, operation, false, out, func(ctx context.Context) error {
		return do(stripego.Params{Context: ctx, StripeAccount: c.account()})
	})
}

// list reads one page of a list into out, beginning after the thing of that id.
func (c *caller) list(ctx context.Context, operation, after string, out any, do func(p stripego.ListParams) error) error {
	return c.ask(ctx, operation, false, out, func(ctx context.Context) error {
		p := stripego.ListParams{Context: ctx, StripeAccount: c.account(), Limit: stripego.Int64(c.s.perPage), Single: true}
		if after != "" {
			p.StartingAfter = stripego.String(after)
		}
		return do(p)
	})
}

// post changes something. key is the Idempotency-Key: a second call under it has the first one's effect and
// answer.
func (c *caller) post(ctx context.Context, operation, key string, out any, do func(p stripego.Params) error) error {
	return c.ask(ctx, operation, true, out, func(ctx context.Context) error {
		return do(stripego.Params{Context: ctx, StripeAccount: c.account(), IdempotencyKey: stripego.String(key)})
	})
}

// ask makes one call within its time and reads its answer into out. What the library makes of an answer is
// passed over: its types are lenient and lose what they do not know. Every error is a *connectors.CallError.
func (c *caller) ask(ctx context.Context, operation string, write bool, out any, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.s.opts.Timeout, fmt.Errorf("stripe: no answer within %v", c.s.opts.Timeout))
	defer cancel()
	c.wire.exchange = exchange{}
	err := do(ctx)
	if err := c.wire.exchange.verdict(ctx, err, write, c.s.opts.Now()); err != nil {
		return within(operation, err)
	}
	if c.at.IsZero() {
		c.at = c.dated()
	}
	if err := parse(c.wire.exchange.body, out); err != nil {
		return within(operation, connectors.Unreadable(write, "%w", err))
	}
	return nil
}

// dated is when the last answer was given, by Stripe's clock; by ours where it does not tell.
func (c *caller) dated() time.Time {
	if t, err := http.ParseTime(c.wire.exchange.header.Get("Date")); err == nil {
		return t.UTC()
	}
	return c.s.opts.Now().UTC().Truncate(time.Second)
}

// exchange is what became of one call.
type exchange struct {
	sent   bool // the request's head went out, so it may have had an effect
	status int  // 0: no whole answer came
	header http.Header
	body   []byte
}

// wire is the last piece before the network: it notes what came back, within limits, and takes out of the
// request what is nobody's business.
type wire struct {
	next     http.RoundTripper
	exchange exchange
}

var errTooLarge = errors.New("the answer is too large")

// RoundTrip sends one request and reads its whole answer.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent atomic.Bool
	out := req.Clone(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		WroteHeaders: func() { sent.Store(true) },
	}))
	out.Header.Del("X-Stripe-Client-User-Agent") // it tells the machine's name and system
	out.Header.Set("User-Agent", out.Header.Get("User-Agent")+" Grapevine")
	out.Header.Set("Accept-Encoding", "identity") // an inflated body could be larger than its limit
	res, err := w.next.RoundTrip(out)
	if err != nil {
		w.exchange.sent = sent.Load()
		return nil, err
	}
	defer res.Body.Close()
	w.exchange.sent = true
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch encoding := res.Header.Get("Content-Encoding"); {
	case err != nil:
		return nil, err
	case len(body) > maxAnswer:
		return nil, errTooLarge
	case encoding != "" && !strings.EqualFold(encoding, "identity"):
		return nil, fmt.Errorf("an answer in %.20q was not asked for", encoding)
	}
	w.exchange.status, w.exchange.header, w.exchange.body = res.StatusCode, res.Header, body
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// verdict tells whether a call was answered well. err is what the library says.
func (x exchange) verdict(ctx context.Context, err error, write bool, now time.Time) error {
	switch {
	case x.status == http.StatusOK:
		return nil
	case x.status != 0:
		return x.refusal(err, write, now)
	case err == nil:
		return connectors.Unreadable(write, "there is no answer and no error")
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
		err = cause
	}
	var asked *url.Error
	if errors.As(err, &asked) { // its text has the address, with what was asked for: e-mails, codes
		err = asked.Err
	}
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unreachable", "%w", err), Unclear: write && x.sent}
}
