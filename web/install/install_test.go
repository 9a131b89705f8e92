package install

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/invite"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/web"
)

const (
	platform = "woocommerce"
	domain   = "shop.example"
	keys     = "ck_good:cs_good"
)

// world is the pages over a real database, with shops that know their own keys.
type world struct {
	t     *testing.T
	db    *storage.DB
	pages *Pages
	url   string
	desk  *desk
}

func newWorld(t *testing.T, database string, change ...func(*http.Server)) *world {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	db, err := storage.Open(t.Context(), storage.Options{URL: database, MasterKeys: []secret.Text{"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := &desk{db: db, shops: map[string]*httptest.Server{}}
	p, err := New(Options{Links: db, Installer: d, Readers: map[string]Reader{platform: read}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	e, err := web.New(web.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	p.Mount(e)
	srv := httptest.NewUnstartedServer(e)
	for _, f := range change {
		f(srv.Config)
	}
	srv.Start()
	t.Cleanup(srv.Close)
	w := &world{t: t, db: db, pages: p, url: srv.URL, desk: d}
	w.shop(domain, keys)
	return w
}

// shop opens a shop that lets in who has its keys.
func (w *world) shop(domain, keys string) {
	user, password, _ := strings.Cut(keys, ":")
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if u, p, ok := r.BasicAuth(); !ok || u != user || p != password {
			rw.WriteHeader(http.StatusUnauthorized)
		}
	}))
	w.t.Cleanup(srv.Close)
	w.desk.shops[domain] = srv
}

func (w *world) no(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) link() string {
	w.t.Helper()
	state, err := w.db.CreateInstall(w.t.Context(), platform, domain, invite.Life)
	w.no(err)
	return state.Reveal()
}

// post is what the shop's server sends, and the status of our answer.
func (w *world) post(body string) int {
	w.t.Helper()
	res, err := http.Post(w.url+callbackPath(platform), "application/json;charset=UTF-8", strings.NewReader(body))
	w.no(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	w.no(err)
	if strings.Contains(string(text), "ck_") || strings.Contains(string(text), "cs_") {
		w.t.Errorf("the answer holds keys: %s", text)
	}
	return res.StatusCode
}

func (w *world) comeBack(query string) (int, string) {
	w.t.Helper()
	res, err := http.Get(w.url + returnPath(platform) + query)
	w.no(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	w.no(err)
	return res.StatusCode, string(text)
}

func (w *world) shopsThere() int {
	w.t.Helper()
	shops, err := w.db.Shops(w.t.Context())
	w.no(err)
	return len(shops)
}

// desk installs shops as the command does: the credential is tried first.
type desk struct {
	db    *storage.DB
	shops map[string]*httptest.Server
}

func (d *desk) Install(ctx context.Context, platform string, app connectors.Application) (connectors.Installed, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.shops[app.Domain].URL+"/wp-json/wc/v3/system_status", nil)
	if err != nil {
		return connectors.Installed{}, err
	}
	user, password, _ := strings.Cut(app.Token, ":")
	req.SetBasicAuth(user, password)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return connectors.Installed{}, rewards.Errorf(rewards.Unavailable, "shop_timeout", "%w", err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return connectors.Installed{}, connectors.FromStatus(res.StatusCode, true, 0)
	}
	return d.db.AddShop(ctx, storage.NewShop{Platform: platform, Domain: app.Domain, Currency: "EUR", Token: secret.Text(app.Token)})
}

// read understands the form that facts about the platform give.
func read(body []byte) (state, credential string, err error) {
	var in struct {
		State  string `json:"user_id"`
		Key    string `json:"consumer_key"`
		Secret string `json:"consumer_secret"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return "", "", err
	}
	if in.State == "" || in.Key == "" || in.Secret == "" {
		return "", "", rewards.Errorf(rewards.Invalid, "bad_token", "incomplete")
	}
	return in.State, in.Key + ":" + in.Secret, nil
}

func callbackBody(state, keys string) string {
	key, secret, _ := strings.Cut(keys, ":")
	return fmt.Sprintf(`{"key_id":2,"user_id":%q,"consumer_key":%q,"consumer_secret":%q,"key_permissions":"read_write"}`, state, key, secret)
}

func TestAShopConnectsItself(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, database string) {
		w := newWorld(t, database)
		state := w.link()
		if status, page := w.comeBack("?success=1&user_id=" + state); status != 200 || !strings.Contains(page, "The keys did not arrive") {
			t.Fatalf("before the callback: %d %s", status, page)
		}
		if status := w.post(callbackBody(state, keys)); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		shop, err := w.db.FindShop(t.Context(), domain)
		w.no(err)
		callable, err := w.db.CallableShop(t.Context(), shop.ID)
		w.no(err)
		if shop.Platform != platform || callable.Token != keys {
			t.Fatalf("got %+v with the token %q", shop, callable.Token)
		}
		status, page := w.comeBack("?success=1&user_id=" + state)
		for _, want := range []string{"The shop is connected", domain, "grapevine token create --scope write --shop " + shop.ID, "grapevine doctor"} {
			if status != http.StatusOK || !strings.Contains(page, want) {
				t.Errorf("status %d, the page does not say %q", status, want)
			}
		}
		if status := w.post(callbackBody(state, keys)); status != http.StatusConflict || w.shopsThere() != 1 {
			t.Fatalf("a second callback is answered %d", status)
		}
		if _, page := w.comeBack("?success=1&user_id=" + state); !strings.Contains(page, "The shop is connected") {
			t.Fatal("the second callback changed what came of the first")
		}
	})
}

func TestACallbackThatIsNotGoodInstallsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.SQLite(t))
	state := w.link()
	for name, tc := range map[string]struct {
		body   string
		status int
	}{
		"a forged state":        {callbackBody("in_FORGED", keys), http.StatusNotFound},
		"no state":              {callbackBody("", keys), http.StatusUnprocessableEntity},
		"a state in small":      {callbackBody(strings.ToLower(state), keys), http.StatusNotFound},
		"no keys":               {callbackBody(state, ":"), http.StatusUnprocessableEntity},
		"a form":                {"user_id=" + state + "&consumer_key=ck_good&consumer_secret=cs_good", http.StatusBadRequest},
		"nothing":               {"", http.StatusBadRequest},
		"a state that is a sum": {`{"user_id":1,"consumer_key":"ck_good","consumer_secret":"cs_good"}`, http.StatusBadRequest},
		"a huge body":           {`{"user_id":"` + strings.Repeat("x", maxCallback) + `"}`, http.StatusRequestEntityTooLarge},
	} {
		if status := w.post(tc.body); status != tc.status {
			t.Errorf("%s: status %d, want %d", name, status, tc.status)
		}
	}
	if link, err := w.db.Install(t.Context(), platform, state); err != nil || !link.UsedAt.IsZero() || w.shopsThere() != 0 {
		t.Fatalf("the link is %+v, %v; %d shops", link, err, w.shopsThere())
	}
	if status := w.post(callbackBody(state, keys)); status != http.StatusOK {
		t.Fatalf("the link is spoilt: status %d", status)
	}
}

// The keys of a shop of the attacker's own are no use with a link for another.
func TestKeysOfAnotherShopAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.SQLite(t))
	w.shop("other.example", "ck_other:cs_other")
	state := w.link()
	if status := w.post(callbackBody(state, "ck_other:cs_other")); status != http.StatusForbidden {
		t.Fatalf("status %d", status)
	}
	status, page := w.comeBack("?success=1&user_id=" + state)
	if status != http.StatusOK || !strings.Contains(page, "could not be connected") || !strings.Contains(page, "refuses our access token") {
		t.Fatalf("%d %s", status, page)
	}
	if status := w.post(callbackBody(state, keys)); status != http.StatusConflict || w.shopsThere() != 0 {
		t.Fatalf("the used link is answered %d; %d shops", status, w.shopsThere())
	}
}

func TestAShopThatDoesNotAnswerIsGivenUpInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.SQLite(t))
	w.pages.budget = 50 * time.Millisecond
	over := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(over) })
	w.desk.shops[domain] = slow
	state := w.link()
	if status := w.post(callbackBody(state, keys)); status != http.StatusServiceUnavailable || w.shopsThere() != 0 {
		t.Fatalf("status %d, %d shops", status, w.shopsThere())
	}
	if _, page := w.comeBack("?success=0&user_id=" + state); !strings.Contains(page, "could not be connected") || !strings.Contains(page, "did not answer in time") {
		t.Fatal(page)
	}
}

// Trying keys takes longer than this server leaves to its other answers.
func TestTheAnswerToACallbackMayComeLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.SQLite(t), func(s *http.Server) { s.WriteTimeout = time.Nanosecond })
	if status := w.post(callbackBody(w.link(), keys)); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
}

func TestOfManyCallbacksAtOnceOneInstalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.SQLite(t))
	body := callbackBody(w.link(), keys)
	statuses := make([]int, 6)
	var wait sync.WaitGroup
	for i := range statuses {
		wait.Go(func() { statuses[i] = w.post(body) })
	}
	wait.Wait()
	count := map[int]int{}
	for _, s := range statuses {
		count[s]++
	}
	if count[http.StatusOK] != 1 || count[http.StatusConflict] != len(statuses)-1 || w.shopsThere() != 1 {
		t.Fatalf("got %v and %d shops", count, w.shopsThere())
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	callback, back := Addresses("https://refer.example.com/", platform)
	if callback != "https://refer.example.com/install/woocommerce/callback" || back != "https://refer.example.com/install/woocommerce/return" {
		t.Fatalf("got %s and %s", callback, back)
	}
}

func TestNewWantsAllItNeeds(t *testing.T) {
	t.Parallel()
	d := &desk{}
	full := Options{Links: &storage.DB{}, Installer: d, Readers: map[string]Reader{platform: read}, Log: slog.Default()}
	for name, spoil := range map[string]func(*Options){
		"links":     func(o *Options) { o.Links = nil },
		"installer": func(o *Options) { o.Installer = nil },
		"readers":   func(o *Options) { o.Readers = nil },
		"log":       func(o *Options) { o.Log = nil },
	} {
		o := full
		spoil(&o)
		if _, err := New(o); err == nil {
			t.Errorf("without %s it is made all the same", name)
		}
	}
	if _, err := New(full); err != nil {
		t.Fatal(err)
	}
}
