package testdb

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestDurableRowsSurviveAnImmediateStop(t *testing.T) {
	t.Parallel()
	s := Own(t, Options{Fsync: true, Settings: map[string]string{"max_connections": "20"}})
	url := s.Database(t)
	conn := connect(t, url)
	if got := query[string](t, conn, "show fsync"); got != "on" {
		t.Errorf("fsync is %q", got)
	}
	if got := query[int](t, conn, "select current_setting('max_connections')::int"); got != 20 {
		t.Errorf("max_connections is %d", got)
	}
	execSQL(t, conn, "create table kept (id int)")
	execSQL(t, conn, "insert into kept values (1), (2)")

	if err := s.StopImmediate(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("a stopped server answered")
	}
	if err := s.StopImmediate(); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := query[int](t, connect(t, url), "select count(*) from kept"); got != 2 {
		t.Errorf("%d rows after the restart, want 2", got)
	}
}

func TestStopLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.home.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory is still there: %v", err)
	}
}

func TestABadSettingIsReportedWithTheServersLog(t *testing.T) {
	t.Parallel()
	_, err := Start(Options{Settings: map[string]string{"no_such_setting": "1"}})
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("error %v does not name the setting", err)
	}
}

// TestAKilledProcessLeavesNothingBehind runs this test binary once more, lets it start a server,
// kills it with SIGKILL, and waits until the server and its directory are gone.
func TestAKilledProcessLeavesNothingBehind(t *testing.T) {
	if os.Getenv("TESTDB_CHILD") != "" {
		childProcess(t)
		return
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "TESTDB_CHILD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 256)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	dir := strings.TrimSpace(string(buf[:n]))
	if _, err := os.Stat(filepath.Join(dir, socketName)); err != nil {
		t.Fatalf("no server in the child's directory %q: %v", dir, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	waitGone(t, dir)
}

// childProcess starts the shared server, tells where, and waits to be killed.
func childProcess(t *testing.T) {
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString(s.home.path + "\n")
	select {}
}

func waitGone(t *testing.T, dir string) {
	t.Helper()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for {
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s is still there", dir)
		}
	}
}

func TestSweepDeletesOnlyWhatNobodyHolds(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	acct := account{}
	held, err := newHome(Options{Dir: openDir(t, base)}, acct)
	if err != nil {
		t.Fatal(err)
	}
	defer held.remove()
	left, err := newHome(Options{Dir: base}, acct)
	if err != nil {
		t.Fatal(err)
	}
	left.lock.Close() // as when its owner dies

	sweep(base, time.Now())
	if _, err := os.Stat(left.path); err != nil {
		t.Errorf("a young directory was swept: %v", err)
	}
	sweep(base, time.Now().Add(2*staleAfter))
	if _, err := os.Stat(left.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a stale directory was left: %v", err)
	}
	if _, err := os.Stat(held.path); err != nil {
		t.Errorf("a directory in use was swept: %v", err)
	}
}

// openDir opens the way to base for all users, as newHome wants it when the tests run as root.
func openDir(t *testing.T, base string) string {
	t.Helper()
	for dir := base; strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return base
}

func TestAPathTooLongForASocketIsRefused(t *testing.T) {
	t.Parallel()
	long := filepath.Join(openDir(t, t.TempDir()), strings.Repeat("x", maxSocketPath))
	if err := os.Mkdir(long, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(Options{Dir: long}); err == nil {
		t.Error("a path too long for a socket was accepted")
	}
}

func TestTheServerDoesNotRunAsRoot(t *testing.T) {
	t.Parallel()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(s.home.dataDir())
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; uid == 0 {
		t.Error("the data directory belongs to root")
	}
}
