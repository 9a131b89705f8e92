package health

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"grapevine/rewards"
	"grapevine/web"
)

func ask(t *testing.T, method, path string, parts ...Part) *httptest.ResponseRecorder {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	e, err := web.New(web.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Options{Log: log, Role: "web"}, parts...)
	if err != nil {
		t.Fatal(err)
	}
	h.Mount(e)
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest(method, path, nil))
	return rec
}

func part(name string, err error) Part {
	return Part{name, PingFunc(func(context.Context) error { return err })}
}

func TestAProcessIsAliveWhateverElseIsWrong(t *testing.T) {
	t.Parallel()
	rec := ask(t, "GET", "/healthz", part("database", rewards.Errorf(rewards.Unavailable, "unavailable", "down")))
	if rec.Code != 200 || strings.TrimSpace(rec.Body.String()) != `{"status":"alive","role":"web"}` {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		parts  []Part
		status int
		want   view
	}{
		"nothing to check": {nil, 200, view{"ready", "web", nil}},
		"all is well":      {[]Part{part("database", nil), part("worker", nil)}, 200, view{"ready", "web", []partView{{Name: "database", OK: true}, {Name: "worker", OK: true}}}},
		"an old schema": {[]Part{part("database", nil), part("schema", rewards.Errorf(rewards.Conflict, "schema_older", "secret"))}, 503, view{"not_ready", "web", []partView{{Name: "database", OK: true},
			{Name: "schema", Code: "schema_older", Says: "The database is of an older version than the program.", Do: "Run: grapevine migrate."}}}},
		"an error that nobody described": {[]Part{part("worker", fmt.Errorf("secret"))}, 503, view{"not_ready", "web", []partView{
			{Name: "worker", Code: "not_ready", Says: "A part of the program is not ready.", Do: "Look at the program’s log, or run: grapevine doctor."}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := ask(t, "GET", "/readyz", tc.parts...)
			want, err := json.Marshal(tc.want)
			if err != nil {
				t.Fatal(err)
			}
			if rec.Code != tc.status || strings.TrimSpace(rec.Body.String()) != string(want) {
				t.Errorf("%d %s\nwant %d %s", rec.Code, rec.Body, tc.status, want)
			}
			if (rec.Header().Get("Retry-After") != "") != (tc.status == 503) || rec.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", rec.Header())
			}
		})
	}
}

func TestAPartThatHangsIsNotReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hangs := Part{"database", PingFunc(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })}
		begun := time.Now()
		if rec := ask(t, "GET", "/readyz", hangs); rec.Code != 503 || time.Since(begun) != within {
			t.Errorf("after %v: %d %s", time.Since(begun), rec.Code, rec.Body)
		}
	})
}

func TestOnlyGetAndHead(t *testing.T) {
	t.Parallel()
	if rec := ask(t, "HEAD", "/healthz"); rec.Code != 200 {
		t.Errorf("HEAD: %d", rec.Code)
	}
	if rec := ask(t, "POST", "/readyz"); rec.Code != 405 || rec.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", rec.Code, rec.Header().Get("Allow"))
	}
}

func TestAPartNeedsANameAndAPinger(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{Log: slog.Default()}, Part{Name: "database"}); err == nil {
		t.Error("a part without a pinger is taken")
	}
}
