package storage

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// exampleRow is a row whose hash is known.
func exampleRow() chainRow {
	return chainRow{ShopID: "shop_1", Seq: 1, Row: ledgerRow{
		TransactionID: "tx_1", At: stamp{time.Date(2026, 11, 9, 16, 0, 0, 123456000, time.UTC)},
		Account: "program:give10", AmountMinor: -1000, Currency: "USD", RewardID: "rw_1", Reason: "earned",
	}}
}

func TestTheFormOfTheChainNeverChanges(t *testing.T) {
	t.Parallel()
	r := exampleRow()
	// Reckoned apart from this program, by Python's hashlib and struct.
	const want = "aea60fcf9c600b72bb022841905d13beebd0c33043ee6c8d5ca860fdf3020437"
	if got := hex.EncodeToString(r.follow(genesis().Hash)); got != want {
		t.Fatalf("got %s, want %s: rows that are stored could not be checked any more", got, want)
	}
}

func TestEveryFieldOfARowIsInItsHash(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, change := range map[string]func(r *chainRow){
		"nothing":                               func(*chainRow) {},
		"the shop":                              func(r *chainRow) { r.ShopID = "shop_2" },
		"the place":                             func(r *chainRow) { r.Seq = 2 },
		"the transaction":                       func(r *chainRow) { r.Row.TransactionID = "tx_2" },
		"the time, by a microsecond":            func(r *chainRow) { r.Row.At.Time = r.Row.At.Add(time.Microsecond) },
		"the account":                           func(r *chainRow) { r.Row.Account = "program:give20" },
		"the amount":                            func(r *chainRow) { r.Row.AmountMinor = 1000 },
		"the currency":                          func(r *chainRow) { r.Row.Currency = "EUR" },
		"the reward":                            func(r *chainRow) { r.Row.RewardID = "rw_2" },
		"the reason":                            func(r *chainRow) { r.Row.Reason = "lost" },
		"a letter that moves to the next field": func(r *chainRow) { r.Row.RewardID, r.Row.Reason = "rw_", "1earned" },
		"two fields that change places":         func(r *chainRow) { r.Row.RewardID, r.Row.Reason = "earned", "rw_1" },
		"a field that swallows the next":        func(r *chainRow) { r.Row.RewardID, r.Row.Reason = "rw_1earned", "" },
		"a field that looks like the next number": func(r *chainRow) { r.ShopID, r.Seq = "shop_1\x00\x00\x00\x00\x00\x00\x00\x01", 0 },
	} {
		r := exampleRow()
		change(&r)
		hash := string(r.follow(genesis().Hash))
		if other, twice := seen[hash]; twice {
			t.Errorf("%s and %s have one hash", name, other)
		}
		seen[hash] = name
	}
	r := exampleRow()
	if seen[string(r.follow([]byte("another row")))] != "" {
		t.Error("the row before is not in the hash")
	}
}

// unlock lifts what refuses changes of the ledger.
func (s *store) unlock() {
	s.t.Helper()
	if s.lite {
		s.raw("DROP TRIGGER ledger_no_update")
		s.raw("DROP TRIGGER ledger_no_delete")
		return
	}
	s.raw("ALTER TABLE ledger DISABLE TRIGGER ledger_append_only")
}

// chainBreaches is what the walk along the chains finds.
func (s *store) chainBreaches() (found []string) {
	s.t.Helper()
	s.no(s.snapshot(s.ctx, func(x *txn) error {
		return checkChain(x, func(shopID, subject, text string) { found = append(found, shopID+" "+subject+": "+text) })
	}))
	return found
}

// twoLedgers are two shops with eight rows of the ledger each.
func (s *store) twoLedgers() (a, b *referred) {
	s.t.Helper()
	a, b = s.referred(codeProgram()), s.referred(codeProgram())
	for i := range 4 { // in turns, so that the ids of neither have no gap
		a.decide(a.order(fmt.Sprintf("a%d", i)))
		b.decide(b.order(fmt.Sprintf("b%d", i)))
	}
	if n := s.count("SELECT count(*) FROM ledger WHERE shop_id IN (?, ?)", a.shop.ID, b.shop.ID); n != 16 {
		s.t.Fatalf("%d rows", n)
	}
	return a, b
}

// copyOf puts a copy of row 4 in another place.
func copyOf(seq, hash string) string {
	return `INSERT INTO ledger (shop_id, seq, hash, transaction_id, at, account, amount_minor, currency, reward_id, reason)
SELECT shop_id, ` + seq + `, ` + hash + `, transaction_id, at, account, amount_minor, currency, reward_id, reason FROM ledger WHERE shop_id = '{shop}' AND seq = 4`
}

func TestTheFirstBadRowOfAChainIsNamed(t *testing.T) {
	t.Parallel()
	const changed = "was changed, or the row before it was and was given a new hash"
	for name, tc := range map[string]struct {
		plant []string // {shop} is the shop with the breach
		row   int      // the id of which row of the whole chain is named; 0 is the head
		text  string
	}{
		"a changed amount":       {[]string{"UPDATE ledger SET amount_minor = amount_minor - 1 WHERE shop_id = '{shop}' AND seq = 3"}, 3, "row 3 " + changed},
		"a changed first row":    {[]string{"UPDATE ledger SET amount_minor = amount_minor - 1 WHERE shop_id = '{shop}' AND seq = 1"}, 1, "row 1 " + changed},
		"two changed rows":       {[]string{"UPDATE ledger SET reason = 'lost' WHERE shop_id = '{shop}' AND seq IN (3, 6)"}, 3, "row 3 " + changed},
		"a time moved by a hair": {[]string{"UPDATE ledger SET at = (SELECT at FROM ledger WHERE shop_id = '{shop}' AND seq = 5) WHERE shop_id = '{shop}' AND seq = 4"}, 4, "row 4 " + changed},
		"a new hash": {[]string{"UPDATE ledger SET hash = (SELECT hash FROM ledger WHERE shop_id = '{shop}' AND seq = 5) WHERE shop_id = '{shop}' AND seq = 4"},
			4, "row 4 " + changed},
		"a removed row":            {[]string{"DELETE FROM ledger WHERE shop_id = '{shop}' AND seq = 4"}, 5, "row 5 comes right behind row 3: what was between them is gone"},
		"a removed beginning":      {[]string{"DELETE FROM ledger WHERE shop_id = '{shop}' AND seq < 4"}, 4, "row 4 comes right behind row 0: what was between them is gone"},
		"a removed end":            {[]string{"DELETE FROM ledger WHERE shop_id = '{shop}' AND seq > 6"}, 6, "row 6 ends the chain, and by its head row 8 does: what was behind is gone"},
		"a removed chain":          {[]string{"DELETE FROM ledger WHERE shop_id = '{shop}'"}, 0, "the chain has no rows, and its head says that it ends with row 8"},
		"a removed row and places": {[]string{"DROP INDEX ledger_chain", "DELETE FROM ledger WHERE shop_id = '{shop}' AND seq = 4", "UPDATE ledger SET seq = seq - 1 WHERE shop_id = '{shop}' AND seq > 4"}, 5, "row 4 " + changed},
		"a row at the end":         {[]string{copyOf("9", "hash")}, 9, "row 9 is one too many: by its head the chain ends with row 8"},
		"a row before the first":   {[]string{copyOf("0", "hash")}, 9, "row 0 is one too many: another row has this place, or it is none"},
		"a row in between":         {[]string{"DROP INDEX ledger_chain", copyOf("5", "hash")}, 9, "row 5 is one too many: another row has this place, or it is none"},
		"a row in between that makes room": {[]string{"DROP INDEX ledger_chain", "UPDATE ledger SET seq = seq + 1 WHERE shop_id = '{shop}' AND seq > 4", copyOf("5", "hash"), "UPDATE ledger_heads SET seq = 9 WHERE shop_id = '{shop}'"},
			9, "row 5 " + changed},
		"another id":          {[]string{"UPDATE ledger SET id = id + 1000 WHERE shop_id = '{shop}' AND seq = 3"}, 4, "row 4 has another id than it was given: row 3 is led_{moved}"},
		"a head that is gone": {[]string{"DELETE FROM ledger_heads WHERE shop_id = '{shop}'"}, 8, "row 8 ends a chain that has no head"},
		"a head of another hash": {[]string{"UPDATE ledger_heads SET hash = (SELECT hash FROM ledger WHERE shop_id = '{shop}' AND seq = 7) WHERE shop_id = '{shop}'"},
			8, "row 8 ends the chain, and its head has another hash"},
		"a head before the end": {[]string{"UPDATE ledger_heads SET seq = 7 WHERE shop_id = '{shop}'"}, 8, "row 8 is one too many: by its head the chain ends with row 7"},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				a, _ := s.twoLedgers()
				if found := s.chainBreaches(); len(found) != 0 {
					t.Fatalf("before anything was done: %v", found)
				}
				ids := s.ledgerIDs(a.shop.ID)
				s.unlock()
				for _, sql := range tc.plant {
					s.raw(strings.ReplaceAll(sql, "{shop}", a.shop.ID))
				}
				subject, text := "head", strings.ReplaceAll(tc.text, "{moved}", fmt.Sprint(ids[2]+1000))
				switch {
				case tc.row == 9: // it came last
					subject = ledgerID(slices.Max(s.ledgerIDs(a.shop.ID)))
				case tc.row > 0:
					subject = ledgerID(ids[tc.row-1])
				}
				want := []string{a.shop.ID + " " + subject + ": " + text}
				if found := s.chainBreaches(); !slices.Equal(found, want) {
					t.Fatalf("got %q, want %q", found, want)
				}
			})
		})
	}
}

// ledgerIDs are the ids of a shop's rows along its chain.
func (s *store) ledgerIDs(shopID string) (ids []int64) {
	s.t.Helper()
	_, err := s.direct(s.ctx).scan(&ids, "SELECT id FROM ledger WHERE shop_id = ? ORDER BY seq, id", shopID)
	s.no(err)
	return ids
}

// A row that is rewritten with a hash that fits gives itself away by the row behind it; the last row
// by the head.
func TestARowThatIsForgedWithItsHashIsFound(t *testing.T) {
	for seq, want := range map[int64]string{
		3: "row 4 was changed, or the row before it was and was given a new hash",
		8: "row 8 ends the chain, and its head has another hash",
	} {
		t.Run(fmt.Sprintf("row %d of 8", seq), func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				a, _ := s.twoLedgers()
				var rows []chainRow
				_, err := s.direct(s.ctx).scan(&rows, "SELECT * FROM ledger WHERE shop_id = ? AND seq IN (?, ?) ORDER BY seq", a.shop.ID, seq-1, seq)
				s.no(err)
				forged := rows[1]
				forged.Row.AmountMinor++
				s.unlock()
				s.raw("UPDATE ledger SET amount_minor = ?, hash = ? WHERE shop_id = ? AND seq = ?",
					forged.Row.AmountMinor, forged.follow(rows[0].Hash), a.shop.ID, seq)
				found := s.chainBreaches()
				if len(found) != 1 || !strings.HasSuffix(found[0], want) {
					t.Fatalf("got %q, want %q", found, want)
				}
			})
		})
	}
}

func TestFsckReportsABrokenChain(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		s.story()
		s.unlock()
		s.raw("UPDATE ledger SET reason = 'lost' WHERE seq = 2")
		if ids, text := s.broken(); !slices.Equal(ids, []string{"I7"}) {
			t.Fatal(ids, text)
		}
	})
}

// What was rolled back leaves no gap.
func TestAnUndoneTransactionLeavesTheChainWhole(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		a, _ := s.twoLedgers()
		p := rewards.Posting{RewardID: a.the("a0").ID, From: "program:give10", To: "pending:x", Amount: usd(5), Reason: "earned"}
		err := s.write(s.ctx, "posting", func(x *txn) error {
			if err := x.savePostings(a.shop.ID, []rewards.Posting{p}); err != nil {
				return err
			}
			return rewards.Errorf(rewards.Invalid, "undone", "it is undone")
		})
		s.kind(err, rewards.Invalid, "undone")
		s.no(s.write(s.ctx, "posting", func(x *txn) error { return x.savePostings(a.shop.ID, []rewards.Posting{p, p}) }))
		if found := s.chainBreaches(); len(found) != 0 {
			t.Fatal(found)
		}
		err = s.write(s.ctx, "moving", func(x *txn) error { return x.moveHead(a.shop.ID, 8, genesis()) })
		s.kind(err, rewards.Internal, "ledger_head_moved")
		if n := s.count("SELECT seq FROM ledger_heads WHERE shop_id = ?", a.shop.ID); n != 12 {
			t.Fatalf("the chain ends with row %d", n)
		}
	})
}

// Writers of different programmes share no lock but the head. A long transaction has more rows than one
// statement of SQLite takes.
func TestWritersAtOnceMakeOneUnbrokenChain(t *testing.T) {
	t.Parallel()
	const writers, turns = 8, 12
	s := openStore(t, testdb.Postgres(t))
	r := s.referred(codeProgram())
	r.decide(r.order("o1"))
	reward := r.the("o1").ID
	s.unlock()
	s.raw("DELETE FROM ledger") // so that the chain begins under their hands too
	s.raw("DELETE FROM ledger_heads")
	start := make(chan struct{})
	errs := make(chan error, writers*turns)
	rows := 0
	var all sync.WaitGroup
	for w := range writers {
		program := fmt.Sprintf("p%d", w)
		p := codeProgram()
		p.Name, p.Title = program, program
		_, _, err := s.ApplyProgram(s.ctx, r.shop.ID, p, "program: "+program)
		s.no(err)
		for turn := range turns {
			rows += 2 * (1 + turn*w)
		}
		all.Go(func() {
			<-start
			for turn := range turns {
				errs <- s.write(s.ctx, "posting", func(x *txn) error {
					if err := x.lockOffers(r.shop.ID, []string{program}); err != nil {
						return err
					}
					list := slices.Repeat([]rewards.Posting{{
						RewardID: reward, From: rewards.ProgramAccount(program), To: "pending:x", Amount: usd(int64(turn) + 1), Reason: "earned",
					}}, 1+turn*w)
					return x.saveEffect(r.shop.ID, rewards.Effect{Postings: list, Budget: map[string]rewards.Money{program: usd(int64(len(list)))}})
				})
			}
		})
	}
	close(start)
	all.Wait()
	close(errs)
	for err := range errs {
		s.no(err)
	}
	if found := s.chainBreaches(); len(found) != 0 {
		t.Fatal(found)
	}
	got := []int64{s.count("SELECT count(*) FROM ledger"), s.count("SELECT max(seq) FROM ledger"), s.count("SELECT seq FROM ledger_heads")}
	if want := []int64{int64(rows), int64(rows), int64(rows)}; !slices.Equal(got, want) {
		t.Fatalf("rows, last place and head are %v, want %v", got, want)
	}
}

func TestALongTransactionIsChainedOnBothDatabases(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		a, b := s.twoLedgers()
		list := slices.Repeat([]rewards.Posting{{RewardID: a.the("a0").ID, From: "program:give10", To: "pending:x", Amount: usd(5), Reason: "earned"}}, 500)
		s.no(s.write(s.ctx, "posting", func(x *txn) error { return x.savePostings(a.shop.ID, list) }))
		if found := s.chainBreaches(); len(found) != 0 {
			t.Fatal(found)
		}
		got := map[string]int64{}
		for _, shop := range []string{a.shop.ID, b.shop.ID} {
			got[shop] = s.count("SELECT seq FROM ledger_heads WHERE shop_id = ?", shop)
		}
		if want := map[string]int64{a.shop.ID: 1008, b.shop.ID: 8}; !maps.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}
