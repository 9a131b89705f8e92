package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"grapevine/internal/testdb"
	"grapevine/internal/warden"
)

// smallDisk is how large the disk is that fills up: a fresh cluster and a few segments of the log.
const smallDisk = "size=192m,mode=0755"

// database is the PostgreSQL of a run.
type database struct {
	server *testdb.Server
	name   string
	disk   string // where a small disk is mounted, "" for none
	warden *warden.Warden
	mu     sync.Mutex // one restart at a time
	closed string     // what the server wrote, once it is closed
}

// newDatabase starts a server with durable commits: in memory, where a crash of the server costs what one on
// a disk costs but for the wait, on the disk, or on a small one.
func newDatabase(place string) (*database, error) {
	d := &database{}
	opts := testdb.Options{Fsync: true, Settings: map[string]string{"max_wal_size": "128MB"}}
	switch place {
	case inMemory:
		opts.Dir = directoryInMemory()
	case onSmallDisk:
		if err := d.mount(); err != nil {
			return nil, err
		}
		opts.Dir = d.disk
		opts.Settings = map[string]string{"max_wal_size": "64MB", "min_wal_size": "32MB"}
	}
	var err error
	if d.server, err = testdb.Start(opts); err != nil {
		return nil, errors.Join(err, d.close())
	}
	if d.name, err = d.server.CreateDatabase(); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// directoryInMemory is one, or "" where there is none.
func directoryInMemory() string {
	const dir = "/dev/shm"
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

// mount makes a small disk in memory. It goes with this process, however that ends.
func (d *database) mount() error {
	dir, err := os.MkdirTemp("/dev/shm", "gvdisk-") // short: a socket's path is
	if err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, smallDisk); err != nil {
		os.Remove(dir)
		return fmt.Errorf("mounting a small disk: %w", err)
	}
	d.disk = dir
	d.warden, err = warden.Start(`sleep 2; umount -l "$1"; rmdir "$1"`, dir)
	return err
}

// canMount tells whether a small disk can be had.
func canMount() bool {
	d := &database{}
	if os.Geteuid() != 0 || d.mount() != nil {
		return false
	}
	return d.close() == nil
}

func (d *database) close() error {
	var errs []error
	if d.server != nil {
		if d.name != "" {
			d.closed = d.log()
		}
		errs = append(errs, d.server.Stop())
	}
	if d.disk != "" {
		errs = append(errs, syscall.Unmount(d.disk, syscall.MNT_DETACH), os.Remove(d.disk))
		d.warden.Dismiss()
	}
	return errors.Join(errs...)
}

// direct is the database's address behind all proxies.
func (d *database) direct() string { return d.server.URL(d.name) }

// socket is the path of the server's socket.
func (d *database) socket() string {
	u, err := url.Parse(d.direct())
	if err != nil { // testdb made it
		panic(err)
	}
	return filepath.Join(u.Query().Get("host"), ".s.PGSQL."+u.Query().Get("port"))
}

// at is the database's address through a proxy.
func (d *database) at(address string) string {
	return "postgres://postgres@" + address + "/" + d.name + "?sslmode=disable"
}

// restart stops the server, in order or as a crash would, and starts it again after a while.
func (d *database) restart(crash bool, away time.Duration) (done bool, err error) {
	if !d.mu.TryLock() {
		return false, nil // it is away already
	}
	defer d.mu.Unlock()
	stop := d.server.StopFast
	if crash {
		stop = d.server.StopImmediate
	}
	if err := stop(); err != nil {
		return true, err
	}
	time.Sleep(away)
	return true, d.server.Restart()
}

// fill takes all space that is left on the small disk. With the log the server is made to need a new segment of
// it at once, without which it cannot live.
func (d *database) fill(log bool) error {
	f, err := os.OpenFile(filepath.Join(d.disk, "filler"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, 64<<10)
	for err == nil {
		if _, err = f.Write(block); err != nil && len(block) > 512 {
			block, err = block[:len(block)/2], nil
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("filling the disk: %w", err)
	}
	if log {
		_, _ = ask[string](d, "SELECT pg_switch_wal()::text") // it may not live to answer
	}
	return nil
}

// drain gives the space back, and starts the server if it did not live.
func (d *database) drain() error {
	if err := os.Remove(filepath.Join(d.disk, "filler")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if _, err := ask[int](d, "SELECT 1"); err == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.server.Restart()
}

// awake starts the server if it is down.
func (d *database) awake() error {
	d.mu.Lock() // whoever restarts it has done so
	defer d.mu.Unlock()
	if _, err := ask[int](d, "SELECT 1"); err == nil {
		return nil
	}
	return d.server.Restart()
}

// ask asks for one value, behind all proxies.
func ask[T any](d *database, statement string, args ...any) (v T, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, d.direct())
	if err != nil {
		return v, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, statement, args...).Scan(&v)
	return v, err
}

// column asks for the values of one column.
func column[T any](d *database, statement string) ([]T, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, d.direct())
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, statement)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

// log is what the server wrote.
func (d *database) log() string {
	text, err := os.ReadFile(filepath.Join(filepath.Dir(d.socket()), "log"))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}
