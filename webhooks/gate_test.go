package webhooks_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/rewards"
	"grapevine/webhooks"
)

var plain = platform{key: []byte("a secret of the door")}

// door opens a pipeline's door over an inbox.
func door(t *testing.T, inbox webhooks.Inbox) http.Handler {
	t.Helper()
	p, err := webhooks.New(webhooks.Options{
		Inbox: inbox, Doors: idle{}, Lanes: idle{}, Work: idle{}, Desk: idle{}, Platforms: []webhooks.Platform{plain},
		Seal: func(string, *rewards.Order) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	e := echo.New()
	p.Mount(e)
	return e
}

// webhook builds a signed request; edit may spoil it.
func webhook(body, id string, edit func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/plain", strings.NewReader(body))
	r.Header.Set("X-Sign", plain.sign(body))
	r.Header.Set("X-Id", id)
	r.Header.Set("Content-Type", "application/json")
	if edit != nil {
		edit(r)
	}
	return r
}

func answer(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestDoor(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 2<<20+1)
	for name, tc := range map[string]struct {
		body string
		edit func(*http.Request)
		want int
		kept bool
	}{
		"a signed webhook is stored":           {body: "17 ANNA", want: 200, kept: true},
		"a wrong signature is 401":             {body: "17", edit: func(r *http.Request) { r.Header.Set("X-Sign", "AAAA") }, want: 401},
		"no signature is 401":                  {body: "17", edit: func(r *http.Request) { r.Header.Del("X-Sign") }, want: 401},
		"a signed one without its id is 400":   {body: "17", edit: func(r *http.Request) { r.Header.Del("X-Id") }, want: 400},
		"one that says it is too large is 413": {body: big, want: 413},
		"one that turns out too large is 413":  {body: big, edit: func(r *http.Request) { r.ContentLength = -1 }, want: 413},
		"the largest that is allowed passes":   {body: big[:2<<20], want: 200, kept: true},
		"a compressed one is 415":              {body: "17", edit: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, want: 415},
		"a multipart one is 415":               {body: "17", edit: func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") }, want: 415},
		"one in UTF-16 is 415":                 {body: "17", edit: func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-16") }, want: 415},
		"a GET is 405":                         {body: "17", edit: func(r *http.Request) { r.Method = http.MethodGet }, want: 405},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inbox := newShelf()
			got := answer(door(t, inbox), webhook(tc.body, "d1", tc.edit))
			if got.StatusCode != tc.want {
				t.Errorf("status %d, want %d", got.StatusCode, tc.want)
			}
			kept := inbox.bodies()
			if tc.kept != (len(kept) == 1) || (tc.kept && kept["d1"] != tc.body) {
				t.Errorf("kept %d deliveries, want stored: %v", len(kept), tc.kept)
			}
		})
	}
}

func TestDatabaseAwayIs503AndNothingIsLost(t *testing.T) {
	t.Parallel()
	inbox := newShelf()
	inbox.down = true
	h := door(t, inbox)
	got := answer(h, webhook("17", "d1", nil))
	if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q; want 503 with a time", got.StatusCode, got.Header.Get("Retry-After"))
	}
	inbox.mu.Lock()
	inbox.down = false
	inbox.mu.Unlock()
	if got := answer(h, webhook("17", "d1", nil)); got.StatusCode != http.StatusOK {
		t.Errorf("sent again: status %d, want 200", got.StatusCode)
	}
}

func TestOneBadRowDoesNotFailItsNeighbours(t *testing.T) {
	t.Parallel()
	inbox := newShelf()
	inbox.poison = "d3"
	h := door(t, inbox)
	status := sendAll(h, 40)
	for i, s := range status {
		want := 200
		if i == 3 {
			want = 503
		}
		if s != want {
			t.Errorf("delivery d%d: status %d, want %d", i, s, want)
		}
	}
}

func TestWaitingDeliveriesAreStoredTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox := newShelf()
		inbox.shut = make(chan struct{})
		h := door(t, inbox)
		done := make(chan []int)
		go func() { done <- sendAll(h, 60) }()
		synctest.Wait() // both committers are at the disk; the rest waits
		close(inbox.shut)
		for i, s := range <-done {
			if s != http.StatusOK {
				t.Errorf("delivery d%d: status %d", i, s)
			}
		}
		if n := len(inbox.groups); n > 4 {
			t.Errorf("60 deliveries took %d transactions, want at most 4", n)
		}
		if n := len(inbox.bodies()); n != 60 {
			t.Errorf("%d kept, want 60", n)
		}
	})
}

func sendAll(h http.Handler, n int) []int {
	status := make([]int, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			status[i] = answer(h, webhook(fmt.Sprintf("%d", i), fmt.Sprintf("d%d", i), nil)).StatusCode
		})
	}
	all.Wait()
	return status
}

func TestASlowDiskIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox := newShelf()
		inbox.shut = make(chan struct{})
		h := door(t, inbox)
		begun := time.Now()
		got := answer(h, webhook("17", "d1", nil))
		if took := time.Since(begun); got.StatusCode != 503 || took != 3*time.Second {
			t.Errorf("status %d after %s, want 503 after 3 s", got.StatusCode, took)
		}
		// The commit that was under way still ends, and its body was not handed to the next request.
		_ = answer(h, webhook("other body", "d2", func(r *http.Request) { r.Header.Set("X-Sign", "bad") }))
		close(inbox.shut)
		synctest.Wait()
		if got := inbox.bodies()["d1"]; got != "17" {
			t.Errorf("stored %q, want the first body", got)
		}
	})
}

func TestAFullQueueIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox := newShelf()
		inbox.shut = make(chan struct{})
		h := door(t, inbox)
		const more = 4096 + 2*256 + 100
		status := make(chan int, more)
		for i := range more {
			go func() { status <- answer(h, webhook("17", fmt.Sprintf("d%d", i), nil)).StatusCode }()
		}
		synctest.Wait()
		if len(status) == 0 {
			t.Error("nobody was refused while the queue was full")
		}
		close(inbox.shut)
		for range more {
			if s := <-status; s != 200 && s != 503 {
				t.Errorf("status %d, want 200 or 503", s)
			}
		}
	})
}

// A sender that hangs up must not tear down the commit that its delivery is part of.
func TestASenderThatHangsUpLosesNothing(t *testing.T) {
	t.Parallel()
	inbox := newShelf()
	inbox.shut, inbox.entry = make(chan struct{}), make(chan struct{}, 10)
	srv := httptest.NewServer(door(t, inbox))
	defer srv.Close()
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+"/webhooks/plain", strings.NewReader("17"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Sign", plain.sign("17"))
	req.Header.Set("X-Id", "d1")
	go func() {
		if resp, err := http.DefaultClient.Do(req); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}()
	<-inbox.entry
	hangUp()
	srv.CloseClientConnections()
	close(inbox.shut)
	if got := answer(door(t, inbox), webhook("17", "d1", nil)); got.StatusCode != 200 {
		t.Errorf("the repetition is answered %d, want 200", got.StatusCode)
	}
	if got := inbox.bodies(); len(got) != 1 || !bytes.Equal([]byte(got["d1"]), []byte("17")) {
		t.Errorf("kept %v", got)
	}
}
