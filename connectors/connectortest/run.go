package connectortest

import "testing"

// Run plays the whole suite on a connector. Its parts run in parallel.
func Run(t *testing.T, f Fixture) {
	t.Helper()
	f.check(t)
	for _, p := range parts() {
		run(t, p.name, func(tb testing.TB) { p.play(tb, f) })
	}
	runPipeline(t, f)
}

// part is one chapter of the suite.
type part struct {
	name string
	play func(tb testing.TB, f Fixture)
}

// parts are those that need no database.
func parts() []part {
	return []part{
		{"installing", installing},
		{"signatures", signatures},
		{"bodies", golden},
		{"deliveries", deliveries},
		{"capabilities", capabilities},
		{"acts in trouble", troubled},
		{"reading back", reading},
		{"a shop that cannot be called", parking},
		{"asking what changed", reconcile},
	}
}

// check ends the test where the fixture lacks something.
func (f Fixture) check(tb testing.TB) {
	tb.Helper()
	if f.Open == nil || f.Start == nil || f.Writes == nil || f.Golden == "" || f.Signing.Header == "" || f.Signing.Sign == nil {
		tb.Fatal("connectortest: Fixture needs Open, Start, Writes, Golden, Signing.Header and Signing.Sign")
	}
}

// run runs f as a subtest: in parallel with others in a test, and one after the other where it is recorded.
func run(tb testing.TB, name string, f func(tb testing.TB)) {
	tb.Helper()
	switch t := tb.(type) {
	case *testing.T:
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t)
		})
	case *record:
		t.sub(name, f)
	}
}
