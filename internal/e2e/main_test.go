package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// atATime is how many tests run together at least: half of their time they wait for a lease to run out.
const atATime = 4

// SeedEnv repeats a run: the seed of simulated shops, kills and ports is printed with each failure.
const SeedEnv = "GRAPEVINE_E2E_SEED"

var (
	binary string // the program under test, built once a run
	seed   uint64
)

func TestMain(m *testing.M) {
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "grapevine-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if seed, err = seedOfRun(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary = filepath.Join(dir, "grapevine")
	build := exec.Command("go", "build", "-o", binary, "grapevine/cmd/grapevine")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	flag.Parse()
	if at := flag.Lookup("test.parallel"); runtime.GOMAXPROCS(0) < atATime && at.Value.String() == at.DefValue {
		if err := at.Value.Set(strconv.Itoa(atATime)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

func seedOfRun() (uint64, error) {
	text := os.Getenv(SeedEnv)
	if text == "" {
		return uint64(time.Now().UnixNano()) % 1_000_000, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", SeedEnv, err)
	}
	return n, nil
}

// freeAddress finds a port below those that the system lends to outgoing calls: a server that is down
// for a moment must find its own free again. It calls and does not listen: a process that is being started
// meanwhile would hold the listener open for a moment longer.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 12000+rand.IntN(18000))
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return address
		}
		conn.Close()
	}
	t.Fatal("no free port between 12000 and 30000")
	return ""
}

// patience is how long something that has to come is waited for. On a quiet machine all comes within a second, or when
// a lease has run out, after twenty; a machine that is five times slower has to see the same.
const patience = 2 * time.Minute

// eventually polls until ok, and fails with what was seen last.
func eventually(t *testing.T, within time.Duration, what string, ok func() (done bool, seen any)) {
	t.Helper()
	deadline := time.Now().Add(within)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		done, seen := ok()
		if done {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v; seen last: %+v (seed %d)", what, within, seen, seed)
		}
		<-tick.C
	}
}
