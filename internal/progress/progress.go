// Package progress tells people how far long work has come: a bar on a terminal, one line each five
// seconds elsewhere, nothing where nobody reads.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 5 * time.Second
	barWidth  = 30
)

// Bar tells of one piece of work. It is used by one goroutine; a nil Bar tells nothing.
type Bar struct {
	w        io.Writer
	what     string // "orders"
	total    int64  // 0: not known
	now      func() time.Time
	terminal bool
	begun    time.Time
	told     time.Time
	shown    bool
}

// New begins to tell on w, where it is nil nothing. what is counted in the plural: "orders". total 0 is one
// that nobody knows. A terminal gets a bar.
func New(w io.Writer, what string, total int64, now func() time.Time) *Bar {
	if w == nil {
		return nil
	}
	at := now()
	return &Bar{w: w, what: what, total: total, now: now, terminal: isTerminal(w), begun: at, told: at}
}

// isTerminal tells whether somebody sees lines being written over.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	s, err := f.Stat()
	return err == nil && s.Mode()&os.ModeCharDevice != 0
}

// Done tells that so many are done, if it is time to.
func (b *Bar) Done(n int64) {
	if b == nil {
		return
	}
	at, every := b.now(), lineEvery
	if b.terminal {
		every = barEvery
	}
	if at.Sub(b.told) < every {
		return
	}
	b.told, b.shown = at, true
	if b.terminal {
		fmt.Fprintf(b.w, "\r\x1b[K%s", b.text(n, at))
		return
	}
	fmt.Fprintln(b.w, b.text(n, at))
}

// End takes the bar off a terminal.
func (b *Bar) End() {
	if b != nil && b.terminal && b.shown {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}

func (b *Bar) text(n int64, at time.Time) string {
	seconds := max(int64(at.Sub(b.begun)/time.Second), 1)
	rate := n / seconds
	if b.total <= 0 {
		return fmt.Sprintf("%d %s, %d a second", n, b.what, rate)
	}
	share := min(n*100/b.total, 100)
	text := fmt.Sprintf("%3d %%  %d of %d %s, %d a second", share, n, b.total, b.what, rate)
	if rate > 0 && n < b.total {
		text += fmt.Sprintf(", %s left", time.Duration((b.total-n)/rate)*time.Second)
	}
	if !b.terminal {
		return text
	}
	full := int(share) * barWidth / 100
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", barWidth-full) + "] " + text
}
