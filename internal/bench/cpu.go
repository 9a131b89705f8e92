package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// tick is the kernel's unit in /proc, in seconds. It is 100 Hz on every Linux that Go runs on.
const tick = 0.01

// cpu is seconds of processor time that were used up to a moment.
type cpu struct {
	machine  float64 // by all, with what the host took away
	ours     float64 // by this process and all below it
	service  float64 // by the child that is measured
	postgres float64
}

func (c cpu) since(earlier cpu) cpu {
	return cpu{c.machine - earlier.machine, c.ours - earlier.ours, c.service - earlier.service, c.postgres - earlier.postgres}
}

type process struct {
	parent int
	name   string
	used   float64 // with that of its ended children
}

// cpuNow reads /proc; all is zero where there is none. service is a process id, 0 for none.
func cpuNow(service int) cpu {
	table := processes()
	now := cpu{machine: machineBusy()}
	self := os.Getpid()
	for pid, p := range table {
		if !below(table, pid, self) {
			continue
		}
		now.ours += p.used
		if pid == service {
			now.service = p.used
		}
		if p.name == "postgres" {
			now.postgres += p.used
		}
	}
	return now
}

func processes() map[int]process {
	table := map[int]process{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat") // the only error is a bad pattern
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		text, errRead := os.ReadFile(path)
		if err != nil || errRead != nil { // it ended meanwhile
			continue
		}
		if p, ok := parseStat(string(text)); ok {
			table[pid] = p
		}
	}
	return table
}

// parseStat reads a line of proc(5): pid (name) state ppid … utime stime cutime cstime ….
func parseStat(line string) (process, bool) {
	open, shut := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || shut < open {
		return process{}, false
	}
	fields := strings.Fields(line[shut+1:])
	if len(fields) < 15 {
		return process{}, false
	}
	p := process{name: line[open+1 : shut]}
	p.parent, _ = strconv.Atoi(fields[1])
	for _, f := range fields[11:15] {
		n, _ := strconv.ParseFloat(f, 64)
		p.used += n * tick
	}
	return p, true
}

func below(table map[int]process, pid, ancestor int) bool {
	for range 64 {
		if pid == ancestor {
			return true
		}
		p, ok := table[pid]
		if !ok || pid <= 1 {
			return false
		}
		pid = p.parent
	}
	return false
}

// machineBusy sums user, nice, system, irq, softirq and steal of /proc/stat.
func machineBusy() float64 {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 {
		return 0
	}
	sum := 0.0
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		n, _ := strconv.ParseFloat(fields[i], 64)
		sum += n * tick
	}
	return sum
}
