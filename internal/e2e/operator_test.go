package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"os/exec"
	"slices"
	"strings"
)

// ended is what a command left behind.
type ended struct {
	code     int
	out, err string
}

// try runs a command to its end. What it says on standard error is searched for secrets like a log.
func (s *site) try(args ...string) ended {
	s.t.Helper()
	cmd := s.command(args...)
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("grapevine %s: %v", strings.Join(args, " "), err)
	}
	s.log.Write(words.Bytes())
	return ended{cmd.ProcessState.ExitCode(), out.String(), words.String()}
}

// run is try for a command that has to end well; it returns what was printed.
func (s *site) run(args ...string) string {
	s.t.Helper()
	e := s.try(args...)
	if e.code != 0 {
		s.t.Fatalf("grapevine %s: exit %d\n%s%s", strings.Join(args, " "), e.code, e.out, e.err)
	}
	return e.out
}

// ask is run for a command that prints JSON.
func (s *site) ask(into any, args ...string) {
	s.t.Helper()
	text := s.run(append(args, "--json")...)
	if err := json.Unmarshal([]byte(text), into); err != nil {
		s.t.Fatalf("grapevine %s: %v\n%s", strings.Join(args, " "), err, text)
	}
}

// refused runs a command that has to end with a code, and to name these words.
func (s *site) refused(code int, words []string, args ...string) {
	s.t.Helper()
	e := s.try(args...)
	if e.code != code {
		s.t.Errorf("grapevine %s: exit %d, want %d\n%s%s", strings.Join(args, " "), e.code, code, e.out, e.err)
	}
	for _, w := range words {
		if !strings.Contains(e.err, w) {
			s.t.Errorf("grapevine %s does not name %q:\n%s", strings.Join(args, " "), w, e.err)
		}
	}
}

// fsck checks the books and asks every shop, and has to find nothing. It returns what was compared.
func (s *site) fsck() string {
	s.t.Helper()
	e := s.try("fsck", "--json")
	var report struct {
		Invariants []struct {
			ID, Holds string
			Breaches  []string
		}
		Unchecked []string
	}
	if err := json.Unmarshal([]byte(e.out), &report); err != nil {
		s.t.Fatalf("grapevine fsck: exit %d, %v\n%s%s", e.code, err, e.out, e.err)
	}
	last := ""
	for _, inv := range report.Invariants {
		last = inv.Holds
		for _, b := range inv.Breaches {
			s.t.Errorf("grapevine fsck: %s %s: %s", inv.ID, inv.Holds, b)
		}
	}
	if e.code != 0 || len(report.Unchecked) > 0 || len(report.Invariants) == 0 {
		s.t.Errorf("grapevine fsck: exit %d, %d invariants, unchecked %v\n%s", e.code, len(report.Invariants), report.Unchecked, e.err)
	}
	return last
}

func sorted(names iter.Seq[string]) []string { return slices.Sorted(names) }
