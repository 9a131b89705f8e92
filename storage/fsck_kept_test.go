package storage

import (
	"slices"
	"testing"

	"grapevine/rewards"
)

func TestEachPlantedBreachInWhatIsKeptIsFound(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		program rewards.Program
		id      string
		also    []string
		plant   []string
	}{
		"a reward on two lists": {program: cashProgram(), id: "I28", plant: []string{"DROP INDEX payout_items_once",
			"INSERT INTO payouts (shop_id, id, kind, status, currency, total_minor, created_at, created_by, closed_by, reference) SELECT shop_id, 'po_2', kind, 'open', currency, total_minor, created_at, '', '', '' FROM payouts",
			"INSERT INTO payout_items (shop_id, payout_id, reward_id, holder, amount_minor, told_minor, paid_minor, paid, open) SELECT shop_id, 'po_2', reward_id, holder, amount_minor, 0, 0, false, true FROM payout_items"}},
		"a list that comes to less":         {program: cashProgram(), id: "I28", plant: []string{"UPDATE payouts SET total_minor = total_minor - 1"}},
		"a payment that the ledger has not": {program: cashProgram(), id: "I28", plant: []string{"UPDATE payout_items SET paid_minor = paid_minor - 1"}},
		"a payment that no list has":        {program: cashProgram(), id: "I28", plant: []string{"DELETE FROM payout_items", "UPDATE payouts SET total_minor = 0"}},
		"a paid list that was opened again": {program: cashProgram(), id: "I28", plant: []string{"UPDATE payouts SET status = 'open'"}},
		"another winner":                    {program: contestProgram(), id: "I29", plant: []string{`UPDATE draws SET record = replace(record, '"place":1', '"place":2')`}},
		"another commitment":                {program: contestProgram(), id: "I29", plant: []string{"UPDATE draws SET commitment = 'x'"}},
		"other terms":                       {program: contestProgram(), id: "I29", plant: []string{"UPDATE draws SET winners = winners + 1"}},
		"a record that is none":             {program: contestProgram(), id: "I29", plant: []string{"UPDATE draws SET record = 'x'"}},
		"an entry that nobody earned":       {program: contestProgram(), id: "I29", plant: []string{"UPDATE rewards SET kind = 'ticket'"}, also: []string{"I30", "I34"}},
		"a ticket without a number":         {program: ticketProgram(), id: "I30", plant: []string{"DELETE FROM ticket_numbers"}},
		"a ticket redeemed past the ledger": {program: ticketProgram(), id: "I30", plant: []string{"UPDATE ticket_numbers SET redeemed_at = {now}"}},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				r := s.referred(tc.program)
				r.decide(r.order("o1"), r.order("o2"))
				r.used()
				s.sound()
				for _, sql := range tc.plant {
					s.raw(sql)
				}
				ids, text := s.broken()
				want := append([]string{tc.id}, tc.also...)
				if !slices.Contains(ids, tc.id) || slices.ContainsFunc(ids, func(id string) bool { return !slices.Contains(want, id) }) {
					t.Fatalf("want %v, got %v\n%s", want, ids, text)
				}
			})
		})
	}
}

// used pays, draws and redeems what there is.
func (r *referred) used() {
	r.t.Helper()
	switch p := r.the("o1"); p.Spec.Kind {
	case rewards.KindCash:
		_, err := r.PayPayout(r.ctx, r.shop.ID, r.cashList().ID, "x", "user:cli")
		r.no(err)
	case rewards.KindEntry:
		c, err := r.OpenContest(r.ctx, r.shop.ID, p.Program)
		r.no(err)
		_, err = r.DrawContest(r.ctx, r.shop.ID, c.ID, "user:cli")
		r.no(err)
	case rewards.KindTicket:
		_, err := r.RedeemTicket(r.ctx, r.shop.ID, p.Code, "", "user:cli")
		r.no(err)
	}
}
