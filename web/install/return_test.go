package install

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"grapevine/internal/browsertest"
	"grapevine/internal/invite"
	"grapevine/rewards"
	"grapevine/web"
)

// poison is what a browser's address or a typed domain may hold.
const poison = `"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'{{.}}`

// shelf is links by their state.
type shelf map[string]invite.Invitation

func (s shelf) Install(_ context.Context, _, state string) (invite.Invitation, error) {
	if state == "broken" {
		return invite.Invitation{}, rewards.Errorf(rewards.Unavailable, "database_unavailable", "dial 10.0.0.7: secret")
	}
	link, ok := s[state]
	if !ok {
		return link, rewards.Errorf(rewards.NotFound, "install_not_found", "no link %q", state)
	}
	return link, nil
}

func (s shelf) UseInstall(ctx context.Context, platform, state string) (invite.Invitation, error) {
	return s.Install(ctx, platform, state)
}

func (shelf) EndInstall(context.Context, string, string, string, string) error { return nil }

// links has one link of each kind.
func links() shelf {
	at := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	link := func(shop, reason string, used time.Time) invite.Invitation {
		return invite.Invitation{Platform: platform, Domain: domain, CreatedAt: at, ExpiresAt: at.Add(invite.Life), UsedAt: used, ShopID: shop, Reason: reason}
	}
	canary := link(poison, poison, at)
	canary.Domain = poison
	failed := canary
	failed.ShopID = ""
	return shelf{
		"open": link("", "", time.Time{}), "working": link("", "", at), "done": link("shop_7k2m9x4c1vqp8d3f", "", at),
		"refused": link("", "token_refused", at), "odd": link("", "no_such_code", at), "canary": canary, "failed-canary": failed,
	}
}

func serve(t *testing.T) string {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	p, err := New(Options{Links: links(), Installer: &desk{}, Readers: map[string]Reader{platform: read}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	e, err := web.New(web.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	p.Mount(e)
	srv := httptest.NewServer(e)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestTheReturnPageTellsHowItWent(t *testing.T) {
	t.Parallel()
	w := &world{t: t, url: serve(t)}
	for name, tc := range map[string]struct {
		query  string
		status int
		says   []string
	}{
		"connected":                           {"?success=1&user_id=done", 200, []string{"The shop is connected", domain, "--shop shop_7k2m9x4c1vqp8d3f"}},
		"keys refused":                        {"?success=1&user_id=refused", 200, []string{"could not be connected", "refuses our access token", "grapevine shop connect --platform woocommerce --domain shop.example"}},
		"an unknown fault":                    {"?success=1&user_id=odd", 200, []string{"could not be connected"}},
		"at work":                             {"?success=1&user_id=working", 200, []string{"is being connected", "Reload"}},
		"no keys came":                        {"?success=1&user_id=open", 200, []string{"The keys did not arrive", "grapevine shop add --platform woocommerce"}},
		"declined":                            {"?success=0&user_id=open", 200, []string{"Nothing was connected"}},
		"declined, it says, and is connected": {"?success=0&user_id=done", 200, []string{"The shop is connected"}},
		"no state":                            {"", 404, []string{"not known here"}},
		"another state":                       {"?success=1&user_id=in_OTHER", 404, []string{"not known here"}},
		"out of order":                        {"?success=1&user_id=broken", 503, []string{"cannot be shown", "req_"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, page := w.comeBack(tc.query)
			if status != tc.status || strings.Contains(page, "10.0.0.7") || strings.Contains(page, "no_such_code") {
				t.Errorf("status %d: %s", status, page)
			}
			for _, want := range tc.says {
				if !strings.Contains(page, want) {
					t.Errorf("the page does not say %q: %s", want, page)
				}
			}
		})
	}
}

func TestTheReturnPageReflectsNothing(t *testing.T) {
	t.Parallel()
	w := &world{t: t, url: serve(t)}
	for _, query := range []string{
		"?success=" + url.QueryEscape(poison) + "&user_id=" + url.QueryEscape(poison),
		"?success=CANARY&user_id=CANARY&CANARY=CANARY", "?success=1&user_id=open&error=CANARY",
	} {
		if _, page := w.comeBack(query); strings.Contains(page, "CANARY") || strings.Contains(page, "pwned") {
			t.Errorf("%s is reflected: %s", query, page)
		}
	}
	for _, state := range []string{"canary", "failed-canary"} {
		if _, page := w.comeBack("?success=1&user_id=" + state); strings.Contains(page, "<script") || strings.Contains(page, "<img") || !strings.Contains(page, "&lt;script&gt;") {
			t.Errorf("a poisoned domain is not escaped: %s", page)
		}
	}
}

func TestHeadersOfTheReturnPageAndItsStylesheet(t *testing.T) {
	t.Parallel()
	base := serve(t)
	res, err := http.Get(base + returnPath(platform) + "?success=1&user_id=done")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for header, want := range map[string]string{
		"Content-Security-Policy": csp, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cache-Control": "no-store", "Content-Type": "text/html; charset=UTF-8",
	} {
		if got := res.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	if res, err = http.Get(base + stylesheet().path); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("the stylesheet: %d %v", res.StatusCode, res.Header)
	}
	for path, allow := range map[string]string{callbackPath(platform): "POST", returnPath(platform): "GET, HEAD"} {
		req, err := http.NewRequest(http.MethodPut, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if res, err = http.DefaultClient.Do(req); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != allow {
			t.Errorf("PUT %s: %d, allowed are %q", path, res.StatusCode, res.Header.Get("Allow"))
		}
	}
}

func TestTheReturnPageIsAccessibleAndFits(t *testing.T) {
	base := serve(t)
	for _, query := range []string{"?success=1&user_id=done", "?success=1&user_id=refused", "?success=1&user_id=open", "?success=1&user_id=working", "?user_id=x", "?user_id=broken", "?user_id=canary"} {
		t.Run(query, func(t *testing.T) {
			ctx := browsertest.Open(t)
			browsertest.Visit(t, ctx, base+returnPath(platform)+query)
			browsertest.Axe(t, ctx)
			browsertest.Overflow(t, ctx, 320, 390, 1280)
			alive, err := chromedp.Run(ctx, chromedp.Evaluate[int](`(window.pwned || 0) + document.querySelectorAll("script, img, iframe, form, base").length`))
			if err != nil || alive != 0 {
				t.Errorf("%d things came alive, %v", alive, err)
			}
		})
	}
}
