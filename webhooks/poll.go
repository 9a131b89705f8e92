package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	// PollSubject is the subject of a poll job: what is asked for.
	PollSubject = "orders"
	// sweepEvery is how often a look goes as far back as the platform wants.
	sweepEvery = 24 * time.Hour
	// keepEvery is how often the shop's webhooks are looked at.
	keepEvery = time.Hour
)

// watch is what the looks at one shop tell one another, kept in the poll job's note.
type watch struct {
	Since   time.Time `json:"since,omitzero"`   // what changed before was seen
	From    time.Time `json:"from,omitzero"`    // the moment that the look under way begins with
	Cursor  string    `json:"cursor,omitempty"` // where it stands
	Until   time.Time `json:"until,omitzero"`   // up to which it will have seen all
	Sweep   bool      `json:"sweep,omitempty"`  // it goes far back
	Swept   time.Time `json:"swept,omitzero"`   // when the last such look ended
	Kept    time.Time `json:"kept,omitzero"`    // the last look at the shop's webhooks
	Found   int       `json:"found,omitempty"`  // deliveries that no webhook had brought, by the last look
	Looking int       `json:"looking,omitempty"`
	Rested  int       `json:"rested,omitempty"` // tries of this look that were none, as in memory
}

func recallWatch(note string) (w watch) {
	if json.Unmarshal([]byte(note), &w) != nil {
		return watch{}
	}
	return w
}

// WatchFrom is the note of a poll job that is to ask what changed since a moment.
func WatchFrom(at time.Time) string { return watch{Since: at}.String() }

func (w watch) String() string {
	b, err := json.Marshal(w)
	if err != nil { // a struct of plain fields always marshals
		panic(err)
	}
	return string(b)
}

// begin settles from when on the next look goes. The first begins with the job: what was before is history.
// A look far back goes at least as far as any other, or a long silence would leave a gap.
func (w watch) begin(r connectors.Rhythm, now, first time.Time) watch {
	if w.Cursor != "" {
		return w
	}
	if w.Since.IsZero() {
		w.Since = first
	}
	if w.Swept.IsZero() {
		w.Swept = now
	}
	w.From, w.Until, w.Looking = w.Since.Add(-r.Overlap), now, 0
	w.Sweep = r.Back > 0 && now.Sub(w.Swept) >= sweepEvery
	if far := now.Add(-r.Back); w.Sweep && far.Before(w.From) {
		w.From = far
	}
	return w
}

// end closes a look that came to its last page. The next begins where it ended by the shop's clock, also where that
// is behind ours or was put back: what changes from now on has that time. A clock that stands still, or an answer
// from a cache, leads back no further than a look far back goes.
func (w watch) end(r connectors.Rhythm, now time.Time) watch {
	if back := w.Since.Add(-r.Back); w.Until.After(back) {
		w.Since = w.Until
	} else {
		w.Since = back
	}
	if w.Sweep {
		w.Swept = now
	}
	w.Found, w.Looking, w.Sweep, w.Rested = w.Looking, 0, false, 0
	return w
}

// poll asks a shop what changed since the last look, a page at a time, and stores it as if webhooks had
// brought it. The job never ends: it is due again when the platform's rhythm says so.
func (v *visit) poll(ctx context.Context, j Job) (*failure, error) {
	p, ok := v.store.(Poller)
	if !ok {
		return nil, v.opts.Work.Done(ctx, v.lane, j)
	}
	rhythm, now := p.Rhythm(), j.Begun
	w, callErr := v.keepHooks(ctx, recallWatch(j.Note).begin(rhythm, now, j.FirstAt), now)
	if callErr != nil {
		return v.missed(j, w, rhythm, callErr), nil
	}
	page, callErr := v.changes(ctx, p, w)
	if callErr != nil {
		switch rewards.CodeOf(callErr) {
		case "bad_cursor": // begin the look anew
			w.Cursor = ""
		case connectors.HistoryHidden: // after a long silence; what the shop still shows must not stay unseen with the rest
			w.Cursor, w.Since = "", w.Since.Add(now.Sub(w.Since)/2)
			v.opts.Log.Warn("the shop hides what changed long ago: asking from later on", "shop", v.lane.Shop.ID, "since", w.Since)
		}
		return v.missed(j, w, rhythm, callErr), nil
	}
	for i := range page.Deliveries {
		page.Deliveries[i].Platform, page.Deliveries[i].Domain = v.lane.Shop.Platform, v.lane.Shop.Domain
	}
	stored, err := v.opts.Inbox.Put(ctx, page.Deliveries)
	if err != nil {
		return nil, err
	}
	if stored > 0 {
		wake(v.events)
	}
	w.Looking += stored
	if !page.Until.IsZero() && page.Until.Before(w.Until) {
		w.Until = page.Until
	}
	if w.Cursor = page.Next; w.Cursor != "" {
		return nil, v.opts.Work.Again(ctx, v.lane, j, 0, w.String())
	}
	if w = w.end(rhythm, now); w.Found > 0 {
		v.opts.Log.Info("asked the shop what changed", "shop", v.lane.Shop.ID, "new", w.Found)
	}
	return nil, v.opts.Work.Again(ctx, v.lane, j, max(rhythm.Every, shortest), w.String())
}

// missed is a look that failed. The next waits no longer than one that went well lets wait, unless the shop
// asks for more: a poll is there for when other things fail.
func (v *visit) missed(j Job, w watch, r connectors.Rhythm, err *connectors.CallError) *failure {
	wait := min(v.backoff(j.Attempts-w.Rested, err.After), max(r.Every, err.After, shortest))
	return &failure{call: err, note: w.String(), wait: wait}
}

// keepHooks has webhooks switched on again that the shop switched off. Where that cannot be done now the
// shop is asked what changed all the more.
func (v *visit) keepHooks(ctx context.Context, w watch, now time.Time) (watch, *connectors.CallError) {
	k, ok := v.store.(HookKeeper)
	if !ok || now.Sub(w.Kept) < keepEvery {
		return w, nil
	}
	_, failed := v.call(ctx, func(ctx context.Context) (connectors.Receipt, error) {
		mended, err := k.KeepHooks(ctx, v.lane.Shop)
		if len(mended) > 0 {
			v.opts.Log.Warn("webhooks that the shop had switched off are on again", "shop", v.lane.Shop.ID, "webhooks", mended)
		}
		return connectors.Receipt{}, err
	})
	if failed == nil || !retryable(failed) {
		w.Kept = now
	}
	if failed != nil && (failed.Throttled || failed.Park != "") {
		return w, failed
	}
	if failed != nil {
		v.opts.Log.Warn("the shop's webhooks could not be looked at", "shop", v.lane.Shop.ID, "code", rewards.CodeOf(failed))
	}
	return w, nil
}

// changes makes one call of a look.
func (v *visit) changes(ctx context.Context, p Poller, w watch) (page connectors.ChangesPage, failed *connectors.CallError) {
	_, failed = v.call(ctx, func(ctx context.Context) (connectors.Receipt, error) {
		var err error
		page, err = p.Changes(ctx, v.lane.Shop, w.From, w.Cursor)
		return connectors.Receipt{Pace: page.Pace}, err
	})
	return page, failed
}

// KeepPolling sees to it that each shop that can be asked what changed is asked.
func (p *Pipeline) KeepPolling(ctx context.Context) error {
	var names []string
	for name, pf := range p.platforms {
		if _, ok := pf.(Poller); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return p.opts.Lanes.KeepPolling(ctx, names)
}

// pollLoop keeps shops being asked where nobody does that for all processes.
func (p *Pipeline) pollLoop(ctx context.Context) {
	for ctx.Err() == nil {
		if err := p.KeepPolling(ctx); err != nil {
			p.failed(ctx, "seeing to it that shops are asked what changed", err)
		}
		sleep(ctx, KeepPollingEvery, nil)
	}
}

// KeepPollingEvery is how soon a new shop is asked for the first time.
const KeepPollingEvery = 15 * time.Second

// Caught is what a catching up found.
type Caught struct {
	Seen int // changes that the shop told of
	New  int // of them, that no webhook had brought
}

// CatchUp asks a shop what changed since a moment and stores it as if webhooks had brought it, at the pace
// that the shop allows. Kind Invalid, code not_pollable, where the platform cannot be asked. tell hears how
// far it is after each page; it may be nil.
func CatchUp(ctx context.Context, pf Storefront, inbox Inbox, s connectors.Shop, since time.Time, tell func(Caught)) (Caught, error) {
	p, ok := pf.(Poller)
	if !ok {
		return Caught{}, rewards.Errorf(rewards.Invalid, "not_pollable", "%s shops cannot be asked what changed", s.Platform)
	}
	var done Caught
	for cursor := ""; ; {
		var page connectors.ChangesPage
		err := patient(ctx, func() (err error) {
			page, err = p.Changes(ctx, s, since, cursor)
			return err
		})
		if err != nil {
			return done, err
		}
		for i := range page.Deliveries {
			page.Deliveries[i].Platform, page.Deliveries[i].Domain = s.Platform, s.Domain
		}
		n, err := inbox.Put(ctx, page.Deliveries)
		if err != nil {
			return done, err
		}
		done.Seen, done.New = done.Seen+len(page.Deliveries), done.New+n
		if tell != nil {
			tell(done)
		}
		if cursor = page.Next; cursor == "" {
			return done, nil
		}
		if sleep(ctx, page.Pace.Wait(), nil); ctx.Err() != nil {
			return done, errors.Join(ctx.Err(), context.Cause(ctx))
		}
	}
}
