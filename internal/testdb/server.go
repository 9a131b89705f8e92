package testdb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"syscall"

	"grapevine/internal/warden"
)

// Options for Start. The zero value is a fast server for plain tests.
type Options struct {
	// Fsync makes commits durable, as in production: for benchmarks and for tests that kill
	// things. Off, the server is about as safe as memory and much faster.
	Fsync bool
	// Dir is where the server's directory is made; "" is memory where there is enough of it, and
	// with Fsync the temporary directory. A benchmark names a real disk, since that may be memory.
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
	warden  *warden.Warden

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
	home, err := newHome(opts, acct)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, install: install, acct: acct, home: home}
	if s.warden, err = warden.Start(afterDeath, home.pidPath(), home.path); err != nil {
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

// StopFast stops the server in order: open transactions are rolled back and their connections ended, and a
// checkpoint is made. Stopping a stopped server is no error.
func (s *Server) StopFast() error { return s.stop(syscall.SIGINT) }

// Stop ends the server and deletes its directory with all databases.
func (s *Server) Stop() error {
	err := s.stop(syscall.SIGQUIT)
	s.warden.Dismiss()
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
