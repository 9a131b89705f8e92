package webhooks

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// till is a shop that gives store credit, and the job of one reward in the books of ours. What the shop answers is
// told try by try.
type till struct {
	Desk
	Lanes
	now     time.Time
	skew    time.Duration // how far the process's clock is ahead of that of the books
	credits int
	looks   int
	// sends is what a call does: it books the credit, or not, and what it answers. find is what a look is
	// answered with where the credit is not seen; nil is that it is not there.
	books bool
	sends error
	find  error
	blind bool // looks do not see yet what is there
	job   Job
	due   time.Duration
	ended string
}

func newTill() *till {
	return &till{now: noon, job: Job{ID: "job_1", Kind: rewards.JobFulfil, Subject: "rw_1"}}
}

func (s *till) Reward(context.Context, Lane, string) (rewards.Reward, rewards.Siblings, error) {
	ten := rewards.Money{Minor: 1000, Currency: "USD"}
	return rewards.Reward{ID: "rw_1", Spec: rewards.RewardSpec{Kind: rewards.KindStoreCredit}, Status: rewards.StatusIssuing, Tries: s.job.Attempts,
		CustomerID: "ana", Value: ten, Given: ten, Net: ten}, rewards.Siblings{}, nil
}

func (s *till) Park(context.Context, Lane, string) error { return nil }

func (s *till) Order(context.Context, connectors.Shop, string) (rewards.Order, error) {
	return rewards.Order{}, nil
}

func (s *till) Do(context.Context, connectors.Shop, string, rewards.Action) (connectors.Receipt, error) {
	if s.books {
		s.credits++
	}
	return connectors.Receipt{ExternalID: "credit"}, s.sends
}

func (s *till) Find(context.Context, connectors.Shop, rewards.Action) (connectors.Receipt, error) {
	s.looks++
	switch {
	case s.find != nil:
		return connectors.Receipt{}, s.find
	case s.credits > 0 && !s.blind:
		return connectors.Receipt{ExternalID: "credit"}, nil
	}
	return connectors.Receipt{}, &connectors.CallError{Cause: rewards.Errorf(rewards.NotFound, "no_credit", "there is none")}
}

// tillBooks is how tries end in the books.
type tillBooks struct {
	Work
	*till
}

func (b tillBooks) Retry(_ context.Context, _ Lane, _ Job, cause error, wait time.Duration, unclear bool, note string) error {
	b.job.Unclear, b.job.Note, b.due, b.ended = unclear, note, wait, rewards.CodeOf(cause)
	return nil
}

func (b tillBooks) Step(_ context.Context, _ Lane, _ Job, r rewards.StepResult) error {
	b.ended = "issued " + r.ExternalID + r.Refused
	return nil
}

func (b tillBooks) Bury(context.Context, Lane, Job, error) error {
	b.ended = "buried"
	return nil
}

// try does the job when it is due, as the books would hand it out, and tells how that ended.
func (s *till) try(t *testing.T) string {
	t.Helper()
	s.now = s.now.Add(s.due)
	if s.job.Begun = s.now; s.job.FirstAt.IsZero() {
		s.job.FirstAt = s.now
	}
	s.job.Attempts++
	v := s.visit(t)
	j := s.job
	s.job.Unclear = true
	if err := v.do(t.Context(), []Job{j}); err != nil {
		return "not written: " + rewards.CodeOf(err)
	}
	return s.ended
}

func (s *till) visit(t *testing.T) *visit {
	return &visit{Pipeline: &Pipeline{opts: Options{
		Lanes: s, Work: tillBooks{till: s}, Desk: s, Meter: Nop{}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return s.now.Add(s.skew) },
		Jitter: func(time.Duration) time.Duration { return time.Second }, Tracer: Untold{},
	}, cut: t.Context()}, store: s, held: s.now.Add(s.skew), lane: Lane{Shop: connectors.Shop{ID: "shop_1", Platform: "acme"}}}
}

// returns is what the books do when a shop is resumed, given a new token or installed again.
func (s *till) returns() { s.job.Attempts, s.job.FirstAt = 0, time.Time{} }

func gateway() error {
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 504"), Unclear: true}
}

func away() error {
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 503")}
}

// absent has the job look until the credit may be sent again without another look.
func (s *till) absent(t *testing.T) {
	t.Helper()
	s.sends = gateway()
	if got := s.try(t); got != "shop_unavailable" {
		t.Fatalf("the first try ended %s", got)
	}
	for began := s.now; recall(s.job.Note).Send == 0; {
		if s.try(t); s.now.Sub(began) > time.Minute {
			t.Fatal("it is never sent again")
		}
	}
}

func TestACreditThatWasNotSeenIsSentAgainOnce(t *testing.T) {
	t.Parallel()
	s := newTill()
	s.absent(t)
	if since := s.now.Sub(noon); since <= callFor || since > 20*time.Second {
		t.Errorf("it is sent again %s after the first call began, which may still be on its way for %s", since, callFor)
	}
	s.books, s.sends = true, nil
	looks := s.looks
	if got := s.try(t); got != "issued credit" || s.credits != 1 || s.looks != looks {
		t.Errorf("%s with %d credits after %d looks more", got, s.credits, s.looks-looks)
	}
}

func TestAClockThatIsPutForwardOrBackNeitherHurriesACreditNorKeepsIt(t *testing.T) {
	t.Parallel()
	for name, skews := range map[string][]time.Duration{
		"right":                  {0},
		"ahead, then right":      {time.Hour, time.Hour, 0},
		"right, then ahead":      {0, 0, time.Hour},
		"behind, then far ahead": {-time.Hour, -time.Hour, 10 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTill()
			s.sends = gateway()
			for i := 0; recall(s.job.Note).Send == 0 && i < 20; i++ {
				s.skew = skews[min(i, len(skews)-1)]
				s.try(t)
			}
			if since := s.now.Sub(noon); since != 15*time.Second || recall(s.job.Note).Send == 0 {
				t.Errorf("it may be sent again after %s", since)
			}
		})
	}
}

// Where the clock of the books itself is put back the looks begin anew, and nothing waits for it to come round.
func TestACreditDoesNotWaitForTheBooksClockToComeRound(t *testing.T) {
	t.Parallel()
	s := newTill()
	s.sends = gateway()
	for range 3 { // the call, and two looks
		s.try(t)
	}
	back := s.now.Add(-time.Hour)
	s.now = back
	for i := 0; recall(s.job.Note).Send == 0 && i < 20; i++ {
		s.try(t)
	}
	if since := s.now.Sub(back); since != 15*time.Second || recall(s.job.Note).Send == 0 {
		t.Errorf("it may be sent again %s after that", since)
	}
}

// Tries are counted anew when a shop comes back. That a credit was not seen before one of them says nothing for
// the one of the same number later.
func TestWhatWasSeenBeforeAShopWentAwayIsNotGoodWhenItComesBack(t *testing.T) {
	t.Parallel()
	refused := func() error {
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Denied, "token_refused", "status 401"), Park: "token_refused"}
	}
	for name, play := range map[string]func(s *till){
		"the shop booked it and answered nothing": func(s *till) {
			s.books, s.blind = true, true
			s.try(t)
		},
		"the process died behind the call": func(s *till) { s.credits, s.job.Attempts = 1, s.job.Attempts+1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTill()
			s.absent(t)
			number := recall(s.job.Note).Send
			play(s)
			s.find = refused()
			if got := s.try(t); got != "token_refused" {
				t.Fatalf("it ended %s", got)
			}
			s.returns()
			s.books, s.sends, s.find = true, nil, away()
			for s.job.Attempts < number+2 {
				s.try(t)
			}
			s.find, s.blind = nil, false
			if got := s.try(t); got != "issued credit" || s.credits != 1 {
				t.Errorf("%s with %d credits", got, s.credits)
			}
		})
	}
}

// stopping has the process stopped when it has asked for more time at a shop.
type stopping struct {
	*till
	stopped time.Duration
}

func (s stopping) Renew(context.Context, Lane, time.Duration) error {
	s.now = s.now.Add(s.stopped)
	return nil
}

// Whoever was stopped between holding on to a shop and calling it does not call it when it goes on: another may be
// there by now.
func TestAProcessThatWasStoppedDoesNotCallUnderAnOldLease(t *testing.T) {
	t.Parallel()
	for stopped, want := range map[time.Duration]string{leaseFor - callFor: "issued credit", leaseFor - callFor + time.Second: "lease_old"} {
		s := newTill()
		s.books = true
		v := s.visit(t)
		v.held = s.now.Add(-leaseFor)
		v.opts.Lanes = stopping{s, stopped}
		s.job.Attempts, s.job.FirstAt, s.job.Begun = 1, s.now, s.now
		if err := v.do(t.Context(), []Job{s.job}); err != nil {
			t.Fatal(err)
		}
		if s.ended != want || (s.credits == 1) != (want == "issued credit") || s.job.Unclear {
			t.Errorf("stopped for %s: %s with %d credits, unclear %v", stopped, s.ended, s.credits, s.job.Unclear)
		}
	}
}

func TestAJobIsGivenUpByTheClockOfTheBooks(t *testing.T) {
	t.Parallel()
	for waited, want := range map[time.Duration]string{giveUp: "shop_unavailable", giveUp + time.Second: "buried"} {
		s := newTill()
		s.sends = away()
		s.job.Attempts, s.job.FirstAt = 1, noon.Add(-time.Hour)
		s.job.Begun = s.job.FirstAt.Add(waited)
		if err := s.visit(t).do(t.Context(), []Job{s.job}); err != nil || s.ended != want {
			t.Errorf("after %s: %s, %v", waited, s.ended, err)
		}
	}
}
