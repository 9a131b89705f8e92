package browsertest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// overflowScript returns by how many pixels the page is wider than the window, and which elements
// stick out, outermost first. It serves pages that run from right to left too.
const overflowScript = `(() => {
	const root = document.documentElement, width = root.clientWidth;
	const by = root.scrollWidth - width;
	if (by <= 0) return {by: 0, elements: []};
	const out = [...document.body.querySelectorAll("*")].filter(e => {
		const r = e.getBoundingClientRect();
		return r.width > 0 && (r.right > width + 0.5 || r.left < -0.5);
	});
	const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") +
		[...e.classList].map(c => "." + c).join("");
	return {by, elements: out.slice(0, 5).map(name)};
})()`

type overflow struct {
	By       int      `json:"by"`
	Elements []string `json:"elements"`
}

// Overflow fails the test where the tab's page must be scrolled sideways at one of the widths, in
// CSS pixels, in light or dark. The page keeps the last width.
func Overflow(tb testing.TB, ctx context.Context, widths ...int) {
	tb.Helper()
	for _, width := range widths {
		Width(tb, ctx, width)
		for _, scheme := range Schemes() {
			Scheme(tb, ctx, scheme)
			o, err := measureOverflow(ctx)
			if err != nil {
				tb.Fatal(err)
			}
			if o.By > 0 {
				tb.Errorf("%s, %d pixels wide, %s scheme: %d pixels too wide: %s",
					location(ctx), width, scheme, o.By, strings.Join(o.Elements, ", "))
			}
		}
	}
}

func measureOverflow(ctx context.Context) (overflow, error) {
	o, err := chromedp.Run(ctx, chromedp.Evaluate[overflow](overflowScript))
	if err != nil {
		return o, fmt.Errorf("browsertest: measure the page's width: %w", err)
	}
	return o, nil
}
