package storage

import (
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
)

// broken runs all checks and returns the invariants that were found broken.
func (s *store) broken() (ids []string, text string) {
	s.t.Helper()
	summary, err := s.Fsck(s.ctx, func(b Breach) {
		if !slices.Contains(ids, b.ID) {
			ids = append(ids, b.ID)
		}
		text += b.String() + "\n"
	})
	s.no(err)
	if len(summary.Checks) != len(allChecks()) || (summary.Breaches() == 0) != (len(ids) == 0) {
		s.t.Fatalf("got %+v", summary)
	}
	return ids, text
}

// story is a shop in which all has happened that a shop can see.
func (s *store) story() *referred {
	s.t.Helper()
	p := codeProgram()
	p.Budget, p.PerAdvocate = usd(10_000), 5
	r := s.referred(p)
	refunded, part, self, test := r.order("refunded"), r.order("part"), r.order("self"), r.order("test")
	self.Customer.ID, test.Test = "c-anna", true
	r.decide(refunded, part, self, test, r.order("good"))
	for range 3 {
		r.issue()
	}
	refunded.UpdatedAt, refunded.Payment = refunded.UpdatedAt.Add(time.Second), rewards.PaymentRefunded
	part.UpdatedAt, part.Payment, part.MoneyBack = part.UpdatedAt.Add(time.Second), rewards.PaymentPartiallyRefunded, usd(900)
	r.decide(refunded, part)
	for range 2 {
		j := r.begin(rewards.JobFulfil)
		got, _, err := s.Desk().Reward(s.ctx, r.lane, j.Subject)
		s.no(err)
		s.no(s.Step(s.ctx, r.lane, j, rewards.StepResult{Step: got.Next(), Taken: usd(got.Given.Minor - got.Net.Minor)}))
	}
	_, _, err := s.Reissue(s.ctx, r.shop.ID, r.the("good").ID, "lost", "user:anna")
	s.no(err)
	return r
}

func TestAGoodDatabaseHasNoBreach(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.story()
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
		n := 0
		s.no(s.Issued(s.ctx, r.shop.ID, func(rewards.Reward) error { n++; return nil }))
		if n != 1 {
			t.Fatalf("%d rewards are said to be in the shop", n)
		}
		r.apply(rewards.CustomerErased{CustomerID: "c-anna"}, "c-anna")
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal("after an erasure: " + text)
		}
	})
}

func TestEachPlantedBreachIsFound(t *testing.T) {
	t.Parallel()
	const (
		good  = "(SELECT id FROM rewards WHERE order_id = 'good' AND status = 'issuing')"
		entry = "INSERT INTO ledger (shop_id, seq, hash, transaction_id, at, account, amount_minor, currency, reward_id, reason) " +
			"SELECT shop_id, (SELECT max(seq) + 1 FROM ledger), (SELECT hash FROM ledger WHERE seq = 1), "
	)
	for name, tc := range map[string]struct {
		id    string
		also  []string // invariants that the same rows break too
		plant []string
	}{
		"a pending event without its body": {id: "I1", plant: []string{insertEvent("pending", "{now}", "NULL")}},
		"an event that nobody works on":    {id: "I2", plant: []string{insertEvent("pending", "{hourago}", "NULL"), "UPDATE events SET body = (SELECT token_sealed FROM shops LIMIT 1)"}},
		"an event that waits for nothing":  {id: "I2", plant: []string{insertEvent("confirming", "{now}", "NULL")}},
		"an end without a time":            {id: "I2", plant: []string{insertEvent("done", "{now}", "NULL")}},
		"two live rewards of one order": {id: "I4", also: []string{"I6", "I19"}, plant: []string{"DROP INDEX rewards_once", "DROP INDEX rewards_code",
			"UPDATE rewards SET status = 'issuing', external_id = '' WHERE order_id = 'good'"}},
		"a transaction with one leg":           {id: "I5", also: []string{"I6", "I7"}, plant: []string{entry + "'tx_1', {now}, 'pending:x', 5, 'USD', id, 'earned' FROM rewards WHERE id = " + good}},
		"a budget that is not the ledger's":    {id: "I6", plant: []string{"UPDATE offers SET budget_used_minor = budget_used_minor + 1"}},
		"a reward that the ledger values less": {id: "I6", plant: []string{"UPDATE rewards SET given_minor = given_minor + 1 WHERE id = " + good}},
		"a verdict that was changed":           {id: "I8", plant: []string{`UPDATE orders SET record = replace(CAST(record AS text), '"outcome":"rewarded"', '"outcome":"held"'){json}, outcome = 'held' WHERE order_id = 'good'`}},
		"a row that differs from its record":   {id: "I8", plant: []string{"UPDATE orders SET outcome = 'held' WHERE order_id = 'good'"}},
		"a reward for a refunded order": {id: "I9", also: []string{"I8"}, plant: []string{
			`UPDATE orders SET status = 'refunded', record = replace(CAST(record AS text), '"payment":"paid"', '"payment":"refunded"'){json} WHERE order_id = 'good'`}},
		"a reward that nobody takes back": {id: "I9", also: []string{"I6", "I8", "I19"}, plant: []string{"DROP INDEX rewards_once",
			"UPDATE rewards SET status = 'issued', net_minor = 0 WHERE order_id = 'refunded'"}},
		"a budget that was once exceeded": {id: "I10", also: []string{"I7"}, plant: []string{
			entry + "'tx_1', {now}, 'program:give10', -9999, 'USD', id, 'earned' FROM rewards WHERE id = " + good, entry + "'tx_1', {now}, 'pending:x', 9999, 'USD', id, 'earned' FROM rewards WHERE id = " + good,
			entry + "'tx_2', {hourago}, 'pending:x', -9999, 'USD', id, 'reversed' FROM rewards WHERE id = " + good, entry + "'tx_2', {hourago}, 'program:give10', 9999, 'USD', id, 'reversed' FROM rewards WHERE id = " + good}},
		"an advocate above her limit":              {id: "I10", also: []string{"I8"}, plant: []string{`UPDATE programs SET spec = replace(CAST(spec AS text), '"per_advocate":5', '"per_advocate":1'){json}`}},
		"a reward that was made without an intent": {id: "I14", also: []string{"I19"}, plant: []string{"DELETE FROM reward_history WHERE to_status = 'issuing' AND reward_id = (SELECT id FROM rewards WHERE order_id = 'part')"}},
		"an intent that cannot be known again":     {id: "I14", plant: []string{"UPDATE rewards SET code = '' WHERE id = " + good}},
		"a rewarded test order": {id: "I15", also: []string{"I8"}, plant: []string{
			`UPDATE orders SET record = replace(CAST(record AS text), '"payment":"partially_refunded"', '"test":true,"payment":"partially_refunded"'){json} WHERE order_id = 'part'`}},
		"a way that is not allowed":      {id: "I19", plant: []string{"UPDATE reward_history SET from_status = 'redeemed' WHERE to_status = 'issued'"}},
		"a history that ends elsewhere":  {id: "I19", plant: []string{"DELETE FROM reward_history WHERE to_status = 'revoked'"}},
		"a reward without the shop's id": {id: "I25", plant: []string{"UPDATE rewards SET external_id = '' WHERE order_id = 'part'"}},
		"two rewards with one id of the shop": {id: "I25", plant: []string{"DROP INDEX rewards_external",
			"UPDATE rewards SET external_id = 'same' WHERE external_id <> ''"}},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				s.story()
				for _, sql := range tc.plant {
					s.raw(sql)
				}
				ids, text := s.broken()
				want := append([]string{tc.id}, tc.also...)
				slices.SortFunc(ids, strings.Compare)
				slices.SortFunc(want, strings.Compare)
				if !slices.Contains(ids, tc.id) || slices.ContainsFunc(ids, func(id string) bool { return !slices.Contains(want, id) }) {
					t.Fatalf("want %v, got %v\n%s", want, ids, text)
				}
			})
		})
	}
}

func TestARowWithoutItsParentIsFound(t *testing.T) {
	t.Parallel()
	for _, plant := range []string{
		"UPDATE codes SET advocate_id = 'adv_nobody'",
		"UPDATE reward_history SET reward_id = 'rew_nothing' WHERE to_status = 'revoked'",
		"UPDATE ledger SET reward_id = 'rew_nothing' WHERE reason = 'earned'",
		"UPDATE rewards SET advocate_id = 'adv_nobody' WHERE order_id = 'refunded'",
		"UPDATE rewards SET version = 7 WHERE order_id = 'refunded'",
		"UPDATE orders SET advocate_id = 'adv_nobody' WHERE advocate_id IS NOT NULL",
	} {
		t.Run(plant, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				s.story()
				s.unlock()
				if s.lite {
					s.raw("PRAGMA foreign_keys = OFF")
				} else {
					s.raw("ALTER TABLE codes DISABLE TRIGGER ALL")
				}
				s.raw(plant)
				if ids, text := s.broken(); !slices.Contains(ids, "I16") {
					t.Fatal(ids, text)
				}
			})
		})
	}
}

// What other rows lead to stays, whoever asks.
func TestParentsNeverGo(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		s.story()
		for _, statement := range []string{
			"DELETE FROM shops", "DELETE FROM advocates", "DELETE FROM programs", "DELETE FROM orders", "DELETE FROM rewards",
			"UPDATE rewards SET id = id || 'x'", "UPDATE orders SET order_id = order_id || 'x'", "UPDATE advocates SET id = id || 'x'",
		} {
			if err := s.write(s.ctx, "parting", func(x *txn) error { _, err := x.exec(statement); return err }); err == nil {
				t.Errorf("%s was done", statement)
			}
		}
	})
}

func TestFsckCannotWrite(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		err := s.snapshot(s.ctx, func(x *txn) error {
			_, err := x.exec("DELETE FROM shops")
			return err
		})
		if err == nil {
			t.Fatal("it wrote")
		}
	})
}

func insertEvent(status, due, finished string) string {
	return `INSERT INTO events (shop_id, platform, topic, received_at, order_id, status, due_at, finished_at)
SELECT shop_id, platform, 't', {now}, 'x', '` + status + `', ` + due + `, ` + finished + ` FROM shops`
}
