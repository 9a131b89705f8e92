package testdb

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	prefix = "gvpg-" // short: the socket's whole path must stay below maxSocketPath
	// maxSocketPath is what fits into sockaddr_un.sun_path on Linux, less the closing zero byte.
	maxSocketPath = 107
	socketName    = ".s.PGSQL.5432"
	memoryDir     = "/dev/shm" // a file system in memory, on Linux
	// staleAfter keeps the sweep off directories whose owner has not locked them yet.
	staleAfter = time.Minute
)

// home is the private directory of one server: data/, log, the socket, and a lock that its owner
// holds as long as it lives.
type home struct {
	path string
	lock *os.File
}

func newHome(opts Options, acct account) (*home, error) {
	base, err := baseFor(opts)
	if err != nil {
		return nil, err
	}
	sweep(base, time.Now())
	path, err := os.MkdirTemp(base, prefix)
	if err != nil {
		return nil, fmt.Errorf("make a directory for the server: %w", err)
	}
	h := &home{path: path}
	if err := h.claim(acct); err != nil {
		os.RemoveAll(path)
		return nil, err
	}
	return h, nil
}

// claim locks the directory and hands it to the server's account; MkdirTemp made it 0700.
func (h *home) claim(acct account) error {
	lock, err := os.OpenFile(h.lockPath(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the server's directory: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return fmt.Errorf("lock the server's directory: %w", err)
	}
	if err := acct.own(h.path); err != nil {
		lock.Close()
		return fmt.Errorf("give the directory to the server's user: %w", err)
	}
	h.lock = lock
	return nil
}

func (h *home) remove() error {
	h.lock.Close()
	return os.RemoveAll(h.path)
}

func (h *home) dataDir() string  { return filepath.Join(h.path, "data") }
func (h *home) logPath() string  { return filepath.Join(h.path, "log") }
func (h *home) lockPath() string { return filepath.Join(h.path, "lock") }
func (h *home) pidPath() string  { return filepath.Join(h.dataDir(), "postmaster.pid") }

// baseFor returns where the server's directory is made: where the options say; else in memory, where
// a fresh database costs 25 ms and not 200, unless commits shall be durable; else in the temporary
// directory; and where that is too deep for a socket or closed to the server's account, in /tmp.
func baseFor(opts Options) (string, error) {
	if opts.Dir != "" {
		dir, err := filepath.Abs(opts.Dir)
		if err != nil {
			return "", err
		}
		if !usable(dir) {
			return "", fmt.Errorf("%s is too long a path for a socket, or closed to other users", dir)
		}
		return dir, nil
	}
	if !opts.Fsync && usable(memoryDir) && hasRoom(memoryDir) {
		return memoryDir, nil
	}
	if dir, err := filepath.EvalSymlinks(os.TempDir()); err == nil && usable(dir) {
		return dir, nil
	}
	return "/tmp", nil
}

// hasRoom tells whether several servers with many small databases fit. A container's /dev/shm often
// has 64 MB only.
func hasRoom(dir string) bool {
	const enough = 4 << 30
	var fs syscall.Statfs_t
	return syscall.Statfs(dir, &fs) == nil && fs.Bavail*uint64(fs.Bsize) >= enough
}

func usable(base string) bool {
	if len(filepath.Join(base, prefix+"0123456789", socketName)) > maxSocketPath {
		return false
	}
	return os.Geteuid() != 0 || openToAll(base)
}

// openToAll tells whether any user may pass through dir and all directories above it.
func openToAll(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}

// sweep deletes directories whose owner and warden were both killed, as when a machine is reset.
// A lock that can be had means that the owner is dead. What can't be deleted is left alone. A server
// that still runs there ends by itself when it misses its files.
func sweep(base string, now time.Time) {
	paths, _ := filepath.Glob(filepath.Join(base, prefix+"*"))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || now.Sub(info.ModTime()) < staleAfter {
			continue
		}
		h := &home{path: path}
		lock, err := os.OpenFile(h.lockPath(), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		h.lock = lock
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			lock.Close()
			continue
		}
		h.remove()
	}
}
