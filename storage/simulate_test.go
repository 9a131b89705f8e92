package storage

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"grapevine/internal/bench/history"
	"grapevine/rewards"
	"grapevine/rewards/simulation"
)

// pastOf writes a generated past into a store and returns its shop.
func (s *store) pastOf(p history.Plan) string {
	s.t.Helper()
	shop := s.shop()
	_, _, err := s.ApplyProgram(s.ctx, shop.ID, history.Program(), "program: give10")
	s.no(err)
	s.no(s.write(s.ctx, "writing people", func(x *txn) error {
		people := table{cols: "id text, customer_id text, email_key text, code text, since timestamptz"}
		for _, a := range p.People() {
			people.add(a.ID, a.CustomerID, a.EmailKey, a.Code, a.Since)
		}
		if _, err := x.execAll(people, "INSERT INTO advocates (shop_id, id, customer_id, email_key, status, created_at) SELECT ?, v.id, v.customer_id, v.email_key, 'active', v.since FROM v", shop.ID); err != nil {
			return err
		}
		_, err := x.execAll(people, "INSERT INTO codes (shop_id, folded, code, advocate_id, program, status, created_at) SELECT ?, v.code, v.code, v.id, 'give10', 'active', v.since FROM v", shop.ID)
		return err
	}))
	var batch []orderRecord
	flush := func() {
		s.no(s.write(s.ctx, "writing orders", func(x *txn) error { return x.fill(batch) }))
		batch = batch[:0]
	}
	s.no(p.Each(func(rec rewards.Record) error {
		if batch = append(batch, orderRecord{shop.ID, rec}); len(batch) == 1000 {
			flush()
		}
		return nil
	}))
	flush()
	return shop.ID
}

// fill stores orders in an empty shop. On SQLite that goes row by row, which is faster there by far than
// statements of hundreds of parameters.
func (x *txn) fill(orders []orderRecord) error {
	if !x.d.lite {
		return x.saveOrders(orders, always)
	}
	names, _ := columns(orderCols)
	insert, err := x.Statement.ConnPool.PrepareContext(x.Statement.Context, "INSERT INTO orders ("+strings.Join(names, ", ")+") VALUES (?"+strings.Repeat(", ?", len(names)-1)+")")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, o := range orders {
		values, err := o.values()
		if err != nil {
			return err
		}
		if _, err := insert.ExecContext(x.Statement.Context, x.args(values)...); err != nil {
			return err
		}
	}
	return nil
}

// simulated runs a programme over a shop's past, from its stored rows.
func (s *store) simulated(shopID string, p rewards.Program, compare *rewards.Program) string {
	s.t.Helper()
	codes, err := s.CodesOf(s.ctx, shopID)
	s.no(err)
	past, err := s.Past(s.ctx, shopID)
	s.no(err)
	opts := simulation.Options{To: past.Last.Add(time.Second), Codes: codes}
	run, err := simulation.New(opts, p, compare)
	s.no(err)
	s.no(s.PastOrders(s.ctx, shopID, PastQuery{To: opts.To, Codes: codes, Everything: run.Everything()}, func(batch []simulation.Order) error {
		for _, o := range batch {
			if err := run.Order(o); err != nil {
				return err
			}
		}
		return nil
	}))
	text, err := json.Marshal(run.Report(past.Undated))
	s.no(err)
	return string(text)
}

// TestAPastFromItsRows simulates five thousand orders from memory and from either database: the reports
// are equal, byte for byte.
func TestAPastFromItsRows(t *testing.T) {
	plan := history.Plan{Seed: 3, Orders: 5_000}
	p := history.Program()
	p.Rules[0].Reward.Amount = rewards.Money{Minor: 1200, Currency: "USD"}
	p.Qualify.Minimum = rewards.Money{Minor: 4000, Currency: "USD"}
	was := history.Program()
	eachStore(t, func(t *testing.T, s *store) {
		shopID := s.pastOf(plan)
		codes, err := s.CodesOf(s.ctx, shopID)
		s.no(err)
		if len(codes) != len(plan.People()) {
			t.Fatalf("%d codes of %d people", len(codes), len(plan.People()))
		}
		past, err := s.Past(s.ctx, shopID)
		s.no(err)
		if past.Orders != int64(plan.Orders) || past.Undated != 0 {
			t.Fatalf("%+v", past)
		}
		run, err := simulation.New(simulation.Options{To: past.Last.Add(time.Second), Codes: codes}, p, &was)
		s.no(err)
		s.no(plan.Each(func(rec rewards.Record) error {
			o := rec.Facts.Order
			return run.Order(simulation.Order{
				PlacedAt: o.PlacedAt, Customer: simulation.KeyOf(o.Customer.ID), Email: simulation.KeyOf(o.Customer.EmailKey),
				Test: o.Test, Gone: o.Status() == "cancelled", Left: rec.Eligible.Left, Record: &rec,
			})
		}))
		want, err := json.Marshal(run.Report(0))
		s.no(err)
		if got := s.simulated(shopID, p, &was); got != string(want) {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Errorf("the reports part at\n%.200s, from memory\n%.200s", got[i:], want[i:])
		}
		if rep := run.Report(0); rep.Live.Judged < 100 || rep.Live.Same*100 < rep.Live.Judged*95 || rep.Program.Figures.Referrals < 125 {
			t.Errorf("%d of %d live decisions came out the same, %d referrals", rep.Live.Same, rep.Live.Judged, rep.Program.Figures.Referrals)
		}
	})
}

func TestPastOrdersEnd(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shopID := s.pastOf(history.Plan{Seed: 5, Orders: 1200})
		stop := errors.New("enough")
		err := s.PastOrders(s.ctx, shopID, PastQuery{To: history.End}, func([]simulation.Order) error { return stop })
		if !errors.Is(err, stop) {
			t.Errorf("stopped with %v", err)
		}
		n, with := 0, 0
		from := history.Begin.AddDate(2, 0, 0)
		s.no(s.PastOrders(s.ctx, shopID, PastQuery{From: from, To: history.End, Everything: true}, func(batch []simulation.Order) error {
			for _, o := range batch {
				if n++; o.Record != nil {
					with++
				}
				if (o.Record != nil) == o.PlacedAt.Before(from) {
					t.Errorf("an order of %s comes with its record: %v", o.PlacedAt, o.Record != nil)
				}
			}
			return nil
		}))
		if n != 1200 || with == 0 {
			t.Errorf("%d orders, %d with records", n, with)
		}
	})
}

func TestCodesAreFoundWithoutDecoding(t *testing.T) {
	t.Parallel()
	all := map[string]simulation.Code{"ANNA-1": {}, "BEN-2": {}}
	q := PastQuery{Codes: all}
	code := func(codes ...string) (o rewards.Order) {
		for _, c := range codes {
			o.Codes = append(o.Codes, rewards.AppliedCode{Code: c})
		}
		return o
	}
	for name, tc := range map[string]struct {
		order rewards.Order
		want  bool
	}{
		"no code at all":                 {order: rewards.Order{ID: "1"}},
		"a code of the shop's own":       {order: code("SUMMER10")},
		"one of ours":                    {order: code("anna-1"), want: true},
		"one of ours behind others":      {order: code("SUMMER10", `odd"]}code":"`, " ben-2"), want: true},
		"a name that looks like a list":  {order: rewards.Order{Name: `"codes":[{"code":"ANNA-1"}]`}},
		"full-width letters":             {order: code("ＡＮＮＡ-1"), want: true},
		"escapes":                        {order: code("<anna-1>")},
		"a link":                         {order: rewards.Order{Touches: []rewards.Touch{{Code: "ANNA-1"}}}, want: true},
		"a link of another app":          {order: rewards.Order{Touches: []rewards.Touch{{Code: "X-1"}}}},
		"a line whose id is like a code": {order: rewards.Order{Lines: []rewards.Line{{ID: "ANNA-1"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(rewards.Record{Facts: rewards.Facts{Order: tc.order}})
			if err != nil {
				t.Fatal(err)
			}
			if got := q.ours(text); got != tc.want {
				t.Errorf("found %v in %s", got, text)
			}
		})
	}
	if cut := strings.TrimSuffix(`{"codes":[{"code":"ANNA`, ""); !q.ours([]byte(cut)) {
		t.Error("a record that is cut off is to be decoded, and complained of")
	}
}
