package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// fsck lets the program check its own books against the shops.
func (w *world) fsck() {
	out, err := w.command("fsck")
	if err != nil || strings.Contains(out, "not checked") {
		w.fail("fsck: %v\n%s", err, out)
	}
}

// print is what must not change when everything is told once more: the books and what the shops hold.
func (w *world) print() (string, error) {
	var b strings.Builder
	for _, sh := range w.shops {
		rewards, err := list[reward](sh, "/rewards")
		if err != nil {
			return "", err
		}
		lines := []string{}
		for _, r := range rewards {
			lines = append(lines, r.OrderID+" "+tellRewards([]reward{r}))
		}
		slices.Sort(lines)
		entries, err := list[entry](sh, "/ledger")
		if err != nil {
			return "", err
		}
		state, err := sh.sim.State()
		if err != nil {
			return "", err
		}
		holds, err := json.Marshal([]any{state.Accounts, state.Discounts})
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s\n%s\n%d entries\n%s\n", sh.domain, strings.Join(lines, "\n"), len(entries), holds)
	}
	return b.String(), nil
}

// replay tells everything once more and wants nothing to change (I18).
func (w *world) replay() {
	before, err := w.print()
	if err == nil {
		w.step("everything once more")
		w.post.again()
		err = w.drain("after the replay")
	}
	if err != nil {
		w.fail("I18: %v", err)
		return
	}
	after, err := w.print()
	if err != nil || before != after {
		w.fail("I18: the replay changed the books or the shops (%v):\n%s", err, difference(before, after))
	}
}

// difference shows the lines that are in one text only.
func difference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	var out []string
	for sign, pair := range map[string][2][]string{"-": {left, right}, "+": {right, left}} {
		for _, line := range pair[0] {
			if !slices.Contains(pair[1], line) {
				out = append(out, sign+" "+line[:min(len(line), 300)])
			}
		}
	}
	return strings.Join(out[:min(len(out), 10)], "\n")
}

// stop tells all processes to end, which they must do in time and in order.
func (w *world) stop() {
	var under sync.WaitGroup
	for _, p := range w.processes {
		under.Go(func() { p.end(syscall.SIGTERM, endWithin) })
	}
	under.Wait()
}

// stacks has a process that does not end tell where it stands; it dies of that.
func (w *world) stacks(p *process) {
	if _, sent := p.signal(syscall.SIGQUIT); sent {
		time.Sleep(time.Second)
	}
}

// wrong is what no log may hold.
var wrong = regexp.MustCompile(`(?m)^(panic: .*|fatal error: .*|WARNING: DATA RACE)$|code=panic|\[recovered\]`)

// searchLogs wants no panic, no data race, no secret and no address in any log (I22).
func (w *world) searchLogs() {
	logs := map[string]string{"PostgreSQL": w.db.closed}
	for _, p := range w.processes {
		text, err := os.ReadFile(p.log())
		if err != nil {
			w.fail("reading a log: %v", err)
		}
		logs[p.name] = string(text)
		if at := wrong.FindStringIndex(logs[p.name]); at != nil {
			w.fail("%s: %s", p.name, around(logs[p.name], at[0]))
		}
	}
	for name, text := range logs {
		for _, secret := range w.secrets {
			if i := strings.Index(text, secret); i >= 0 {
				w.fail("I22: the log of %s holds %q: …%s…", name, secret, around(text, i))
			}
		}
	}
}

func around(text string, i int) string { return text[max(0, i-300):min(len(text), i+1500)] }
