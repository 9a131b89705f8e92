package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// blank is an answer that goes nowhere.
type blank struct{ h http.Header }

func (b blank) Header() http.Header         { return b.h }
func (b blank) Write(p []byte) (int, error) { return len(p), nil }
func (b blank) WriteHeader(int)             {}

// BenchmarkFrame is what a call costs before its handler.
func BenchmarkFrame(b *testing.B) {
	e, err := New(Options{Log: slog.New(slog.DiscardHandler), HTTPS: true})
	if err != nil {
		b.Fatal(err)
	}
	e.POST("/webhooks/shopify", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	r := httptest.NewRequest(http.MethodPost, "/webhooks/shopify", strings.NewReader("{}"))
	body := r.Body
	b.ReportAllocs()
	for b.Loop() {
		r.Body = body
		e.ServeHTTP(blank{http.Header{}}, r)
	}
}
