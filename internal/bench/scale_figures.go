package main

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"time"

	"grapevine/rewards"
)

// figuresAsked is how often each question is asked.
const figuresAsked = 101

// askFigures is a child that brings the daily figures up to date, which is not measured, and asks the dashboard's
// questions as `stats --quick` does. Its outcome is the median wait for each.
func askFigures(w *world) error {
	ctx := context.Background()
	for n := 1; n > 0; {
		var err error
		if n, err = w.db.RollUp(ctx); err != nil {
			return err
		}
	}
	shops, err := w.db.Shops(ctx)
	if err != nil {
		return err
	}
	today := rewards.DateOf(time.Now())
	var out outcome
	for _, f := range []rewards.FigureFilter{
		{From: today, To: today}, {}, {By: rewards.ByDay}, {By: rewards.ByProgram}, {From: today.Add(-364), To: today, By: rewards.ByMonth}, {From: today.Add(-364), To: today, By: rewards.ByDay},
	} {
		f.Quick = true
		var took []float64
		for range figuresAsked {
			begun := time.Now()
			if _, err := w.db.Figures(ctx, shops[0].ID, f); err != nil {
				return err
			}
			took = append(took, float64(time.Since(begun).Microseconds())/1000)
		}
		slices.Sort(took)
		out.Waits = append(out.Waits, quantile(took, 0.5))
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
