package shopify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"

	"github.com/go-json-experiment/json"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	maxAnswer = 1 << 20 // bytes of an answer; an order's page is below a tenth of it
	userAgent = "Grapevine"
)

// ask carries out one operation by one POST and reads its data into out. Every error is a
// *connectors.CallError, whatever went wrong; the pace is told even then, as far as it is known.
func (s *Shopify) ask(ctx context.Context, shop connectors.Shop, operation string, vars map[string]any, out any) (connectors.Pace, error) {
	doc, ok := s.documents[operation]
	if !ok {
		return connectors.Pace{}, call(rewards.Errorf(rewards.Internal, "no_document", "there is no operation %q", operation))
	}
	body, err := json.Marshal(map[string]any{"query": doc.text, "variables": vars})
	if err != nil {
		return connectors.Pace{}, call(rewards.Errorf(rewards.Internal, "bad_variables", "%s: %w", operation, err))
	}
	raw, err := s.post(ctx, shop, doc, body)
	if err != nil {
		return connectors.Pace{}, within(operation, err)
	}
	pace, err := readAnswer(raw, doc.write, out)
	if err != nil {
		return pace, within(operation, err)
	}
	return pace, nil
}

// post sends a body and returns the answer's. Only a 200 is an answer.
func (s *Shopify) post(ctx context.Context, shop connectors.Shop, doc document, body []byte) ([]byte, error) {
	address, err := s.endpoint(shop)
	if err != nil {
		return nil, call(err)
	}
	if shop.Token == "" {
		return nil, &connectors.CallError{Cause: rewards.Errorf(rewards.Denied, "token_refused", "there is no access token"), Park: "token_refused"}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, fmt.Errorf("shopify: no answer within %v", s.opts.Timeout))
	defer cancel()
	var sent atomic.Bool
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { sent.Store(true) },
	}), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, call(rewards.Errorf(rewards.Internal, "bad_request", "%w", err))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "identity") // an inflated body could be larger than its limit
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("X-Shopify-Access-Token", shop.Token)
	res, err := s.http.Do(req)
	if err != nil {
		return nil, unanswered(ctx, err, doc.write && sent.Load())
	}
	defer res.Body.Close()
	s.watchVersion(res.Header)
	if res.StatusCode != http.StatusOK {
		return nil, connectors.FromStatus(res.StatusCode, !doc.write, connectors.RetryAfter(res.Header, s.opts.Now()))
	}
	if encoding := res.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, connectors.Unreadable(doc.write, "an answer in %.20q was not asked for", encoding)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, unanswered(ctx, err, doc.write)
	case len(raw) > maxAnswer:
		return nil, connectors.Unreadable(doc.write, "the answer is larger than %d bytes", maxAnswer)
	}
	return raw, nil
}

// watchVersion notices that the asked version of the API is not served any more: Shopify then answers
// with the oldest one that is, without an error. It warns once.
func (s *Shopify) watchVersion(h http.Header) {
	got := h.Get(headerVersion)
	if got == "" || got == s.opts.APIVersion || s.warned.Swap(true) {
		return
	}
	s.opts.Logger.Warn("shopify answers with another API version than it was asked in; update Grapevine",
		"asked", s.opts.APIVersion, "answered", got)
}

// call makes a lasting error of a call that had no effect.
func call(cause error) *connectors.CallError { return &connectors.CallError{Cause: cause} }

// unanswered is a call that ended without an answer. Before anything was sent it surely had no effect.
func unanswered(ctx context.Context, err error, unclear bool) *connectors.CallError {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
		err = cause
	}
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unreachable", "%w", err), Unclear: unclear}
}

// within says which operation an error belongs to and keeps all else.
func within(operation string, err error) error {
	ce := *connectors.AsCallError(err)
	ce.Cause = fmt.Errorf("%s: %w", operation, ce.Cause)
	return &ce
}
