package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/testdb"
)

// trio is one web process and two workers on one PostgreSQL.
type trio struct {
	t           *testing.T
	web, w1, w2 *site
	shops       []*shop
	codes       []string
	mu          sync.Mutex
	placed      []int
}

// newTrio starts the three, with simulated shops that send to the web process.
func newTrio(t *testing.T, program string, shops int) *trio {
	t.Helper()
	w := newSite(t, testdb.Postgres(t))
	w.program = program
	w.migrate()
	w.env["GRAPEVINE_ONLY"] = "web"
	tr := &trio{t: t, web: w, placed: make([]int, shops)}
	tr.w1 = w.beside(t, "GRAPEVINE_ONLY", "worker", "GRAPEVINE_LISTEN", freeAddress(t))
	tr.w2 = w.beside(t, "GRAPEVINE_ONLY", "worker", "GRAPEVINE_LISTEN", freeAddress(t))
	tr.w1.program, tr.w2.program = program, program
	for _, s := range []*site{tr.web, tr.w1, tr.w2} {
		s.start()
	}
	for i := range shops {
		sh := w.newShop(fmt.Sprintf("trio%d.myshopify.com", i))
		tr.shops, tr.codes = append(tr.shops, sh), append(tr.codes, sh.opened("ana").Code)
	}
	return tr
}

// sell places orders in all shops until done is called.
func (tr *trio) sell() (done func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var selling sync.WaitGroup
	selling.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ctx.Err() == nil; n++ {
			i := n % len(tr.shops)
			tr.shops[i].buy(tr.codes[i])
			tr.mu.Lock()
			tr.placed[i]++
			tr.mu.Unlock()
			<-tick.C
		}
	})
	done = sync.OnceFunc(func() { cancel(); selling.Wait() })
	tr.t.Cleanup(done)
	return done
}

// goOn waits until so many more orders were placed.
func (tr *trio) goOn(more int) {
	sum := func() (n int) {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		for _, p := range tr.placed {
			n += p
		}
		return n
	}
	from := sum()
	eventually(tr.t, patience, fmt.Sprint(more, " more orders"), func() (bool, any) { return sum() >= from+more, sum() })
}

// settle wants one issued reward and one credit for each order, and sound books.
func (tr *trio) settle() {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for i, sh := range tr.shops {
		if err := sh.sim.WaitQuiet(ctx); err != nil {
			tr.t.Fatal(err)
		}
		eventually(tr.t, patience, fmt.Sprintf("%d issued rewards of %s", tr.placed[i], sh.sim.domain), func() (bool, any) {
			issued := list[reward](sh, "/rewards", "status", "issued")
			return len(issued) == tr.placed[i], len(issued)
		})
		sh.quiet()
		if rewards, credits := len(list[reward](sh, "/rewards")), len(sh.credits()); rewards != tr.placed[i] || credits != tr.placed[i] {
			tr.t.Errorf("%s: %d orders, %d rewards, %d credits in the shop", sh.sim.domain, tr.placed[i], rewards, credits)
		}
	}
	tr.web.fsck()
}

// end stops a process and wants it to end in time, in good order.
func (tr *trio) end(s *site) time.Duration {
	tr.t.Helper()
	took := s.signal(syscall.SIGTERM)
	if took > 10*time.Second || s.status != nil {
		tr.t.Errorf("serve --only %s ended after %v: %v\n%s", s.env["GRAPEVINE_ONLY"], took, s.status, s.log.last(20))
	}
	return took
}

// TestVersionsAreReplacedOneByOneUnderLoad stops each process in turn while orders come in, and starts another
// version in its place: two versions work on one schema.
func TestVersionsAreReplacedOneByOneUnderLoad(t *testing.T) {
	t.Parallel()
	old := filepath.Join(t.TempDir(), "grapevine-old")
	build := exec.Command("go", "build", "-ldflags", "-X main.version=v-old", "-o", old, "grapevine/cmd/grapevine")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building another version: %v\n%s", err, out)
	}
	tr := newTrio(t, old, 4)
	for _, sh := range tr.shops { // answers are unclear now and then
		err := sh.sim.SetFaults(shopifytest.Fault{Operation: "StoreCreditCredit", Kind: shopifytest.FaultStatus, Status: http.StatusGatewayTimeout, Effect: true, Percent: 10})
		if err != nil {
			t.Fatal(err)
		}
	}
	done := tr.sell()
	for _, s := range []*site{tr.w1, tr.web, tr.w2} {
		tr.goOn(40)
		took := tr.end(s)
		t.Logf("serve --only %s ended after %v", s.env["GRAPEVINE_ONLY"], took.Round(time.Millisecond))
		s.program = ""
		s.start()
	}
	tr.goOn(40)
	done()
	tr.settle()
	for _, s := range []*site{tr.w1, tr.web, tr.w2} {
		if log := s.log.String(); !strings.Contains(log, "version=v-old") || !strings.Contains(log, "version=dev") {
			t.Errorf("serve --only %s did not run both versions", s.env["GRAPEVINE_ONLY"])
		}
	}
}

// TestAShopThatHangsKeepsNobodyFromStopping stops a worker while a shop does not answer: what was asked stays
// unclear, and is looked up before anything is sent again.
func TestAShopThatHangsKeepsNobodyFromStopping(t *testing.T) {
	t.Parallel()
	tr := newTrio(t, "", 1)
	sh := tr.shops[0]
	err := sh.sim.SetFaults(shopifytest.Fault{Operation: "StoreCreditCredit", Kind: shopifytest.FaultSlow, Delay: 30 * time.Second, Effect: true, Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	sh.buy(tr.codes[0])
	tr.placed[0]++
	eventually(t, patience, "the shop is being asked", func() (bool, any) { return len(sh.sim.Mutations("StoreCreditCredit")) > 0, nil })
	for _, s := range []*site{tr.w1, tr.w2} {
		took := tr.end(s)
		t.Logf("a worker ended after %v", took.Round(time.Millisecond))
		s.start()
	}
	tr.settle()
	if n := len(sh.sim.Mutations("StoreCreditCredit")); n != 1 {
		t.Errorf("the credit was sent %d times", n)
	}
}

// TestAStoppedWorkerWritesNothingOnceItsLeaseIsLost stops a worker in its sleep, past its lease, and lets it go on:
// what it writes then is refused and counted.
func TestAStoppedWorkerWritesNothingOnceItsLeaseIsLost(t *testing.T) {
	t.Parallel()
	tr := newTrio(t, "", 1)
	tr.end(tr.w2)
	metrics := freeAddress(t)
	tr.end(tr.w1)
	tr.w1.env["GRAPEVINE_METRICS_LISTEN"] = metrics
	tr.w1.start()
	sh := tr.shops[0]
	err := sh.sim.SetFaults(shopifytest.Fault{Operation: "StoreCreditCredit", Kind: shopifytest.FaultSlow, Delay: 5 * time.Second, Effect: true, Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	sh.buy(tr.codes[0])
	tr.placed[0]++
	eventually(t, patience, "the shop is being asked", func() (bool, any) { return len(sh.sim.Mutations("StoreCreditCredit")) > 0, nil })
	if err := tr.w1.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	tr.w2.start()
	tr.settle() // the other takes over once the lease has run out, and finds the credit in the shop
	if err := tr.w1.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "a late write is refused and counted", func() (bool, any) {
		seen := figure(t, metrics, "grapevine_late_writes_refused_total")
		return seen != "" && seen != "0", seen
	})
	tr.settle()
	if n := len(sh.sim.Mutations("StoreCreditCredit")); n != 1 {
		t.Errorf("the credit was sent %d times", n)
	}
}

// figure reads one figure without labels of a process's metrics.
func figure(t *testing.T, address, name string) string {
	t.Helper()
	status, text := (&site{t: t, url: "http://" + address}).get("/metrics")
	if status != http.StatusOK {
		return fmt.Sprint("status ", status)
	}
	for _, line := range strings.Split(text, "\n") {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return value
		}
	}
	return ""
}

// TestEachRoleDoesItsPartAndSaysSo looks at what a web process and a worker answer.
func TestEachRoleDoesItsPartAndSaysSo(t *testing.T) {
	t.Parallel()
	web := newSite(t, testdb.Postgres(t))
	web.migrate()
	web.env["GRAPEVINE_ONLY"] = "web"
	web.start() // ready, although nobody works
	worker := web.beside(t, "GRAPEVINE_ONLY", "worker", "GRAPEVINE_LISTEN", freeAddress(t))
	worker.start()
	for s, role := range map[*site]string{web: "web", worker: "worker"} {
		if _, body := s.get("/healthz"); !strings.Contains(body, `"role":"`+role+`"`) {
			t.Errorf("%s says it is %s", role, body)
		}
		_, body := s.get("/readyz")
		if has := strings.Contains(body, `"name":"worker"`); has != (role == "worker") {
			t.Errorf("%s depends on a worker: %s", role, body)
		}
	}
	if status := worker.post("nobody.myshopify.com", "orders/paid", "id-1", "none", []byte("{}")); status != http.StatusNotFound {
		t.Errorf("a worker's door answers %d", status)
	}
	if status, _ := worker.get("/api/v1/openapi.yaml"); status != http.StatusNotFound {
		t.Errorf("a worker's API answers %d", status)
	}
	// What a web process stores others do at once, not when they look next.
	sh := web.newShop("quick.myshopify.com")
	sh.apply(creditProgram)
	sh.offered("credit")
	if !strings.Contains(worker.log.String(), "leading") {
		t.Error("the worker does not lead")
	}
	if strings.Contains(web.log.String(), "leading") {
		t.Error("the web process leads")
	}
}

func TestAnSQLiteFileHasOneProcessThatDoesAll(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	for _, role := range []string{"web", "worker"} {
		e := s.try("serve", "--only", role)
		if e.code != 2 || !strings.Contains(e.err, "one process serves an SQLite file") {
			t.Errorf("serve --only %s: exit %d, %s", role, e.code, e.err)
		}
	}
}
