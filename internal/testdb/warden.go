package testdb

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// wardenScript waits for the end of its input, which comes when its parent closes the pipe or
// dies, by whatever signal. Then it stops the server and deletes its directory. A line of input
// dismisses it.
const wardenScript = `
if read -r word; then exit 0; fi
pid=$(head -n 1 "$1" 2>/dev/null) || pid=
if [ -n "$pid" ]; then
	kill -QUIT "$pid" 2>/dev/null
	tries=0
	while kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	if [ $tries -ge 100 ]; then kill -KILL "$pid" 2>/dev/null; fi
fi
rm -rf -- "$2"
`

// warden outlives its parent just long enough to clean up after it. A test process has no place to
// hook its own end: os.Exit, a panic, a time-out and kill -9 all skip deferred calls.
type warden struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

func startWarden(h *home) (*warden, error) {
	cmd := exec.Command("/bin/sh", "-c", wardenScript, "warden", h.pidPath(), h.path)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a signal to our group must not reach it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the warden: %w", err)
	}
	if err := cmd.Start(); err != nil { // its output is /dev/null: go test waits for inherited output
		return nil, fmt.Errorf("start the warden: %w", err)
	}
	return &warden{cmd: cmd, pipe: pipe}, nil
}

// dismiss sends the warden home: its server has been cleaned up in order.
func (w *warden) dismiss() {
	io.WriteString(w.pipe, "dismissed\n")
	w.pipe.Close()
	w.cmd.Wait()
}
