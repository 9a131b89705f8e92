package e2e

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"grapevine/internal/testdb"
)

func TestServeSeesWhatCommandsChangeBesideIt(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, s *site) {
		s.start()
		sh := s.newShop("beside.myshopify.com")
		sh.apply(creditProgram)
		sh.offered("credit")
		ana := sh.joined("ana")

		s.run("shop", "pause", sh.ID)
		o := sh.buy(ana.Code)
		eventually(t, patience, "the webhooks of a paused shop are stored", func() (bool, any) {
			events := list[event](sh, "/events", "order", orderID(o.ID))
			return len(events) >= 3, events
		})
		if status := sh.status(); status.Status != "paused" || len(sh.credits()) != 0 {
			t.Errorf("the shop is %+v and holds %d credits", status, len(sh.credits()))
		}
		s.run("shop", "resume", sh.ID)
		sh.rewarded(o.ID, "issued", patience)

		sh.apply(strings.Replace(creditProgram, `amount: "10.00"`, `amount: "12.00"`, 1))
		nextSecond() // shops tell to the second when an order was placed
		if r := sh.rewarded(sh.buy(ana.Code).ID, "issued", patience); r.Value.Amount != "12.00" {
			t.Errorf("the next order is judged by the old version: %+v", r.Value)
		}
		s.run("doctor")
		s.fsck()
	})
}

// status is the shop as the API tells it.
func (sh *shop) status() shopView {
	sh.site.t.Helper()
	return read[shopView](sh, "")
}

// nextSecond waits for the clock's next whole second.
func nextSecond() { time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) }

func TestSIGTERMUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, s *site) {
		s.start()
		sh := s.newShop("term.myshopify.com", held)
		l := sh.pressure(t)
		eventually(t, patience, "some webhooks are acknowledged", func() (bool, any) {
			return l.answers(http.StatusOK) > 200, l.answers(http.StatusOK)
		})
		took := s.signal(syscall.SIGTERM)
		l.end()
		if took > 10*time.Second || s.status != nil {
			t.Errorf("serve ended after %v: %v", took, s.status)
		}
		l.allStored(t)
		s.start()
		sh.quiet()
		l.allStored(t)
	})
}

func TestADatabaseThatIsAwayCostsNothingButTime(t *testing.T) {
	t.Parallel()
	server := testdb.Own(t, testdb.Options{Fsync: true})
	s := newSite(t, server.Database(t))
	s.migrate()
	s.start()
	sh := s.newShop("away.myshopify.com", held)
	l := sh.pressure(t)
	acknowledged := func(more int) {
		t.Helper()
		was := l.answers(http.StatusOK)
		eventually(t, patience, "webhooks are acknowledged", func() (bool, any) {
			return l.answers(http.StatusOK) > was+more, l.answers(http.StatusOK)
		})
	}
	acknowledged(100)
	if err := server.StopImmediate(); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "readyz tells that the database is away", func() (bool, any) {
		status, body := s.get("/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, `"database"`), body
	})
	eventually(t, patience, "webhooks are answered 503", func() (bool, any) {
		return l.answers(http.StatusServiceUnavailable) > 0, nil
	})
	if status, body := s.get("/healthz"); status != http.StatusOK {
		t.Errorf("healthz: %d %s", status, body)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	s.awaitReady(5 * time.Second)
	acknowledged(20)
	if took := time.Since(back); took > 5*time.Second {
		t.Errorf("webhooks were taken in again %v after the database was back", took)
	} else {
		t.Logf("recovered %v after the database was back", took.Round(time.Millisecond))
	}
	l.end()
	if n := l.counts[0]; n != 0 {
		t.Errorf("%d webhooks had no answer at all", n)
	}
	sh.quiet()
	l.allStored(t)
	s.fsck()
}
