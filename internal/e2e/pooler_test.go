package e2e

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"grapevine/internal/testdb"
)

// pooled puts PgBouncer with transaction pooling before a database and returns the URL for a serve behind it,
// as docs/OPERATIONS.md says it.
func pooled(t *testing.T, direct string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; exec.Command(program, "--version").Run() != nil {
			t.Fatal("PgBouncer is not installed: see .ci/packages")
		}
	}
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	host := u.Query().Get("host")
	if host == "" {
		host = u.Hostname()
	}
	port := u.Query().Get("port")
	if port == "" {
		port = u.Port()
	}
	if port == "" {
		port = "5432"
	}
	address := freeAddress(t)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
* = host=%s port=%s user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 10
ignore_startup_parameters = extra_float_digits, statement_timeout, lock_timeout, idle_in_transaction_session_timeout
`, host, port, u.User.Username(), address[strings.LastIndex(address, ":")+1:])
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var args []string
	if info, err := os.Stat(host); err == nil && os.Getuid() == 0 { // it refuses to run as root, and the socket is its owner's alone
		owner, err := user.LookupId(strconv.Itoa(int(info.Sys().(*syscall.Stat_t).Uid)))
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, "-u", owner.Username)
	}
	cmd := exec.Command(program, append(args, config)...)
	log := &tail{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Log(log.last(30))
		}
	})
	return fmt.Sprintf("postgres://%s@%s%s?sslmode=disable&default_query_exec_mode=cache_describe", u.User.Username(), address, u.Path)
}

// TestServeWorksBehindAPooler runs the main job through PgBouncer with transaction pooling: no prepared statements,
// and no notifications. Migrations go to the database itself.
func TestServeWorksBehindAPooler(t *testing.T) {
	t.Parallel()
	direct := testdb.Postgres(t)
	s := newSite(t, direct)
	s.migrate()
	s.env["GRAPEVINE_DATABASE_URL"] = pooled(t, direct)
	s.start()
	sh := s.newShop("pooled.myshopify.com")
	sh.apply(creditProgram)
	sh.offered("credit")
	ana := sh.joined("ana")
	for range 5 {
		sh.rewarded(sh.buy(ana.Code).ID, "issued", patience)
	}
	s.fsck()
}
