package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/simulation"
)

// BenchmarkSimulation judges orders of which one in twelve carries a code; a round is one order.
func BenchmarkSimulation(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	p := anyProgram(r)
	const n = 20_000
	orders := make([]simulation.Order, n)
	for i := range orders {
		o := placed(fmt.Sprint(i), dayZero.Add(time.Duration(i)*time.Minute), fmt.Sprint("f", r.IntN(n*6/10)), "")
		if r.IntN(12) == 0 {
			o.Codes = []rewards.AppliedCode{{Code: fmt.Sprint("CODE-", r.IntN(400)), TookOff: usd(500)}}
		}
		orders[i] = imported(o)
	}
	b.ReportAllocs()
	for done := 0; done < b.N; done += n {
		run, err := simulation.New(simulation.Options{To: dayZero.AddDate(1, 0, 0), Codes: codes(400)}, p, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, o := range orders[:min(n, b.N-done)] {
			if err := run.Order(o); err != nil {
				b.Fatal(err)
			}
		}
		run.Report(0)
	}
}
