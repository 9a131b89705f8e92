package simulation_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/simulation"
)

// shopBook judges orders as a live shop does, one after the other.
type shopBook struct {
	*rewards.Book
	orders []rewards.Record
	minted int
}

func newShopBook(p rewards.Program, all map[string]simulation.Code) *shopBook {
	b := &shopBook{}
	b.Book = &rewards.Book{
		ShopCurrency: "USD", Versions: map[string][]rewards.Program{p.Name: {p}}, Owners: map[string]rewards.Claim{},
		EarlierHere: map[string]int64{}, Bonds: map[string]rewards.Claim{},
		Mint: rewards.Mint{
			ID:   func(prefix string) string { b.minted++; return fmt.Sprint(prefix, b.minted) },
			Code: func() string { b.minted++; return fmt.Sprint("GV-", b.minted) },
		},
	}
	for code, c := range all {
		b.Owners[code] = c.Claim
	}
	return b
}

// judge gathers what a store would for an order, the long way round.
func (b *shopBook) judge(t *testing.T, o rewards.Order) rewards.Record {
	t.Helper()
	b.Now = o.PlacedAt
	var first *rewards.Record
	for i, rec := range b.orders {
		was := rec.Facts.Order
		if was.Customer.ID != o.Customer.ID || !was.PlacedAt.Before(o.PlacedAt) {
			continue
		}
		if !was.Test && !was.Cancelled {
			b.EarlierHere[o.ID]++
		}
		if first == nil && rec.Decision.Stands() && rec.Decision.Reckoned {
			first = &b.orders[i]
		}
	}
	if first != nil {
		i := slices.IndexFunc(first.Facts.Claims, func(c rewards.Claim) bool { return c.AdvocateID == first.Decision.Advocate })
		c := first.Facts.Claims[i]
		b.Bonds[o.ID] = rewards.Claim{AdvocateID: c.AdvocateID, CustomerID: c.CustomerID, EmailKey: c.EmailKey, Program: c.Program, Since: c.Since}
	}
	change, err := b.Apply(o, "", "")
	if err != nil {
		t.Fatal(err)
	}
	b.orders = append(b.orders, change.Record)
	return change.Record
}

// TestARunDecidesAsTheBookDid judges a hundred histories twice: order by order as they come, and afterwards
// from what was stored.
func TestARunDecidesAsTheBookDid(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		t.Run(fmt.Sprint("history ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			p, all := anyProgram(r), codes(4)
			book := newShopBook(p, all)
			at := dayZero
			for i := range 120 {
				at = at.Add(time.Duration(r.IntN(8)) * time.Hour)
				book.judge(t, anyOrder(r, i, at))
			}
			run, err := simulation.New(simulation.Options{To: at.AddDate(0, 0, 1), Codes: all}, p, &p)
			if err != nil {
				t.Fatal(err)
			}
			for _, rec := range book.orders {
				o := stored(rec)
				if run.Everything() {
					o.Record = &rec
				}
				if err := run.Order(o); err != nil {
					t.Fatal(err)
				}
			}
			rep := run.Report(0)
			if rep.Live.Judged == 0 || rep.Live.Same != rep.Live.Judged {
				t.Errorf("%d of %d stored decisions came out the same: %+v", rep.Live.Same, rep.Live.Judged, rep.Live.Differ)
			}
			if a, b := asJSON(t, rep.Program), asJSON(t, *rep.Compare); a != b || rep.Diff.Orders != 0 {
				t.Errorf("one programme gives two reports, %d rows differ:\n%s\n%s", rep.Diff.Orders, a, b)
			}
			want := int64(0)
			for _, rec := range book.orders {
				if d := rec.Decision; d.Outcome == rewards.OutcomeRewarded || d.Outcome == rewards.OutcomePending {
					cost, _ := d.Cost("USD")
					want += cost.Minor
				}
			}
			if rep.Program.Figures.Cost != want {
				t.Errorf("cost %d, the book gave %d", rep.Program.Figures.Cost, want)
			}
		})
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
