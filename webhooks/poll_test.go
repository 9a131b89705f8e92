package webhooks

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func TestFromWhenOnALookGoes(t *testing.T) {
	t.Parallel()
	rhythm := connectors.Rhythm{Every: 5 * time.Minute, Overlap: 10 * time.Minute, Back: 48 * time.Hour}
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	for name, tc := range map[string]struct {
		was, want watch
		rhythm    connectors.Rhythm
	}{
		"the first look begins with the job": {rhythm: rhythm,
			want: watch{Since: ago(time.Minute), From: ago(11 * time.Minute), Until: noon, Swept: noon}},
		"the next one where the last ended": {watch{Since: ago(5 * time.Minute), Swept: ago(time.Hour)},
			watch{Since: ago(5 * time.Minute), From: ago(15 * time.Minute), Until: noon, Swept: ago(time.Hour)}, rhythm},
		"one under way goes on as it began": {watch{Since: ago(time.Hour), From: ago(2 * time.Hour), Until: ago(30 * time.Minute), Cursor: "p2", Swept: ago(30 * time.Hour), Looking: 3},
			watch{Since: ago(time.Hour), From: ago(2 * time.Hour), Until: ago(30 * time.Minute), Cursor: "p2", Swept: ago(30 * time.Hour), Looking: 3}, rhythm},
		"one that begins anew counts anew": {watch{Since: ago(time.Hour), From: ago(2 * time.Hour), Until: ago(30 * time.Minute), Swept: ago(time.Hour), Looking: 3},
			watch{Since: ago(time.Hour), From: ago(70 * time.Minute), Until: noon, Swept: ago(time.Hour)}, rhythm},
		"nearly a day after the last look far back": {watch{Since: ago(5 * time.Minute), Swept: ago(24*time.Hour - 1)},
			watch{Since: ago(5 * time.Minute), From: ago(15 * time.Minute), Until: noon, Swept: ago(24*time.Hour - 1)}, rhythm},
		"a day after it": {watch{Since: ago(5 * time.Minute), Swept: ago(24 * time.Hour)},
			watch{Since: ago(5 * time.Minute), From: ago(48 * time.Hour), Until: noon, Sweep: true, Swept: ago(24 * time.Hour)}, rhythm},
		"after a silence that is longer than far back": {watch{Since: ago(100 * time.Hour), Swept: ago(200 * time.Hour)},
			watch{Since: ago(100 * time.Hour), From: ago(100*time.Hour + 10*time.Minute), Until: noon, Sweep: true, Swept: ago(200 * time.Hour)}, rhythm},
		"a platform that wants no look far back": {watch{Since: ago(5 * time.Minute), Swept: ago(1000 * time.Hour)},
			watch{Since: ago(5 * time.Minute), From: ago(15 * time.Minute), Until: noon, Swept: ago(1000 * time.Hour)}, connectors.Rhythm{Overlap: 10 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.was.begin(tc.rhythm, noon, ago(time.Minute)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestWhatALookHasSeenWhenItEnds(t *testing.T) {
	t.Parallel()
	before, until := noon.Add(-time.Hour), noon.Add(-time.Minute)
	rhythm := connectors.Rhythm{Back: 48 * time.Hour}
	for name, tc := range map[string]struct{ was, want watch }{
		"it saw all up to its beginning":       {watch{Since: before, Until: until, Looking: 2, Found: 9, Rested: 3}, watch{Since: until, Until: until, Found: 2}},
		"a shop's clock that is behind":        {watch{Since: before, Until: before.Add(-time.Hour)}, watch{Since: before.Add(-time.Hour), Until: before.Add(-time.Hour)}},
		"a shop's clock that stands still":     {watch{Since: before, Until: before.Add(-1000 * time.Hour)}, watch{Since: before.Add(-48 * time.Hour), Until: before.Add(-1000 * time.Hour)}},
		"one far back is not due for a day":    {watch{Since: before, Until: until, Sweep: true, Swept: before}, watch{Since: until, Until: until, Swept: noon}},
		"one near by says nothing of far back": {watch{Since: before, Until: until, Swept: before}, watch{Since: until, Until: until, Swept: before}},
	} {
		if got := tc.was.end(rhythm, noon); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}

func TestAWatchIsReadAgainAsItWasWritten(t *testing.T) {
	t.Parallel()
	full := watch{Since: noon, From: noon, Cursor: "c\"\n", Until: noon, Sweep: true, Swept: noon, Kept: noon, Found: 1, Looking: 2, Rested: 3}
	for _, w := range []watch{{}, full} {
		if got := recallWatch(w.String()); got != w {
			t.Errorf("got %+v, want %+v", got, w)
		}
	}
	for _, note := range []string{"", "{", `{"since": 5}`, "[]"} {
		if got := recallWatch(note); got != (watch{}) {
			t.Errorf("%q is read as %+v", note, got)
		}
	}
}

// asked is a shop that can be asked, the inbox that its changes go into, and the books in which its poll job
// stands.
type asked struct {
	Source
	Storefront
	Lanes
	Desk

	now     time.Time
	rhythm  connectors.Rhythm
	pages   map[string]connectors.ChangesPage // by cursor
	fail    error                             // the next question is answered with it
	hooks   error                             // the next look at the webhooks
	off     bool                              // webhooks are off
	from    []string                          // each question: from when on, and the cursor
	inbox   map[string]string                 // delivery id to platform and domain
	full    error                             // what the inbox answers
	lost    bool                              // the lease is lost when the books are written
	note    string
	tries   int
	firstAt time.Time
	wait    time.Duration // until the job is due again
	ended   string        // how the last try ended
	unclear bool
	parked  string
}

func newAsked() *asked {
	return &asked{now: noon, rhythm: connectors.Rhythm{Every: 5 * time.Minute, Overlap: time.Minute, Back: 48 * time.Hour},
		pages: map[string]connectors.ChangesPage{}, inbox: map[string]string{}}
}

func (a *asked) Rhythm() connectors.Rhythm { return a.rhythm }

func (a *asked) Changes(_ context.Context, _ connectors.Shop, since time.Time, cursor string) (connectors.ChangesPage, error) {
	a.from = append(a.from, fmt.Sprintf("%s %q", since.Format("Jan 2 15:04"), cursor))
	if err := a.fail; err != nil {
		a.fail = nil
		return connectors.ChangesPage{}, err
	}
	return a.pages[cursor], nil
}

func (a *asked) KeepHooks(context.Context, connectors.Shop) ([]string, error) {
	if err := a.hooks; err != nil {
		a.hooks = nil
		return nil, err
	}
	if !a.off {
		return nil, nil
	}
	a.off = false
	return []string{"order"}, nil
}

// quiet hides KeepHooks where a test is not about it.
type quiet struct {
	Storefront
	Poller
}

func (a *asked) Put(_ context.Context, ds []connectors.Delivery) (stored int, err error) {
	if a.full != nil {
		return 0, a.full
	}
	for _, d := range ds {
		if _, known := a.inbox[d.DeliveryID]; !known {
			a.inbox[d.DeliveryID] = d.Platform + " " + d.Domain
			stored++
		}
	}
	return stored, nil
}

func (a *asked) Work(context.Context, string, int, DigestFunc) (int, error)        { return 0, nil }
func (a *asked) WorkSuspect(context.Context, string, int, DigestFunc) (int, error) { return 0, nil }
func (a *asked) Rescue(context.Context, bool) (int, error)                         { return 0, nil }

func (a *asked) Park(_ context.Context, _ Lane, reason string) error {
	a.parked = reason
	return nil
}

// ends is the side of the books on which tries end.
type ends struct {
	Work
	*asked
}

func (e ends) write(how string, wait time.Duration, note string) error {
	if e.lost {
		e.ended = "lost"
		return rewards.Errorf(rewards.Conflict, "lease_lost", "another works for the shop")
	}
	e.ended, e.wait, e.note = how, wait, note
	return nil
}

func (e ends) Again(_ context.Context, _ Lane, _ Job, wait time.Duration, note string) error {
	err := e.write("again", wait, note)
	if err == nil {
		e.tries, e.firstAt, e.unclear = 0, time.Time{}, false
	}
	return err
}

func (e ends) Retry(_ context.Context, _ Lane, _ Job, cause error, wait time.Duration, unclear bool, note string) error {
	e.unclear = unclear
	return e.write("retry "+rewards.CodeOf(cause), wait, note)
}

func (e ends) Bury(context.Context, Lane, Job, error) error { return e.write("buried", 0, "") }
func (e ends) Done(context.Context, Lane, Job) error        { return e.write("done", 0, "") }

// look has the shop asked once more, after wait.
func (a *asked) look(t *testing.T, store Storefront, wait time.Duration) string {
	t.Helper()
	a.now = a.now.Add(wait)
	if a.tries++; a.firstAt.IsZero() {
		a.firstAt = a.now
	}
	wrong := func() time.Time { return a.now.Add(10 * time.Minute) } // the process's own clock: no look may depend on it
	v := &visit{Pipeline: &Pipeline{opts: Options{
		Inbox: a, Lanes: a, Work: ends{asked: a}, Meter: Nop{}, Log: slog.New(slog.DiscardHandler), Now: wrong,
		Jitter: rand.N[time.Duration], Tracer: Untold{},
	}, events: make(chan struct{}, 1), cut: t.Context()}, store: store, held: wrong(), lane: Lane{Shop: connectors.Shop{ID: "shop_1", Platform: "acme", Domain: "one.example"}}}
	j := Job{ID: "job_1", Kind: rewards.JobPoll, Subject: PollSubject, Attempts: a.tries, FirstAt: a.firstAt, Begun: a.now, Unclear: a.unclear, Note: a.note}
	if err := v.do(t.Context(), []Job{j}); err != nil {
		return "not written: " + rewards.CodeOf(err)
	}
	return a.ended
}

func (a *asked) still() Storefront { return quiet{Poller: a} }

// change is a page of deliveries.
func change(next string, ids ...string) connectors.ChangesPage {
	p := connectors.ChangesPage{Next: next}
	for _, id := range ids {
		p.Deliveries = append(p.Deliveries, connectors.Delivery{Platform: "by the connector", Topic: "order", DeliveryID: id})
	}
	return p
}

func (a *asked) stored() string {
	var ids []string
	for id, of := range a.inbox {
		ids = append(ids, id)
		if of != "acme one.example" {
			ids = append(ids, "of "+of)
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func TestALookOfSeveralPages(t *testing.T) {
	t.Parallel()
	a := newAsked()
	a.pages = map[string]connectors.ChangesPage{"": change("p2", "a", "b"), "p2": change("p3", "b", "c"), "p3": change("", "d")}
	for i, want := range []struct {
		wait  time.Duration
		store string
	}{{0, "a b"}, {0, "a b c"}, {5 * time.Minute, "a b c d"}} {
		if got := a.look(t, a.still(), time.Second); got != "again" || a.wait != want.wait || a.stored() != want.store {
			t.Fatalf("page %d: %s, due in %s, stored %s", i+1, got, a.wait, a.stored())
		}
	}
	if w := recallWatch(a.note); w.Found != 4 || w.Looking != 0 || w.Cursor != "" || !w.Since.Equal(noon.Add(time.Second)) {
		t.Errorf("the look is remembered as %s: it saw what changed before it began", w)
	}
	a.pages = map[string]connectors.ChangesPage{"": change("", "d", "e")}
	a.look(t, a.still(), 5*time.Minute)
	if want := `[Nov 2 11:59 "" Nov 2 11:59 "p2" Nov 2 11:59 "p3" Nov 2 11:59 ""]`; fmt.Sprint(a.from) != want {
		t.Errorf("asked %v, want %s", a.from, want)
	}
	if w := recallWatch(a.note); w.Found != 1 || a.stored() != "a b c d e" {
		t.Errorf("the second look is remembered as %s, stored %s", w, a.stored())
	}
}

func TestAShopTellsUpToWhenItsListIsWhole(t *testing.T) {
	t.Parallel()
	a := newAsked()
	early, late := change("p2", "a"), change("", "b")
	early.Until, late.Until = noon.Add(-10*time.Minute), noon.Add(time.Hour)
	a.pages = map[string]connectors.ChangesPage{"": early, "p2": late}
	a.firstAt = noon.Add(-time.Hour)
	a.look(t, a.still(), 0)
	a.look(t, a.still(), 0)
	if w := recallWatch(a.note); !w.Since.Equal(early.Until) {
		t.Errorf("the look is remembered as %s, want what the first page said", w)
	}
}

func TestALookThatFails(t *testing.T) {
	t.Parallel()
	refuse := func(kind rewards.Kind, code string) *connectors.CallError {
		return &connectors.CallError{Cause: rewards.Errorf(kind, code, "no")}
	}
	rest := refuse(rewards.Unavailable, "shop_throttled")
	rest.Throttled, rest.After = true, 90*time.Second
	gone := refuse(rewards.Denied, "token_refused")
	gone.Park = "token_refused"
	for name, tc := range map[string]struct {
		fail   error
		ended  string
		parked string
		next   string // the question that follows
	}{
		"the shop is away":                  {refuse(rewards.Unavailable, "shop_unavailable"), "retry shop_unavailable", "", `Nov 2 11:59 "p2"`},
		"the shop wants rest":               {rest, "retry shop_throttled", "", `Nov 2 11:59 "p2"`},
		"the shop refuses us":               {gone, "retry token_refused", "token_refused", `Nov 2 11:59 "p2"`},
		"the question is refused":           {refuse(rewards.Invalid, "shop_refused"), "retry shop_refused", "", `Nov 2 11:59 "p2"`},
		"the place is known no more":        {refuse(rewards.Invalid, "bad_cursor"), "retry bad_cursor", "", `Nov 2 11:59 ""`},
		"nobody knows what happened":        {rewards.Errorf(rewards.Internal, "odd", "no"), "retry odd", "", `Nov 2 11:59 "p2"`},
		"what was asked for is not allowed": {refuse(rewards.Denied, "forbidden"), "retry forbidden", "", `Nov 2 11:59 "p2"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAsked()
			a.pages = map[string]connectors.ChangesPage{"": change("p2", "a"), "p2": change("", "b")}
			a.look(t, a.still(), 0)
			for range 3 { // and it goes on
				a.fail = tc.fail
				if got := a.look(t, a.still(), 0); got != tc.ended || a.parked != tc.parked || a.wait > 5*time.Minute {
					t.Fatalf("%s, parked %q, due in %s", got, a.parked, a.wait)
				}
				if name == "the place is known no more" {
					break
				}
			}
			a.look(t, a.still(), 0)
			if got := a.from[len(a.from)-1]; got != tc.next {
				t.Errorf("asked %s, want %s", got, tc.next)
			}
			for a.wait == 0 {
				a.look(t, a.still(), 0)
			}
			if w := recallWatch(a.note); a.stored() != "a b" || w.Found+w.Looking != 2 && name != "the place is known no more" || w.Rested != 0 {
				t.Errorf("in the end %s is stored, and remembered as %s", a.stored(), w)
			}
		})
	}
}

// A poll is there for when other things fail: it is never given up, and soon there again.
func TestALookIsNeverGivenUp(t *testing.T) {
	t.Parallel()
	a := newAsked()
	away := &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 503")}
	a.look(t, a.still(), 0)
	seen := recallWatch(a.note).Since
	for range 40 {
		a.fail = away
		if got := a.look(t, a.still(), 6*time.Hour); got != "retry shop_unavailable" || a.wait > 5*time.Minute {
			t.Fatalf("after %s: %s, due in %s", a.now.Sub(noon), got, a.wait)
		}
	}
	a.pages[""] = change("", "a")
	if got := a.look(t, a.still(), time.Hour); got != "again" || a.stored() != "a" {
		t.Fatalf("after it all: %s, stored %s", got, a.stored())
	}
	if got, want := a.from[len(a.from)-1], seen.Add(-time.Minute).Format("Jan 2 15:04")+` ""`; got != want {
		t.Errorf("asked %s, want %s: nothing between may be missed", got, want)
	}
}

func TestAProcessThatDiesBetweenPagesMissesNothing(t *testing.T) {
	t.Parallel()
	a := newAsked()
	a.pages = map[string]connectors.ChangesPage{"": change("p2", "a"), "p2": change("", "b")}
	a.look(t, a.still(), 0)
	for _, dies := range []func(){
		func() { a.lost = true },
		func() { a.full = rewards.Errorf(rewards.Unavailable, "database_away", "no connection") },
	} {
		dies()
		if got := a.look(t, a.still(), time.Second); !strings.HasPrefix(got, "not written") {
			t.Fatalf("got %s", got)
		}
		a.lost, a.full = false, nil
	}
	if got := a.look(t, a.still(), time.Second); got != "again" || a.stored() != "a b" || a.wait != 5*time.Minute {
		t.Fatalf("after that: %s, stored %s", got, a.stored())
	}
	if fmt.Sprint(a.from[1:]) != `[Nov 2 11:59 "p2" Nov 2 11:59 "p2" Nov 2 11:59 "p2"]` {
		t.Errorf("asked %v", a.from)
	}
	a.full = rewards.Errorf(rewards.Internal, "bad_row", "cannot be stored")
	if got := a.look(t, a.still(), time.Second); got != "retry bad_row" || !a.unclear {
		t.Fatalf("what the inbox refuses: %s", got)
	}
}

// Once a day a look goes far back; one that breaks off is made up for.
func TestALookFarBackOnceADay(t *testing.T) {
	t.Parallel()
	a := newAsked()
	far := func() bool {
		return strings.HasPrefix(a.from[len(a.from)-1], a.now.Add(-48*time.Hour).Format("Jan 2 15:04"))
	}
	var days []string
	for range 3 * 24 {
		if a.look(t, a.still(), time.Hour); far() {
			days = append(days, a.now.Format("Jan 2 15:04"))
		}
	}
	if got := fmt.Sprint(days); got != "[Nov 3 13:00 Nov 4 13:00]" {
		t.Fatalf("looked far back on %s", got)
	}
	a.look(t, a.still(), time.Hour)
	if !far() {
		t.Fatal("no look far back on the third day")
	}
	for _, broken := range []string{"bad_cursor", "shop_unavailable"} {
		a.now = a.now.Add(24 * time.Hour)
		a.fail = &connectors.CallError{Cause: rewards.Errorf(rewards.Invalid, broken, "no")}
		a.look(t, a.still(), 0)
		if a.look(t, a.still(), time.Minute); !far() {
			t.Errorf("a look far back that broke off with %s was not made up for", broken)
		}
		if a.look(t, a.still(), time.Minute); far() {
			t.Errorf("after it was made up for it is made once more")
		}
	}
}

func TestTheShopsWebhooksAreLookedAtEachHour(t *testing.T) {
	t.Parallel()
	a := newAsked()
	store := struct {
		Storefront
		Poller
		HookKeeper
	}{Poller: a, HookKeeper: a}
	mends := func(wait time.Duration) bool {
		t.Helper()
		a.off = true
		if got := a.look(t, store, wait); got != "again" {
			t.Fatalf("got %s", got)
		}
		return !a.off
	}
	for i, step := range []struct {
		wait time.Duration
		want bool
	}{{0, true}, {5 * time.Minute, false}, {54 * time.Minute, false}, {time.Minute, true}, {59 * time.Minute, false}, {time.Minute, true}} {
		if got := mends(step.wait); got != step.want {
			t.Errorf("look %d: the webhooks are on again: %v, want %v", i, got, step.want)
		}
	}
	a.hooks = &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 503")}
	a.pages[""] = change("", "a")
	if mends(time.Hour) || a.stored() != "a" {
		t.Error("webhooks that cannot be looked at kept the shop from being asked")
	}
	if !mends(time.Minute) {
		t.Error("they were not looked at again the next time")
	}
	a.hooks = &connectors.CallError{Cause: rewards.Errorf(rewards.Invalid, "shop_refused", "status 400")}
	if mends(time.Hour) || mends(time.Minute) || !mends(time.Hour) {
		t.Error("what is refused for good is not asked each hour")
	}
	a.hooks = &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_throttled", "status 429"), Throttled: true, After: time.Minute}
	asked := len(a.from)
	if got := a.look(t, store, time.Hour); got != "retry shop_throttled" || len(a.from) != asked {
		t.Errorf("a shop that wants rest: %s, asked %v", got, a.from[asked:])
	}
	if !mends(time.Minute) || !recallWatch(a.note).Since.Equal(a.now) {
		t.Errorf("after its rest: %s", a.note)
	}
}

func TestAPlatformThatCannotBeAskedIsDone(t *testing.T) {
	t.Parallel()
	a := newAsked()
	if got := a.look(t, struct{ Storefront }{}, 0); got != "done" {
		t.Errorf("got %s", got)
	}
}

// Where a shop shows nothing of long ago, a long silence ends with a look at what it does show.
func TestALookComesOutOfALongSilence(t *testing.T) {
	t.Parallel()
	a := newAsked()
	a.pages = map[string]connectors.ChangesPage{"": change("", "a")}
	a.look(t, a.still(), 0)
	a.now = a.now.Add(200 * 24 * time.Hour)
	shown := 60 * 24 * time.Hour
	for range 3 {
		w := recallWatch(a.note)
		if from := w.Since.Add(-a.rhythm.Overlap); a.now.Sub(from) <= shown {
			break
		}
		a.fail = &connectors.CallError{Cause: rewards.Errorf(rewards.Denied, connectors.HistoryHidden, "no")}
		if got := a.look(t, a.still(), 0); got != "retry history_hidden" || a.wait > a.rhythm.Every {
			t.Fatalf("%s, due in %s", got, a.wait)
		}
	}
	if got := a.look(t, a.still(), 0); got != "again" {
		t.Fatal(got)
	}
	if last, want := a.from[len(a.from)-1], `Apr 1 11:59 ""`; last != want {
		t.Errorf("asked %s, want %s", last, want)
	}
}
