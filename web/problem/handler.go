package problem

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// Handler answers every error that a route returns. It is echo's HTTPErrorHandler.
func Handler(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		p := From(err, c.Request().Method)
		p.RequestID = RequestID(c)
		Log(log, c, p, err)
		if c.Response().Committed {
			return
		}
		h := c.Response().Header()
		if allow, ok := c.Get(echo.ContextKeyHeaderAllow).(string); ok && p.Status == http.StatusMethodNotAllowed {
			h.Set("Allow", Allow(allow))
		}
		if err := p.write(c); err != nil {
			log.Debug("answer not sent", "request_id", p.RequestID, "error", err)
		}
	}
}

func (p Problem) write(c echo.Context) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	p.SetHeaders(c.Response().Header())
	c.Response().WriteHeader(p.Status)
	_, err = c.Response().Write(body)
	return err
}

// Allow is the router's list of methods less OPTIONS, which no address takes.
func Allow(methods string) string { return strings.TrimPrefix(methods, http.MethodOptions+", ") }

// RequestID is the id that the answer carries.
func RequestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// Log writes down an error that is ours, with its text; what callers get wrong is their business. A
// caller who hung up is no error.
func Log(log *slog.Logger, c echo.Context, p Problem, err error) {
	if p.Status < http.StatusInternalServerError || errors.Is(err, context.Canceled) {
		return
	}
	level := slog.LevelError
	if p.Status == http.StatusServiceUnavailable {
		level = slog.LevelWarn
	}
	log.Log(c.Request().Context(), level, "call failed",
		"request_id", p.RequestID, "method", c.Request().Method, "route", c.Path(), "code", p.Code, "error", err)
}
