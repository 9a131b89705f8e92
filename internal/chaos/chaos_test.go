package main

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/fault"
	"grapevine/internal/testdb"
)

// built is the program in its builds, made by the first test that needs it.
var built = sync.OnceValues(func() (binaries, error) { return buildAll(buildDir, false) })

var buildDir string

func TestMain(m *testing.M) {
	var err error
	if buildDir, err = os.MkdirTemp("", "grapevine-chaos-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(buildDir)
	os.Exit(code)
}

// TestNothingIsLostAndNothingIsPaidTwice runs a short plan on each topology, all at once: most of their time is
// waiting. `make chaos` runs longer ones.
func TestNothingIsLostAndNothingIsPaidTwice(t *testing.T) {
	t.Parallel()
	var plans []plan
	for i, topology := range topologies {
		plans = append(plans, draw(uint64(101+i), options{topology: topology, short: true}))
	}
	for _, r := range runAtOnce(t, plans) {
		t.Log(r.line())
		if len(r.failures) > 0 {
			t.Error(r.tell(revision()))
		}
		if r.acked < r.orders || r.rewards == 0 || r.unclear == 0 || len(r.injected) == 0 {
			t.Errorf("the run has shown nothing: %d acknowledged webhooks, %d rewards, %d unclear answers, faults %v", r.acked, r.rewards, r.unclear, r.injected)
		}
	}
}

// TestPlantedBugsAreFound runs against builds in which a bug was switched on.
func TestPlantedBugsAreFound(t *testing.T) {
	t.Parallel()
	wanted := map[string]string{fault.AckBeforeCommit: "I1:", fault.BlindRetry: "I11:"}
	var plans []plan
	for name := range wanted {
		p := draw(3, options{topology: pair, short: true, bug: name})
		if name == fault.AckBeforeCommit { // what was acknowledged and waits goes with the database
			p.Points = make([][]point, len(p.Roles))
			p.Faults = []planned{{At: time.Second, For: 700 * time.Millisecond, Kind: dbCrash}, {At: 3 * time.Second, For: 700 * time.Millisecond, Kind: dbCrash}}
		}
		plans = append(plans, p)
	}
	for _, r := range runAtOnce(t, plans) {
		t.Log(r.line())
		if want := wanted[r.plan.Bug]; !strings.Contains(strings.Join(r.failures, "\n"), want) {
			t.Errorf("with the bug %q: no breach of %s among %q", r.plan.Bug, want, r.failures)
		}
	}
}

func runAtOnce(t *testing.T, plans []plan) []result {
	t.Helper()
	programs, err := built()
	if err != nil {
		t.Fatal(err)
	}
	base, results := t.TempDir(), make([]result, len(plans))
	var under sync.WaitGroup
	for i, p := range plans {
		under.Go(func() { results[i] = run(p, programs, base, false) })
	}
	under.Wait()
	return results
}

func TestASeedDrawsTheSamePlanEachTimeAndNoOtherSeedDoes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		a, b, other := draw(seed, options{disk: true}), draw(seed, options{disk: true}), draw(seed+1, options{disk: true})
		if !reflect.DeepEqual(a, b) || a.String() != b.String() {
			t.Errorf("seed %d was drawn twice, and differently", seed)
		}
		if reflect.DeepEqual(a.Deeds, other.Deeds) || reflect.DeepEqual(a.Faults, other.Faults) {
			t.Errorf("seeds %d and %d are alike", seed, seed+1)
		}
	}
}

func TestFiftySeedsDrawEveryFaultEveryPointAndEveryTopology(t *testing.T) {
	t.Parallel()
	drawn := map[string]bool{}
	for seed := range uint64(50) {
		p := draw(seed+1, options{disk: true})
		drawn[p.Topology] = true
		for _, f := range p.Faults {
			drawn[f.Kind] = true
		}
		for _, points := range p.Points {
			for _, at := range points {
				drawn[at.Name+" "+at.Action] = true
			}
		}
	}
	wanted := slices.Concat(topologies, kinds, []string{diskFull})
	for _, name := range fault.Points {
		wanted = append(wanted, name+" kill", name+" stop")
	}
	for _, want := range wanted {
		if !drawn[want] {
			t.Errorf("no plan of fifty has %q", want)
		}
	}
}

func TestAFaultAndAPointOfWhichNothingCameAreNamed(t *testing.T) {
	t.Parallel()
	full := func() result {
		r := result{plan: plan{Faults: []planned{{Kind: diskFull}}}, injected: map[string]int{diskFull: 1}, hits: map[string]int{}}
		for _, kind := range kinds {
			r.injected[kind] = 1
		}
		for _, name := range fault.Points {
			r.hits[name] = 1
		}
		return r
	}
	for name, tc := range map[string]struct {
		change func(r *result)
		want   []string
	}{
		"all were met":                  {change: func(*result) {}},
		"no commit was lost":            {change: func(r *result) { r.injected[lostCommit] = 0 }, want: []string{lostCommit}},
		"a disk was to run full":        {change: func(r *result) { delete(r.injected, diskFull) }, want: []string{diskFull}},
		"no plan has a small disk":      {change: func(r *result) { delete(r.injected, diskFull); r.plan.Faults = nil }},
		"a point was not come to":       {change: func(r *result) { delete(r.hits, fault.CallAnswered) }, want: []string{fault.CallAnswered}},
		"a reset with nothing to reset": {change: func(r *result) { delete(r.injected, linkReset) }, want: []string{linkReset}},
	} {
		a := full()
		tc.change(&a)
		b := result{plan: a.plan, injected: map[string]int{killed: 1}}
		if got := withoutEffect([]result{a, b}); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestWhatAnOrderIsDue(t *testing.T) {
	t.Parallel()
	order := func(paid int64, cancelled bool, quantities ...int64) *shopifytest.Order {
		o := &shopifytest.Order{Paid: shopifytest.Money{Minor: paid, Currency: "USD"}}
		if cancelled {
			o.CancelledAt = &o.CreatedAt
		}
		for _, q := range quantities {
			o.Lines = append(o.Lines, &shopifytest.Line{CurrentQuantity: q})
		}
		return o
	}
	by := func(buyer string, lines ...int64) sale { return sale{Buyer: buyer, Lines: lines} }
	for name, tc := range map[string]struct {
		program string
		sale    sale
		order   *shopifytest.Order
		want    int64
		waits   bool
	}{
		"a friend's order":               {program: "credit", sale: by(friend, 40), order: order(36_00, false, 1), want: 10_00},
		"a share of it":                  {program: "share", sale: by(friend, 40, 20), order: order(54_00, false, 1, 1), want: 5_40},
		"half went back":                 {program: "code", sale: by(friend, 40, 40), order: order(72_00, false, 0, 1), want: 2_50},
		"what is left is too little":     {program: "credit", sale: by(friend, 40, 20), order: order(54_00, false, 0, 1)},
		"it was too little from the off": {program: "credit", sale: by(friend, 20), order: order(18_00, false, 1)},
		"it was cancelled":               {program: "credit", sale: by(friend, 40), order: order(36_00, true, 1)},
		"nobody has paid":                {program: "credit", sale: by(friend, 40), order: order(0, false, 1), waits: true},
		"she used her own code":          {program: "credit", sale: by(advocate, 40), order: order(36_00, false, 1)},
		"he had bought before":           {program: "credit", sale: by(regular, 40), order: order(36_00, false, 1)},
		"a test order":                   {program: "credit", sale: sale{Buyer: friend, Lines: []int64{40}, Test: true}, order: order(36_00, false, 1)},
		"no code":                        {program: "credit", sale: sale{Buyer: friend, Lines: []int64{40}, Advocate: -1}, order: order(40_00, false, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, settled := programs[tc.program].due(tc.sale, tc.order); got != tc.want || settled == tc.waits {
				t.Errorf("due %d, settled %v; want %d, settled %v", got, settled, tc.want, !tc.waits)
			}
		})
	}
}

func TestEveryPoisonIsOneThatToxiproxyKnows(t *testing.T) {
	t.Parallel()
	l, err := newNetwork().line("nowhere", "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer l.down()
	for kind, toxics := range poisons {
		cure, err := l.poison(toxics)
		if err != nil || len(l.proxy.Toxics.GetToxicArray()) != len(toxics) {
			t.Fatalf("%s: %v, %v", kind, l.proxy.Toxics.GetToxicArray(), err)
		}
		if cure(); len(l.proxy.Toxics.GetToxicArray()) != 0 {
			t.Errorf("%s stays after its cure", kind)
		}
	}
}

// TestACommitCanBeLostOnItsWayThereAndBack asks a real server what became of it.
func TestACommitCanBeLostOnItsWayThereAndBack(t *testing.T) {
	t.Parallel()
	server := testdb.Own(t, testdb.Options{})
	name, err := server.CreateDatabase()
	if err != nil {
		t.Fatal(err)
	}
	d := &database{server: server, name: name}
	r, err := newRelay(d.socket())
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	exec := func(statements ...string) (err error) {
		conn, err := pgx.Connect(t.Context(), d.at(r.address()))
		if err != nil {
			return err
		}
		defer conn.Close(t.Context())
		for _, s := range statements {
			_, more := conn.Exec(t.Context(), s)
			err = errors.Join(err, more)
		}
		return err
	}
	if err := exec("CREATE TABLE kept (id int)"); err != nil {
		t.Fatal(err)
	}
	for id, direction := range map[int]byte{1: toServer, 2: toClient} {
		r.loseCommits(direction, 1)
		if err := exec("BEGIN", "INSERT INTO kept VALUES ("+string(rune('0'+id))+")", "COMMIT"); err == nil {
			t.Errorf("%c: nobody noticed", direction)
		}
	}
	if lost := r.calm(); lost[toServer] != 1 || lost[toClient] != 1 {
		t.Errorf("%v were counted as lost", lost)
	}
	got, err := column[int](d, "SELECT id FROM kept ORDER BY id")
	if err != nil || !slices.Equal(got, []int{2}) {
		t.Errorf("kept %v, want what was committed and not answered alone (%v)", got, err)
	}
}

func TestAFailureTellsWhatIsNeededToLookIntoIt(t *testing.T) {
	t.Parallel()
	r := result{plan: draw(17, options{}), failures: []string{"I1: a webhook is not there"}, dir: t.TempDir()}
	if err := os.WriteFile(r.dir+"/steps.log", []byte(strings.Repeat("early\n", 300)+"the last step\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.dir+"/serve0.log", []byte("what it said\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := r.tell("abc123")
	for _, want := range []string{"seed 17 FAILED at abc123", "make chaos SEED=17", "I1: a webhook", "the last step", "what it said", "faults:", r.dir} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing of %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "early"); n != 199 {
		t.Errorf("%d earlier steps, want 199", n)
	}
}
