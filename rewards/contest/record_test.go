package contest_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"grapevine/rewards/contest"
)

type vector struct {
	Story  string         `json:"story"`
	Record contest.Record `json:"record"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheWorkedExamplesHold(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Story, func(t *testing.T) {
			t.Parallel()
			r := v.Record
			seed, err := hex.DecodeString(r.Seed)
			if err != nil {
				t.Fatal(err)
			}
			terms := contest.Terms{Programme: r.Programme, ClosedAt: r.ClosedAt.In(time.FixedZone("", 3600)),
				Commitment: r.Commitment, Winners: r.WinnersWanted, OncePerHolder: r.OncePerHolder}
			entries := slices.Clone(r.Entries)
			slices.Reverse(entries)
			got, err := contest.NewRecord(terms, seed, entries)
			if err != nil || !reflect.DeepEqual(got, r) {
				t.Errorf("record %+v, %v\nwant   %+v", got, err, r)
			}
			want := contest.Result{Winners: r.Winners, EntriesHash: r.EntriesHash, Tickets: r.Tickets, Short: r.Short}
			if got := naive(seed, r.Entries, r.WinnersWanted, r.OncePerHolder); !reflect.DeepEqual(got, want) {
				t.Errorf("by hand %+v\nwant    %+v", got, want)
			}
			if hash, err := contest.HashEntries(entries); err != nil || hash != r.EntriesHash {
				t.Errorf("entries hash %s, %v, want %s", hash, err, r.EntriesHash)
			}
			r.Entries = entries
			if err := contest.Verify(r); err != nil {
				t.Errorf("verified in another order: %v", err)
			}
		})
	}
}

func TestVerifySaysWhatDoesNotMatch(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*contest.Record)
		want   []string
	}{
		"nothing was changed":         {func(*contest.Record) {}, nil},
		"another way of drawing":      {func(r *contest.Record) { r.Algorithm = "lots" }, []string{"algorithm"}},
		"another commitment":          {func(r *contest.Record) { r.Commitment = "" }, []string{"commitment"}},
		"another seed":                {func(r *contest.Record) { r.Seed = "ff" + r.Seed[2:] }, []string{"commitment", "winners[0]", "winners[1]", "winners[2]"}},
		"a seed in capitals":          {func(r *contest.Record) { r.Seed = string(bytes.ToUpper([]byte(r.Seed))) }, []string{"seed"}},
		"another hash of the entries": {func(r *contest.Record) { r.EntriesHash = r.Seed }, []string{"entries_hash"}},
		"another number of tickets":   {func(r *contest.Record) { r.Tickets++ }, []string{"tickets"}},
		"said to be short":            {func(r *contest.Record) { r.Short = true }, []string{"short"}},
		"another winner":              {func(r *contest.Record) { r.Winners[1].Holder = "adv_friend" }, []string{"winners[1]"}},
		"two winners swapped":         {func(r *contest.Record) { r.Winners[0], r.Winners[2] = r.Winners[2], r.Winners[0] }, []string{"winners[0]", "winners[2]"}},
		"a winner left out":           {func(r *contest.Record) { r.Winners = r.Winners[:2] }, []string{"winners[2]"}},
		"a winner too many":           {func(r *contest.Record) { r.Winners = append(r.Winners, r.Winners[0]) }, []string{"winners[3]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := vectors(t)[0].Record
			tc.change(&r)
			if got := mismatches(contest.Verify(r)); !slices.Equal(got, tc.want) {
				t.Errorf("mismatches %v, want %v", got, tc.want)
			}
		})
	}
}

// mismatches names the fields that an error of Verify holds, and any other error by its text.
func mismatches(err error) (fields []string) {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		var m *contest.Mismatch
		if errors.As(err, &m) {
			fields = append(fields, m.Field)
		} else if err != nil {
			fields = append(fields, err.Error())
		}
	}
	return fields
}

func TestARecordFromWhichNothingCanBeDrawn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*contest.Record)
		want   error
	}{
		"no entries":                {func(r *contest.Record) { r.Entries = nil }, contest.ErrNoEntries},
		"a seed that is no number":  {func(r *contest.Record) { r.Seed = "seed" }, contest.ErrSeed},
		"half a seed":               {func(r *contest.Record) { r.Seed = r.Seed[:32] }, contest.ErrSeed},
		"an entry without a ticket": {func(r *contest.Record) { r.Entries[0].Count = 0 }, contest.ErrEntry},
		"no winners wanted":         {func(r *contest.Record) { r.WinnersWanted = 0 }, contest.ErrWinners},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := vectors(t)[0].Record
			tc.change(&r)
			if err := contest.Verify(r); !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}

func TestASeedThatWasNotCommittedToIsRefused(t *testing.T) {
	t.Parallel()
	terms := contest.Terms{Commitment: contest.Commit(seedOf(1)), Winners: 1}
	if r, err := contest.NewRecord(terms, seedOf(2), []contest.Entry{{"rw_1", "adv_1", 1}}); !errors.Is(err, contest.ErrSeed) || r.Winners != nil {
		t.Errorf("record %+v, error %v, want ErrSeed", r, err)
	}
}

// A mangled record that still verifies says the same as an independent draw.
func FuzzVerify(f *testing.F) {
	for _, v := range vectors(f) {
		text, err := json.Marshal(v.Record)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		for _, cut := range []string{`"place":1`, `"count":3`, `"short"`, `rw_1`} {
			f.Add(bytes.Replace(text, []byte(cut), nil, 1))
			f.Add(bytes.Replace(text, []byte(cut), []byte(cut+cut), 1))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r contest.Record
		if json.Unmarshal(text, &r) != nil || contest.Verify(r) != nil {
			return
		}
		seed, err := hex.DecodeString(r.Seed)
		if err != nil || contest.Commit(seed) != r.Commitment {
			t.Fatalf("seed %s verified against commitment %s", r.Seed, r.Commitment)
		}
		got := contest.Result{Winners: r.Winners, EntriesHash: r.EntriesHash, Tickets: r.Tickets, Short: r.Short}
		if want := naive(seed, r.Entries, r.WinnersWanted, r.OncePerHolder); !reflect.DeepEqual(got, want) {
			t.Fatalf("verified %+v, want %+v", got, want)
		}
	})
}
