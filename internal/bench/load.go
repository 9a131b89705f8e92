package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	connections = 64
	warmUp      = 500 * time.Millisecond
)

// sample is what one load saw.
type sample struct {
	answers int           // 200, begun and ended within the measured time
	refused int           // other statuses
	took    time.Duration // measured time
	waits   []time.Duration
}

func (s sample) perSecond() float64 { return float64(s.answers) / s.took.Seconds() }

// wait is a quantile of the waits in milliseconds.
func (s sample) wait(q float64) float64 {
	if len(s.waits) == 0 {
		return 0
	}
	i := min(len(s.waits)-1, int(q*float64(len(s.waits))))
	return float64(s.waits[i].Microseconds()) / 1000
}

// plan is one load. perSecond 0 is a closed loop: each connection sends as soon as it was answered.
// Otherwise calls are due at fixed times, whether or not earlier ones were answered.
type plan struct {
	load        *requests // nil: the one of all measurements
	addr        string
	connections int
	duration    time.Duration
	perSecond   float64
	measured    func() // called when the measured time begins and when it ends
}

// run sends and measures, after a warm-up. Each call tells of an order that none before it told of.
func (q *requests) run(p plan) (sample, error) {
	begin := time.Now().Add(warmUp)
	end := begin.Add(p.duration)
	parts := make([]sample, p.connections)
	errs := make([]error, p.connections)
	var sending sync.WaitGroup
	var next atomic.Int64
	for i := range p.connections {
		sending.Go(func() {
			c, err := dial(p.addr)
			if err != nil {
				errs[i] = err
				return
			}
			defer c.conn.Close()
			c.call = func() (int, error) {
				c.raw = q.write(c.raw, int(next.Add(1)-1), c.rng)
				return c.send(c.raw)
			}
			if p.perSecond == 0 {
				parts[i], errs[i] = c.closed(begin, end)
				return
			}
			every := time.Duration(float64(p.connections) / p.perSecond * float64(time.Second))
			parts[i], errs[i] = c.paced(begin, end, every, every*time.Duration(i)/time.Duration(p.connections))
		})
	}
	time.Sleep(time.Until(begin))
	p.measured()
	time.Sleep(time.Until(end))
	p.measured()
	sending.Wait()
	all := sample{took: p.duration}
	for _, part := range parts {
		all.answers, all.refused = all.answers+part.answers, all.refused+part.refused
		all.waits = append(all.waits, part.waits...)
	}
	slices.Sort(all.waits)
	return all, errors.Join(errs...)
}

// caller is one kept-alive connection.
type caller struct {
	conn   net.Conn
	rng    *rand.PCG
	raw    []byte
	call   func() (status int, err error) // sends the next request of a load
	answer [2048]byte
}

func dial(addr string) (*caller, error) {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return &caller{conn: conn, rng: rand.NewPCG(rand.Uint64(), rand.Uint64())}, nil
}

func (c *caller) closed(begin, end time.Time) (s sample, err error) {
	for at := time.Now(); at.Before(end); {
		status, err := c.call()
		if err != nil {
			return s, err
		}
		done := time.Now()
		if !at.Before(begin) && !done.After(end) {
			s.count(status, done.Sub(at))
		}
		at = done
	}
	return s, nil
}

// paced counts a wait from the time at which the call was due, if the connection was still busy then;
// where it slept it counts from the moment it woke, so that a late timer is not held against the service.
func (c *caller) paced(begin, end time.Time, every, offset time.Duration) (s sample, err error) {
	for due := time.Now().Add(offset); due.Before(end); due = due.Add(every) {
		from := due
		if idle := time.Until(due); idle > 0 {
			time.Sleep(idle)
			from = time.Now()
		}
		status, err := c.call()
		if err != nil {
			return s, err
		}
		if !due.Before(begin) {
			s.count(status, time.Since(from))
		}
	}
	return s, nil
}

func (s *sample) count(status int, wait time.Duration) {
	if status != 200 {
		s.refused++
		return
	}
	s.answers++
	s.waits = append(s.waits, wait)
}

// send sends a request and reads the answer, which has no body.
func (c *caller) send(raw []byte) (status int, err error) {
	if _, err := c.conn.Write(raw); err != nil {
		return 0, err
	}
	for n := 0; ; {
		m, err := c.conn.Read(c.answer[n:])
		if err != nil {
			return 0, err
		}
		n += m
		if bytes.HasSuffix(c.answer[:n], []byte("\r\n\r\n")) {
			if n < 12 {
				return 0, fmt.Errorf("answer %q is no HTTP", c.answer[:n])
			}
			return int(c.answer[9]-'0')*100 + int(c.answer[10]-'0')*10 + int(c.answer[11]-'0'), nil
		}
		if n == len(c.answer) {
			return 0, errors.New("an answer is too long")
		}
	}
}
