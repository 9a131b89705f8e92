package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"grapevine/rewards"
	"grapevine/web/problem"
)

// maxBody is how large a call's body may be.
const maxBody = 1 << 20

// readBody returns the raw body, nil if there is none.
func readBody(c echo.Context, r route) ([]byte, error) {
	req := c.Request()
	if r.method == http.MethodGet {
		if req.ContentLength != 0 {
			return nil, problem.Refuse("body_unexpected")
		}
		return nil, nil
	}
	if req.ContentLength > maxBody {
		return nil, &http.MaxBytesError{Limit: maxBody}
	}
	if req.ContentLength != 0 && !plainJSON(req.Header) {
		return nil, problem.Refuse("media_type")
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), req.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, err
		}
		return nil, rewards.Errorf(rewards.Invalid, "bad_json", "read the body: %w", err)
	}
	return body, nil
}

// plainJSON tells whether the body is said to be JSON in UTF-8 that nobody compressed.
func plainJSON(h http.Header) bool {
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return false
	}
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, named := params["charset"]
	return err == nil && media == "application/json" && (!named || strings.EqualFold(charset, "utf-8"))
}

// decode reads a body strictly: unknown and doubled members, members in another case, data after the
// end and text that is not UTF-8 are refused.
func decode(body []byte, into any) error {
	if len(body) == 0 {
		return problem.Refuse("body_missing")
	}
	err := json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	at := problem.Field{Field: "/", Code: "malformed", Detail: "is not JSON"}
	switch {
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &semantic):
		at = problem.Field{Field: clip(string(semantic.JSONPointer)), Code: "unknown", Detail: "there is no such member here"}
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic):
		at = problem.Field{Field: clip(string(syntactic.JSONPointer)), Code: "doubled", Detail: "came more than once"}
	case errors.As(err, &semantic):
		at = problem.Field{Field: clip(string(semantic.JSONPointer)), Code: "wrong_type", Detail: "is of another type than expected here"}
	case errors.As(err, &syntactic):
		at.Detail = fmt.Sprintf("is not JSON from byte %d on", syntactic.ByteOffset)
	}
	return problem.Refuse("bad_json", at)
}
