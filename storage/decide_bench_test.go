package storage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// BenchmarkDecide judges batches of new referred orders of one shop with 100 advocates, from the jobs that are
// taken to the events that end. It reports the processor time of both sides; with STATEMENTS=1 also what each
// statement costs PostgreSQL.
func BenchmarkDecide(b *testing.B) {
	for _, size := range []int{25, 100} {
		b.Run(fmt.Sprint("batch", size), func(b *testing.B) {
			b.Run("sqlite", func(b *testing.B) { benchDecide(b, testdb.SQLite(b), size) })
			b.Run("postgres", func(b *testing.B) {
				server := testdb.Own(b, testdb.Options{Settings: map[string]string{"shared_preload_libraries": "pg_stat_statements", "shared_buffers": "512MB"}})
				benchDecide(b, server.Database(b), size)
			})
		})
	}
}

func benchDecide(b *testing.B, url string, size int) {
	w := newDecideBench(b, url)
	for at := 0; at < b.N*size; at += size {
		w.no(w.ask(at, size))
	}
	if !w.lite {
		w.no(w.writer.Exec("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").Error)
		w.no(w.writer.Exec("SELECT pg_stat_statements_reset()").Error)
	}
	ours, postgres := processorTime()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		w.no(w.decide(size))
	}
	b.StopTimer()
	orders := float64(b.N * size)
	oursNow, postgresNow := processorTime()
	b.ReportMetric(orders/b.Elapsed().Seconds(), "orders/s")
	b.ReportMetric(float64((oursNow-ours).Microseconds())/orders, "go-µs/order")
	if !w.lite {
		b.ReportMetric(float64((postgresNow-postgres).Microseconds())/orders, "pg-µs/order")
		w.no(w.statements(orders))
	}
	var n int64
	w.no(w.reader.Raw("SELECT count(*) FROM rewards").Scan(&n).Error)
	if n != int64(orders) {
		b.Fatalf("%d rewards for %.0f orders", n, orders)
	}
}

// decideBench is a shop with advocates whose orders are judged.
type decideBench struct {
	*DB
	b     *testing.B
	shop  connectors.Installed
	lane  webhooks.Lane
	codes []string
}

func newDecideBench(b *testing.B, url string) *decideBench {
	ctx, w := b.Context(), &decideBench{b: b}
	var err error
	w.DB, err = Open(ctx, Options{URL: url, MasterKeys: []secret.Text{testKey}})
	w.no(err)
	b.Cleanup(func() { w.no(w.Close()) })
	_, _, err = w.Migrate(ctx)
	w.no(err)
	w.shop, err = w.AddShop(ctx, NewShop{Platform: "shopify", Domain: "s0.example", Currency: "USD", Token: "shpat_canary"})
	w.no(err)
	p := busyProgram()
	p.Hold = 14 * 24 * time.Hour // the reward waits: no job but the confirmation falls due
	_, _, err = w.ApplyProgram(ctx, w.shop.ID, p, "")
	w.no(err)
	for i := range 100 {
		a, _, err := w.CreateAdvocate(ctx, w.shop.ID, rewards.NewAdvocate{CustomerID: fmt.Sprint("c", i), Email: fmt.Sprintf("a%d@example.com", i), FirstName: "Anna"})
		w.no(err)
		w.codes = append(w.codes, a.Code)
	}
	w.lane, err = w.Lease(ctx, "w", time.Hour)
	w.no(err)
	w.no(w.write(ctx, "clearing", func(x *txn) error { _, err := x.exec("DELETE FROM jobs"); return err }))
	return w
}

func (w *decideBench) no(err error) {
	w.b.Helper()
	if err != nil {
		w.b.Fatal(err)
	}
}

// order is that of a new friend, from a place of her own.
func (w *decideBench) order(n int) rewards.Order {
	r := &referred{shop: w.shop}
	r.advocate.Code = w.codes[n%len(w.codes)]
	o := r.order(strconv.Itoa(n))
	o.Trail.IP = fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff)
	return o
}

// ask stores webhooks of orders and has the orders confirmed.
func (w *decideBench) ask(at, size int) error {
	ctx, ds := context.Background(), make([]connectors.Delivery, size)
	for i := range ds {
		ds[i] = delivery(w.shop.Domain, at+i)
	}
	if _, err := w.Put(ctx, ds); err != nil {
		return err
	}
	_, err := w.Work(ctx, "w", size, func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		out := make([]webhooks.Digested, len(events))
		jobs, orders := make([]webhooks.ShopJob, len(events)), make([]webhooks.ShopOrder, len(events))
		for i := range events {
			o := w.order(at + i)
			out[i] = webhooks.Digested{Status: webhooks.EventConfirming, OrderID: o.ID, CustomerID: o.Customer.ID}
			jobs[i] = webhooks.ShopJob{ShopID: w.shop.ID, JobRequest: rewards.JobRequest{Kind: rewards.JobConfirm, Subject: o.ID}}
			orders[i] = webhooks.ShopOrder{ShopID: w.shop.ID, Order: o}
		}
		if err := tx.Trace(ctx, orders); err != nil {
			return nil, err
		}
		return out, tx.Enqueue(ctx, jobs)
	})
	return err
}

// decide takes a batch of jobs and has their orders judged, as a lane does.
func (w *decideBench) decide(size int) error {
	ctx := context.Background()
	jobs, err := w.Begin(ctx, w.lane, size)
	if err != nil {
		return err
	}
	batch := make([]webhooks.Confirmed, len(jobs))
	for i, j := range jobs {
		n, _ := strconv.Atoi(j.Subject)
		batch[i] = webhooks.Confirmed{Job: j, Order: w.order(n)}
	}
	return w.Decide(ctx, w.lane, batch)
}

func (w *decideBench) statements(orders float64) error {
	if os.Getenv("STATEMENTS") == "" {
		return nil
	}
	var rows []struct {
		Ms    float64
		Calls int64
		Query string
	}
	err := w.reader.Raw(`SELECT total_exec_time AS ms, calls, query FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY total_exec_time DESC`).Scan(&rows).Error
	for _, r := range rows {
		fmt.Fprintf(os.Stderr, "%7.1f µs an order %6d calls  %.160s\n", r.Ms*1000/orders, r.Calls, strings.Join(strings.Fields(r.Query), " "))
	}
	return err
}

// processorTime is what this process has used, and all PostgreSQL processes below it.
func processorTime() (ours, postgres time.Duration) {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) == nil {
		ours = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	parents, used := map[string]string{}, map[string]time.Duration{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		text, _ := os.ReadFile(path)
		head, rest, _ := strings.Cut(string(text), ") ")
		pid, name, _ := strings.Cut(head, " (")
		fields := strings.Fields(rest)
		if len(fields) < 13 {
			continue // it ended meanwhile
		}
		parents[pid] = fields[1]
		for _, field := range fields[11:13] { // proc(5): utime and stime, in hundredths of a second
			if n, _ := strconv.Atoi(field); name == "postgres" {
				used[pid] += time.Duration(n) * 10 * time.Millisecond
			}
		}
	}
	self := strconv.Itoa(os.Getpid())
	for pid, t := range used {
		for up := pid; up != "" && up != "1"; up = parents[up] {
			if up == self {
				postgres += t
				break
			}
		}
	}
	return ours, postgres
}
