package connectors

import (
	"github.com/go-json-experiment/json"

	"grapevine/rewards"
)

// ParseBody reads JSON from outside into v: member names in their exact case, no name twice, valid UTF-8, one
// value and nothing behind it, nested no deeper than maxDepth, whole numbers only where whole numbers belong.
// Members that v does not name are passed over. Kind Invalid, code bad_json.
func ParseBody(body []byte, maxDepth int, v any) error {
	if deeper(body, maxDepth) {
		return rewards.Errorf(rewards.Invalid, "bad_json", "the body is nested deeper than %d", maxDepth)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return rewards.Errorf(rewards.Invalid, "bad_json", "%w", err)
	}
	return nil
}

// deeper tells whether JSON text opens more than limit arrays and objects within each other. It looks at
// brackets outside strings only; whether they fit is for the parser.
func deeper(text []byte, limit int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > limit {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}
