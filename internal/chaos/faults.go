package main

import (
	"sync"
	"syscall"
	"time"
)

// disturb does everything of the plan that goes wrong, in its time, and waits for the end of the last.
func (w *world) disturb() {
	var under sync.WaitGroup
	for _, f := range w.plan.Faults {
		w.until(f.At)
		under.Go(func() {
			w.step("%s of %s for %v", f.Kind, w.targetOf(f), f.For)
			if w.do(f) {
				w.inject(f.Kind, 1)
			}
		})
	}
	under.Wait()
}

func (w *world) targetOf(f planned) string {
	switch f.Kind {
	case shopDown, shopSlow, shopSilent, shopReset:
		return w.shops[f.Target].domain
	case dbFast, dbCrash, diskFull:
		return "PostgreSQL"
	}
	return w.processes[f.Target].name
}

// do carries out one fault to its end; it tells whether there was something to disturb. Of commits that are to be lost
// it is known in the end only: see calm.
func (w *world) do(f planned) bool {
	var err error
	switch f.Kind {
	case killed, stopped, terminated, stepped:
		return w.processes[f.Target].suffer(f)
	case dbFast, dbCrash:
		var done bool
		if done, err = w.db.restart(f.Kind == dbCrash, f.For); !done {
			return false
		}
	case diskFull:
		err = w.fillDisk(f)
	case shopDown, shopSlow, shopSilent, shopReset:
		err = w.shops[f.Target].line.suffer(f, f.Kind == shopDown)
	case linkReset:
		return w.processes[f.Target].relay.reset()
	case lostReply:
		w.processes[f.Target].relay.loseCommits(toClient, f.N)
		return false
	case lostCommit:
		w.processes[f.Target].relay.loseCommits(toServer, f.N)
		return false
	default:
		err = w.processes[f.Target].line.suffer(f, f.Kind == linkDown)
	}
	if err != nil {
		w.fail("%s could not be done: %v", f.Kind, err)
	}
	return true
}

// suffer disturbs a line for a while.
func (l *line) suffer(f planned, down bool) error {
	if down {
		l.down()
		time.Sleep(f.For)
		return l.up()
	}
	cure, err := l.poison(poisons[f.Kind])
	if err != nil {
		return err
	}
	time.Sleep(f.For)
	cure()
	return nil
}

// suffer does something to a process, if there is one just now.
func (p *process) suffer(f planned) bool {
	switch f.Kind {
	case stopped:
		return p.stop(f.For)
	case stepped:
		_, sent := p.signal(syscall.SIGUSR1)
		return sent
	case terminated:
		if !p.end(syscall.SIGTERM, endWithin) {
			return false
		}
	default:
		if !p.kill() {
			return false
		}
	}
	time.Sleep(min(f.For, time.Second))
	if err := p.start(false); err != nil {
		p.w.fail("starting %s: %v", p.name, err)
	}
	return true
}

// stop lets a process stand still.
func (p *process) stop(d time.Duration) bool {
	p.mu.Lock()
	running := p.running()
	var cmd = p.cmd
	p.mu.Unlock()
	if !running {
		return false
	}
	p.w.standing(cmd.Process.Pid, true)
	defer p.w.standing(cmd.Process.Pid, false)
	if cmd.Process.Signal(syscall.SIGSTOP) != nil {
		return false
	}
	time.Sleep(d)
	_ = cmd.Process.Signal(syscall.SIGCONT) // it may have been killed meanwhile
	return true
}

func (w *world) standing(pid int, still bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped[pid] = still
}

// fillDisk takes the space that PostgreSQL needs, and gives it back.
func (w *world) fillDisk(f planned) error {
	if err := w.db.fill(f.N == 1); err != nil {
		return err
	}
	time.Sleep(f.For)
	return w.db.drain()
}
