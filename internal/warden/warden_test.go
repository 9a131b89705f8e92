package warden

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestTheScriptRunsWhenTheProcessIsKilled(t *testing.T) {
	if path := os.Getenv("WARDEN_CHILD"); path != "" {
		childProcess(t, path)
		return
	}
	t.Parallel()
	mark := filepath.Join(t.TempDir(), "mark")
	if out, err := exec.Command("mkfifo", mark).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "WARDEN_CHILD="+mark)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	child.Wait()                  // it kills itself
	got, err := os.ReadFile(mark) // waits until the script writes
	if err != nil || string(got) != "cleaned\n" {
		t.Errorf("the script wrote %q, %v", got, err)
	}
}

func childProcess(t *testing.T, path string) {
	if _, err := Start(`echo cleaned >"$1"`, path); err != nil {
		t.Fatal(err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	self.Kill()
	select {}
}

func TestADismissedWardenDoesNothing(t *testing.T) {
	t.Parallel()
	mark := filepath.Join(t.TempDir(), "mark")
	w, err := Start(`echo cleaned >"$1"`, mark)
	if err != nil {
		t.Fatal(err)
	}
	w.Dismiss()
	if _, err := os.Stat(mark); err == nil {
		t.Error("the script ran")
	}
}
