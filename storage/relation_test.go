package storage

import (
	"fmt"
	"reflect"
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
