package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// binaries are the program in its builds.
type binaries struct {
	plain  string // as it is shipped
	faults string // with named points, planted bugs and a clock that can be set
}

// buildAll builds the program, once a run; with race both builds look for data races.
func buildAll(dir string, race bool) (binaries, error) {
	b := binaries{plain: filepath.Join(dir, "grapevine"), faults: filepath.Join(dir, "grapevine-faults")}
	var flags []string
	if race {
		flags = []string{"-race"}
	}
	for _, build := range [][]string{append(flags, "-o", b.plain), append(flags, "-tags", "faults", "-o", b.faults)} {
		args := append(append([]string{"build"}, build...), "grapevine/cmd/grapevine")
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			return b, fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	return b, nil
}
