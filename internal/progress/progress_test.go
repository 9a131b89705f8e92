package progress

import (
	"bytes"
	"testing"
	"time"
)

func TestLinesWhereNoTerminalIs(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	b := New(&out, "orders", 1000, func() time.Time { return at })
	for _, n := range []int64{10, 100, 300, 301, 1000} {
		at = at.Add(3 * time.Second)
		b.Done(n)
	}
	b.End()
	want := " 10 %  100 of 1000 orders, 16 a second, 56s left\n 30 %  301 of 1000 orders, 25 a second, 27s left\n"
	if out.String() != want {
		t.Errorf("told\n%s, want\n%s", out.String(), want)
	}
}

func TestABarIsWrittenOver(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	b := New(&out, "lines", 0, func() time.Time { return at })
	b.terminal = true
	at = at.Add(time.Second)
	b.Done(70)
	b.total = 140
	at = at.Add(time.Second)
	b.Done(70)
	b.End()
	want := "\r\x1b[K70 lines, 70 a second\r\x1b[K[===============               ]  50 %  70 of 140 lines, 35 a second, 2s left\r\x1b[K"
	if out.String() != want {
		t.Errorf("told\n%q, want\n%q", out.String(), want)
	}
}

func TestNobodyReads(t *testing.T) {
	t.Parallel()
	b := New(nil, "orders", 5, time.Now)
	b.Done(5)
	b.End()
}
