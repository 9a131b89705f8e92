package storage

import (
	"fmt"
	"testing"
	"time"

	"grapevine/rewards"
)

func TestShadowRowsTellWhatWouldHaveBeen(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		shadow := creditProgram()
		shadow.Name, shadow.Shadow, shadow.InsteadOf = "strict", true, []string{"give10"}
		shadow.Rules[0].Reward.Amount = usd(1500)
		shadow.Qualify.Minimum = usd(4000)
		_, _, err := s.ApplyProgram(s.ctx, r.shop.ID, shadow, "program: strict")
		s.no(err)
		small, large := r.order("small"), r.order("large")
		for _, o := range []*rewards.Order{&small, &large} {
			o.PlacedAt = time.Now().UTC().Truncate(time.Millisecond)
		}
		small.Lines[0].Amount = usd(2000)
		r.decide(small, large)
		from := time.Now().Add(-time.Hour)
		var got []string
		err = s.ShadowRows(s.ctx, r.shop.ID, "strict", from, from.Add(2*time.Hour), func(row ShadowRow) error {
			got = append(got, fmt.Sprintf("%s: %s %s %s, shadow %s %s %s", row.Name, row.LiveOutcome, row.LiveReason, row.LiveCost, row.Outcome, row.Reason, row.Cost))
			if row.AdvocateID != r.advocate.ID || row.LiveAdvocate != r.advocate.ID || row.Version != 1 || row.JudgedAt.Before(from) {
				t.Errorf("%+v", row)
			}
			return nil
		})
		s.no(err)
		want := []string{
			"#large: rewarded  10.00 USD, shadow rewarded  15.00 USD",
			"#small: rewarded  10.00 USD, shadow rejected below_minimum 0.00 USD",
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("rows %q, want %q", got, want)
		}
		none := 0
		s.no(s.ShadowRows(s.ctx, r.shop.ID, "strict", from.Add(-time.Hour), from, func(ShadowRow) error { none++; return nil }))
		if none != 0 {
			t.Errorf("%d rows of another day", none)
		}
		err = s.ShadowRows(s.ctx, r.shop.ID, "give10", from, from.Add(time.Hour), func(ShadowRow) error { return nil })
		s.kind(err, rewards.NotFound, "shadow_not_found")
	})
}
