package shopifytest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// orderView is an order as the control API tells it: with its sums and its state of payment.
type orderView struct {
	*Order
	GID             string `json:"admin_graphql_api_id"`
	FinancialStatus string `json:"financial_status"`
	Totals          Totals `json:"totals"`
}

func viewOf(o *Order, err error) (orderView, error) {
	if err != nil {
		return orderView{}, err
	}
	return orderView{o, gid("Order", o.ID), o.FinancialStatus(), o.Totals()}, nil
}

// routeControl adds the control API: the shop's own hand, for people and for tests from outside.
func (s *Shop) routeControl(mux *http.ServeMux) {
	s.routeOrders(mux)
	s.routeWebhooks(mux)
	mux.HandleFunc("POST /sim/customers", handle(http.StatusCreated, s.AddCustomer))
	mux.HandleFunc("POST /sim/customers/{id}", withID(s.UpdateCustomer))
	mux.HandleFunc("POST /sim/customers/{id}/delete", withID(func(id int64, _ nothing) (nothing, error) {
		return nothing{}, s.DeleteCustomer(id)
	}))
	mux.HandleFunc("POST /sim/customers/{id}/tags", withID(func(id int64, in tagsInput) (*Customer, error) {
		return s.TagCustomer(id, in.Tags...)
	}))
	mux.HandleFunc("POST /sim/products", handle(http.StatusCreated, s.AddProduct))
	mux.HandleFunc("POST /sim/products/{id}/price", withID(func(id int64, in priceInput) (nothing, error) {
		return nothing{}, s.SetPrice(id, in.Price)
	}))
	mux.HandleFunc("POST /sim/gift-cards", handle(http.StatusCreated, s.AddGiftCard))
	mux.HandleFunc("POST /sim/spend-gift-card", handle(http.StatusOK, func(in giftSpendInput) (*GiftCard, error) {
		return s.SpendGiftCard(in.Code, in.Amount)
	}))
	mux.HandleFunc("POST /sim/discounts", handle(http.StatusCreated, s.AddDiscount))
	mux.HandleFunc("POST /sim/discounts/{id}/delete", withID(func(id int64, _ nothing) (nothing, error) {
		return nothing{}, s.DeleteDiscount(id)
	}))
	mux.HandleFunc("POST /sim/spend-credit", handle(http.StatusOK, func(in spendInput) (*CreditAccount, error) {
		return s.SpendCredit(in.CustomerID, in.Amount)
	}))
	mux.HandleFunc("GET /sim/state", handle(http.StatusOK, func(nothing) (*State, error) { return s.State() }))
	mux.HandleFunc("GET /sim/calls", handle(http.StatusOK, func(nothing) ([]Call, error) { return s.Calls(), nil }))
	mux.HandleFunc("GET /sim/settings", handle(http.StatusOK, func(nothing) (Settings, error) { return s.Settings(), nil }))
	mux.HandleFunc("POST /sim/settings", s.serveSettings)
	mux.HandleFunc("POST /sim/faults", s.serveFaults)
	mux.HandleFunc("POST /sim/reset-faults", handle(http.StatusOK, done(s.ResetFaults)))
	mux.HandleFunc("POST /sim/drain", handle(http.StatusOK, done(s.DrainBucket)))
	mux.HandleFunc("POST /sim/uninstall", handle(http.StatusOK, done(s.Uninstall)))
	mux.HandleFunc("POST /sim/reinstall", handle(http.StatusOK, func(in reinstallInput) (nothing, error) {
		s.Reinstall(in.AccessToken)
		return nothing{}, nil
	}))
}

func (s *Shop) routeOrders(mux *http.ServeMux) {
	mux.HandleFunc("POST /sim/orders", handle(http.StatusCreated, func(in OrderInput) (orderView, error) {
		return viewOf(s.PlaceOrder(in))
	}))
	mux.HandleFunc("GET /sim/orders/{id}", withID(func(id int64, _ nothing) (orderView, error) {
		return viewOf(s.Order(id))
	}))
	mux.HandleFunc("POST /sim/orders/{id}/pay", withID(func(id int64, in payInput) (orderView, error) {
		return viewOf(s.Pay(id, in.Amount))
	}))
	mux.HandleFunc("POST /sim/orders/{id}/refund", withID(func(id int64, in RefundInput) (orderView, error) {
		return viewOf(s.Refund(id, in))
	}))
	mux.HandleFunc("POST /sim/orders/{id}/cancel", withID(func(id int64, in CancelInput) (orderView, error) {
		return viewOf(s.Cancel(id, in))
	}))
	mux.HandleFunc("POST /sim/orders/{id}/edit", withID(func(id int64, in EditInput) (orderView, error) {
		return viewOf(s.Edit(id, in))
	}))
	mux.HandleFunc("POST /sim/orders/{id}/journey", withID(func(id int64, in journeyInput) (orderView, error) {
		return viewOf(s.SetJourneyReady(id, in.Ready))
	}))
	mux.HandleFunc("POST /sim/orders/{id}/delete", withID(func(id int64, _ nothing) (nothing, error) {
		return nothing{}, s.DeleteOrder(id)
	}))
}

func (s *Shop) routeWebhooks(mux *http.ServeMux) {
	mux.HandleFunc("GET /sim/deliveries", handle(http.StatusOK, func(nothing) ([]Delivery, error) {
		return s.Deliveries(), nil
	}))
	mux.HandleFunc("POST /sim/redeliver", handle(http.StatusOK, func(in RedeliverInput) (map[string]int, error) {
		n, err := s.Redeliver(in)
		return map[string]int{"queued": n}, err
	}))
	mux.HandleFunc("POST /sim/hold", handle(http.StatusOK, func(in holdInput) (nothing, error) {
		s.HoldWebhooks(in.Hold)
		return nothing{}, nil
	}))
	mux.HandleFunc("POST /sim/release", handle(http.StatusOK, func(in releaseInput) (nothing, error) {
		return nothing{}, s.ReleaseWebhooks(in.Order, in.Times)
	}))
	mux.HandleFunc("POST /sim/compliance", handle(http.StatusOK, func(in ComplianceInput) (nothing, error) {
		return nothing{}, s.Compliance(in)
	}))
	mux.HandleFunc("POST /sim/wait-quiet", s.serveWaitQuiet)
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
	giftSpendInput struct{ Code, Amount string }
	tagsInput      struct{ Tags []string }
	priceInput     struct{ Price string }
	journeyInput   struct{ Ready bool }
	reinstallInput struct {
		AccessToken string `json:"access_token"`
	}
	releaseInput struct {
		Order string
		Times int
	}
)

// done is a step that takes and gives nothing.
func done(step func()) func(nothing) (nothing, error) {
	return func(nothing) (nothing, error) {
		step()
		return nothing{}, nil
	}
}

// handle reads a JSON body (an empty one is fine), refuses unknown keys, and answers with JSON.
func handle[In, Out any](status int, do func(in In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := readJSON(r, &in); err != nil {
			reply(w, 0, nil, err)
			return
		}
		out, err := do(in)
		reply(w, status, out, err)
	}
}

// withID is handle for paths that name an object by its id.
func withID[In, Out any](do func(id int64, in In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil {
			reply(w, 0, nil, invalid("%q is no id", r.PathValue("id")))
			return
		}
		handle(http.StatusOK, func(in In) (Out, error) { return do(id, in) })(w, r)
	}
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

// serveWaitQuiet waits ten seconds at most, or as long as the query's timeout says.
func (s *Shop) serveWaitQuiet(w http.ResponseWriter, r *http.Request) {
	timeout := 10 * time.Second
	if text := r.URL.Query().Get("timeout"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			reply(w, 0, nil, invalid("timeout %q is no duration", text))
			return
		}
		timeout = d
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	err := s.WaitQuiet(ctx)
	if err != nil {
		err = &Error{Status: http.StatusGatewayTimeout, Code: "not_quiet", Message: err.Error()}
	}
	reply(w, http.StatusOK, nothing{}, err)
}
