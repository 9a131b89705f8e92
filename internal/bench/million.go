package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	repeatEvery = 10  // one webhook in so many was sent before
	codedEvery  = 200 // one order in so many carries a code
	settleLimit = 15 * time.Minute
)

// million sends a great many webhooks to the real program, one in ten of them a repetition, from shops that hold
// state, and then holds what was answered against what is stored and what the shops were given.
func (b *bench) million() error {
	if b.binary == "" {
		if err := b.build(); err != nil {
			return err
		}
	}
	var s spec
	drop, err := b.fresh("postgres", &s)
	if err != nil {
		return err
	}
	defer drop()
	m := &flood{bench: b, spec: s, acked: make([]atomic.Bool, b.webhooks)}
	defer m.close()
	for _, step := range []struct {
		doing string
		f     func() error
	}{
		{"million: starting", m.start}, {"million: opening shops", m.open}, {"million: placing orders with a code", m.place},
		{"million: sending", m.sendAndSettle}, {"million: comparing", m.compare},
	} {
		b.doing.Store(step.doing)
		if err := step.f(); err != nil {
			return fmt.Errorf("%s: %w", step.doing, err)
		}
	}
	return nil
}

// flood is one such run.
type flood struct {
	*bench
	spec   spec
	serve  *exec.Cmd
	log    bytes.Buffer
	addr   string
	stores []*store
	coded  []codedCall // webhooks of orders with a code, in the order in which they are sent
	orders int         // with a code
	acked  []atomic.Bool
	memory []float64 // MiB, one a second until nothing is left to do
	taken  time.Duration
}

func (m *flood) close() {
	for _, s := range m.stores {
		s.sim.Close()
	}
	if m.serve != nil {
		m.serve.Process.Signal(syscall.SIGTERM)
		m.serve.Wait()
	}
}

func (m *flood) environment() []string {
	return append(os.Environ(), "GRAPEVINE_DATABASE_URL="+m.spec.URL, "GRAPEVINE_MASTER_KEY="+m.spec.Key, "GRAPEVINE_LISTEN=127.0.0.1:0",
		"GRAPEVINE_METRICS_LISTEN=off", "GRAPEVINE_SHOPIFY_CLIENT_SECRETS="+clientSecret, "GRAPEVINE_ALLOW_LOOPBACK_SHOPS=true")
}

// send sends all of them over 64 connections. One that is answered 503 is sent again, as its shop would.
func (m *flood) send() error {
	begun := time.Now()
	var next, refused atomic.Int64
	errs := make([]error, connections)
	var sending sync.WaitGroup
	for c := range connections {
		sending.Go(func() { errs[c] = m.sender(c, &next, &refused) })
	}
	sending.Wait()
	m.taken = time.Since(begun)
	m.report.add("million: webhooks sent", "", float64(m.webhooks))
	m.report.add("million: answered 200", "/s", float64(m.webhooks)/m.taken.Seconds())
	m.report.add("million: answered 503 and sent again", "", float64(refused.Load()))
	return errors.Join(errs...)
}

// watched looks at the program's memory once a second while f runs, the sending and the settling.
func (m *flood) watched(f func() error) error {
	ended := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				m.memory = append(m.memory, residentMemory(m.serve.Process.Pid)["VmRSS"])
			}
		}
	})
	err := f()
	close(ended)
	watching.Wait()
	m.report.add("million: most memory", "MiB", slices.Max(append(m.memory, 0)))
	if grown, ok := growth(m.memory); ok {
		m.report.add("million: memory, last quarter ÷ second", "×", grown)
	}
	return err
}

// growth is how a series went on from its second quarter to its last; of fewer than four values there is none.
func growth(series []float64) (ratio float64, ok bool) {
	quarter := len(series) / 4
	if quarter == 0 {
		return 0, false
	}
	return median(series[len(series)-quarter:]) / median(series[quarter:2*quarter]), true
}

// sendAndSettle sends all and waits for their ends.
func (m *flood) sendAndSettle() error {
	return m.watched(func() error {
		if err := m.send(); err != nil {
			return err
		}
		m.doing.Store("million: settling")
		return m.settle()
	})
}

// sender sends every webhook whose number it draws. A repetition has the id and the body of one that was sent shortly
// before, also while that one is on its way.
func (m *flood) sender(c int, next, refused *atomic.Int64) error {
	call, err := dial(m.addr)
	if err != nil {
		return err
	}
	defer call.conn.Close()
	rng := rand.New(rand.NewPCG(uint64(c), 11))
	var r floodRequest
	for {
		i := int(next.Add(1) - 1)
		if i >= m.webhooks {
			return nil
		}
		of := i
		if i%repeatEvery == repeatEvery-1 {
			of = i - 1 - rng.IntN(min(i, 500))
			of -= max(0, of%repeatEvery-(repeatEvery-2)) // of one that was no repetition itself
		}
		raw := r.build(m, of)
		for {
			status, err := call.send(raw)
			if err != nil {
				return err
			}
			if status == 200 {
				break
			}
			if status != 503 {
				return fmt.Errorf("webhook %d was answered %d", i, status)
			}
			refused.Add(1)
			time.Sleep(50 * time.Millisecond)
		}
		m.acked[of].Store(true)
	}
}

// settle waits until every event has ended and every job is done.
func (m *flood) settle() error {
	begun := time.Now()
	for time.Since(begun) < settleLimit {
		left, err := m.left()
		if err != nil {
			return err
		}
		if left == 0 {
			m.report.add("million: settled after", "s", time.Since(begun).Seconds())
			return nil
		}
		time.Sleep(500 * time.Millisecond)
	}
	return errors.New("events or jobs are left")
}

// compare holds what was answered and what the shops hold against the database.
func (m *flood) compare() error {
	if err := m.everyAnswerIsARow(); err != nil {
		return err
	}
	if err := m.noRewardTwice(); err != nil {
		return err
	}
	check := exec.CommandContext(context.Background(), m.binary, "fsck")
	check.Env = m.environment()
	if out, err := check.CombinedOutput(); err != nil {
		return fmt.Errorf("fsck: %w: %s", err, out)
	}
	return nil
}
