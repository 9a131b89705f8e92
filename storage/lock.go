//go:build unix

package storage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"grapevine/rewards"
)

// lockFile takes the lock of the one process that serves an SQLite file. The kernel gives it back when
// the process ends, however it ends. Kind Conflict, code database_in_use, names the holder.
func lockFile(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, rewards.Errorf(rewards.Invalid, "bad_setting", "opening the lock file: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		holder, _ := io.ReadAll(io.LimitReader(f, 20))
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, rewards.Errorf(rewards.Conflict, "database_in_use",
				"process %s serves this file already, stop it first (%s)", strings.TrimSpace(string(holder)), path)
		}
		return nil, rewards.Errorf(rewards.Unavailable, "database_unavailable", "locking %s: %w", path, err)
	}
	if err := writePid(f); err != nil {
		f.Close()
		return nil, rewards.Errorf(rewards.Unavailable, "database_unavailable", "writing %s: %w", path, err)
	}
	return f.Close, nil // closing unlocks; the file stays, for to delete it would let in two
}

func writePid(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("emptying it: %w", err)
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}
