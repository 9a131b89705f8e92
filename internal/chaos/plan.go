package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"grapevine/internal/fault"
)

// The topologies: who runs side by side.
const (
	alone = "one serve"
	pair  = "two serves"
	roles = "one web, two workers"
)

// Where the database lies.
const (
	inMemory    = "in memory"
	onDisk      = "on disk"
	onSmallDisk = "on a small disk"
)

var topologies = []string{alone, pair, roles}

// plan is all that a seed decides.
type plan struct {
	Seed     uint64
	Topology string
	Roles    []string      // of the processes: all, web, worker
	Load     time.Duration // how long things happen
	Place    string        // of the database
	Shops    []shopPlan
	Deeds    []deed    // what happens in the shops, by time
	Faults   []planned // by time
	// Points are what each process does to itself, one after another launch.
	Points [][]point
	Bug    string // planted
}

// shopPlan is one shop.
type shopPlan struct {
	Program string  // a key of programs
	Answers []upset // how its API misbehaves
}

// upset is a misbehaviour of the shop's API, for so many calls.
type upset struct {
	Operation, Kind string
	Effect          bool
	Status, Count   int
	Skip            int
	Delay           time.Duration
	After           string // Retry-After
}

// point is a named point, and what the process does to itself when it comes there for the nth time.
type point struct {
	Name   string
	Nth    int
	Action string        // kill or stop
	Rest   time.Duration // until it is started, or goes on
}

// planned is a fault of the outside.
type planned struct {
	At, For time.Duration
	Kind    string
	Target  int // a process or a shop
	N       int
}

// options bound a plan.
type options struct {
	topology string // "": drawn
	short    bool
	disk     bool // a small disk can be had
	bug      string
}

// draw makes the plan of a seed.
func draw(seed uint64, o options) plan {
	rng := rand.New(rand.NewPCG(seed, 0xc4a05))
	p := plan{Seed: seed, Bug: o.bug, Load: 7 * time.Second}
	if o.short {
		p.Load = 4 * time.Second
	}
	p.Topology = topologies[rng.IntN(len(topologies))]
	if o.topology != "" {
		p.Topology = o.topology
	}
	p.Roles = map[string][]string{alone: {"all"}, pair: {"all", "all"}, roles: {"web", "worker", "worker"}}[p.Topology]
	p.Place = pick(rng, []string{inMemory, inMemory, inMemory, onDisk, onSmallDisk})
	if o.short || p.Place == onSmallDisk && !o.disk {
		p.Place = inMemory
	}
	for i := range 3 + rng.IntN(2) {
		name := programNames[(i+int(seed%3))%len(programNames)]
		p.Shops = append(p.Shops, shopPlan{Program: name, Answers: drawAnswers(rng, programs[name].creates)})
	}
	p.drawDeeds(rng)
	p.drawFaults(rng)
	p.drawPoints(rng)
	return p
}

// between draws a time.
func between(rng *rand.Rand, low, high time.Duration) time.Duration {
	return (low + time.Duration(rng.Int64N(int64(high-low)))).Truncate(time.Millisecond)
}

// pick draws one of several.
func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// The faults of the outside.
const (
	killed     = "kill -9"
	stopped    = "SIGSTOP"
	terminated = "SIGTERM"
	stepped    = "clock step"
	dbFast     = "database restart"
	dbCrash    = "database crash"
	diskFull   = "disk full"
	linkReset  = "connections reset"
	linkDown   = "database unreachable"
	linkSlow   = "database slow"
	linkNarrow = "database through a straw"
	linkSilent = "database half-open"
	lostReply  = "reply to COMMIT lost"
	lostCommit = "COMMIT lost"
	shopDown   = "shop unreachable"
	shopSlow   = "shop slow"
	shopSilent = "shop half-open"
	shopReset  = "shop resets"
)

var kinds = []string{killed, stopped, terminated, stepped, dbFast, dbCrash, linkReset, linkDown, linkSlow, linkNarrow, linkSilent,
	lostReply, lostCommit, shopDown, shopSlow, shopSilent, shopReset}

// drawFaults picks the kinds of this seed, about half of all, and then faults of these kinds. A seed with few
// kinds goes deeper into them than one with all.
func (p *plan) drawFaults(rng *rand.Rand) {
	chosen := slices.DeleteFunc(slices.Clone(kinds), func(string) bool { return rng.IntN(2) == 0 })
	if len(chosen) == 0 {
		chosen = []string{killed}
	}
	n, last := 6+rng.IntN(6), p.Load-500*time.Millisecond
	if p.Load < 5*time.Second {
		n = 4 + rng.IntN(3)
	}
	for range n {
		p.Faults = append(p.Faults, p.drawFault(rng, pick(rng, chosen), last))
	}
	if p.Place == onSmallDisk {
		p.Faults = append(p.Faults, planned{At: between(rng, time.Second, 3*time.Second), For: between(rng, time.Second, 2500*time.Millisecond), Kind: diskFull, N: rng.IntN(2)})
	}
	slices.SortStableFunc(p.Faults, func(a, b planned) int { return cmp.Compare(a.At, b.At) })
}

func (p *plan) drawFault(rng *rand.Rand, kind string, last time.Duration) planned {
	f := planned{At: between(rng, 200*time.Millisecond, last), For: between(rng, 200*time.Millisecond, 2*time.Second), Kind: kind}
	switch kind {
	case shopDown, shopSlow, shopSilent, shopReset:
		f.Target = rng.IntN(len(p.Shops))
	case dbFast, dbCrash:
	default:
		f.Target = rng.IntN(len(p.Roles))
	}
	if kind == lostReply || kind == lostCommit {
		f.N = 1 + rng.IntN(3)
	}
	if kind == stopped && rng.IntN(6) == 0 && p.Load > 5*time.Second {
		f.For = 22 * time.Second // longer than a lease: what it does afterwards has to be refused
	}
	return f
}

// drawPoints lets some launches of some processes end, or stand still, at a named point.
func (p *plan) drawPoints(rng *rand.Rand) {
	p.Points = make([][]point, len(p.Roles))
	for i, role := range p.Roles {
		for range 1 + rng.IntN(3) {
			name := pick(rng, pointsOf(role))
			nth := 1 + rng.IntN(6)
			action := pick(rng, []string{"kill", "kill", "stop"})
			p.Points[i] = append(p.Points[i], point{name, nth, action, between(rng, 100*time.Millisecond, 1200*time.Millisecond)})
		}
	}
}

// pointsOf are the points that a process of a role comes to.
func pointsOf(role string) []string {
	door := []string{fault.PutBefore, fault.PutCommitted}
	switch role {
	case "web":
		return door
	case "worker":
		return slices.DeleteFunc(slices.Clone(fault.Points), func(name string) bool { return slices.Contains(door, name) })
	}
	return fault.Points
}

// drawAnswers picks how a shop's API misbehaves. What would need a person afterwards is left out: a refused
// token, a change that the shop makes twice. The worst is never left out: what gives a reward works, and is
// answered with an error.
func drawAnswers(rng *rand.Rand, creates string) []upset {
	out := []upset{{Operation: creates, Kind: "status", Status: pick(rng, []int{500, 502, 504}), Effect: true, Count: 1 + rng.IntN(3), Skip: rng.IntN(2)}}
	for range rng.IntN(5) {
		u := upset{Operation: pick(rng, operations), Count: 1 + rng.IntN(3), Skip: rng.IntN(4)}
		u.Kind = pick(rng, []string{"status", "status", "drop", "truncate", "cut", "empty", "throttle", "throttled", "slow", "null_data"})
		switch u.Kind {
		case "status":
			u.Effect, u.Status = rng.IntN(2) == 0, pick(rng, []int{500, 502, 503, 504})
		case "drop":
			u.Effect = rng.IntN(2) == 0
		case "throttle":
			u.After = "1.0"
		case "slow":
			u.Delay = between(rng, 100*time.Millisecond, 3*time.Second)
		}
		out = append(out, u)
	}
	return out
}

// operations are what misbehaves; "*" is whatever is called.
var operations = []string{"*", "*", "Order", "StoreCreditCredit", "StoreCreditCredit", "StoreCreditDebit", "DiscountBasicCreate", "DiscountBasicCreate", "DiscountBasicUpdate", "DiscountDeactivate"}
