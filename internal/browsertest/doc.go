// Package browsertest tries pages in a real browser.
//
//	srv := httptest.NewServer(pages)
//	ctx := browsertest.Open(t)              // a tab of its own, with cookies of its own
//	browsertest.Visit(t, ctx, srv.URL+"/")  // chromedp does what it does with ctx
//	browsertest.Axe(t, ctx)                 // no violation of WCAG 2.2 AA, light and dark
//	browsertest.Overflow(t, ctx, 390, 1280) // no sideways scrolling, light and dark
//
// One browser serves all tests of a process; it ends with the process. A page that throws, writes
// an error to the console or breaks its own content security policy fails the test that opened it.
// A missing browser fails the test with the command that installs one.
//
// axe.min.js is axe-core 4.14.1 by Deque Systems, Inc., unchanged, under the Mozilla Public
// License 2.0 (https://mozilla.org/MPL/2.0/). It is used by tests only and is no part of what is
// shipped. axe.LICENSE.txt and axe.LICENSE-3RD-PARTY.txt came with it.
package browsertest
