package testdb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	startTimeout = 60 * time.Second // a cold disk on a busy machine
	stopTimeout  = 60 * time.Second
	pollEvery    = 20 * time.Millisecond
)

// Options for Start. The zero value is a fast server for plain tests.
type Options struct {
	// Fsync makes commits durable, as in production: for benchmarks and for tests that kill
	// things. Off, the server is about as safe as memory and much faster.
	Fsync bool
	// Dir is where the server's directory is made; "" is the temporary directory. A benchmark
	// names a real disk here, since /tmp may be memory.
	Dir string
	// Settings are added to the server's command line, such as "max_connections": "300".
	Settings map[string]string
}

// Server is one private PostgreSQL. Its methods may be used from several goroutines, though
// stopping it while others use it is meant for tests of just that.
type Server struct {
	opts    Options
	install installation
	acct    account
	home    *home
	warden  *warden

	mu     sync.Mutex
	exited chan struct{} // closed when the running postgres has ended; nil while stopped
	proc   *os.Process
}

// Start makes a new cluster and starts a server on it. The caller ends it with Stop; if the
// process dies before that, the server is stopped and deleted all the same.
func Start(opts Options) (*Server, error) {
	s, err := create(opts)
	if err != nil {
		return nil, fmt.Errorf("testdb: %w", err)
	}
	if err := s.Restart(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func create(opts Options) (*Server, error) {
	install, err := newestInstallation()
	if err != nil {
		return nil, err
	}
	acct, err := serverAccount()
	if err != nil {
		return nil, err
	}
	home, err := newHome(opts.Dir, acct)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, install: install, acct: acct, home: home}
	if s.warden, err = startWarden(home); err != nil {
		home.remove()
		return nil, err
	}
	if err := s.initdb(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) initdb() error {
	// --locale=C sorts by byte, on every machine alike; --no-sync because the cluster is new.
	cmd := s.command("initdb", "--pgdata="+s.home.dataDir(), "--username=postgres", "--auth=trust",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// Restart starts the server, stopping it at once first if it runs. The data stay, and URLs that
// were handed out stay valid.
func (s *Server) Restart() error {
	if err := s.StopImmediate(); err != nil {
		return err
	}
	if err := s.launch(); err != nil {
		return fmt.Errorf("testdb: start postgres: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), startTimeout,
		fmt.Errorf("testdb: not ready after %v", startTimeout))
	defer cancel()
	return s.awaitReady(ctx)
}

// StopImmediate stops the server without a checkpoint, as a crash would: what was not fsynced may
// be lost, and the next start recovers from the log. Stopping a stopped server is no error.
func (s *Server) StopImmediate() error { return s.stop(syscall.SIGQUIT) }

// Stop ends the server and deletes its directory with all databases.
func (s *Server) Stop() error {
	err := s.stop(syscall.SIGQUIT)
	s.warden.dismiss()
	return errors.Join(err, s.home.remove())
}

// URL returns the address of a database on this server, for pgx and libpq alike.
func (s *Server) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database}
	u.RawQuery = url.Values{
		"host":    {s.home.path},
		"port":    {"5432"}, // names the socket file only, and keeps PGPORT out of it
		"sslmode": {"disable"},
	}.Encode()
	return u.String()
}

// Major returns the server's major version, such as 15.
func (s *Server) Major() int { return s.install.major }

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
