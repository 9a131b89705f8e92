package contest_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"grapevine/rewards/contest"
)

// seedOf makes the n-th of as many seeds as a test wants, the same on every run.
func seedOf(n int) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return sum[:]
}

func anyEntries(t *rapid.T) []contest.Entry {
	entries := make([]contest.Entry, rapid.IntRange(1, 40).Draw(t, "entries"))
	for i := range entries {
		entries[i] = contest.Entry{
			ID:     fmt.Sprintf("rw_%d", i),
			Holder: fmt.Sprintf("adv_%d", rapid.IntRange(0, 12).Draw(t, "holder")),
			Count:  rapid.IntRange(1, 6).Draw(t, "count"),
		}
	}
	return entries
}

func TestADrawIsWhatTheDescriptionSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := seedOf(rapid.Int().Draw(t, "seed"))
		entries, winners, once := anyEntries(t), rapid.IntRange(1, 60).Draw(t, "winners"), rapid.Bool().Draw(t, "once")
		before := slices.Clone(entries)
		got, err := contest.Draw(seed, entries, winners, once)
		if want := naive(seed, entries, winners, once); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("drawn %+v, %v\nwant  %+v", got, err, want)
		}
		if !slices.Equal(entries, before) {
			t.Fatal("the caller's entries were moved")
		}
		order := rand.New(rand.NewPCG(uint64(winners), 1))
		order.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		if again, err := contest.Draw(seed, entries, winners, once); err != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("in another order %+v, %v\nwant %+v", again, err, got)
		}
	})
}

func TestNobodyWinsTwiceWithOneTicket(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		entries, once := anyEntries(t), rapid.Bool().Draw(t, "once")
		res, err := contest.Draw(seedOf(1), entries, contest.MaxWinners, once)
		if err != nil {
			t.Fatal(err)
		}
		holders, tickets := map[string]bool{}, map[int64]bool{}
		wonTickets, wonHolders := map[int64]bool{}, map[string]bool{}
		for _, e := range entries {
			holders[e.Holder] = true
		}
		for i := range res.Tickets {
			tickets[i+1] = true
		}
		for _, w := range res.Winners {
			wonTickets[w.Ticket], wonHolders[w.Holder] = true, true
		}
		all := len(tickets)
		if once {
			all = len(holders)
		}
		if len(res.Winners) != all || !res.Short || !reflect.DeepEqual(wonHolders, holders) {
			t.Fatalf("%d winners, short %v, want all %d: %+v", len(res.Winners), res.Short, all, res.Winners)
		}
		if !once && !reflect.DeepEqual(wonTickets, tickets) {
			t.Fatalf("tickets %v won, want each of %d", wonTickets, all)
		}
	})
}

// The second winner where a holder wins once: holders 1 to 4 have 1 to 4 of ten tickets, so holder j
// comes second with the chance sum over i≠j of i/10 · j/(10-i). With three degrees of freedom a fair
// draw passes 16.27 once in a thousand (nine degrees: 27.88); NIST/SEMATECH e-Handbook of Statistical
// Methods, table 1.3.6.7.4.
func TestEveryTicketIsAsLikely(t *testing.T) {
	t.Parallel()
	const seeds = 20_000
	entries := []contest.Entry{{"rw_1", "1", 1}, {"rw_2", "2", 2}, {"rw_3", "3", 3}, {"rw_4", "4", 4}}
	first, second := make([]float64, 10), make([]float64, 4)
	for n := range seeds {
		res, err := contest.Draw(seedOf(n), entries, 2, true)
		if err != nil {
			t.Fatal(err)
		}
		first[res.Winners[0].Ticket-1]++
		second[res.Winners[1].Holder[0]-'1']++
	}
	even, uneven := make([]float64, 10), make([]float64, 4)
	for i := range even {
		even[i] = seeds / 10
	}
	for j := 1; j <= 4; j++ {
		for i := 1; i <= 4; i++ {
			if i != j {
				uneven[j-1] += seeds * float64(i) / 10 * float64(j) / float64(10-i)
			}
		}
	}
	if got := chiSquare(first, even); got > 27.88 {
		t.Errorf("first tickets %v: chi-square %.2f", first, got)
	}
	if got := chiSquare(second, uneven); got > 16.27 {
		t.Errorf("second holders %v, want about %v: chi-square %.2f", second, uneven, got)
	}
}

func chiSquare(got, want []float64) float64 {
	var sum float64
	for i := range got {
		sum += (got[i] - want[i]) * (got[i] - want[i]) / want[i]
	}
	return sum
}

func TestWhatCannotBeDrawn(t *testing.T) {
	t.Parallel()
	one := []contest.Entry{{"rw_1", "adv_1", 1}}
	for name, tc := range map[string]struct {
		seed    []byte
		entries []contest.Entry
		winners int
		want    error
	}{
		"nobody takes part":         {seed: seedOf(0), winners: 1, want: contest.ErrNoEntries},
		"a short seed":              {seed: seedOf(0)[1:], entries: one, winners: 1, want: contest.ErrSeed},
		"no seed":                   {entries: one, winners: 1, want: contest.ErrSeed},
		"no winner":                 {seed: seedOf(0), entries: one, winners: 0, want: contest.ErrWinners},
		"too many winners":          {seed: seedOf(0), entries: one, winners: contest.MaxWinners + 1, want: contest.ErrWinners},
		"an entry without an id":    {seed: seedOf(0), entries: []contest.Entry{{"", "adv_1", 1}}, winners: 1, want: contest.ErrEntry},
		"an entry without a holder": {seed: seedOf(0), entries: []contest.Entry{{"rw_1", "", 1}}, winners: 1, want: contest.ErrEntry},
		"a tab in an id":            {seed: seedOf(0), entries: []contest.Entry{{"rw\t1", "adv_1", 1}}, winners: 1, want: contest.ErrEntry},
		"a line break in a holder":  {seed: seedOf(0), entries: []contest.Entry{{"rw_1", "adv\n1", 1}}, winners: 1, want: contest.ErrEntry},
		"a holder that is no text":  {seed: seedOf(0), entries: []contest.Entry{{"rw_1", "\xff", 1}}, winners: 1, want: contest.ErrEntry},
		"an id twice":               {seed: seedOf(0), entries: []contest.Entry{{"rw_1", "adv_1", 1}, {"rw_1", "adv_2", 1}}, winners: 1, want: contest.ErrEntry},
		"no tickets":                {seed: seedOf(0), entries: []contest.Entry{{"rw_1", "adv_1", 0}}, winners: 1, want: contest.ErrEntry},
		"too many tickets":          {seed: seedOf(0), entries: []contest.Entry{{"rw_1", "adv_1", contest.MaxTickets}, {"rw_2", "adv_1", 1}}, winners: 1, want: contest.ErrEntry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if res, err := contest.Draw(tc.seed, tc.entries, tc.winners, false); !errors.Is(err, tc.want) || res.Winners != nil {
				t.Errorf("drawn %+v, error %v, want %v", res, err, tc.want)
			}
		})
	}
}

func TestSeedsDiffer(t *testing.T) {
	t.Parallel()
	a, b := contest.NewSeed(), contest.NewSeed()
	if len(a) != contest.SeedSize || slices.Equal(a, b) || contest.Commit(a) == contest.Commit(b) {
		t.Errorf("seeds %x and %x", a, b)
	}
}

func BenchmarkDraw(b *testing.B) {
	entries := make([]contest.Entry, 100_000)
	for i := range entries {
		entries[i] = contest.Entry{ID: fmt.Sprintf("rw_%d", i), Holder: fmt.Sprintf("adv_%d", i/3), Count: 1 + i%4}
	}
	for b.Loop() {
		if _, err := contest.Draw(seedOf(1), entries, 1000, true); err != nil {
			b.Fatal(err)
		}
	}
}
