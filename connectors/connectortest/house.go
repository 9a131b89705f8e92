package connectortest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/internal/simshop"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/webhooks"
)

// masterKey seals what the suite's databases hold.
const masterKey = secret.Text("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")

// patience is how long a house may take to become quiet.
const patience = time.Minute

// asks is how a shop is asked what changed.
type asks int

const (
	never    asks = iota
	byHand        // as by the command that makes up for lost webhooks
	byItself      // by the pipeline, in the platform's rhythm but faster
)

// house is the whole program in this process: a database, the pipeline with its doors open, and a shop.
type house struct {
	tb       testing.TB
	sim      simshop.Shop
	db       *storage.DB
	pipeline *webhooks.Pipeline
	platform Connector
	asks     asks
	asked    *asking // by itself
	built    time.Time
	shop     connectors.Shop
	later    atomic.Int64 // nanoseconds that the pipeline's clock is ahead

	anna  string // the advocate's id in the shop
	annas rewards.Advocate
	sent  []simshop.Letter // all that were delivered
}

// build builds a house on an empty database.
func (f Fixture) build(tb testing.TB, url string, asks asks) *house {
	tb.Helper()
	h := &house{tb: tb, asks: asks, built: time.Now()}
	e := echo.New()
	server := httptest.NewUnstartedServer(e)
	public := "http://" + server.Listener.Addr().String()
	name := f.connector(tb, nil, nil).Name()
	h.sim = f.start(tb, simshop.Options{Hooks: public + "/webhooks/" + name})
	install := h.sim.Install()
	h.platform = f.connector(tb, install.Settings, nil)
	h.open(url)
	h.wire()
	h.pipeline.Mount(e)
	server.Start()
	tb.Cleanup(func() {
		server.Close()
		h.pipeline.Close()
	})
	s := &stage{Connector: h.platform, tb: tb, f: f, sim: h.sim, install: install}
	h.install(s.installed(h.platform, install.APIURL), install, public)
	// A shop that tries its new webhooks at once finds a door whose secrets are not known yet, and that is
	// remembered for a moment: nobody buys before the moment is over.
	h.later.Store(int64(time.Minute))
	h.work()
	return h
}

func (h *house) no(doing string, err error) {
	h.tb.Helper()
	if err != nil {
		h.tb.Fatalf("%s: %v", doing, err)
	}
}

// open opens and migrates the database.
func (h *house) open(url string) {
	h.tb.Helper()
	db, err := storage.Open(h.tb.Context(), storage.Options{URL: url, MasterKeys: []secret.Text{masterKey}})
	h.no("opening the database", err)
	h.db = db
	h.tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			h.tb.Errorf("closing the database: %v", err)
		}
	})
	_, _, err = db.Migrate(h.tb.Context())
	h.no("migrating", err)
}

// wire makes the pipeline.
func (h *house) wire() {
	h.tb.Helper()
	platform := webhooks.Platform(struct{ webhooks.Platform }{h.platform}) // nobody sees that it can be asked
	if h.asks == byItself {
		h.asked = &asking{Connector: h.platform}
		platform = h.asked
	}
	p, err := webhooks.New(webhooks.Options{
		Inbox: h.db, Doors: h.db, Lanes: h.db, Work: h.db, Desk: h.db.Desk(), Platforms: []webhooks.Platform{platform},
		// One worker that mostly sleeps: under the race detector an SQLite that is asked all the time is busy with that.
		Seal: h.db.Seal, Alone: h.db.Alone(), LaneWorkers: 1, Poll: 50 * time.Millisecond,
		Now: func() time.Time { return time.Now().Add(time.Duration(h.later.Load())) },
	})
	h.no("making the pipeline", err)
	h.pipeline = p
}

// install adds the shop as the program does.
func (h *house) install(shop connectors.Shop, told simshop.Install, public string) {
	h.tb.Helper()
	ctx := h.tb.Context()
	added, err := h.db.AddShop(ctx, storage.NewShop{
		Platform: shop.Platform, Domain: shop.Domain, APIURL: shop.APIURL, Currency: shop.Currency, TimeZone: shop.TimeZone,
		Token: secret.Text(shop.Token), Settings: shop.Settings, Hooks: texts(told.WebhookSecrets),
	})
	h.no("adding the shop", err)
	h.shop, err = h.db.CallableShop(ctx, added.ID)
	h.no("reading the shop", err)
	sub, ok := h.platform.(Subscriber)
	if !ok {
		return
	}
	address := public + "/webhooks/" + shop.Platform
	if h.platform.Capabilities().OwnDoor {
		address += "/" + added.ID
	}
	made, err := sub.Subscribe(ctx, h.shop, address)
	h.no("subscribing", err)
	_, err = h.db.UpdateShop(ctx, added.ID, storage.ShopUpdate{Settings: made.Settings, Hooks: texts(made.Secrets)})
	h.no("keeping the secrets", err)
	maps.Copy(h.shop.Settings, made.Settings)
}

// texts hides secrets; nil stays nil.
func texts(plain []string) (out []secret.Text) {
	for _, p := range plain {
		out = append(out, secret.Text(p))
	}
	return out
}

// work lets the pipeline run until the test ends.
func (h *house) work() {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = h.pipeline.Run(ctx) })
	h.tb.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// post delivers letters as the shop would; each has to be taken.
func (h *house) post(letters ...simshop.Letter) {
	h.tb.Helper()
	for _, l := range letters {
		h.no("posting", h.deliver(l))
	}
}

// deliver posts one letter. Anything but 200 is an error.
func (h *house) deliver(l simshop.Letter) error {
	req, err := http.NewRequestWithContext(h.tb.Context(), http.MethodPost, l.URL, bytes.NewReader(l.Body))
	if err != nil {
		return err
	}
	req.Header = l.Header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is answered %d", l.Topic, res.StatusCode)
	}
	return nil
}

// until waits for something to become true. what tells of it, for whoever reads that it did not.
func (h *house) until(ok func() (done bool, what string)) {
	h.tb.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		done, what := ok()
		if done {
			return
		}
		if time.Now().After(deadline) {
			h.tb.Fatalf("not within %v: %s", patience, what)
		}
		<-tick.C
	}
}

// catchUp sees to it that the shop was asked about all that happened so far, where it is asked.
func (h *house) catchUp() {
	h.tb.Helper()
	switch h.asks {
	case byHand:
		_, err := webhooks.CatchUp(h.tb.Context(), h.platform, h.db, h.shop, h.built.Add(-time.Minute), nil)
		h.no("asking what changed", err)
		h.pipeline.Wake()
	case byItself:
		looks := h.asked.begun()
		h.until(func() (bool, string) {
			h.pipeline.Wake() // the next look may be due, and nothing else would tell
			return h.asked.done() > looks, "the shop is asked what changed"
		})
	}
}

// quiet waits until every event and every job has come to its end.
func (h *house) quiet() {
	h.tb.Helper()
	h.until(func() (bool, string) {
		counts, _, err := h.db.EventCounts(h.tb.Context())
		h.no("counting events", err)
		if n := counts[webhooks.EventPending] + counts[webhooks.EventConfirming]; n > 0 {
			return false, fmt.Sprintf("%d events wait", n)
		}
		jobs, _, err := h.db.Jobs(h.tb.Context(), h.shop.ID, webhooks.JobFilter{}, rewards.Page{Limit: 100})
		h.no("listing jobs", err)
		var open []string
		for _, j := range jobs {
			if j.State == webhooks.JobDead {
				h.tb.Fatalf("the job %s %s was given up: %s %s", j.Kind, j.Subject, j.Code, j.Detail)
			}
			if j.Kind != rewards.JobPoll {
				open = append(open, fmt.Sprintf("%s %s (try %d, %s)", j.Kind, j.Subject, j.Attempts, j.Detail))
			}
		}
		return len(open) == 0, strings.Join(open, ", ")
	})
}

// asking is a platform that is asked what changed as soon as it has answered. It counts how often.
type asking struct {
	Connector

	mu     sync.Mutex
	starts int // looks that were begun
	ends   int // the latest look that came to its end
}

// Rhythm is as fast as the pipeline goes.
func (a *asking) Rhythm() connectors.Rhythm {
	r := a.Connector.Rhythm()
	r.Every = time.Millisecond
	return r
}

// Changes counts looks.
func (a *asking) Changes(ctx context.Context, s connectors.Shop, since time.Time, cursor string) (connectors.ChangesPage, error) {
	a.mu.Lock()
	if cursor == "" {
		a.starts++
	}
	look := a.starts
	a.mu.Unlock()
	page, err := a.Connector.Changes(ctx, s, since, cursor)
	if err == nil && page.Next == "" {
		a.mu.Lock()
		// What the page holds is stored after this: the look before it is done for certain.
		a.ends = look - 1
		a.mu.Unlock()
	}
	return page, err
}

// begun is the number of the latest look.
func (a *asking) begun() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.starts
}

// done is the number of the latest look whose findings are stored.
func (a *asking) done() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ends
}
