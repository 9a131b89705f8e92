// Package warden cleans up after a process that cannot do so itself. A test process has no place to
// hook its own end: os.Exit, a panic, a time-out and kill -9 all skip deferred calls. A warden is a
// small shell process that holds the other end of a pipe; when the pipe closes, for whatever reason,
// it runs its script.
package warden

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// Warden waits for the end of the process that started it.
type Warden struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// Start starts a warden that runs script with the arguments as $1, $2 … once this process has
// ended. The script's output goes nowhere: nobody is left to read it.
func Start(script string, args ...string) (*Warden, error) {
	waiting := "if read -r word; then exit 0; fi\n" + script // a line means Dismiss, an end means death
	cmd := exec.Command("/bin/sh", append([]string{"-c", waiting, "warden"}, args...)...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a signal to our group must not reach it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start a warden: %w", err)
	}
	if err := cmd.Start(); err != nil { // its output is /dev/null: go test waits for inherited output
		return nil, fmt.Errorf("start a warden: %w", err)
	}
	return &Warden{cmd: cmd, pipe: pipe}, nil
}

// Dismiss ends the warden without running its script: all has been cleaned up in order.
func (w *Warden) Dismiss() {
	io.WriteString(w.pipe, "dismissed\n") // a warden that is dead already needs no word
	w.pipe.Close()
	w.cmd.Wait()
}
