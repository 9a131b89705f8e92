package storage

import (
	"fmt"
	"slices"
	"testing"

	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// firstSchema is a database as version 1 made it, with what rows of the ledger need.
func firstSchema(t *testing.T, url string) *store {
	t.Helper()
	s := &store{t: t, url: url, ctx: t.Context()}
	s.DB = s.open(Options{})
	p, err := s.provider()
	s.no(err)
	_, err = p.UpTo(s.ctx, 1)
	s.no(err)
	for _, shop := range []string{"shop_a", "shop_b", "shop_none"} {
		s.raw("INSERT INTO shops (shop_id, platform, domain, currency, status, since, installed_at, created_at) VALUES (?, 'shopify', ?, 'USD', 'active', {now}, {now}, {now})", shop, shop+".example")
		s.raw("INSERT INTO lanes (shop_id, lease_until, paused_until) VALUES (?, {now}, {now})", shop)
		s.raw("INSERT INTO programs (shop_id, name, version, title, source, spec, applied_at) VALUES (?, 'give10', 1, 'Give 10', '', '{}', {now})", shop)
		s.raw("INSERT INTO advocates (shop_id, id, status, created_at) VALUES (?, 'adv_1', 'active', {now})", shop)
		s.raw(`INSERT INTO orders (shop_id, order_id, name, status, currency, original_minor, eligible_minor, paid, test, outcome, record)
VALUES (?, 'o1', '#1', 'open', 'USD', 1, 1, true, false, 'rewarded', '{}')`, shop)
		s.raw(`INSERT INTO rewards (shop_id, id, order_id, advocate_id, customer_id, beneficiary, rule, program, version, kind, spec, currency, value_minor,
  net_minor, given_minor, loss_minor, void, status, reason, created_at, code, code_folded, tries, external_id, refs, withdrawn, replaced_by, replaces)
VALUES (?, 'rw_1', 'o1', 'adv_1', 'c-1', 'advocate', 'give10', 'give10', 1, 'discount_code', '{}', 'USD', 1,
  1, 0, 0, false, 'pending', 'earned', {now}, '', '', 0, '', '{}', false, '', '')`, shop)
	}
	return s
}

// oldRow writes a row as version 1 did.
func (s *store) oldRow(shop string, amount int) {
	s.t.Helper()
	s.raw("INSERT INTO ledger (shop_id, transaction_id, at, account, amount_minor, currency, reward_id, reason) VALUES (?, ?, {now}, 'program:give10', ?, 'USD', 'rw_1', 'earned')",
		shop, fmt.Sprintf("tx_%d", amount), amount)
}

// plainRows are all rows without their places, in the order of their ids.
func (s *store) plainRows() (rows []string) {
	s.t.Helper()
	_, err := s.direct(s.ctx).scan(&rows, `SELECT shop_id || ' ' || CAST(id AS text) || ' ' || transaction_id || ' ' || CAST(at AS text) || ' ' || account || ' ' ||
  CAST(amount_minor AS text) || ' ' || currency || ' ' || reward_id || ' ' || reason FROM ledger ORDER BY id`)
	s.no(err)
	return rows
}

func TestRowsFromBeforeTheChainAreChained(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		s := firstSchema(t, url)
		const many = 2*chainPage + 7
		for i := range many { // in turns at first, then shop_a alone: two pages and a part
			s.oldRow("shop_a", i+1)
			if i < 5 {
				s.oldRow("shop_b", i+1)
			}
		}
		before := s.plainRows()
		if _, _, err := s.Migrate(s.ctx); err != nil {
			t.Fatal(err)
		}
		if after := s.plainRows(); !slices.Equal(before, after) {
			t.Fatal("the migration changed rows")
		}
		if found := s.chainBreaches(); len(found) != 0 {
			t.Fatal(found)
		}
		if rising := s.count("SELECT count(*) FROM ledger a JOIN ledger b ON b.shop_id = a.shop_id AND b.seq = a.seq + 1 AND b.id > a.id"); rising != many-1+5-1 {
			t.Fatalf("%d steps go on in the order of the ids", rising)
		}
		var heads []string
		_, err := s.direct(s.ctx).scan(&heads, "SELECT shop_id || ' ' || CAST(seq AS text) FROM ledger_heads ORDER BY shop_id")
		s.no(err)
		if want := []string{fmt.Sprintf("shop_a %d", many), "shop_b 5"}; !slices.Equal(heads, want) {
			t.Fatalf("heads are %v, want %v", heads, want)
		}
		s.closed()
		for _, shop := range []string{"shop_a", "shop_none"} { // the chain goes on, and one begins
			p := rewards.Posting{RewardID: "rw_1", From: "program:give10", To: "pending:adv_1", Amount: usd(5), Reason: "earned"}
			s.no(s.write(s.ctx, "posting", func(x *txn) error { return x.savePostings(shop, []rewards.Posting{p}) }))
		}
		if found := s.chainBreaches(); len(found) != 0 {
			t.Fatal(found)
		}
		if n := s.count("SELECT min(id) FROM ledger WHERE seq > ? OR shop_id = 'shop_none'", many); n != int64(len(before))+1 {
			t.Fatalf("the first new row has the id %d", n)
		}
	})
}

// closed demands that the ledger refuses every change of its rows.
func (s *store) closed() {
	s.t.Helper()
	was := s.count("SELECT count(*) FROM ledger")
	changes := []string{"UPDATE ledger SET amount_minor = 1", "UPDATE ledger SET hash = hash", "DELETE FROM ledger"}
	if !s.lite {
		changes = append(changes, "TRUNCATE ledger", "TRUNCATE shops CASCADE")
	}
	for _, sql := range changes {
		if _, err := s.direct(s.ctx).exec(sql); err == nil {
			s.t.Errorf("%s went through", sql)
		}
	}
	if is := s.count("SELECT count(*) FROM ledger"); is != was || was == 0 {
		s.t.Fatalf("%d of %d rows are left", is, was)
	}
}

// A migration that meets a row it cannot place leaves version 1 as it was.
func TestAMigrationThatBreaksOffChangesNothing(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		s := firstSchema(t, url)
		s.oldRow("shop_a", 1)
		s.raw("CREATE TABLE ledger_heads (shop_id text)") // in the way
		if _, _, err := s.Migrate(s.ctx); err == nil {
			t.Fatal("it went through")
		}
		s.kind(s.CheckSchema(s.ctx), rewards.Conflict, "schema_older")
		s.closed()
		s.oldRow("shop_a", 2)
		s.raw("DROP TABLE ledger_heads")
		if _, _, err := s.Migrate(s.ctx); err != nil {
			t.Fatal(err)
		}
		if found := s.chainBreaches(); len(found) != 0 {
			t.Fatal(found)
		}
	})
}
