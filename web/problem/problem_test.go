package problem

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"grapevine/rewards"
	"grapevine/web/words"
)

func TestEveryErrorHasItsStatusAndCode(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err    error
		method string
		status int
		code   string
	}{
		"input that is wrong, reading":   {rewards.Errorf(rewards.Invalid, "odd", "x"), http.MethodGet, 400, "odd"},
		"input that is wrong, doing":     {rewards.Errorf(rewards.Invalid, "odd", "x"), http.MethodPost, 422, "odd"},
		"a status of its own":            {Refuse("bad_json"), http.MethodPost, 400, "bad_json"},
		"nothing there":                  {rewards.Errorf(rewards.NotFound, "no_order", "x"), http.MethodGet, 404, "not_found"},
		"a contradiction":                {rewards.Errorf(rewards.Conflict, "code_taken", "x"), http.MethodPost, 409, "code_taken"},
		"not allowed":                    {rewards.Errorf(rewards.Denied, "odd", "x"), http.MethodGet, 403, "odd"},
		"no token":                       {rewards.Errorf(rewards.Denied, "token_missing", "x"), http.MethodGet, 401, "token_missing"},
		"out of order":                   {rewards.Errorf(rewards.Unavailable, "db_down", "x"), http.MethodGet, 503, "unavailable"},
		"a fault":                        {rewards.Errorf(rewards.Internal, "odd", "x"), http.MethodGet, 500, "internal"},
		"an error without a kind":        {fmt.Errorf("x"), http.MethodGet, 500, "internal"},
		"out of time":                    {fmt.Errorf("read: %w", context.DeadlineExceeded), http.MethodGet, 503, "unavailable"},
		"hung up":                        {context.Canceled, http.MethodGet, 503, "unavailable"},
		"a body too large":               {fmt.Errorf("read: %w", &http.MaxBytesError{}), http.MethodPost, 413, "body_too_large"},
		"the router finds nothing":       {echo.ErrNotFound, http.MethodGet, 404, "no_route"},
		"the router knows other methods": {echo.ErrMethodNotAllowed, http.MethodPut, 405, "method_not_allowed"},
		"the router does not understand": {echo.ErrBadRequest, http.MethodGet, 400, "invalid"},
		"the router breaks":              {echo.ErrInternalServerError, http.MethodGet, 500, "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := From(tc.err, tc.method)
			if p.Status != tc.status || p.Code != tc.code || p.Title == "" || p.Detail == "" || p.Type != "urn:grapevine:problem:"+p.Code {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestEveryCodeWithAStatusHasASentence(t *testing.T) {
	t.Parallel()
	for code := range statuses {
		if e, ok := words.Problem(code); !ok || e.Says == "" || e.Do == "" {
			t.Errorf("code %q lacks its sentence or its next step", code)
		}
	}
	for _, kind := range []rewards.Kind{rewards.Invalid, rewards.NotFound, rewards.Conflict, rewards.Denied, rewards.Unavailable, rewards.Internal} {
		if e, ok := words.Problem(string(kind)); !ok || e.Says == "" || e.Do == "" {
			t.Errorf("kind %q lacks its sentence or its next step", kind)
		}
	}
}
