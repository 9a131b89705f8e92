package dst

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kinds are the kinds of faults. Each seed switches some of them on: a few at a time find more than all at once.
var kinds = []string{
	"lose", "twice", "late", // of webhooks; they overtake one another anyway
	"throttle", "broken", "lost", "truncated", "stale", "down", // of shops
	"crash", "stop", "term", "clock", // of processes
	"refuse", "spoil", "lie", "full", // of the database
	"reissue", "review", "block", "program", "pause", "token", "erase", "uninstall", // of people
}

// Plan is all that a run depends on.
type Plan struct {
	Seed   uint64
	Off    []string // kinds of faults that the seed had on, and that are left out
	Orders int      // only so many of the seed's orders; all if 0

	// What follows is drawn by the seed.
	Processes   int
	LaneWorkers int
	Shops       int
	Poll        time.Duration
	Span        time.Duration // how long the first phase goes on
	On          []string
}

// String is the plan as seed files have it, and as the flag -plan takes it.
func (p Plan) String() string {
	s := strconv.FormatUint(p.Seed, 10)
	if len(p.Off) > 0 {
		s += " off=" + strings.Join(p.Off, ",")
	}
	if p.Orders > 0 {
		s += fmt.Sprintf(" orders=%d", p.Orders)
	}
	return s
}

// ParsePlan reads what String wrote; what follows a # is a remark.
func ParsePlan(line string) (p Plan, err error) {
	line, _, _ = strings.Cut(line, "#")
	for i, word := range strings.Fields(line) {
		switch name, value, _ := strings.Cut(word, "="); {
		case i == 0:
			p.Seed, err = strconv.ParseUint(word, 10, 64)
		case name == "off":
			p.Off = strings.Split(value, ",")
		case name == "orders":
			p.Orders, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("dst: %q is neither off= nor orders=", word)
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// faults are what may go wrong now: chances in a thousand, and what is wrong for a while.
type faults struct {
	lose, twice, late                 int
	throttle, broken, lost, truncated int
	stale                             int
	crash, stop, term                 int
	refuse, spoil, lie                int
	down                              map[string]bool // shops that cannot be reached
	full                              bool            // the disk
}

// draw fills in what the seed decides. The draws do not depend on what is left out: a seed without a kind of
// faults is otherwise the same seed.
func (p *Plan) draw() (f faults) {
	rng := rand.New(rand.NewPCG(p.Seed, 0x91a4))
	p.Processes, p.LaneWorkers, p.Shops = 1+rng.IntN(2), 1+rng.IntN(2), 1
	if rng.IntN(4) == 0 {
		p.Shops = 2
	}
	p.Poll = time.Duration(10+rng.IntN(50))*time.Minute + time.Duration(rng.IntN(1_000_000))
	p.Span = time.Duration(30+rng.IntN(180)) * time.Minute
	density := 1 + rng.IntN(6) // of ten
	p.On = nil
	for _, k := range kinds {
		if on := rng.IntN(10) < density; on && !slices.Contains(p.Off, k) {
			p.On = append(p.On, k)
		}
	}
	f.down = map[string]bool{}
	for _, c := range []struct {
		kind  string
		into  *int
		least int
		most  int
	}{
		{"lose", &f.lose, 50, 400}, {"twice", &f.twice, 50, 400}, {"late", &f.late, 50, 400},
		{"throttle", &f.throttle, 20, 200}, {"broken", &f.broken, 20, 250}, {"lost", &f.lost, 20, 300}, {"truncated", &f.truncated, 20, 200},
		{"stale", &f.stale, 100, 600},
		{"crash", &f.crash, 3, 30}, {"stop", &f.stop, 2, 15}, {"term", &f.term, 2, 10},
		{"refuse", &f.refuse, 5, 60}, {"spoil", &f.spoil, 10, 150}, {"lie", &f.lie, 5, 60},
	} {
		if n := c.least + rng.IntN(c.most-c.least); p.on(c.kind) {
			*c.into = n
		}
	}
	return f
}

func (p *Plan) on(kind string) bool { return slices.Contains(p.On, kind) }
