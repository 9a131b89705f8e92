package connectortest

import (
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// parking takes away what a connector needs, for a while.
func parking(tb testing.TB, f Fixture) {
	run(tb, "a token that the shop does not know parks it", func(tb testing.TB) {
		s := f.open(tb)
		stranger := *s
		stranger.shop.Token = neighbour(s.shop.Token)
		stranger.each(func(doing string, err error) {
			ce := s.callError(doing, err)
			if rewards.KindOf(err) != rewards.Denied || ce.Park != "token_refused" || ce.Unclear || ce.Throttled {
				tb.Errorf("%s: got %v (%s), %+v", doing, err, rewards.KindOf(err), ce)
			}
		})
		s.each(s.no)
	})
	run(tb, "a shop without a token is parked without a call", func(tb testing.TB) {
		s := f.open(tb)
		bare := *s
		bare.shop.Token = ""
		bare.each(func(doing string, err error) {
			if ce := s.callError(doing, err); ce.Park == "" || ce.Unclear {
				tb.Errorf("%s: got %v, %+v", doing, err, ce)
			}
		})
		if n := len(s.line.passed()); n > 0 {
			tb.Errorf("%d calls were made without a token", n)
		}
	})
	for _, trouble := range faults() {
		if trouble.refuses() {
			run(tb, trouble.name+" stops everything until it is over", func(tb testing.TB) { refusing(tb, f, trouble) })
		}
	}
	run(tb, "an address that nobody listens at is unavailable, and nothing was done", func(tb testing.TB) {
		s := f.open(tb)
		away := *s
		away.shop.APIURL = "http://127.0.0.1:1"
		away.each(func(doing string, err error) {
			ce := s.callError(doing, err)
			if rewards.KindOf(err) != rewards.Unavailable || ce.Unclear || ce.Park != "" {
				tb.Errorf("%s: got %v (%s), %+v", doing, err, rewards.KindOf(err), ce)
			}
		})
	})
	run(tb, "calls go to this machine only where that is allowed", func(tb testing.TB) { loopback(tb, f) })
}

// refusing has each call refused for a while.
func refusing(tb testing.TB, f Fixture, trouble fault) {
	s := f.open(tb)
	s.line.breakCall(0, trouble, true)
	s.each(func(doing string, err error) {
		ce := s.callError(doing, err)
		if trouble.throttled && (!ce.Throttled || ce.After != after*time.Second) || trouble.park != "" && ce.Park == "" || ce.Unclear {
			tb.Errorf("%s: got %v, %+v", doing, err, ce)
		}
	})
	if len(s.codes()) > 0 {
		tb.Errorf("the shop has %v", s.codes())
	}
	s.line.mend()
	s.each(s.no)
}

// loopback opens a connector as production does.
func loopback(tb testing.TB, f Fixture) {
	s := f.open(tb)
	strict, err := f.Open(connectors.Environment{Setting: func(name string) (string, error) { return s.install.Settings[name], nil }})
	s.no("opening", err)
	if kind := rewards.KindOf(strict.CheckAPIURL(s.line.URL)); kind != rewards.Denied {
		tb.Errorf("loopback is %q where it is not allowed", kind)
	}
	if _, err := strict.Order(s.ctx(), s.shop, "1"); err == nil || len(s.line.passed()) > 0 {
		tb.Errorf("the shop was called all the same: %v", err)
	}
	for _, address := range []string{"https://example.com", "http://10.0.0.1", "http://127.0.0.1@example.com", "http://localhost.example.com", "file:///etc/passwd", "gopher://127.0.0.1", "127.0.0.1", "http://127.0.0.1:1/?x=y", ""} {
		if s.CheckAPIURL(address) == nil {
			tb.Errorf("calls may go to %q", address)
		}
	}
}

// each makes a question, a look and a write, and hears what became of them.
func (s *stage) each(heard func(doing string, err error)) {
	s.tb.Helper()
	_, err := s.Changes(s.ctx(), s.shop, began(), "")
	heard("asking what changed", err)
	a := s.step(s.owed(rewards.KindDiscountCode, s.customer("anna")), rewards.StepIssue)
	_, err = s.Do(s.ctx(), s.shop, key, a)
	heard("issuing a code", err)
	if err == nil {
		_, err = s.Find(s.ctx(), s.shop, a)
		heard("looking for it", err)
	}
}
