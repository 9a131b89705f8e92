package woocommercetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// encode writes JSON as wp_json_encode does: "/" as "\/", all but ASCII as \u escapes, no line at the end.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("woocommercetest: encoding %T: %v", v, err))
	}
	plain := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	out := make([]byte, 0, len(plain)+len(plain)/8)
	for len(plain) > 0 {
		r, n := utf8.DecodeRune(plain)
		switch {
		case r == '\\':
			out = append(out, plain[:2]...) // an escape stays as it is
			n = 2
		case r == '/':
			out = append(out, '\\', '/')
		case r < utf8.RuneSelf:
			out = append(out, plain[0])
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		plain = plain[n:]
	}
	return out
}

// onlyFields keeps the named members of an object, or of each object in a list: the _fields parameter of
// WordPress. Nested names count as the whole member.
func onlyFields(body []byte, names []string) []byte {
	var list []map[string]json.RawMessage
	if json.Unmarshal(body, &list) == nil {
		for i := range list {
			list[i] = pick(list[i], names)
		}
		return encode(list)
	}
	var one map[string]json.RawMessage
	if json.Unmarshal(body, &one) != nil {
		return body
	}
	return encode(pick(one, names))
}

func pick(all map[string]json.RawMessage, names []string) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for _, name := range names {
		for i := range name {
			if name[i] == '.' {
				name = name[:i]
				break
			}
		}
		if v, ok := all[name]; ok {
			out[name] = v
		}
	}
	return out
}
