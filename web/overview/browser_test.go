package overview

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"grapevine/internal/browsertest"
	"grapevine/rewards"
)

// shots names a folder for pictures of the page, for a person to look at.
var shots = flag.String("shots", "", "write pictures of the page into this folder")

func TestThePageIsAccessibleAndFits(t *testing.T) {
	for name, s := range map[string]story{
		"a told story": sample(),
		"nothing yet":  {},
		"a canary":     canary(),
		"out of order": {err: rewards.Errorf(rewards.Unavailable, "unavailable", "no database")},
		"a shop alone": {shops: sample().shops},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, s)
			ctx := browsertest.Open(t)
			browsertest.Visit(t, ctx, srv.URL+"/")
			for _, width := range []int{1280, 320, 390} {
				browsertest.Width(t, ctx, width)
				browsertest.Axe(t, ctx)
			}
			openAll(t, ctx)
			browsertest.Axe(t, ctx)
			browsertest.Overflow(t, ctx, 320, 390, 1280)
			picture(t, ctx, strings.ReplaceAll(name, " ", "-"))
		})
	}
}

func TestNothingThatACustomerWritesRuns(t *testing.T) {
	srv := serve(t, canary())
	ctx := browsertest.Open(t)
	browsertest.Visit(t, ctx, srv.URL+"/")
	openAll(t, ctx)
	found, err := chromedp.Run(ctx, chromedp.Evaluate[int](`(window.pwned || 0) + document.querySelectorAll("script, main img, iframe, [onerror], base, form").length`))
	if err != nil {
		t.Fatal(err)
	}
	if found != 0 {
		t.Errorf("%d things of the canary came alive", found)
	}
}

// openAll unfolds everything that can be unfolded.
func openAll(t *testing.T, ctx context.Context) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelectorAll("details").forEach(d => d.open = true), true`)); err != nil {
		t.Fatal(err)
	}
}

func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	for _, scheme := range browsertest.Schemes() {
		browsertest.Scheme(t, ctx, scheme)
		for label, width := range map[string]int{"wide": 1280, "phone": 390} {
			browsertest.Width(t, ctx, width)
			png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(*shots+"/"+name+"-"+scheme+"-"+label+".png", png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
