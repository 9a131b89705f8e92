package e2e

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	clientSecret = "canary-client-secret-6f2c"
	shopToken    = "shpat_canary_91d4"
	// mailDomain is that of every person here: found in a log, it is a leak.
	mailDomain = "canary-mail.example"
)

// site is one installation: a database, settings, and at times a running serve.
type site struct {
	t   *testing.T
	url string // of the server: http://127.0.0.1:PORT
	env map[string]string
	dir string
	log *tail
	// program is what runs; binary if "".
	program string
	out     *os.File // where serve writes, instead of log

	mu      sync.Mutex
	secrets []string // what may be in no log

	cmd    *exec.Cmd
	exited chan struct{}
	status error
}

// newSite prepares settings for a database. Nothing runs yet.
func newSite(t *testing.T, database string) *site {
	t.Helper()
	key := make([]byte, 32)
	rand.Read(key)
	address := freeAddress(t)
	s := &site{t: t, url: "http://" + address, dir: t.TempDir(), log: &tail{}, env: map[string]string{
		"GRAPEVINE_DATABASE_URL":           database,
		"GRAPEVINE_LISTEN":                 address,
		"GRAPEVINE_METRICS_LISTEN":         "off",
		"GRAPEVINE_MASTER_KEY":             base64.StdEncoding.EncodeToString(key),
		"GRAPEVINE_SHOPIFY_CLIENT_SECRETS": clientSecret,
		"GRAPEVINE_ALLOW_LOOPBACK_SHOPS":   "true",
		"GRAPEVINE_PUBLIC_URL":             "https://refer.example",
	}}
	s.secrets = []string{clientSecret, "shpat_canary", mailDomain, s.env["GRAPEVINE_MASTER_KEY"]}
	t.Cleanup(s.end)
	return s
}

// end kills what still runs and searches the log.
func (s *site) end() {
	s.kill()
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.log.String()
	for _, secret := range s.secrets {
		if i := strings.Index(text, secret); i >= 0 {
			s.t.Errorf("the log holds %q: …%s…", secret, text[max(0, i-200):min(len(text), i+200)])
		}
	}
	if s.t.Failed() {
		s.t.Logf("seed %d; the log's end:\n%s", seed, s.log.last(60))
	}
}

// hide names a further secret that may be in no log.
func (s *site) hide(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, secret)
}

func (s *site) sqlite() bool { return strings.HasPrefix(s.env["GRAPEVINE_DATABASE_URL"], "sqlite:") }

// file is the SQLite file.
func (s *site) file() string { return strings.TrimPrefix(s.env["GRAPEVINE_DATABASE_URL"], "sqlite:") }

// migrate brings a PostgreSQL database up to date; SQLite does it by itself.
func (s *site) migrate() {
	s.t.Helper()
	if !s.sqlite() {
		s.run("migrate")
	}
}

// start runs serve and waits until it is ready.
func (s *site) start() {
	s.t.Helper()
	s.launch()
	s.awaitReady(patience)
}

// launch runs serve, without waiting.
func (s *site) launch(flags ...string) {
	s.t.Helper()
	s.cmd = s.command(append([]string{"serve"}, flags...)...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if s.out != nil {
		s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd, exited := s.cmd, make(chan struct{})
	s.exited = exited
	go func() { // ends with the process
		err := cmd.Wait()
		s.mu.Lock()
		s.status = err
		s.mu.Unlock()
		close(exited)
	}()
}

func (s *site) awaitReady(within time.Duration) {
	s.t.Helper()
	eventually(s.t, within, "serve is ready", func() (bool, any) {
		select {
		case <-s.exited:
			s.t.Fatalf("serve ended: %v\n%s", s.status, s.log.last(20))
		default:
		}
		status, body := s.get("/readyz")
		return status == http.StatusOK, body
	})
}

// kill ends serve as a power cut would end it.
func (s *site) kill() { s.signal(syscall.SIGKILL) }

// signal sends a signal and waits for the end of the process; it tells how long that took.
func (s *site) signal(sig syscall.Signal) time.Duration {
	if s.cmd == nil {
		return 0
	}
	begun := time.Now()
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Error(err)
	}
	select {
	case <-s.exited:
	case <-time.After(30 * time.Second):
		s.t.Errorf("serve did not end 30 s after %v", sig)
		s.cmd.Process.Kill()
		<-s.exited
	}
	s.cmd = nil
	return time.Since(begun)
}

// command is the program with the site's settings and nothing else of ours.
func (s *site) command(args ...string) *exec.Cmd {
	cmd := exec.Command(cmp.Or(s.program, binary), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	for _, name := range sorted(maps.Keys(s.env)) {
		cmd.Env = append(cmd.Env, name+"="+s.env[name])
	}
	return cmd
}

// beside is a second installation on the same database, with settings changed; "" takes one away.
func (s *site) beside(t *testing.T, changes ...string) *site {
	t.Helper()
	other := &site{t: t, url: s.url, env: maps.Clone(s.env), dir: s.dir, log: &tail{}, secrets: s.secrets}
	for i := 0; i+1 < len(changes); i += 2 {
		if other.env[changes[i]] = changes[i+1]; changes[i+1] == "" {
			delete(other.env, changes[i])
		}
	}
	other.url = "http://" + other.env["GRAPEVINE_LISTEN"]
	t.Cleanup(other.end)
	return other
}

// write makes a file in the site's directory.
func (s *site) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// tail keeps all that a process writes.
type tail struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *tail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// last returns the last n lines.
func (l *tail) last(n int) string {
	lines := strings.Split(strings.TrimRight(l.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
