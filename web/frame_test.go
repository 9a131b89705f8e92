package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

func TestMiddlewareStandsInItsOrder(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range chain(Options{}) {
		names = append(names, s.name)
	}
	if want := []string{"request id", "security headers", "recover", "limits"}; !slices.Equal(names, want) {
		t.Errorf("order %v, want %v", names, want)
	}
}

// serve runs a frame around a few routes and returns what it logs.
func serve(t *testing.T, https bool) (*echo.Echo, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	e, err := New(Options{Log: slog.New(slog.NewTextHandler(&log, nil)), HTTPS: https})
	if err != nil {
		t.Fatal(err)
	}
	e.GET("/ok", func(c echo.Context) error { return c.String(http.StatusOK, "ok") })
	e.GET("/panic", func(echo.Context) error { panic("a secret of ours") })
	e.GET("/half", func(c echo.Context) error {
		if err := c.String(http.StatusOK, "half"); err != nil {
			return err
		}
		return fmt.Errorf("too late")
	})
	e.POST("/read", func(c echo.Context) error {
		n, err := io.Copy(io.Discard, c.Request().Body)
		if err != nil {
			return err
		}
		return c.String(http.StatusOK, fmt.Sprint(n))
	})
	return e, &log
}

func call(e http.Handler, method, path string, body io.Reader, header http.Header) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, body)
	req.Header = header
	if header == nil {
		req.Header = http.Header{}
	}
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, req)
	return rec
}

func TestEveryAnswerCarriesItsHeaders(t *testing.T) {
	t.Parallel()
	e, _ := serve(t, true)
	for _, path := range []string{"/ok", "/panic", "/nowhere", "/read"} {
		rec := call(e, http.MethodGet, path, nil, nil)
		for header, want := range map[string]string{
			"Content-Security-Policy": plainCSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Strict-Transport-Security": "max-age=31536000",
		} {
			if got := rec.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q", path, header, got)
			}
		}
		if !strings.HasPrefix(rec.Header().Get("X-Request-Id"), "req_") {
			t.Errorf("%s: request id %q", path, rec.Header().Get("X-Request-Id"))
		}
	}
	if plain, _ := serve(t, false); call(plain, http.MethodGet, "/ok", nil, nil).Header().Get("Strict-Transport-Security") != "" {
		t.Error("HSTS is sent without HTTPS")
	}
}

func TestAPanicEndsOneCallOnly(t *testing.T) {
	t.Parallel()
	e, log := serve(t, false)
	rec := call(e, http.MethodGet, "/panic", nil, http.Header{"X-Request-Id": {"my-own-id-1"}})
	if rec.Code != 500 || rec.Header().Get("Content-Type") != "application/problem+json" || strings.Contains(rec.Body.String(), "secret") {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	if !strings.Contains(rec.Body.String(), `"request_id":"my-own-id-1"`) || !strings.Contains(log.String(), "my-own-id-1") ||
		!strings.Contains(log.String(), "a secret of ours") || !strings.Contains(log.String(), "frame_test.go") {
		t.Errorf("body %s\nlog %s", rec.Body, log)
	}
	if rec := call(e, http.MethodGet, "/ok", nil, nil); rec.Code != 200 {
		t.Errorf("afterwards: %d", rec.Code)
	}
}

func TestAnErrorAfterTheAnswerIsOnlyLogged(t *testing.T) {
	t.Parallel()
	e, log := serve(t, false)
	if rec := call(e, http.MethodGet, "/half", nil, nil); rec.Code != 200 || rec.Body.String() != "half" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if !strings.Contains(log.String(), "too late") {
		t.Error("the error is not logged")
	}
}

func TestRequestIDsOfCallersAreChecked(t *testing.T) {
	t.Parallel()
	e, _ := serve(t, false)
	for name, tc := range map[string]struct {
		ids  []string
		kept bool
	}{
		"good":            {[]string{"0b6f5ad6-6d3c-4a2f"}, true},
		"too short":       {[]string{"abc"}, false},
		"too long":        {[]string{strings.Repeat("x", 65)}, false},
		"a line break":    {[]string{"abcdefgh\nadmin"}, false},
		"a tag":           {[]string{"<script>alert"}, false},
		"two of them":     {[]string{"abcdefgh1", "abcdefgh2"}, false},
		"starts with dot": {[]string{"..abcdefgh"}, false},
	} {
		if got := call(e, http.MethodGet, "/ok", nil, http.Header{"X-Request-Id": tc.ids}).Header().Get("X-Request-Id"); (got == tc.ids[0]) != tc.kept {
			t.Errorf("%s: answered with %q", name, got)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	e, _ := serve(t, false)
	for name, tc := range map[string]struct {
		method, path string
		body         io.Reader
		status       int
		code         string
	}{
		"a body that fits":             {"POST", "/read", strings.NewReader(strings.Repeat("x", 4<<20)), 200, ""},
		"a body one byte too large":    {"POST", "/read", strings.NewReader(strings.Repeat("x", 4<<20+1)), 413, "body_too_large"},
		"a body of unknown length":     {"POST", "/read", io.LimitReader(endless{}, 5<<20), 413, "body_too_large"},
		"an address that is too long":  {"GET", "/ok?" + strings.Repeat("x", 9<<10), nil, 414, "address_too_long"},
		"a method that is not there":   {"PUT", "/ok", nil, 405, "method_not_allowed"},
		"options":                      {"OPTIONS", "/ok", nil, 405, "method_not_allowed"},
		"options of nothing":           {"OPTIONS", "/nowhere", nil, 404, "no_route"},
		"a method that nobody defined": {"BREW", "/ok", nil, 405, "method_not_allowed"},
	} {
		rec := call(e, tc.method, tc.path, tc.body, nil)
		if rec.Code != tc.status || tc.code != "" && !strings.Contains(rec.Body.String(), `"code":"`+tc.code+`"`) {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
		if tc.status == 405 && rec.Header().Get("Allow") != "GET" {
			t.Errorf("%s: Allow %q", name, rec.Header().Get("Allow"))
		}
		if tc.status == 413 && rec.Header().Get("Connection") != "close" {
			t.Errorf("%s: the connection stays open", name)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestTheServersLimits speaks to a real server, since net/http enforces these itself.
func TestTheServersLimits(t *testing.T) {
	t.Parallel()
	e, _ := serve(t, false)
	s := NewServer("127.0.0.1:0", e)
	if s.ReadHeaderTimeout != 5*time.Second || s.ReadTimeout != 10*time.Second || s.IdleTimeout != 60*time.Second {
		t.Errorf("deadlines: %v %v %v", s.ReadHeaderTimeout, s.ReadTimeout, s.IdleTimeout)
	}
	srv := httptest.NewUnstartedServer(e)
	srv.Config = s
	srv.Start()
	t.Cleanup(srv.Close)
	for name, tc := range map[string]struct {
		request string
		status  int
	}{
		"a plain call":             {"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n", 200},
		"headers of 63 KiB":        {"GET /ok HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("x", 63<<10) + "\r\n\r\n", 200},
		"headers of 70 KiB":        {"GET /ok HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("x", 70<<10) + "\r\n\r\n", 431},
		"two lengths":              {"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
		"no host":                  {"GET /ok HTTP/1.1\r\n\r\n", 400},
		"a length and a transfer":  {"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
		"a space before the colon": {"GET /ok HTTP/1.1\r\nHost : x\r\n\r\n", 400},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, tc.request); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != tc.status {
				t.Errorf("status %d, want %d", res.StatusCode, tc.status)
			}
		})
	}
}
