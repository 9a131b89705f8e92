package webhooks_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// drip is a body of which a little comes, and then nothing until the sender is let go.
type drip struct {
	comes int
	stops func() // called when nothing more comes
	end   <-chan struct{}
	late  chan struct{} // closed when the connection is to be read no longer
}

func (d *drip) Read(p []byte) (int, error) {
	if d.comes > 0 {
		n := min(d.comes, len(p))
		d.comes -= n
		return n, nil
	}
	d.stops()
	select {
	case <-d.end:
		return 0, io.ErrUnexpectedEOF
	case <-d.late:
		return 0, os.ErrDeadlineExceeded
	}
}

// line is the connection that such a body comes over.
type line struct {
	*httptest.ResponseRecorder
	body *drip
}

func (l line) SetReadDeadline(at time.Time) error {
	time.AfterFunc(time.Until(at), func() { close(l.body.late) })
	return nil
}

// heap is what is alive.
func heap() int64 {
	runtime.GC()
	runtime.GC() // pools give up what they hold at the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Senders choose how fast they send and what they promise; none of it is to be held against their word. It runs
// alone: it measures the memory of the whole process.
func TestManySlowAndLargeSendersTakeBoundedMemory(t *testing.T) {
	const senders = 4000
	for name, tc := range map[string]struct {
		promised int64
		comes    int
		most     int64 // MiB that all of them may take together, their goroutines included
	}{
		"they promise 2 MiB and send nothing":                {2 << 20, 0, 40},
		"they promise 2 MiB and send 3 kB":                   {2 << 20, 3000, 60},
		"they promise 2 MiB and send nearly all of it":       {2 << 20, 2<<20 - 1, 60},
		"they do not say how much, and never come to an end": {-1, 1 << 20, 60},
	} {
		t.Run(name, func(t *testing.T) {
			inbox, end := newShelf(), make(chan struct{})
			h := door(t, inbox)
			before := heap()
			var refused atomic.Int64
			var all, settled sync.WaitGroup
			settled.Add(senders)
			for range senders {
				all.Go(func() {
					settle := sync.OnceFunc(settled.Done)
					defer settle()
					r, body := webhook("17", "d", nil), &drip{tc.comes, settle, end, make(chan struct{})}
					r.Body, r.ContentLength = io.NopCloser(body), tc.promised
					w := line{httptest.NewRecorder(), body}
					if h.ServeHTTP(w, r); w.Code == http.StatusServiceUnavailable {
						refused.Add(1)
					}
				})
			}
			settled.Wait() // each waits for more of its body, or was refused
			taken := (heap() - before) >> 20
			if taken > tc.most {
				t.Errorf("%d senders take %d MiB, want at most %d", senders, taken, tc.most)
			}
			// What giants hold keeps no common webhook out, and what the slow hold none for longer than a second or two.
			if s := answer(h, webhook("17 ANNA", "other", nil)).StatusCode; s != http.StatusOK {
				t.Errorf("another sender was answered %d", s)
			}
			common := "18 " + strings.Repeat("x", 6000)
			for begun := time.Now(); answer(h, webhook(common, "common", nil)).StatusCode != http.StatusOK; time.Sleep(10 * time.Millisecond) {
				if time.Since(begun) > 5*time.Second {
					t.Error("a common webhook is not let in")
					break
				}
			}
			close(end)
			all.Wait()
			t.Logf("%d MiB, %d of %d refused", taken, refused.Load(), senders)
			if s := answer(h, webhook("17 BERT", "later", nil)).StatusCode; s != http.StatusOK {
				t.Errorf("afterwards a sender was answered %d", s)
			}
		})
	}
}

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestAFullQueueIsAnsweredBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 2<<20)
	for name, tc := range map[string]struct {
		body string
		fits int
	}{
		"by their number": {"17", 4096},
		"by their size":   {big, 16},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				inbox := newShelf()
				inbox.shut = make(chan struct{})
				h := door(t, inbox)
				var mu sync.Mutex
				taken := map[string]bool{}
				var all sync.WaitGroup
				for i := range tc.fits + tc.fits/8 + 1 + 2*256*4096/(4096+len(tc.body)) {
					all.Go(func() {
						id := fmt.Sprintf("d%d", i)
						status := answer(h, webhook(tc.body, id, nil)).StatusCode
						mu.Lock()
						defer mu.Unlock()
						if taken[id] = status == http.StatusOK; !taken[id] && status != http.StatusServiceUnavailable {
							t.Errorf("%s was answered %d", id, status)
						}
					})
					if len(tc.body) > 1000 || i < 2 {
						synctest.Wait() // two groups are at the disk, and no more bodies are read at a time than may be
					}
				}
				synctest.Wait()
				got := answer(h, webhook("17", "late", func(r *http.Request) { r.Body = io.NopCloser(unread{t}) }))
				if wait, err := strconv.Atoi(got.Header.Get("Retry-After")); got.StatusCode != 503 || err != nil || wait < 2 || wait > 10 {
					t.Errorf("answered %d, Retry-After %q", got.StatusCode, got.Header.Get("Retry-After"))
				}
				close(inbox.shut)
				all.Wait()
				n, kept := 0, inbox.bodies()
				for id, ok := range taken {
					if _, stored := kept[id]; ok != stored {
						t.Errorf("%s: answered 200 is %v, stored is %v", id, ok, stored)
					}
					if ok {
						n++
					}
				}
				if n < tc.fits || n == len(taken) {
					t.Errorf("%d of %d were taken, want %d at least and not all", n, len(taken), tc.fits)
				}
				if s := answer(h, webhook("17", "later", nil)).StatusCode; s != http.StatusOK {
					t.Errorf("afterwards answered %d", s)
				}
			})
		})
	}
}

func TestWhatCannotBeSignedIsNotRead(t *testing.T) {
	t.Parallel()
	h := door(t, newShelf())
	for name, edit := range map[string]func(*http.Request){
		"no signature":           func(r *http.Request) { r.Header.Del("X-Sign") },
		"one that cannot be":     func(r *http.Request) { r.Header.Set("X-Sign", "short") },
		"more than is ever read": func(r *http.Request) { r.ContentLength = 3 << 20 },
		"compressed":             func(r *http.Request) { r.Header.Set("Content-Encoding", "br") },
	} {
		got := answer(h, webhook("17", "d", func(r *http.Request) { edit(r); r.Body = io.NopCloser(unread{t}) }))
		if got.StatusCode/100 != 4 {
			t.Errorf("%s: answered %d", name, got.StatusCode)
		}
	}
}

// moody is an inbox whose database comes and goes in the middle of things.
type moody struct {
	*shelf
	n atomic.Int64
}

func (m *moody) Put(ctx context.Context, ds []connectors.Delivery) (int, error) {
	switch m.n.Add(1) % 6 {
	case 0:
		panic("before anything was stored")
	case 1:
		return 0, rewards.Errorf(rewards.Unavailable, "database_away", "no connection")
	case 2:
		return 0, rewards.Errorf(rewards.Internal, "bad_row", "not this one")
	case 3:
		_, _ = m.shelf.Put(ctx, ds)
		panic("the answer to the commit was lost")
	}
	return m.shelf.Put(ctx, ds)
}

func TestWhatWasAcknowledgedIsStoredWhateverTheInboxDoes(t *testing.T) {
	t.Parallel()
	inbox := &moody{shelf: newShelf()}
	h := door(t, inbox)
	status, kept := sendAll(h, 600), inbox.bodies()
	taken := 0
	for i, s := range status {
		if s == http.StatusOK {
			taken++
			if _, ok := kept[fmt.Sprintf("d%d", i)]; !ok {
				t.Errorf("d%d was answered 200 and is not stored", i)
			}
		} else if s != http.StatusServiceUnavailable {
			t.Errorf("d%d was answered %d", i, s)
		}
	}
	if taken == 0 || taken == len(status) {
		t.Errorf("%d of %d were taken: the inbox was not moody", taken, len(status))
	}
}
