package testdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	startTimeout = 60 * time.Second // a cold disk on a busy machine
	stopTimeout  = 60 * time.Second
	pollEvery    = 20 * time.Millisecond
)

// afterDeath stops the server whose pid file is $1 and deletes its directory, $2.
const afterDeath = `
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

func (s *Server) launch() error {
	logFile, err := os.OpenFile(s.home.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	cmd := s.command("postgres", s.arguments()...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() { // ends with the server
		cmd.Wait()
		close(exited)
	}()
	s.mu.Lock()
	s.proc, s.exited = cmd.Process, exited
	s.mu.Unlock()
	return nil
}

func (s *Server) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": s.home.path,
		"port":                    "5432",
		"max_connections":         "200",
		"timezone":                "UTC",
	}
	if !s.opts.Fsync {
		settings["fsync"] = "off"
		settings["synchronous_commit"] = "off"
		settings["full_page_writes"] = "off"
		settings["max_wal_size"] = "128MB" // it may be memory
	}
	for name, value := range s.opts.Settings {
		settings[name] = value
	}
	args := []string{"-D", s.home.dataDir()}
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	return args
}

// command runs a server program as the server's account, in its directory and with an environment
// that nothing of ours leaks into (PGDATA and PGOPTIONS would change what runs).
func (s *Server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(s.install.dir+"/"+program, args...)
	cmd.Dir = s.home.path
	cmd.Env = []string{"PATH=" + s.install.dir + ":/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=" + s.home.path}
	cmd.SysProcAttr = s.acct.sysProcAttr()
	return cmd
}

func (s *Server) awaitReady(ctx context.Context) error {
	s.mu.Lock()
	exited := s.exited
	s.mu.Unlock()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := s.checkOurs(ctx)
		if err == nil || errors.Is(err, errNotOurs) {
			return err
		}
		select {
		case <-exited:
			return fmt.Errorf("testdb: postgres ended at its start: %s", s.logTail())
		case <-ctx.Done():
			return fmt.Errorf("%w: %w: %s", context.Cause(ctx), err, s.logTail())
		case <-tick.C:
		}
	}
}

var errNotOurs = errors.New("testdb: the server on the socket has another data directory")

// checkOurs asks the server where its data are before anything else is done with it: tests drop
// databases.
func (s *Server) checkOurs(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var dir string
	if err := conn.QueryRow(ctx, "show data_directory").Scan(&dir); err != nil {
		return err
	}
	if dir != s.home.dataDir() {
		return fmt.Errorf("%w: %s instead of %s", errNotOurs, dir, s.home.dataDir())
	}
	return nil
}

func (s *Server) stop(sig syscall.Signal) error {
	s.mu.Lock()
	proc, exited := s.proc, s.exited
	s.proc, s.exited = nil, nil
	s.mu.Unlock()
	if exited == nil {
		return nil
	}
	if err := proc.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("testdb: stop postgres: %w", err)
	}
	select {
	case <-exited:
		return nil
	case <-time.After(stopTimeout):
		proc.Kill()
		return fmt.Errorf("testdb: postgres did not stop within %v", stopTimeout)
	}
}

func (s *Server) logTail() string {
	text, err := os.ReadFile(s.home.logPath())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
