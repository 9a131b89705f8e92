package storage

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// benchBody is as long as a common order, and compresses as such.
func benchBody() []byte {
	var b bytes.Buffer
	for b.Len() < 5900 {
		fmt.Fprintf(&b, `{"id":%d,"title":"Shirt","price":"%d.99","taxable":true,"fulfillment_service":"manual","grams":%d},`, rand.Int64(), rand.IntN(100), rand.IntN(1000))
	}
	return b.Bytes()
}

func eachBench(b *testing.B, f func(b *testing.B, d *DB)) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": testdb.SQLite, "postgres": testdb.Postgres} {
		b.Run(name, func(b *testing.B) {
			d, err := Open(b.Context(), Options{URL: url(b), MasterKeys: []secret.Text{testKey}})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			if _, _, err := d.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			for i := range 20 {
				if _, err := d.AddShop(b.Context(), NewShop{Platform: "shopify", Domain: fmt.Sprintf("s%d.example", i), Currency: "USD"}); err != nil {
					b.Fatal(err)
				}
			}
			f(b, d)
		})
	}
}

// BenchmarkPut stores batches by two committers, as the pipeline does.
func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1, 20, 100} {
		b.Run(fmt.Sprint("batch", size), func(b *testing.B) {
			eachBench(b, func(b *testing.B, d *DB) {
				var n atomic.Int64
				body := benchBody()
				b.SetParallelism(1)
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						ds := make([]connectors.Delivery, size)
						for i := range ds {
							k := n.Add(1)
							ds[i] = delivery(fmt.Sprintf("s%d.example", k%20), int(k))
							ds[i].Body = body
						}
						if _, err := d.Put(context.Background(), ds); err != nil {
							b.Error(err)
						}
					}
				})
				b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "deliveries/s")
			})
		})
	}
}

// BenchmarkWork digests plain orders in batches of 100.
func BenchmarkWork(b *testing.B) {
	eachBench(b, func(b *testing.B, d *DB) {
		ctx, body := context.Background(), benchBody()
		for at := 0; at < b.N*100; at += 100 {
			ds := make([]connectors.Delivery, 100)
			for i := range ds {
				ds[i] = delivery(fmt.Sprintf("s%d.example", i%20), at+i)
				ds[i].Body = body
			}
			if _, err := d.Put(ctx, ds); err != nil {
				b.Fatal(err)
			}
		}
		b.ResetTimer()
		for range b.N {
			_, err := d.Work(ctx, "w", 100, func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
				out := make([]webhooks.Digested, len(events))
				orders := make([]webhooks.ShopOrder, len(events))
				qs := make([]webhooks.OrderQuestion, len(events))
				for i, e := range events {
					id := fmt.Sprint(e.ID)
					qs[i] = webhooks.OrderQuestion{ShopID: e.ShopID, OrderID: id, Codes: []string{"WELCOME"}}
					orders[i] = webhooks.ShopOrder{ShopID: e.ShopID, Order: rewards.Order{ID: id, Currency: "USD", PlacedAt: e.ReceivedAt, UpdatedAt: e.ReceivedAt}}
					out[i] = webhooks.Digested{Status: webhooks.EventDone, OrderID: id}
				}
				if _, err := tx.Concerns(ctx, qs); err != nil {
					return nil, err
				}
				return out, tx.RecordPlain(ctx, orders)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N*100)/b.Elapsed().Seconds(), "events/s")
	})
}
