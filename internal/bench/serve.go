package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

const (
	fsyncs   = 2000
	fsyncLen = 8 << 10
)

// serve measures the real binary: size, time from start to ready, memory when idle.
func (b *bench) serve() error {
	if err := b.build(); err != nil {
		return err
	}
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	b.report.add("binary", "MiB", float64(info.Size())/(1<<20))
	for _, kind := range []string{"postgres", "sqlite"} {
		var s spec
		drop, err := b.fresh(kind, &s)
		if err != nil {
			return err
		}
		defer drop()
		if err := b.serveOn(kind+" serve first start to ready", kind, s, 0); err != nil {
			return err
		}
		for range b.rounds {
			if err := b.serveOn(kind+" serve start to ready", kind, s, 0); err != nil {
				return err
			}
		}
		if err := b.serveOn(kind+" serve start to ready", kind, s, b.idle); err != nil {
			return err
		}
	}
	return nil
}

// build makes the real binary.
func (b *bench) build() error {
	b.binary = filepath.Join(b.dir, "grapevine")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.binary, "grapevine/cmd/grapevine")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building grapevine: %w: %s", err, out)
	}
	return nil
}

// listening finds the address in serve's log.
var listening = regexp.MustCompile(`msg=ready listen=(\S+)`)

// serveOn starts the program on a database, waits until /readyz answers 200, and where idle
// is not zero lets it stand so long and reads its memory.
func (b *bench) serveOn(name, kind string, s spec, idle time.Duration) error {
	cmd := exec.Command(b.binary, "serve", "--migrate")
	cmd.Env = append(os.Environ(), "GRAPEVINE_DATABASE_URL="+s.URL, "GRAPEVINE_MASTER_KEY="+s.Key, "GRAPEVINE_LISTEN=127.0.0.1:0",
		"GRAPEVINE_METRICS_LISTEN=127.0.0.1:0", "GRAPEVINE_SHOPIFY_CLIENT_SECRETS="+clientSecret)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	var log bytes.Buffer
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		log.Write(lines.Bytes())
		log.WriteByte('\n')
		if m := listening.FindSubmatch(lines.Bytes()); m != nil {
			if err := awaitReady("http://"+string(m[1])+"/readyz", begun); err != nil {
				return err
			}
			b.report.add(name, "ms", float64(time.Since(begun).Microseconds())/1000)
			if idle > 0 {
				b.memory(kind, cmd.Process.Pid, idle)
			}
			return nil
		}
	}
	return fmt.Errorf("serve did not start: %s", log.Bytes())
}

func awaitReady(url string, begun time.Time) error {
	for time.Since(begun) < 30*time.Second {
		resp, err := http.Get(url)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	return fmt.Errorf("%s did not answer 200", url)
}

// memory notes the most that the kernel says of an idle process, looked at each second.
func (b *bench) memory(kind string, pid int, idle time.Duration) {
	most := map[string]float64{}
	for range int(idle / time.Second) {
		time.Sleep(time.Second)
		for field, m := range residentMemory(pid) {
			most[field] = max(most[field], m)
		}
	}
	for _, part := range []struct{ field, name string }{{"VmRSS", "idle memory"}, {"RssAnon", "idle memory, heap and stacks"}, {"RssFile", "idle memory, program text"}} {
		if m, ok := most[part.field]; ok {
			b.report.add(kind+" serve "+part.name, "MiB", m)
		}
	}
}

var residentLine = regexp.MustCompile(`(?m)^(VmRSS|RssAnon|RssFile):\s+(\d+) kB$`)

// residentMemory reads a process's figures in MiB from /proc; none where there is no /proc.
func residentMemory(pid int) map[string]float64 {
	found := map[string]float64{}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return found
	}
	for _, m := range residentLine.FindAllSubmatch(text, -1) {
		if kb, err := strconv.ParseFloat(string(m[2]), 64); err == nil {
			found[string(m[1])] = kb / 1024
		}
	}
	return found
}

// fsync measures what one write of 8 kB that is forced to the disk takes: below some 20 µs the "disk"
// is memory, and the figures say nothing about durability.
func (b *bench) fsync() error {
	f, err := os.Create(filepath.Join(b.dir, "fsync"))
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, fsyncLen)
	for i := range 64 {
		if _, err := f.WriteAt(block, int64(i*fsyncLen)); err != nil {
			return err
		}
	}
	begun := time.Now()
	for i := range fsyncs {
		if _, err := f.WriteAt(block, int64(i%64*fsyncLen)); err != nil {
			return err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return err
		}
	}
	b.report.add("write of 8 kB with fdatasync", "µs", float64(time.Since(begun).Microseconds())/fsyncs)
	return nil
}
