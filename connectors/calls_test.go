package connectors_test

import (
	"strings"
	"testing"

	"grapevine/connectors"
	"grapevine/rewards"
)

func TestCheckLoopback(t *testing.T) {
	t.Parallel()
	for address, kind := range map[string]rewards.Kind{
		"http://127.0.0.1:9001": "", "http://localhost:9001/": "", "http://[::1]:9001": "",
		"https://127.0.0.1:9001": rewards.Invalid, "http://192.0.2.1": rewards.Invalid, "http://127.0.0.1.example.com": rewards.Invalid,
		"http://me@127.0.0.1": rewards.Invalid, "http://127.0.0.1/admin": rewards.Invalid, "http://127.0.0.1?x=1": rewards.Invalid, "::": rewards.Invalid, "": rewards.Invalid,
	} {
		if got := rewards.KindOf(connectors.CheckLoopback(address, true)); got != kind {
			t.Errorf("%q: kind %q, want %q", address, got, kind)
		}
		if got := rewards.KindOf(connectors.CheckLoopback(address, false)); got != rewards.Denied {
			t.Errorf("%q where loopback is not allowed: kind %q", address, got)
		}
	}
}

func TestParseBody(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want int64
		kind rewards.Kind
	}{
		"members that nobody reads are passed over": {`{"x":[{}],"n":9007199254740993}`, 9007199254740993, ""},
		"a name in another case is another name":    {`{"N":1}`, 0, ""},
		"a bracket in a text is no depth":           {`{"x":"[[[[[[","n":1}`, 1, ""},
		"a name twice":                              {`{"n":1,"n":2}`, 0, rewards.Invalid},
		"something behind it":                       {`{"n":1}{}`, 0, rewards.Invalid},
		"a broken number":                           {`{"n":1.5}`, 0, rewards.Invalid},
		"nothing":                                   {``, 0, rewards.Invalid},
		"too deep":                                  {strings.Repeat("[", 5) + strings.Repeat("]", 5), 0, rewards.Invalid},
		"bytes that are no text":                    {"{\"n\":1,\"x\":\"\xff\"}", 0, rewards.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v struct {
				N int64 `json:"n"`
			}
			err := connectors.ParseBody([]byte(tc.body), 4, &v)
			if rewards.KindOf(err) != tc.kind || tc.kind == "" && v.N != tc.want {
				t.Errorf("%d, %v; want %d, kind %q", v.N, err, tc.want, tc.kind)
			}
		})
	}
}
