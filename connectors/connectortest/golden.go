package connectortest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
)

var update = flag.Bool("update", false, "write the golden files of stored bodies anew")

// triggered is when the events of golden bodies are said to have happened.
var triggered = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

// stored is a body of the golden folder.
type stored struct {
	name, path, topic string
	body              []byte
	want              string // the golden file's rest
}

// goldens reads the golden folder.
func (f Fixture) goldens(tb testing.TB) []stored {
	tb.Helper()
	var list []stored
	for _, pattern := range []string{"*.json", "*.body"} {
		paths, err := filepath.Glob(filepath.Join(f.Golden, pattern))
		if err != nil {
			tb.Fatal(err)
		}
		for _, path := range paths {
			base := strings.TrimSuffix(path, filepath.Ext(path))
			body, err := os.ReadFile(path)
			if err != nil {
				tb.Fatal(err)
			}
			text, err := os.ReadFile(base + ".golden")
			if err != nil {
				tb.Fatalf("%s has no golden file: write %s.golden with a first line like \"topic: orders/paid\", then run the test with -update", path, base)
			}
			first, rest, _ := strings.Cut(string(text), "\n")
			topic, ok := strings.CutPrefix(first, "topic: ")
			if !ok {
				tb.Fatalf("the first line of %s.golden is not like \"topic: orders/paid\"", base)
			}
			list = append(list, stored{name: filepath.Base(base), path: base + ".golden", topic: topic, body: body, want: rest})
		}
	}
	if len(list) == 0 {
		tb.Fatalf("there is no body in %s", f.Golden)
	}
	return list
}

func golden(tb testing.TB, f Fixture) {
	c := f.open(tb).Connector
	played := map[string]bool{} // topics
	for _, s := range f.goldens(tb) {
		run(tb, s.name+" means what it is known to mean", func(tb testing.TB) {
			body := slices.Clone(s.body)
			e, err := c.Decode(s.topic, body, triggered)
			copy(body, bytes.Repeat([]byte("#"), len(body))) // the next one is read in the same place
			got := meaning(e, err)
			if *update {
				if err := os.WriteFile(s.path, []byte("topic: "+s.topic+"\n"+got), 0o644); err != nil {
					tb.Fatal(err)
				}
				return
			}
			if got != s.want {
				tb.Errorf("got\n%swant\n%s", got, s.want)
			}
		})
		e, err := c.Decode(s.topic, s.body, triggered)
		if _, unheeded := e.(rewards.Unheeded); err != nil || unheeded || played[s.topic] || !json.Valid(s.body) {
			continue
		}
		played[s.topic] = true
		run(tb, s.name+" is refused when it is broken", func(tb testing.TB) { broken(tb, c, s) })
		run(tb, s.name+" with a field of another type is read or refused", func(tb testing.TB) { retyped(tb, c, s) })
	}
	run(tb, "a topic that nobody knows is passed over", func(tb testing.TB) {
		e, err := c.Decode("conformance.unknown/topic", []byte(`{"id":1}`), triggered)
		if _, ok := e.(rewards.Unheeded); !ok && rewards.KindOf(err) != rewards.Invalid {
			tb.Errorf("it means %#v, %v", e, err)
		}
	})
}

// meaning writes down what Decode answered.
func meaning(e rewards.Event, err error) string {
	if err != nil {
		return fmt.Sprintf("error: %s %s\n", rewards.KindOf(err), rewards.CodeOf(err))
	}
	return describe(e)
}

// broken bodies are of Kind Invalid, whatever broke them.
func broken(tb testing.TB, c Connector, s stored) {
	body := bytes.TrimSpace(s.body)
	inner := string(body[1:])
	for name, b := range map[string]string{
		"no body":                     "",
		"null":                        "null",
		"a number":                    "12",
		"a text":                      `"order"`,
		"a list of nothing":           "[]",
		"the first byte alone":        string(body[:1]),
		"half of it":                  string(body[:len(body)/2]),
		"all but the last byte":       string(body[:len(body)-1]),
		"two documents":               string(body) + "{}",
		"the same document twice":     string(body) + string(body),
		"a byte order mark":           "\xef\xbb\xbf" + string(body),
		"a key that comes twice":      `{"conformance":1,"conformance":2,` + inner,
		"an id that comes twice":      doubledKey(body),
		"a text that is not UTF-8":    "{\"conformance\":\"\xff\xfe\"," + inner,
		"deeper than anybody nests":   `{"conformance":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "," + inner,
		"a control character":         "{\"conformance\":\"\x00\"," + inner,
		"a word that is no value":     `{"conformance":NaN,` + inner,
		"a comma too many":            string(body[:len(body)-1]) + ",}",
		"a page of HTML":              page,
		"a megabyte of open brackets": strings.Repeat("{", 1<<20),
	} {
		e, err := decode(tb, c, s.topic, b)
		if rewards.KindOf(err) != rewards.Invalid {
			tb.Errorf("%s means %s", name, strings.TrimSpace(meaning(e, err)))
		}
	}
	huge := `{"conformance":"` + strings.Repeat("x", 2<<20) + `",` + inner
	if _, err := decode(tb, c, s.topic, huge); err != nil && rewards.KindOf(err) != rewards.Invalid {
		tb.Errorf("a huge body: %v", err)
	}
}

// doubledKey repeats the first member of a document at its end: readers that take the first, and such as take
// the last, must never see two different documents.
func doubledKey(body []byte) string {
	dec := json.NewDecoder(bytes.NewReader(body))
	for range 2 { // the brace and the first key
		if _, err := dec.Token(); err != nil {
			return ""
		}
	}
	key := bytes.TrimSpace(body[1:dec.InputOffset()])
	return string(body[:len(body)-1]) + "," + string(key) + `:"conformance"}`
}

// retyped gives each member of the document, one after the other, a value of every other kind.
func retyped(tb testing.TB, c Connector, s stored) {
	var members map[string]json.RawMessage
	if json.Unmarshal(s.body, &members) != nil {
		return
	}
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		was := members[name]
		for _, v := range []string{"null", "true", "-1", "1.5", "1e400", "92233720368547758070", `""`, `"conformance"`, `"-0.00"`, "[]", "[null]", "{}", `{"id":[]}`} {
			members[name] = json.RawMessage(v)
			raw, err := json.Marshal(members)
			if err != nil {
				continue // a number that JSON itself does not know
			}
			if e, err := decode(tb, c, s.topic, string(raw)); err != nil && rewards.KindOf(err) != rewards.Invalid || err == nil && e == nil {
				tb.Errorf("%s as %s means %v, %v", name, v, e, err)
			}
		}
		members[name] = was
	}
}

// decode notes a panic instead of dying of it.
func decode(tb testing.TB, c Connector, topic, body string) (e rewards.Event, err error) {
	defer func() {
		if p := recover(); p != nil {
			tb.Errorf("panic on %.80q: %v", body, p)
			err = rewards.Errorf(rewards.Invalid, "panic", "%v", p)
		}
	}()
	return c.Decode(topic, []byte(body), triggered)
}
