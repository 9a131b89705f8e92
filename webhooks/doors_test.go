package webhooks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// lodge knows the doors of some shops, and can be away.
type lodge struct {
	mu    sync.Mutex
	doors map[string]connectors.Door
	down  bool
}

func (l *lodge) Door(_ context.Context, platform, shopID string) (connectors.Door, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return connectors.Door{}, rewards.Errorf(rewards.Unavailable, "database_away", "no connection")
	}
	door, ok := l.doors[platform+" "+shopID]
	if !ok {
		return connectors.Door{}, rewards.Errorf(rewards.NotFound, "shop_not_found", "there is no shop %s", shopID)
	}
	return door, nil
}

func (l *lodge) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// clock is a time that moves by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// street is a row of doors over an inbox: those of the village, and that of all plain shops.
type street struct {
	http.Handler
	lodge *lodge
	clock *clock
	inbox *shelf
}

func newStreet(t *testing.T) street {
	t.Helper()
	s := street{inbox: newShelf(), clock: &clock{at: time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)}, lodge: &lodge{doors: map[string]connectors.Door{
		"village shop_1": {ShopID: "shop_1", Domain: "one.example", Secrets: []string{"first"}},
		"village shop_2": {ShopID: "shop_2", Domain: "two.example", Secrets: []string{"new", "old"}},
		"village shop_3": {ShopID: "shop_3", Domain: "three.example"},
		"plain shop_4":   {ShopID: "shop_4", Domain: "four.example", Secrets: []string{"first"}},
	}}}
	p, err := webhooks.New(webhooks.Options{
		Inbox: s.inbox, Doors: s.lodge, Lanes: idle{}, Work: idle{}, Desk: idle{}, Platforms: []webhooks.Platform{newVillage(), plain},
		Seal: func(string, *rewards.Order) {}, Now: s.clock.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	e := echo.New()
	p.Mount(e)
	s.Handler = e
	return s
}

// sends knocks at a door with a body that is signed with a secret.
func (s street) sends(path, secret, topic, id string) *http.Response {
	body := `{"id":"17"}`
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("X-Sign", sealed(secret, []byte(body)))
	r.Header.Set("X-Topic", topic)
	r.Header.Set("X-Id", id)
	return answer(s, r)
}

func TestADoorOfOnesOwn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		path, secret, topic string
		want                int
		kept                bool
	}{
		"the shop's own secret":                   {"/webhooks/village/shop_1", "first", "order", 200, true},
		"the newer of two secrets":                {"/webhooks/village/shop_2", "new", "order", 200, true},
		"the older of two secrets":                {"/webhooks/village/shop_2", "old", "order", 200, true},
		"another shop's secret":                   {"/webhooks/village/shop_1", "new", "order", 401, false},
		"no secret at all, where there is none":   {"/webhooks/village/shop_3", "", "order", 401, false},
		"a shop that there is not":                {"/webhooks/village/shop_9", "first", "order", 401, false},
		"a shop of another platform":              {"/webhooks/village/shop_4", "first", "order", 401, false},
		"a call that only asks":                   {"/webhooks/village/shop_1", "first", "ping", 200, false},
		"a call that only asks, badly signed":     {"/webhooks/village/shop_1", "wrong", "ping", 401, false},
		"a name that no database takes":           {"/webhooks/village/%00%ff", "first", "order", 401, false},
		"a name with a way out":                   {"/webhooks/village/..%2Fplain", "first", "order", 401, false},
		"nobody's door":                           {"/webhooks/village", "first", "order", 404, false},
		"nobody's door, with a slash":             {"/webhooks/village/", "first", "order", 404, false},
		"further in":                              {"/webhooks/village/shop_1/more", "first", "order", 401, false},
		"a shop's door where they all share one":  {"/webhooks/plain/shop_4", "first", "order", 404, false},
		"a platform that there is not":            {"/webhooks/nowhere/shop_1", "first", "order", 404, false},
		"an address that is longer than any name": {"/webhooks/village/" + strings.Repeat("x", 4000), "first", "order", 401, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStreet(t)
			got := s.sends(tc.path, tc.secret, tc.topic, "d1")
			if kept := s.inbox.bodies(); got.StatusCode != tc.want || tc.kept != (kept["d1"] == `{"id":"17"}`) || !tc.kept && len(kept) != 0 {
				t.Errorf("status %d, kept %v; want %d, stored: %v", got.StatusCode, kept, tc.want, tc.kept)
			}
		})
	}
}

func TestAWebhookBelongsToTheShopWhoseDoorItCameBy(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.sends("/webhooks/village/shop_1", "first", "order", "d1")
	s.sends("/webhooks/village/shop_2", "new", "order", "d2")
	for id, want := range map[string]string{"d1": "one.example", "d2": "two.example"} {
		if got := s.inbox.sender(id); got != want {
			t.Errorf("%s was stored for %q, want %s", id, got, want)
		}
	}
}

// For two seconds a door is remembered: so long an old secret may be accepted. A new one is good at once, but for
// the 20 ms in which a door that was just read is not read again.
func TestASecretIsChanged(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	knock := func(secret string) int {
		return s.sends("/webhooks/village/shop_1", secret, "order", secret).StatusCode
	}
	if got := knock("first"); got != 200 {
		t.Fatalf("status %d", got)
	}
	s.lodge.set(func() {
		s.lodge.doors["village shop_1"] = connectors.Door{ShopID: "shop_1", Domain: "one.example", Secrets: []string{"second"}}
	})
	for _, step := range []struct {
		pass          time.Duration
		first, second int
	}{{0, 200, 401}, {19 * time.Millisecond, 200, 401}, {time.Millisecond, 200, 200}, {0, 401, 200}} {
		s.clock.pass(step.pass)
		if first, second := knock("first"), knock("second"); first != step.first || second != step.second {
			t.Errorf("after another %s the old secret is answered %d, the new one %d; want %d and %d", step.pass, first, second, step.first, step.second)
		}
	}
	s.lodge.set(func() { delete(s.lodge.doors, "village shop_1") })
	s.clock.pass(2 * time.Second)
	if got := knock("second"); got != 401 {
		t.Errorf("a shop that has left is answered %d", got)
	}
	s.lodge.set(func() {
		s.lodge.doors["village shop_1"] = connectors.Door{ShopID: "shop_1", Domain: "one.example", Secrets: []string{"third"}}
	})
	if got := knock("third"); got != 200 {
		t.Errorf("a shop that has come is answered %d: who was not there must not be remembered", got)
	}
}

// One that was taken away is good for two seconds at most, where nothing else made the door be read anew.
func TestASecretIsTakenAway(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	knock := func() int { return s.sends("/webhooks/village/shop_2", "old", "order", "d1").StatusCode }
	if got := knock(); got != 200 {
		t.Fatalf("status %d", got)
	}
	s.lodge.set(func() {
		s.lodge.doors["village shop_2"] = connectors.Door{ShopID: "shop_2", Domain: "two.example", Secrets: []string{"new"}}
	})
	for _, step := range []struct {
		pass time.Duration
		want int
	}{{0, 200}, {1999 * time.Millisecond, 200}, {time.Millisecond, 401}, {time.Hour, 401}} {
		if s.clock.pass(step.pass); knock() != step.want {
			t.Errorf("after another %s it is not answered %d", step.pass, step.want)
		}
	}
}

func TestADoorWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.sends("/webhooks/village/shop_1", "first", "order", "d1")
	s.lodge.set(func() { s.lodge.down = true })
	if got := s.sends("/webhooks/village/shop_1", "first", "order", "d2").StatusCode; got != 200 {
		t.Errorf("a door that is remembered is answered %d", got)
	}
	for path, secret := range map[string]string{"/webhooks/village/shop_2": "new", "/webhooks/village/shop_9": "first"} {
		got := s.sends(path, secret, "order", "d3")
		if got.StatusCode != 503 || got.Header.Get("Retry-After") == "" {
			t.Errorf("%s: status %d, Retry-After %q; want 503 with a time", path, got.StatusCode, got.Header.Get("Retry-After"))
		}
	}
	s.clock.pass(2 * time.Second)
	if got := s.sends("/webhooks/village/shop_1", "first", "order", "d4").StatusCode; got != 503 {
		t.Errorf("a door that is remembered no more is answered %d, want 503", got)
	}
	s.lodge.set(func() { s.lodge.down = false })
	if got := s.sends("/webhooks/village/shop_2", "new", "order", "d3").StatusCode; got != 200 {
		t.Errorf("sent again: status %d", got)
	}
	if kept := s.inbox.bodies(); len(kept) != 3 {
		t.Errorf("kept %v, want d1, d2 and d3", kept)
	}
}

func TestManyKnockAtManyDoorsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			path, secret, want := "/webhooks/village/shop_1", "first", 200
			switch i % 4 {
			case 1:
				path, secret = "/webhooks/village/shop_2", "old"
			case 2:
				secret, want = "old", 401
			case 3:
				s.clock.pass(time.Second)
			}
			if got := s.sends(path, secret, "order", strings.Repeat("d", i+1)).StatusCode; got != want {
				t.Errorf("knock %d: status %d, want %d", i, got, want)
			}
		})
	}
	all.Wait()
	if n := len(s.inbox.bodies()); n != 150 {
		t.Errorf("%d are kept, want 150", n)
	}
}

// What is refused for its headers tells nobody whether the address leads to a shop.
func TestWhatNoDoorTakesIsRefusedAtAllAlike(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	for name, tc := range map[string]struct {
		header, value string
		size          int64
		want          int
	}{
		"a form with files":      {"Content-Type", "multipart/form-data; boundary=x", 1, http.StatusUnsupportedMediaType},
		"something packed":       {"Content-Encoding", "gzip", 1, http.StatusUnsupportedMediaType},
		"a body without end":     {"Content-Type", "application/json", 1 << 40, http.StatusRequestEntityTooLarge},
		"what a webhook is like": {"Content-Type", "application/json", 1, http.StatusUnauthorized},
	} {
		for _, shop := range []string{"shop_1", "shop_9"} {
			r := httptest.NewRequest(http.MethodPost, "/webhooks/village/"+shop, strings.NewReader("x"))
			r.Header.Set(tc.header, tc.value)
			r.ContentLength = tc.size
			if got := answer(s, r).StatusCode; got != tc.want {
				t.Errorf("%s at %s: status %d, want %d", name, shop, got, tc.want)
			}
		}
	}
}

// crowdedLodge answers when it is let, and notes how many ask at a time.
type crowdedLodge struct {
	*lodge
	asks, most atomic.Int32
	let        chan struct{}
}

func (l *crowdedLodge) Door(ctx context.Context, platform, shopID string) (connectors.Door, error) {
	n := l.asks.Add(1)
	defer l.asks.Add(-1)
	for m := l.most.Load(); n > m && !l.most.CompareAndSwap(m, n); m = l.most.Load() {
	}
	<-l.let
	return l.lodge.Door(ctx, platform, shopID)
}

// Anybody may ask for shops that there are not. Those who store webhooks have their connections all the same.
func TestManyWhoAskForShopsThatThereAreNotTakeFewConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &crowdedLodge{lodge: &lodge{doors: map[string]connectors.Door{"village shop_1": {ShopID: "shop_1", Domain: "one.example", Secrets: []string{"first"}}}}, let: make(chan struct{})}
		inbox := newShelf()
		p, err := webhooks.New(webhooks.Options{
			Inbox: inbox, Doors: l, Lanes: idle{}, Work: idle{}, Desk: idle{}, Platforms: []webhooks.Platform{newVillage()}, Seal: func(string, *rewards.Order) {},
		})
		if err != nil {
			t.Fatal(err)
		}
		e := echo.New()
		p.Mount(e)
		s := street{Handler: e}
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				if got := s.sends(fmt.Sprint("/webhooks/village/none_", i), "first", "order", "d").StatusCode; got != http.StatusUnauthorized {
					t.Errorf("a shop that there is not is answered %d", got)
				}
			})
		}
		synctest.Wait()
		if n := l.asks.Load(); n != 2 {
			t.Errorf("%d ask at a time, want 2", n)
		}
		all.Go(func() {
			if got := s.sends("/webhooks/village/shop_1", "first", "order", "d1").StatusCode; got != http.StatusOK {
				t.Errorf("a shop that there is is answered %d", got)
			}
		})
		synctest.Wait()
		close(l.let)
		all.Wait()
		if n := l.most.Load(); n != 2 || len(inbox.bodies()) != 1 {
			t.Errorf("%d asked at a time, %d are stored", n, len(inbox.bodies()))
		}
		p.Close()
	})
}
