package storage

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestColumnsGoThroughAsTheyAre(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		at := time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)
		rows := table{cols: "i integer, n bigint, word text, yes boolean, at timestamptz, mixed text"}
		rows.add(1, int64(1<<60), "ä\n'\"\\,{}", true, at, "x")
		rows.add(2, int64(-1), "", false, time.Time{}, nil)
		type row struct {
			I     int
			N     int64
			Word  string
			Yes   bool
			At    stamp
			Mixed *string
		}
		x, mixed := s.read(s.ctx), "x"
		got, err := queryAll[row](x, rows, "SELECT * FROM v ORDER BY i")
		want := []row{{1, 1 << 60, "ä\n'\"\\,{}", true, stamp{at}, &mixed}, {2, -1, "", false, stamp{}, nil}}
		if s.no(err); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		// Whole numbers of another size go through as well.
		small := table{cols: "n bigint, m integer"}
		small.add(7, int32(8))
		sizes, err := queryAll[struct{ N, M int }](x, small, "SELECT * FROM v")
		if s.no(err); fmt.Sprint(sizes) != "[{7 8}]" {
			t.Fatalf("got %v", sizes)
		}
	})
}

func TestManyRowsGoInFewSizes(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 4, 6: 6, 7: 6, 8: 8, 11: 8, 12: 12, 47: 32, 48: 48, 479: 384} {
		if got := fewSizes(n); got != want {
			t.Errorf("of %d rows %d go first, want %d", n, got, want)
		}
	}
	eachStore(t, func(t *testing.T, s *store) {
		for _, n := range []int{1, 5, 23, 500} {
			rows := table{cols: "n bigint"}
			for i := range n {
				rows.add(int64(i))
			}
			all, err := queryAll[int64](s.read(s.ctx), rows, "SELECT n FROM v")
			s.no(err)
			slices.Sort(all)
			for i, v := range all {
				if len(all) != n || v != int64(i) {
					t.Fatalf("%d rows came back as %v", n, all)
				}
			}
		}
	})
}
