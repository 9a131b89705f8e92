package secret

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeySize is the length of a master key in bytes.
const KeySize = 32

// Generate makes a master key in the form that ParseKey reads and `openssl rand -base64 32` prints.
func Generate() Text {
	var key [KeySize]byte
	rand.Read(key[:]) // never fails: crypto/rand ends the program instead
	return Text(base64.StdEncoding.EncodeToString(key[:]))
}

// ParseKey reads a master key: base64 of exactly 32 bytes, blanks around it ignored.
func ParseKey(s Text) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s.Reveal()))
	if err != nil || len(key) != KeySize {
		return nil, errors.New("a master key is the base64 of 32 bytes, as `openssl rand -base64 32` prints it")
	}
	return key, nil
}

// KeyFile reads the master key from a file, or makes the file (mode 0600) with a new key where there is
// none. created tells that it did.
func KeyFile(path string) (key Text, created bool, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
			return "", false, fmt.Errorf("key file %s can be read by others: chmod 600 it", path)
		}
		return Text(strings.TrimSpace(string(text))), false, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", false, fmt.Errorf("reading the key file: %w", err)
	}
	key = Generate()
	return key, true, writeKey(path, key)
}

// writeKey links the finished file into place, so that of two processes that start at once one makes
// the key and the other is told to read it.
func writeKey(path string, key Text) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return fmt.Errorf("making the key file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(key.Reveal() + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil {
		return fmt.Errorf("placing the key file: %w", err)
	}
	return nil
}
