package woocommerce

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

	"github.com/go-json-experiment/json"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	maxAnswer = 16 << 20 // bytes of an answer: a hundred orders with what plugins hang on them
	userAgent = "Grapevine"
	api       = "/wc/v3"
	perPage   = 100 // Source: the API's own maximum; 101 is refused
	orderPage = 50  // orders are large, and a cheap host takes seconds for a hundred: a look that never comes to its end sees nothing
)

// What Probe finds out about a shop and keeps in its settings.
const (
	setPermalinks = "permalinks" // "off": the API has no path of its own
	setAuth       = "auth"       // "query": the host strips the Authorization header; "oauth": see oauth.go
	setDecimals   = "decimals"   // what the shop rounds amounts to
	setVersion    = "version"    // of WooCommerce
	setStore      = "store_id"   // what WooCommerce tells its installations apart by
	setHooks      = "webhooks"   // ids of our webhooks, separated by commas
	setHooksKey   = "hooks_key"  // the end of the key that they were made with, as WooCommerce shows it
	off           = "off"
	inQuery       = "query"
	inOAuth       = "oauth"
)

// request is one call of the REST API.
type request struct {
	method string // "": GET
	route  string // "/wc/v3/orders/17"
	query  url.Values
	body   any  // marshalled; nil: none
	open   bool // needs no keys
	idle   bool // changes nothing, whatever its method is
	slow   bool // may take three times as long as others
}

func (r request) read() bool { return r.idle || r.method == "" || r.method == http.MethodGet }

// reply is an answer with status 200 or 201.
type reply struct {
	raw    []byte
	header http.Header
}

// at is the shop's clock when it answered; zero where it does not tell.
func (r reply) at() time.Time {
	t, err := http.ParseTime(r.header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// ask makes a call and reads its answer into out, unless that is nil. Every error is a
// *connectors.CallError.
func (w *WooCommerce) ask(ctx context.Context, shop connectors.Shop, rq request, out any) (reply, error) {
	r, err := w.send(ctx, shop, rq)
	if err == nil && out != nil {
		if bad := parse(r.raw, out); bad != nil {
			err = connectors.Unreadable(!rq.read(), "%w", bad)
		}
	}
	if err != nil {
		return r, within(rq, err)
	}
	return r, nil
}

// send makes a call. Only 200 and 201 are answers.
func (w *WooCommerce) send(ctx context.Context, shop connectors.Shop, rq request) (reply, error) {
	timeout := w.opts.Timeout
	if rq.slow {
		timeout *= 3
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("woocommerce: no answer within %v", timeout))
	defer cancel()
	res, err := w.exchange(ctx, shop, rq)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	if encoding := res.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return reply{}, connectors.Unreadable(!rq.read(), "an answer in %.20q was not asked for", encoding)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	good := res.StatusCode == http.StatusOK || res.StatusCode == http.StatusCreated
	switch {
	case !good: // its body only explains it
		return reply{}, w.failure(res, raw, rq.read())
	case err != nil:
		return reply{}, unanswered(ctx, err, !rq.read())
	case len(raw) > maxAnswer:
		return reply{}, connectors.Unreadable(!rq.read(), "the answer is larger than %d bytes", maxAnswer)
	}
	return reply{raw, res.Header}, nil
}

// exchange sends a call and waits for its answer. A question that a kept connection ended under is asked again on
// another one, signed anew: the shop may have seen the first, and takes no nonce twice.
func (w *WooCommerce) exchange(ctx context.Context, shop connectors.Shop, rq request) (*http.Response, error) {
	for {
		var kept, sent atomic.Bool
		req, err := w.prepared(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GotConn:      func(c httptrace.GotConnInfo) { kept.Store(c.Reused) },
			WroteHeaders: func() { sent.Store(true) },
		}), shop, rq)
		if err != nil {
			return nil, err
		}
		res, err := w.http.Do(req)
		if err == nil {
			return res, nil
		}
		if !rq.read() || !kept.Load() || ctx.Err() != nil {
			return nil, unanswered(ctx, err, !rq.read() && sent.Load())
		}
	}
}

// prepared builds the HTTP request with its credentials.
func (w *WooCommerce) prepared(ctx context.Context, shop connectors.Shop, rq request) (*http.Request, error) {
	base, err := w.base(shop)
	if err != nil {
		return nil, call(err)
	}
	key, secret, ok := strings.Cut(shop.Token, ":")
	if !ok && !rq.open {
		return nil, &connectors.CallError{Cause: rewards.Errorf(rewards.Denied, "token_refused", "there is no consumer key with a secret"), Park: "token_refused"}
	}
	query := url.Values{}
	for name, values := range rq.query {
		query[name] = values
	}
	address := base + "/wp-json" + rq.route
	if shop.Settings[setPermalinks] == off {
		address = base + "/"
		query.Set("rest_route", rq.route)
	}
	method, basic := rq.method, false
	var body io.Reader
	if method == "" {
		method = http.MethodGet
	}
	switch {
	case rq.open:
	case !strings.HasPrefix(address, "https://") || shop.Settings[setAuth] == inOAuth:
		sign(method, "http://"+strings.TrimPrefix(strings.TrimPrefix(address, "http://"), "https://"), query, key, secret, w.opts.Now())
		body = once{strings.NewReader("")}
	case shop.Settings[setAuth] == inQuery:
		query.Set("consumer_key", key)
		query.Set("consumer_secret", secret)
	default:
		basic = true
	}
	if rq.body != nil {
		b, err := json.Marshal(rq.body)
		if err != nil {
			return nil, call(rewards.Errorf(rewards.Internal, "bad_request", "%w", err))
		}
		body = bytes.NewReader(b)
	}
	if len(query) > 0 {
		address += "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, call(rewards.Errorf(rewards.Internal, "bad_request", "the request cannot be made"))
	}
	if basic {
		req.SetBasicAuth(key, secret)
	}
	if rq.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "identity") // an inflated body could be larger than its limit
	req.Header.Set("User-Agent", userAgent)
	return req, nil
}

// once is a body that net/http cannot rewind, and so never sends a second time by itself. An empty one is sent as none.
type once struct{ io.Reader }

// call makes a lasting error of a call that had no effect.
func call(cause error) *connectors.CallError { return &connectors.CallError{Cause: cause} }

// unanswered is a call that ended without an answer. Before anything was sent it surely had no effect. The
// client's own text names the address, which may have keys in it, so only its cause is kept.
func unanswered(ctx context.Context, err error, unclear bool) *connectors.CallError {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
		err = cause
	}
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unreachable", "%w", err), Unclear: unclear}
}

// within says which call an error belongs to and keeps all else.
func within(rq request, err error) error {
	ce := *connectors.AsCallError(err)
	method := rq.method
	if method == "" {
		method = http.MethodGet
	}
	ce.Cause = fmt.Errorf("%s %s: %w", method, rq.route, ce.Cause)
	return &ce
}
