package api

import (
	"net/url"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// What is absent is null in every view; a list is never null.

type moneyView struct {
	Amount   string `json:"amount"` // decimal, as many decimals as the currency has
	Currency string `json:"currency"`
}

type listView[T any] struct {
	Data []T     `json:"data"`
	Next *string `json:"next_cursor"`
}

type shopView struct {
	ID       string     `json:"id"`
	Platform string     `json:"platform"`
	Domain   string     `json:"domain"`
	Currency string     `json:"currency"`
	Status   string     `json:"status"`
	Reason   *string    `json:"reason"`
	Since    *time.Time `json:"since"`
}

type advocateView struct {
	ID         string  `json:"id"`
	CustomerID string  `json:"customer_id"`
	Code       string  `json:"code"`
	Link       string  `json:"link"` // "" while no public URL is set
	Status     string  `json:"status"`
	Reason     *string `json:"reason"`

	Team     *string            `json:"team"`
	OldCodes []oldCodeView      `json:"old_codes"` // newest first
	History  []advocateStepView `json:"history"`   // what people did, oldest first
}

type oldCodeView struct {
	Code      string     `json:"code"`
	Status    string     `json:"status"`
	Reason    *string    `json:"reason"`
	Alias     bool       `json:"alias"` // takes nothing off, and still leads to her
	RetiredAt *time.Time `json:"retired_at"`
}

type advocateStepView struct {
	At     *time.Time `json:"at"`
	Change string     `json:"change"`
	Value  *string    `json:"value"`
	Reason *string    `json:"reason"`
	Actor  string     `json:"actor"`
}

type eventView struct {
	ID         string     `json:"id"`
	Platform   string     `json:"platform"`
	Topic      string     `json:"topic"`
	OrderID    *string    `json:"order_id"`
	Status     string     `json:"status"`
	Reason     *string    `json:"reason"`
	Attempts   int        `json:"attempts"`
	ReceivedAt *time.Time `json:"received_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

type entryView struct {
	ID          string     `json:"id"`
	At          *time.Time `json:"at"`
	Transaction string     `json:"transaction"`
	Account     string     `json:"account"`
	Amount      moneyView  `json:"amount"` // signed
	Reward      *string    `json:"reward"`
	Reason      *string    `json:"reason"`
}

func viewShop(s connectors.Installed) shopView {
	return shopView{ID: s.ID, Platform: s.Platform, Domain: s.Domain, Currency: s.Currency,
		Status: s.Status, Reason: some(s.Reason), Since: when(s.Since)}
}

func (a *API) viewAdvocate(v rewards.Advocate) advocateView {
	out := advocateView{ID: v.ID, CustomerID: v.CustomerID, Code: v.Code, Status: v.Status, Reason: some(v.Reason), Team: some(v.Team)}
	out.OldCodes = viewList(v.OldCodes, "", func(c rewards.OldCode) oldCodeView {
		return oldCodeView{c.Code, c.Status, some(c.Reason), c.Alias, when(c.RetiredAt)}
	}).Data
	out.History = viewList(v.History, "", func(c rewards.AdvocateChange) advocateStepView {
		return advocateStepView{when(c.At), c.Change, some(c.Value), some(c.Reason), c.Actor}
	}).Data
	if a.links != "" {
		out.Link = a.links + url.PathEscape(v.Code)
	}
	return out
}

func viewEvent(e webhooks.StoredEvent) eventView {
	if e.Status == webhooks.EventConfirming { // how we work is not for the outside
		e.Status = webhooks.EventPending
	}
	return eventView{ID: e.ID, Platform: e.Platform, Topic: e.Topic, OrderID: some(e.OrderID), Status: string(e.Status),
		Reason: some(e.Reason), Attempts: e.Attempts, ReceivedAt: when(e.ReceivedAt), FinishedAt: when(e.FinishedAt)}
}

func viewEntry(e rewards.LedgerEntry) entryView {
	return entryView{ID: e.ID, At: when(e.At), Transaction: e.Transaction, Account: e.Account,
		Amount: moneyView{e.Amount.Decimal(), e.Amount.Currency}, Reward: some(e.RewardID), Reason: some(e.Reason)}
}

// viewList shows a part of a listing.
func viewList[T, V any](items []T, next string, view func(T) V) listView[V] {
	out := listView[V]{Data: make([]V, 0, len(items)), Next: some(next)}
	for _, item := range items {
		out.Data = append(out.Data, view(item))
	}
	return out
}

// money shows an amount; null if there is not even a currency.
func money(m rewards.Money) *moneyView {
	if m.Currency == "" {
		return nil
	}
	return &moneyView{m.Decimal(), m.Currency}
}

// some is null for "".
func some[S ~string](s S) *string {
	if s == "" {
		return nil
	}
	v := string(s)
	return &v
}

// when is null for no time, and UTC.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
