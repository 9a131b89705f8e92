package testdb

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// oldestMajor is the oldest PostgreSQL that Grapevine supports: the one in Debian 12.
const oldestMajor = 15

// ErrNoPostgres tells that no usable PostgreSQL is installed; its text names the command that helps.
var ErrNoPostgres = errors.New("no PostgreSQL 15 or newer found; install it: apt-get install postgresql")

// installation is one set of PostgreSQL server programs.
type installation struct {
	dir   string // holds initdb and postgres
	major int
}

// newestInstallation looks for server programs on the PATH and where the usual packages put them
// (Debian keeps them off the PATH), and returns the newest.
func newestInstallation() (installation, error) {
	return newestOf(binDirs())
}

func newestOf(dirs []string) (installation, error) {
	var best installation
	for _, dir := range dirs {
		major, err := majorVersion(dir)
		if err == nil && major >= oldestMajor && major > best.major {
			best = installation{dir: dir, major: major}
		}
	}
	if best.dir == "" {
		return best, ErrNoPostgres
	}
	return best, nil
}

func binDirs() []string {
	var dirs []string
	for _, program := range []string{"initdb", "postgres"} {
		path, err := exec.LookPath(program)
		if err != nil {
			continue
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // Fedora and its kin
		"/opt/homebrew/opt/postgresql@*/bin",
	} {
		found, _ := filepath.Glob(pattern) // the only error is a bad pattern
		dirs = append(dirs, found...)
	}
	return dirs
}

func majorVersion(dir string) (int, error) {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return 0, err
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0, err
	}
	return parseMajor(string(out))
}

// parseMajor reads "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" as 15.
func parseMajor(line string) (int, error) {
	m := regexp.MustCompile(`\(PostgreSQL\) (\d+)`).FindStringSubmatch(line)
	if m == nil {
		return 0, fmt.Errorf("unknown version line %q", line)
	}
	return strconv.Atoi(m[1])
}
