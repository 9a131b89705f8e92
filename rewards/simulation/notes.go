package simulation

import "fmt"

// notes say what the figures rest on and what a run cannot know.
func (r *Run) notes(rep Report) []Note {
	notes := []Note{{"past_offer", "These people bought under the offer of their day. Another offer would have brought other orders: " +
		"the figures say what these rules would have made of these orders, not what they would have brought."}}
	add := func(code, format string, args ...any) {
		notes = append(notes, Note{code, fmt.Sprintf(format, args...)})
	}
	if rep.Program.Figures.Discount+rep.Program.Figures.LostDiscount > 0 {
		add("past_discount", "Friends' discounts are those that were really given, whatever the programme's own discount is.")
	}
	for _, s := range r.sides {
		if s.always {
			add("dates_set_aside", "The dates of %s lie outside the period: they were set aside, and it was judged as if it had run all the time.", s.p.Name)
		}
	}
	if rep.Orders.Assumed > 0 {
		add("earlier_orders_counted", "For %d orders the shop did not tell how many the buyer had placed before: those stored here were counted.", rep.Orders.Assumed)
	}
	if rep.Checks.Orders > 0 {
		add("imported_unchecked", "%d referred orders were imported: %d rules of fairness could not be asked about them.", rep.Checks.Orders, len(rep.Checks.Rules))
	}
	if rep.Orders.Undated > 0 {
		add("undated", "%d orders were left out: nobody knows when they were placed.", rep.Orders.Undated)
	}
	if r.all.foreign > 0 {
		add("other_currency", "%d orders in other currencies are not part of the revenue.", r.all.foreign)
	}
	if n := rep.Program.Figures.Unpriced; n > 0 {
		add("unpriced", "%d rewards have no amount, such as a percentage off the next order: what they will cost is in no figure.", n)
	}
	return notes
}
