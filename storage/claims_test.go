package storage

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/webhooks"
)

func TestWhatBecomesDueBehindAClaimIsFound(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		for range 5 {
			s.event(shop.ID, 0, "pending")
		}
		if n, err := s.Work(s.ctx, "w", 2, all(webhooks.EventDone)); n != 2 || err != nil {
			t.Fatalf("worked %d, %v", n, err)
		}
		s.event(shop.ID, time.Hour, "pending")
		total := 2
		for {
			n, err := s.Work(s.ctx, "w", 2, all(webhooks.EventDone))
			s.no(err)
			if total += n; n == 0 {
				break
			}
		}
		if left := s.count("SELECT count(*) FROM events WHERE status = 'pending'"); total != 6 || left != 0 {
			t.Fatalf("worked %d, %d are left", total, left)
		}
	})
}

func TestLooksFromTheBeginningTakeAPartOfTheTime(t *testing.T) {
	t.Parallel()
	c, now := &claims{}, time.Now()
	rows := []eventRow{{DueAt: stamp{now}}}
	if !c.begin(now).IsZero() {
		t.Fatal("the first look does not begin at the beginning")
	}
	c.end(rows, true, now.Add(-time.Minute)) // it took a minute
	for after, from := range map[time.Duration]time.Time{0: now.Add(-claimSlack), 19 * time.Minute: now.Add(-claimSlack), 21 * time.Minute: {}} {
		if got := c.begin(now.Add(after)); !got.Equal(from) {
			t.Errorf("after %v: looks from %v, want %v", after, got, from)
		}
	}
	c.end(nil, false, now)
	if !c.begin(now).IsZero() {
		t.Fatal("after nothing was found the next look does not begin at the beginning")
	}
}

func TestLargeEventsAreTakenAFewAtATime(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		const mib = 1 << 20
		sizes := []int{3 * mib, mib, 15 * mib, 12 * mib, 6 * mib, 2 * mib, 9, 3 * mib}
		var ds []connectors.Delivery
		for i, size := range sizes {
			d := delivery(shop.Domain, i)
			d.Body = bytes.Repeat([]byte(" "), size)
			ds = append(ds, d)
		}
		_, err := s.Put(s.ctx, ds)
		s.no(err)
		var batches [][]int
		f := func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
			var lengths []int
			for _, e := range events {
				lengths = append(lengths, len(bodyOf(e)))
			}
			batches = append(batches, lengths)
			return all(webhooks.EventDone)(ctx, tx, events)
		}
		var told []int
		for n := -1; n != 0; {
			n, err = s.Work(s.ctx, "w", 10, f)
			s.no(err)
			told = append(told, n)
		}
		want := [][]int{{3 * mib, mib}, {15 * mib}, {12 * mib}, {6 * mib, 2 * mib, 9, 3 * mib}}
		if !s.lite { // of few that fit a few more are asked for
			want = [][]int{{3 * mib, mib}, {15 * mib}, {12 * mib}, {6 * mib, 2 * mib}, {9, 3 * mib}}
		}
		if fmt.Sprint(batches) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", batches, want)
		}
		for i, n := range told[:len(told)-1] {
			if large := i < len(want)-1; large != (n == 10) {
				t.Errorf("batch %d: told %d", i, n)
			}
		}
	})
}

func TestASingleEventIsTakenWhateverItsSize(t *testing.T) {
	t.Parallel()
	huge := binary.AppendUvarint(nil, claimBytes+1)
	for name, tc := range map[string]struct {
		bodies [][]byte
		want   []bool
	}{
		"a huge one first":      {[][]byte{huge, {1}}, []bool{true, false}},
		"a huge one behind":     {[][]byte{{1}, huge, {1}}, []bool{true, false, false}},
		"many without a body":   {[][]byte{nil, nil, {}}, []bool{true, true, true}},
		"one that is no body":   {[][]byte{{0xff, 0xff}, {1}}, []bool{true, true}},
		"as many as there fit":  {[][]byte{binary.AppendUvarint(nil, claimBytes/2-1), binary.AppendUvarint(nil, claimBytes/2-1), {1}}, []bool{true, true, false}},
		"one byte more than it": {[][]byte{binary.AppendUvarint(nil, claimBytes/2-1), binary.AppendUvarint(nil, claimBytes/2)}, []bool{true, false}},
	} {
		var held load
		var got []bool
		for _, b := range tc.bodies {
			got = append(got, held.takes(b))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
