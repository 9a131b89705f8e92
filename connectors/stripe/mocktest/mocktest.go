// Package mocktest runs stripe-mock, Stripe's own check of requests against its published specification, in
// tests. It is installed as a Go module, so the tests need the Go command and, the first time, a module proxy.
//
// The version is tied to the API version of stripe-go v76: later ones refuse its promotion codes. It keeps no
// state: what it answers means nothing, only whether it refuses.
package mocktest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// module is what is installed.
const module = "github.com/stripe/stripe-mock@v0.180.0"

// startWithin bounds how long stripe-mock may take until it listens. It reads a specification of 5 MB first.
const startWithin = time.Minute

// Start runs stripe-mock on free ports of this machine until the test ends and returns its address,
// http://127.0.0.1:PORT. Where it cannot be installed the test fails, and says which command to run.
func Start(tb testing.TB) (address string) {
	tb.Helper()
	binary, err := install()
	if err != nil {
		tb.Fatalf("stripe-mock cannot be installed: %v", err)
	}
	plain, secure, err := freePorts()
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	// Both addresses are given: without the second it would listen to the whole network.
	cmd := exec.CommandContext(ctx, binary, "-http-addr", plain, "-https-addr", secure)
	out, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		cancel()
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	ready := make(chan bool, 1)
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "Listening for HTTPS at address") { // the last thing that it says
				ready <- true
			}
		}
		ready <- false
	}()
	tb.Cleanup(func() {
		cancel()
		<-ended
		_ = cmd.Wait() // it was killed
	})
	timer := time.NewTimer(startWithin)
	defer timer.Stop()
	select {
	case ok := <-ready:
		if !ok {
			tb.Fatalf("%s ended before it listened", binary)
		}
	case <-timer.C:
		tb.Fatalf("%s does not listen", binary)
	}
	return "http://" + plain
}

// install returns the binary, which is made once for a version and kept in the user's cache.
func install() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	_, version, _ := strings.Cut(module, "@")
	dir := filepath.Join(cache, "grapevine", "stripe-mock-"+version)
	binary := filepath.Join(dir, "stripe-mock")
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	made, err := os.MkdirTemp(dir, "install-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(made)
	cmd := exec.Command("go", "install", module)
	cmd.Dir = made // outside of any module
	cmd.Env = append(os.Environ(), "GOBIN="+made, "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("run\n\tGOBIN=%s go install %s\nwhere a Go module proxy can be reached: %w\n%s", dir, module, err, text)
	}
	// Another test may have been faster: its binary is as good.
	return binary, os.Rename(filepath.Join(made, "stripe-mock"), binary)
}

// freePorts finds two addresses that nobody listens at now.
func freePorts() (first, second string, err error) {
	a, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	b, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", errors.Join(err, a.Close())
	}
	return a.Addr().String(), b.Addr().String(), errors.Join(a.Close(), b.Close())
}
