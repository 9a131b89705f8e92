package shopifytest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// orderView is an order as the control API tells it: with its sums and its state of payment.
type orderView struct {
	*Order
	GID             string `json:"admin_graphql_api_id"`
	FinancialStatus string `json:"financial_status"`
	Totals          Totals `json:"totals"`
}

func viewOf(o *Order) orderView {
	return orderView{o, gid("Order", o.ID), o.FinancialStatus(), o.Totals()}
}

// routeControl adds the control API: the shop's own hand, for people and for tests from outside.
func (s *Shop) routeControl(mux *http.ServeMux) {
	s.routeOrders(mux)
	mux.HandleFunc("POST /sim/customers", handle(http.StatusCreated, func(in CustomerInput, _ *http.Request) (any, error) { return s.AddCustomer(in) }))
	mux.HandleFunc("POST /sim/customers/{id}", withID(func(id int64, in CustomerInput) (any, error) { return s.UpdateCustomer(id, in) }))
	mux.HandleFunc("POST /sim/customers/{id}/delete", withID(func(id int64, _ nothing) (any, error) { return nothing{}, s.DeleteCustomer(id) }))
	mux.HandleFunc("POST /sim/discounts", handle(http.StatusCreated, func(in DiscountInput, _ *http.Request) (any, error) { return s.AddDiscount(in) }))
	mux.HandleFunc("POST /sim/discounts/{id}/delete", withID(func(id int64, _ nothing) (any, error) { return nothing{}, s.DeleteDiscount(id) }))
	mux.HandleFunc("POST /sim/spend-credit", handle(http.StatusOK, func(in spendInput, _ *http.Request) (any, error) { return s.SpendCredit(in.CustomerID, in.Amount) }))
	mux.HandleFunc("GET /sim/state", handle(http.StatusOK, func(nothing, *http.Request) (any, error) { return s.State() }))
	mux.HandleFunc("GET /sim/calls", handle(http.StatusOK, func(nothing, *http.Request) (any, error) { return s.Calls(), nil }))
	mux.HandleFunc("GET /sim/settings", handle(http.StatusOK, func(nothing, *http.Request) (any, error) { return s.Settings(), nil }))
	mux.HandleFunc("POST /sim/settings", s.serveSettings)
	mux.HandleFunc("POST /sim/faults", s.serveFaults)
	mux.HandleFunc("POST /sim/reset-faults", handle(http.StatusOK, func(nothing, *http.Request) (any, error) { s.ResetFaults(); return nothing{}, nil }))
	mux.HandleFunc("POST /sim/drain", handle(http.StatusOK, func(nothing, *http.Request) (any, error) { s.DrainBucket(); return nothing{}, nil }))
	mux.HandleFunc("POST /sim/uninstall", handle(http.StatusOK, func(nothing, *http.Request) (any, error) { s.Uninstall(); return nothing{}, nil }))
	mux.HandleFunc("POST /sim/reinstall", handle(http.StatusOK, func(in reinstallInput, _ *http.Request) (any, error) {
		s.Reinstall(in.AccessToken)
		return nothing{}, nil
	}))
	mux.HandleFunc("POST /sim/compliance", handle(http.StatusOK, func(in ComplianceInput, _ *http.Request) (any, error) { return nothing{}, s.Compliance(in) }))
	mux.HandleFunc("GET /sim/deliveries", handle(http.StatusOK, func(nothing, *http.Request) (any, error) { return s.Deliveries(), nil }))
	mux.HandleFunc("POST /sim/redeliver", handle(http.StatusOK, func(in RedeliverInput, _ *http.Request) (any, error) {
		n, err := s.Redeliver(in)
		return map[string]int{"queued": n}, err
	}))
	mux.HandleFunc("POST /sim/hold", handle(http.StatusOK, func(in holdInput, _ *http.Request) (any, error) { s.HoldWebhooks(in.Hold); return nothing{}, nil }))
	mux.HandleFunc("POST /sim/release", handle(http.StatusOK, func(in releaseInput, _ *http.Request) (any, error) {
		return nothing{}, s.ReleaseWebhooks(in.Order, in.Times)
	}))
	mux.HandleFunc("POST /sim/wait-quiet", handle(http.StatusOK, s.waitQuiet))
}

func (s *Shop) routeOrders(mux *http.ServeMux) {
	ordered := func(o *Order, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		return viewOf(o), nil
	}
	mux.HandleFunc("POST /sim/orders", handle(http.StatusCreated, func(in OrderInput, _ *http.Request) (any, error) { return ordered(s.PlaceOrder(in)) }))
	mux.HandleFunc("GET /sim/orders/{id}", withID(func(id int64, _ nothing) (any, error) { return ordered(s.Order(id)) }))
	mux.HandleFunc("POST /sim/orders/{id}/pay", withID(func(id int64, in payInput) (any, error) { return ordered(s.Pay(id, in.Amount)) }))
	mux.HandleFunc("POST /sim/orders/{id}/refund", withID(func(id int64, in RefundInput) (any, error) { return ordered(s.Refund(id, in)) }))
	mux.HandleFunc("POST /sim/orders/{id}/cancel", withID(func(id int64, in CancelInput) (any, error) { return ordered(s.Cancel(id, in)) }))
	mux.HandleFunc("POST /sim/orders/{id}/edit", withID(func(id int64, in EditInput) (any, error) { return ordered(s.Edit(id, in)) }))
	mux.HandleFunc("POST /sim/orders/{id}/delete", withID(func(id int64, _ nothing) (any, error) { return nothing{}, s.DeleteOrder(id) }))
	mux.HandleFunc("POST /sim/orders/{id}/journey", withID(func(id int64, in journeyInput) (any, error) { return ordered(s.SetJourneyReady(id, in.Ready)) }))
}

// Bodies of the control API that have no Go method of the same shape.
type (
	nothing    struct{}
	payInput   struct{ Amount string }
	holdInput  struct{ Hold bool }
	spendInput struct {
		CustomerID int64 `json:"customer_id"`
		Amount     string
	}
	journeyInput   struct{ Ready bool }
	reinstallInput struct {
		AccessToken string `json:"access_token"`
	}
	releaseInput struct {
		Order string
		Times int
	}
)

// handle reads a JSON body (an empty one is fine), refuses unknown keys, and answers with JSON.
func handle[In any](status int, do func(in In, r *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := readJSON(r, &in); err != nil {
			reply(w, 0, nil, err)
			return
		}
		out, err := do(in, r)
		reply(w, status, out, err)
	}
}

// withID is handle for paths that name an object by its id, plain or global.
func withID[In any](do func(id int64, in In) (any, error)) http.HandlerFunc {
	return handle(http.StatusOK, func(in In, r *http.Request) (any, error) {
		text := r.PathValue("id")
		id, err := strconv.ParseInt(text[strings.LastIndexByte(text, '/')+1:], 10, 64)
		if err != nil {
			return nil, invalid("%q is no id", text)
		}
		return do(id, in)
	})
}

func readJSON(r *http.Request, into any) error {
	const limit = 8 << 20
	b, err := io.ReadAll(io.LimitReader(r.Body, limit))
	if err != nil {
		return invalid("reading the body: %v", err)
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return invalid("body: %v", err)
	}
	return nil
}

func reply(w http.ResponseWriter, status int, out any, err error) {
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = &Error{Status: http.StatusInternalServerError, Code: "internal", Message: err.Error()}
		}
		status, out = e.Status, map[string]any{"error": e}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The caller may have gone; there is nobody left to tell.
	_, _ = w.Write(append(mustJSON(out), '\n'))
}

// serveFaults takes one fault or a list of them.
func (s *Shop) serveFaults(w http.ResponseWriter, r *http.Request) {
	var raw json.RawMessage
	err := readJSON(r, &raw)
	var faults []Fault
	if err == nil && bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		err = json.Unmarshal(raw, &faults)
	} else if err == nil {
		faults = make([]Fault, 1)
		err = json.Unmarshal(raw, &faults[0])
	}
	if err != nil {
		err = invalid("%v", err)
	} else {
		err = s.SetFaults(faults...)
	}
	reply(w, http.StatusOK, nothing{}, err)
}

// serveSettings changes what the body names and leaves the rest.
func (s *Shop) serveSettings(w http.ResponseWriter, r *http.Request) {
	next := s.Settings()
	if err := readJSON(r, &next); err != nil {
		reply(w, 0, nil, err)
		return
	}
	s.Change(func(c *Settings) { *c = next })
	reply(w, http.StatusOK, s.Settings(), nil)
}

// waitQuiet waits ten seconds at most, or as many as the query's timeout says.
func (s *Shop) waitQuiet(_ nothing, r *http.Request) (any, error) {
	timeout := 10 * time.Second
	if text := r.URL.Query().Get("timeout"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, invalid("timeout %q is no duration", text)
		}
		timeout = d
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	if err := s.WaitQuiet(ctx); err != nil {
		return nil, &Error{Status: http.StatusGatewayTimeout, Code: "not_quiet", Message: err.Error()}
	}
	return nothing{}, nil
}
