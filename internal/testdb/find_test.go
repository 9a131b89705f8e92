package testdb

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeInstallation makes a directory with programs that only tell a version.
func fakeInstallation(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho '" + version + "'\n"
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheNewestInstallationWins(t *testing.T) {
	t.Parallel()
	old := fakeInstallation(t, "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
	new := fakeInstallation(t, "postgres (PostgreSQL) 18beta2")
	got, err := newestOf([]string{old, new, t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if want := (installation{dir: new, major: 18}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAMissingPostgresNamesTheInstallCommand(t *testing.T) {
	t.Parallel()
	tooOld := fakeInstallation(t, "postgres (PostgreSQL) 14.2")
	_, err := newestOf([]string{tooOld, t.TempDir()})
	if !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("error %v", err)
	}
}
