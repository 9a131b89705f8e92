package browsertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const goodPage = `<!doctype html>
<html lang="en" dir="%s"><head><meta charset="utf-8"><title>Refer a friend</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root { color-scheme: light dark }</style></head>
<body><main><h1>Refer a friend</h1><form><label>E-mail <input name="email" type="email"></label>
<button>Send</button></form></main></body></html>`

// badPage has a field without a label, grey on white in the dark scheme only, and a bar too wide
// for a phone.
const badPage = `<!doctype html>
<html lang="en" dir="%s"><head><meta charset="utf-8"><title>Refer a friend</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>#bar { width: 700px } @media (prefers-color-scheme: dark) { p { color: #ccc; background: #fff } }</style></head>
<body><main><h1>Refer a friend</h1><p>Give ten, get ten</p><div id="bar" class="wide">…</div>
<input name="email"></main></body></html>`

// noisyPage throws, writes an error and breaks its own policy.
const noisyPage = `<!doctype html><html lang="en"><head><title>Noise</title><link rel="icon" href="data:,"></head>
<body><h1>Noise</h1><img src="/gone.png" alt="">
<script nonce="n">console.log("fine"); console.error("oh dear"); setTimeout(() => { throw new Error("thrown") })</script>
<script>document.title = "blocked"</script></body></html>`

func serve(t *testing.T, page string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; style-src 'unsafe-inline'; script-src 'nonce-n'")
			fmt.Fprint(w, page)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/"
}

// recorder stands in for a test that is expected to fail: it keeps its errors.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Error(args ...any) { r.errors = append(r.errors, fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(f, args...))
}

func TestAGoodPagePasses(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"ltr", "rtl"} {
		ctx := Open(t)
		Visit(t, ctx, serve(t, fmt.Sprintf(goodPage, dir)))
		Axe(t, ctx)
		Overflow(t, ctx, 390, 1280)
	}
}

func TestABadPageIsCaughtByAxe(t *testing.T) {
	t.Parallel()
	ctx := Open(t)
	Visit(t, ctx, serve(t, fmt.Sprintf(badPage, "ltr")))
	r := &recorder{TB: t}
	Axe(r, ctx)
	if len(r.errors) != 3 {
		t.Errorf("%d violations, want a label in light and dark, and a contrast in dark:\n%s", len(r.errors), strings.Join(r.errors, "\n"))
	}
	for _, want := range []string{"light scheme: label (critical)", "dark scheme: label (critical)", "dark scheme: color-contrast (serious)"} {
		if !slices.ContainsFunc(r.errors, func(e string) bool { return strings.Contains(e, want) }) {
			t.Errorf("no violation %q", want)
		}
	}
}

func TestAPageTooWideIsCaught(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"ltr", "rtl"} {
		ctx := Open(t)
		Visit(t, ctx, serve(t, fmt.Sprintf(badPage, dir)))
		r := &recorder{TB: t}
		Overflow(r, ctx, 390, 1280)
		if len(r.errors) != 2 {
			t.Errorf("%s: %d widths and schemes overflow, want 390 light and dark:\n%s", dir, len(r.errors), strings.Join(r.errors, "\n"))
		}
		for _, e := range r.errors {
			if !strings.Contains(e, "390 pixels wide") || !strings.Contains(e, "div#bar.wide") {
				t.Errorf("%s: the message names neither width nor element: %s", dir, e)
			}
		}
	}
}

func TestWhatThePageComplainsAboutFailsTheTest(t *testing.T) {
	t.Parallel()
	browser, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	t.Run("a noisy page", func(t *testing.T) {
		ctx := openIn(t, browser, func(c string) { got = append(got, c) })
		Visit(t, ctx, serve(t, noisyPage))
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("new Promise(done => setTimeout(() => done(true)))", chromedp.EvalAwaitPromise)); err != nil {
			t.Fatal(err)
		}
	})
	for _, want := range []string{"oh dear", "thrown", "Content Security Policy"} {
		if !slices.ContainsFunc(got, func(c string) bool { return strings.Contains(c, want) }) {
			t.Errorf("no complaint about %q", want)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d complaints, want 3 (an answer 404 is none):\n%s", len(got), strings.Join(got, "\n"))
	}
}

func TestTabsDoNotShareCookies(t *testing.T) {
	t.Parallel()
	url := serve(t, fmt.Sprintf(goodPage, "ltr"))
	cookies := func(ctx context.Context, script string) string {
		Visit(t, ctx, url)
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](script))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := cookies(Open(t), "document.cookie = 'a=1'; document.cookie"); got != "a=1" {
		t.Fatalf("the cookie was not set: %q", got)
	}
	if got := cookies(Open(t), "document.cookie"); got != "" {
		t.Errorf("another tab's cookies: %q", got)
	}
}

func TestAMissingBrowserNamesTheInstallCommand(t *testing.T) {
	t.Parallel()
	_, err := find(func(string) (string, error) { return "", exec.ErrNotFound })
	if !errors.Is(err, ErrNoBrowser) || !strings.Contains(err.Error(), "apt-get install chromium-headless-shell") {
		t.Errorf("error %v", err)
	}
}
