// Package simulation tells what a programme would have done to orders that were placed before.
//
//	stored orders, oldest first ─▶ Run.Order ─┬▶ known customers
//	                                          ╰▶ claims ─▶ rewards.Judge ─▶ sums ─▶ Report
//	                                             (once for each programme)       ╰▶ rows
//
// Every order that carries a code or link of the shop's is judged as if the programme had been there when it
// was placed, imported orders too. What a live shop would know at that moment is kept along the way:
// earlier orders of the buyer, the advocate's referrals, tiers and milestones, what is left of caps and the
// budget. Holds are judged at the end of the period.
//
// A past is not a future: the people in it answered another offer. Report.Notes says what a run could not
// know. Nothing here does I/O, reads a clock or draws a random number: the same orders and programmes give
// the same report, byte for byte. The package imports the standard library and the domain only.
package simulation
