package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/access"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// world is all that the API asks for, held in memory: what a call changes stays changed.
type world struct {
	mu        sync.Mutex
	Shops     map[string]connectors.Installed
	Tokens    map[string]access.Token       // by plain value
	Advocates map[string][]rewards.Advocate // by shop, as all below
	Orders    map[string][]rewards.StoredOrder
	Rewards   map[string][]rewards.StoredReward
	Ledger    map[string][]rewards.LedgerEntry
	Inbox     map[string][]webhooks.StoredEvent
	Kept      map[string]*things
	Leaks     map[string][]rewards.Leak
	Jobs      map[string][]webhooks.StoredJob
	Calls     map[string]*memo // by shop and key

	trouble error  // what every method but CheckToken answers
	gate    func() // called in CreateAdvocate, without the lock
	closing error  // what EndCall answers
}

type memo struct {
	Hash, Body string
	Status     int // 0 while in progress
}

// tell returns all state as text, for "and nothing else changed".
func (w *world) tell(t *testing.T) string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := json.MarshalIndent(w, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func notFound() error { return rewards.Errorf(rewards.NotFound, "not_found", "no row") }

func one[T any](list []T, match func(T) bool) (T, error) {
	if i := slices.IndexFunc(list, match); i >= 0 {
		return list[i], nil
	}
	var none T
	return none, notFound()
}

// part cuts a page out of a list; its cursors look like "at2".
func part[T any](list []T, p rewards.Page, match func(T) bool) ([]T, string, error) {
	from := 0
	if p.Cursor != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(p.Cursor, "at"))
		if err != nil || n < 1 || n >= len(list) {
			return nil, "", rewards.Errorf(rewards.Invalid, "bad_cursor", "cursor %q", p.Cursor)
		}
		from = n
	}
	var found []T
	for i := from; i < len(list); i++ {
		if !match(list[i]) {
			continue
		}
		if len(found) == p.Limit {
			return found, fmt.Sprint("at", i), nil
		}
		found = append(found, list[i])
	}
	return found, "", nil
}

func among(want, have string) bool { return want == "" || want == have }

func (w *world) CreateAdvocate(_ context.Context, shop string, n rewards.NewAdvocate) (rewards.Advocate, bool, error) {
	if w.gate != nil {
		w.gate()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble != nil {
		return rewards.Advocate{}, false, w.trouble
	}
	if a, err := one(w.Advocates[shop], func(a rewards.Advocate) bool { return a.CustomerID == n.CustomerID }); err == nil {
		return a, false, nil
	}
	if strings.Contains(n.Code, " ") {
		return rewards.Advocate{}, false, rewards.Errorf(rewards.Invalid, "bad_code", "%q", n.Code)
	}
	if _, err := one(w.Advocates[shop], func(a rewards.Advocate) bool { return a.Code == n.Code }); err == nil {
		return rewards.Advocate{}, false, rewards.Errorf(rewards.Conflict, "code_taken", "%q", n.Code)
	}
	if n.Code == "" {
		n.Code = strings.ToUpper(n.FirstName) + "-7Q2M"
	}
	a := rewards.Advocate{ID: fmt.Sprint("adv_new", len(w.Advocates[shop])), CustomerID: n.CustomerID, Code: n.Code, Status: "pending", Locale: n.Locale}
	w.Advocates[shop] = append(w.Advocates[shop], a)
	return a, true, nil
}

func (w *world) Advocate(_ context.Context, shop, id string) (rewards.Advocate, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble != nil {
		return rewards.Advocate{}, w.trouble
	}
	return one(w.Advocates[shop], func(a rewards.Advocate) bool { return a.ID == id })
}

func (w *world) AdvocatesList(shop string, f rewards.AdvocateFilter, p rewards.Page) ([]rewards.Advocate, string, error) {
	return part(w.Advocates[shop], p, func(a rewards.Advocate) bool {
		return among(f.Code, a.Code) && among(f.CustomerID, a.CustomerID) && (f.Email == "" || f.Email == strings.ToLower(strings.Split(a.Code, "-")[0])+"@example.com")
	})
}

func (w *world) Order(_ context.Context, shop, id string) (rewards.StoredOrder, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble != nil {
		return rewards.StoredOrder{}, w.trouble
	}
	return one(w.Orders[shop], func(o rewards.StoredOrder) bool { return o.OrderID == id })
}

func (w *world) Reward(_ context.Context, shop, id string) (rewards.StoredReward, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return one(w.Rewards[shop], func(r rewards.StoredReward) bool { return r.ID == id })
}

func (w *world) Reissue(_ context.Context, shop, id, reason, actor string) (rewards.StoredReward, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.Rewards[shop], func(r rewards.StoredReward) bool { return r.ID == id })
	if i < 0 {
		return rewards.StoredReward{}, false, notFound()
	}
	old := &w.Rewards[shop][i]
	if old.ReplacedBy != "" {
		r, err := one(w.Rewards[shop], func(r rewards.StoredReward) bool { return r.ID == old.ReplacedBy })
		return r, false, err
	}
	if old.Spec.Kind == rewards.KindStoreCredit {
		return rewards.StoredReward{}, false, rewards.Errorf(rewards.Conflict, "not_reissuable", "credit")
	}
	made := *old
	made.ID, made.Code, made.ExternalID, made.Replaces = id+"2", "GV-NEW", "", id
	made.Status = rewards.StatusIssuing
	made.History = []rewards.HistoryEntry{{At: minute(30), To: made.Status, Reason: rewards.Reason(reason), Actor: actor}}
	old.History = append(slices.Clone(old.History), rewards.HistoryEntry{At: minute(30), From: old.Status, To: rewards.StatusRevoked, Reason: rewards.Reason(reason), Actor: actor})
	old.Status, old.ReplacedBy = rewards.StatusRevoked, made.ID
	w.Rewards[shop] = append(w.Rewards[shop], made)
	return made, true, nil
}

func (w *world) Event(_ context.Context, shop, id string) (webhooks.StoredEvent, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return one(w.Inbox[shop], func(e webhooks.StoredEvent) bool { return e.ID == id })
}

func (w *world) Replay(_ context.Context, shop, id string) (webhooks.StoredEvent, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.Inbox[shop], func(e webhooks.StoredEvent) bool { return e.ID == id })
	if i < 0 {
		return webhooks.StoredEvent{}, notFound()
	}
	e := &w.Inbox[shop][i]
	if e.Reason == "erased" {
		return *e, rewards.Errorf(rewards.Conflict, "body_erased", "gone")
	}
	e.Status, e.Reason, e.FinishedAt = webhooks.EventPending, "", time.Time{}
	return *e, nil
}

func (w *world) Shop(_ context.Context, id string) (connectors.Installed, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble != nil {
		return connectors.Installed{}, w.trouble
	}
	s, ok := w.Shops[id]
	if !ok {
		return s, notFound()
	}
	return s, nil
}

func (w *world) CheckToken(_ context.Context, plain string) (access.Token, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, ok := w.Tokens[plain]
	if !ok {
		return t, rewards.Errorf(rewards.Denied, "token_unknown", "no such token")
	}
	return t, nil
}

func (w *world) BeginCall(_ context.Context, shop, key string, hash []byte) (bool, int, []byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k, ok := w.Calls[shop+key]
	switch {
	case !ok:
		w.Calls[shop+key] = &memo{Hash: string(hash)}
		return true, 0, nil, nil
	case k.Hash != string(hash):
		return false, 0, nil, rewards.Errorf(rewards.Invalid, "key_reused", "other call")
	case k.Status == 0:
		return false, 0, nil, rewards.Errorf(rewards.Conflict, "call_in_progress", "at work")
	}
	return false, k.Status, []byte(k.Body), nil
}

func (w *world) EndCall(ctx context.Context, shop, key string, status int, body []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing != nil {
		return w.closing
	}
	w.Calls[shop+key].Status, w.Calls[shop+key].Body = status, string(body)
	return ctx.Err()
}

func (w *world) DropCall(ctx context.Context, shop, key string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.Calls, shop+key)
	return ctx.Err()
}

// The listings: world has fields of the same names, so each port gets a small type of its own.

type advocates struct{ *world }

func (a advocates) Advocates(_ context.Context, shop string, f rewards.AdvocateFilter, p rewards.Page) ([]rewards.Advocate, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.AdvocatesList(shop, f, p)
}

type orders struct{ *world }

func (o orders) Rewards(_ context.Context, shop string, f rewards.RewardFilter, p rewards.Page) ([]rewards.StoredReward, string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return part(o.world.Rewards[shop], p, func(r rewards.StoredReward) bool {
		return among(f.OrderID, r.OrderID) && among(f.AdvocateID, r.AdvocateID) && among(string(f.Status), string(r.Status))
	})
}

func (o orders) Ledger(_ context.Context, shop string, f rewards.LedgerFilter, p rewards.Page) ([]rewards.LedgerEntry, string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return part(o.world.Ledger[shop], p, func(e rewards.LedgerEntry) bool {
		return among(f.Account, e.Account) && among(f.RewardID, e.RewardID)
	})
}

type events struct{ *world }

func (e events) Events(_ context.Context, f webhooks.EventFilter, p rewards.Page) ([]webhooks.StoredEvent, string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return part(e.Inbox[f.ShopID], p, func(v webhooks.StoredEvent) bool {
		status := v.Status
		if status == webhooks.EventConfirming {
			status = webhooks.EventPending
		}
		return among(f.OrderID, v.OrderID) && among(string(f.Status), string(status))
	})
}

type reviews struct{ *world }

func (r reviews) Reviews(_ context.Context, shop string, f rewards.ReviewFilter, p rewards.Page) ([]rewards.QueuedOrder, string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.Status == "" {
		f.Status = rewards.QueueHeld
	}
	var all []rewards.QueuedOrder
	for _, o := range r.Orders[shop] {
		all = append(all, rewards.QueuedOrder{StoredOrder: o, Since: minute(20)})
	}
	return part(all, p, func(q rewards.QueuedOrder) bool {
		reviewed := f.Status == rewards.QueueReviewed && len(q.Reviews) > 0
		return (reviewed || string(q.Decision.Outcome) == string(f.Status)) && among(string(f.Reason), string(q.Decision.Reason)) && among(f.AdvocateID, q.Decision.Advocate)
	})
}

func (r reviews) Review(_ context.Context, shop, id string, v rewards.Verdict, actor, reason string) (rewards.StoredOrder, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.Orders[shop], func(o rewards.StoredOrder) bool { return o.OrderID == id })
	if i < 0 {
		return rewards.StoredOrder{}, notFound()
	}
	o := &r.Orders[shop][i]
	if o.Decision.Outcome == rewards.OutcomeNone {
		return *o, rewards.Errorf(rewards.Conflict, "not_reviewable", "order %s", id)
	}
	_, changed, err := rewards.NextReview(o.Reviews, v, actor, reason, minute(30))
	if err != nil || !changed {
		return *o, err
	}
	o.Reviews = append(slices.Clone(o.Reviews), rewards.ReviewEntry{ID: "rev_new", Verdict: v, Actor: actor, Reason: reason, At: minute(30),
		WasOutcome: o.Decision.Outcome, WasReason: o.Decision.Reason})
	return *o, nil
}
