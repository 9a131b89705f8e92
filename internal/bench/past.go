package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"grapevine/internal/bench/history"
	"grapevine/internal/progress"
)

// pastProgram is simulated: tiers, a milestone, a cap, a budget and all checks of fairness.
const pastProgram = `program: tiers
title: Tiers
friend:
  discount: {percent: "10", once_per_customer: true}
advocate:
  tiers:
    - {from: 1, reward: {kind: store_credit, amount: "8.00"}}
    - {from: 3, reward: {kind: store_credit, amount: "12.00"}}
    - {from: 10, reward: {kind: store_credit, percent: "15"}}
  milestones:
    - {at: 5, reward: {kind: store_credit, amount: "25.00"}}
qualify: {customers: new, minimum: "40.00"}
attribution: {window: 14d}
hold: 14d
limits: {per_advocate: 20, per_advocate_period: 365d, budget: "400000.00"}
`

// simulate measures the simulation of a past on SQLite, in a process of its own: how long it takes and how
// much memory it holds at most.
func (b *bench) simulate() error {
	dir, err := os.MkdirTemp(b.dir, "past-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "past.db")
	shop, err := b.writeElsewhere(path)
	if err != nil {
		return err
	}
	binary := filepath.Join(dir, "grapevine")
	if out, err := exec.Command("go", "build", "-o", binary, "grapevine/cmd/grapevine").CombinedOutput(); err != nil {
		return fmt.Errorf("building: %w\n%s", err, out)
	}
	file := filepath.Join(dir, "tiers.yaml")
	if err := os.WriteFile(file, []byte(pastProgram), 0o600); err != nil {
		return err
	}
	for range b.rounds {
		for _, compare := range []string{"", history.Program().Name} {
			name := "simulation"
			args := []string{"program", "simulate", file, "--shop", shop, "--json"}
			if compare != "" {
				name, args = name+", compared", append(args, "--compare", compare)
			}
			if err := b.simulation(name, path, binary, args); err != nil {
				return err
			}
		}
	}
	return nil
}

// simulation runs the command once.
func (b *bench) simulation(name, path, binary string, args []string) error {
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "GRAPEVINE_DATABASE_URL=sqlite:"+path)
	cmd.Stderr = os.Stderr
	begun := time.Now()
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	took := time.Since(begun)
	var report struct{ Orders struct{ Read int64 } }
	if err := json.Unmarshal(out, &report); err != nil || report.Orders.Read != int64(b.past) {
		return fmt.Errorf("%d orders were simulated, %d are stored: %w", report.Orders.Read, b.past, err)
	}
	b.report.add(name, "s", took.Seconds())
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if ok {
		b.report.add(name+", peak memory", "MiB", float64(usage.Maxrss)/1024)
	}
	return nil
}

// writeElsewhere makes the past in a process of its own: the most memory that a process has held is inherited by
// those that it starts, so that this one must stay small.
func (b *bench) writeElsewhere(path string) (shopID string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self, "-past", strconv.Itoa(b.past), "-write-past", path)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// writePast makes a past in an SQLite file and tells how far it is.
func writePast(path string, orders int) (shopID string, err error) {
	bar := progress.New(os.Stderr, "orders made up", int64(orders), time.Now)
	defer bar.End()
	return fillPast(context.Background(), path, history.Plan{Seed: 1, Orders: orders}, bar.Done)
}
