package browsertest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tabTimeout bounds one tab's whole life, so that a page that never loads ends with a message.
const tabTimeout = 3 * time.Minute

// Open opens a tab without cookies for one test and returns its context for chromedp's actions. When
// the test ends the tab is closed, and what the page complained about fails the test.
func Open(tb testing.TB) context.Context {
	tb.Helper()
	browser, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	return openIn(tb, browser, func(complaint string) { tb.Error(complaint) })
}

func openIn(tb testing.TB, browser context.Context, complain func(string)) context.Context {
	tb.Helper()
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	tb.Cleanup(closeTab)
	heard := &complaints{}
	tb.Cleanup(func() {
		for _, c := range heard.all() {
			complain(c)
		}
	})
	if err := chromedp.Listen(ctx, heard.listen); err != nil {
		tb.Fatalf("browsertest: open a tab: %v", err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil {
		tb.Fatalf("browsertest: open a tab: %v", err)
	}
	limited, cancel := context.WithTimeoutCause(ctx, tabTimeout, fmt.Errorf("browsertest: the tab is open for %v", tabTimeout))
	tb.Cleanup(cancel)
	return limited
}

// Visit loads a page and waits until it has loaded.
func Visit(tb testing.TB, ctx context.Context, url string) {
	tb.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		tb.Fatalf("browsertest: visit %s: %v", url, err)
	}
}

// Width sets the width of the page in CSS pixels: 390 is a phone, 1280 a small laptop.
func Width(tb testing.TB, ctx context.Context, pixels int) {
	tb.Helper()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(int64(pixels), 900)); err != nil {
		tb.Fatalf("browsertest: set the width to %d: %v", pixels, err)
	}
}

// Schemes are the values of the CSS media feature prefers-color-scheme that pages are tried with.
func Schemes() []string { return []string{"light", "dark"} }

// Scheme sets whether the reader prefers a light or a dark page. It turns motion off with it, so
// that no colour is measured half-way through a transition.
func Scheme(tb testing.TB, ctx context.Context, scheme string) {
	tb.Helper()
	features := []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	if err != nil {
		tb.Fatalf("browsertest: set the %s scheme: %v", scheme, err)
	}
}

// complaints are what a page got wrong by itself, as its console tells.
type complaints struct {
	mu   sync.Mutex
	list []string
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list
}

func (c *complaints) listen(event any) {
	text := complaint(event)
	if text == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, "browsertest: the page complains: "+text)
}

// complaint returns what an event says is wrong, or "". An answer like 404 or 422 is none: it may be
// what the test is about.
func complaint(event any) string {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		return exception(e.ExceptionDetails)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError && len(e.Args) > 0 {
			return fmt.Sprintf("console.error: %s%s", e.Args[0].Value, e.Args[0].Description)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			return fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text)
		}
	}
	return ""
}

func exception(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Text + " " + d.Exception.Description
	}
	return d.Text
}
