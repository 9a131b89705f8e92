package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"grapevine/internal/fault"
)

const (
	readyWithin = 30 * time.Second
	endWithin   = 10 * time.Second // the promise: SIGTERM to the end of the process
	// endedEarly is how long a process may look for its database when it starts, and then give up.
	endedEarly = 8 * time.Second
)

// process is one of the program's processes. It is started again whenever it ends, as a supervisor would do.
type process struct {
	w       *world
	name    string
	role    string // all, web, worker
	address string // of its doors
	metrics string
	relay   *relay
	line    *line // between it and the relay
	points  []point
	stepped bool // its clock will be set

	mu      sync.Mutex
	cmd     *exec.Cmd
	exited  chan struct{}
	status  error
	begun   time.Time
	logged  int64  // how long its log was when it began
	told    bool   // its end was our doing
	armed   *point // what this launch does to itself
	ended   bool   // it is not started any more
	watches sync.WaitGroup
}

func (w *world) newProcess(i int, role string) (*process, error) {
	p := &process{w: w, name: fmt.Sprintf("%s%d", map[string]string{"all": "serve", "web": "web", "worker": "worker"}[role], i), role: role, points: w.plan.Points[i]}
	p.stepped = slices.ContainsFunc(w.plan.Faults, func(f planned) bool { return f.Kind == stepped && f.Target == i })
	var err error
	if p.address, err = freeAddress(); err != nil {
		return nil, err
	}
	if p.metrics, err = freeAddress(); err != nil {
		return nil, err
	}
	if p.relay, err = newRelay(w.db.socket()); err != nil {
		return nil, err
	}
	p.line, err = w.net.line(p.name, p.relay.address())
	return p, err
}

// freeAddress finds a port below those that the system lends to outgoing calls: a process that is down for a
// moment must find its own free again.
func freeAddress() (string, error) {
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 12000+rand.IntN(18000))
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return address, nil
		}
		conn.Close()
	}
	return "", errors.New("no free port between 12000 and 30000")
}

// start launches the program; with quiet, without faults of its own. A process that runs stays.
func (p *process) start(quiet bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || p.running() {
		return nil
	}
	if p.armed != nil && len(p.points) > 1 && p.points[0] == *p.armed { // the last launch did not come there
		p.points = append(slices.Clone(p.points[1:]), p.points[0])
	}
	p.armed, p.told = nil, false
	env := maps.Clone(p.w.env)
	env["GRAPEVINE_DATABASE_URL"] = p.w.db.at(p.line.address())
	env["GRAPEVINE_LISTEN"], env["GRAPEVINE_METRICS_LISTEN"] = p.address, p.metrics
	program := p.w.programs.plain
	if !quiet && len(p.points) > 0 {
		p.armed = &p.points[0]
		env[fault.Variable] = fmt.Sprintf("%s:%d:%s", p.armed.Name, p.armed.Nth, p.armed.Action)
		program = p.w.programs.faults
	}
	if p.stepped {
		env[fault.ClockVariable] = "0s,10m,-10m,0s"
		program = p.w.programs.faults
	}
	if p.w.plan.Bug != "" {
		env[fault.BugVariable] = p.w.plan.Bug
		program = p.w.programs.faults
	}
	args := []string{"serve"}
	if p.role != "all" {
		args = append(args, "--only", p.role)
	}
	return p.launch(program, args, env)
}

// running tells whether there is a process. p.mu is held.
func (p *process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

func (p *process) launch(program string, args []string, env map[string]string) error {
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	if p.logged, err = log.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = p.w.dir, p.w.environment(env)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	p.cmd, p.exited, p.begun = cmd, exited, time.Now()
	p.watches.Go(func() { p.await(cmd, exited) })
	if p.armed != nil && p.armed.Action == "stop" {
		p.watches.Go(func() { p.awaitStop(cmd, exited, *p.armed) })
	}
	return nil
}

func (p *process) log() string { return filepath.Join(p.w.dir, p.name+".log") }

// await waits for the end of a launch. What ends by itself is started again.
func (p *process) await(cmd *exec.Cmd, exited chan struct{}) {
	err := cmd.Wait()
	p.mu.Lock()
	p.status = err
	told, armed, ended, lived := p.told, p.armed, p.ended, time.Since(p.begun)
	close(exited)
	p.mu.Unlock()
	rest := 500 * time.Millisecond
	switch signal := signalOf(cmd); {
	case told:
		return
	case signal == syscall.SIGKILL && armed != nil && armed.Action == "kill":
		p.hit(*armed)
		rest = armed.Rest
	case signal == syscall.SIGUSR1: // it had not begun to listen
	case signal != 0:
		p.w.fail("%s died of %v", p.name, signal)
	case lived > endedEarly || cmd.ProcessState.ExitCode() != 1:
		p.w.fail("%s ended by itself after %v: %v", p.name, lived.Round(time.Millisecond), err)
	default: // it came up while its database was away
		p.w.step("%s ended by itself: %v", p.name, err)
		p.w.ends.Add(1)
	}
	if ended {
		return
	}
	time.Sleep(rest)
	if err := p.start(false); err != nil {
		p.w.fail("starting %s: %v", p.name, err)
	}
}

// hit takes a point off the list. One that was not met goes behind the others at the next launch.
func (p *process) hit(at point) {
	p.w.hit(p.name, at)
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.points, at); i >= 0 {
		p.points = slices.Delete(slices.Clone(p.points), i, i+1)
	}
}

func signalOf(cmd *exec.Cmd) syscall.Signal {
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal()
	}
	return 0
}

// awaitStop waits until a process stands still by itself, and lets it go on after its rest.
func (p *process) awaitStop(cmd *exec.Cmd, exited chan struct{}, at point) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-exited:
			return
		case <-tick.C:
		}
		if !standsStill(cmd.Process.Pid) || p.isStopped(cmd) {
			continue
		}
		p.hit(at)
		time.Sleep(at.Rest)
		_ = cmd.Process.Signal(syscall.SIGCONT) // it may have been killed meanwhile
		return
	}
}

// isStopped tells whether it was us who stopped it.
func (p *process) isStopped(cmd *exec.Cmd) bool {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.w.stopped[cmd.Process.Pid]
}

// standsStill reads a process's state from /proc.
func standsStill(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, found := strings.Cut(string(text), ") ")
	return found && strings.HasPrefix(state, "T")
}

// kill ends the process as a power cut would end it.
func (p *process) kill() (was bool) { return p.end(syscall.SIGKILL, endWithin) }

// end sends a signal and waits for the end; it tells whether there was a process.
func (p *process) end(signal syscall.Signal, within time.Duration) (was bool) {
	p.mu.Lock()
	if !p.running() {
		p.mu.Unlock()
		return false
	}
	p.told = true
	cmd, exited := p.cmd, p.exited
	p.mu.Unlock()
	_ = cmd.Process.Signal(signal)          // it may have ended by itself meanwhile
	_ = cmd.Process.Signal(syscall.SIGCONT) // it may stand still
	begun := time.Now()
	select {
	case <-exited:
	case <-time.After(within):
		p.w.fail("%s did not end within %v of %v", p.name, within, signal)
		p.w.stacks(p)
		_ = cmd.Process.Kill()
		<-exited
	}
	p.mu.Lock()
	status := p.status
	p.mu.Unlock()
	if signal == syscall.SIGTERM {
		p.w.step("%s ended %v after SIGTERM: %v", p.name, time.Since(begun).Round(time.Millisecond), status)
		if status != nil && signalOf(cmd) == 0 && p.wasReady() { // else it was still looking for its database
			p.w.fail("%s ended with %v after SIGTERM", p.name, status)
		}
	}
	return true
}

// wasReady tells whether the last launch came so far as to open its doors.
func (p *process) wasReady() bool {
	text, err := os.ReadFile(p.log())
	p.mu.Lock()
	defer p.mu.Unlock()
	return err != nil || strings.Contains(string(text[min(int64(len(text)), p.logged):]), "msg=ready")
}

// signal sends a signal to whatever runs; it tells to which process.
func (p *process) signal(signal syscall.Signal) (cmd *exec.Cmd, sent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return nil, false
	}
	return p.cmd, p.cmd.Process.Signal(signal) == nil
}

// awaitUp waits a while until the process is ready, or has gone.
func (p *process) awaitUp() error {
	p.mu.Lock()
	exited := p.exited
	p.mu.Unlock()
	for range 100 {
		if status, _ := fetch("http://" + p.address + "/healthz"); status == http.StatusOK {
			return nil
		}
		select {
		case <-exited:
			return nil
		case <-time.After(30 * time.Millisecond):
		}
	}
	return nil
}

// awaitReady waits until the process says that it is.
func (p *process) awaitReady() error {
	deadline := time.Now().Add(readyWithin)
	for {
		status, body := fetch("http://" + p.address + "/readyz")
		if status == http.StatusOK {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not ready after %v: %d %s", p.name, readyWithin, status, body)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// close ends the process for good, and what it was reached by.
func (p *process) close() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.kill()
	p.watches.Wait()
	if p.line != nil {
		p.line.down()
	}
	if p.relay != nil {
		p.relay.close()
	}
}

// command runs the program once, with a time limit, and returns what it printed.
func (w *world) command(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.programs.plain, args...)
	cmd.Dir, cmd.Env = w.dir, w.environment(w.env)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("grapevine %s: %w: %s", strings.Join(args, " "), err, problems.String())
	}
	return string(out), nil
}

// environment is the program's, and nothing else of ours.
func (w *world) environment(env map[string]string) []string {
	out := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "GORACE=halt_on_error=0"}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, name+"="+env[name])
	}
	return out
}
