// Package rewards is the domain of Grapevine: what an order deserves, and why.
//
//	Order (confirmed by the shop) ─▶ Book.Apply ─▶ Judge ─▶ Decision
//	                                     │             └ candidates, checks, evidence
//	                                     └─▶ settle ─▶ Change: rewards, ledger, jobs
//	Reward ─▶ Reward.Next ─▶ Action for the shop ─▶ Receipt ─▶ Reward.Issued, …
//
// Nothing here does I/O, reads a clock or draws a random number: time and ids are handed in, so a
// decision can be re-derived from the facts that were stored with it. The package imports the
// standard library and golang.org/x/text only (a test watches this).
//
// # Glossary
//
//   - Advocate: the customer who refers. Friend: the shopper who was referred.
//   - Program: one shop's offer with its rules and dates. A program has versions; an order is judged
//     by the version that was valid when it was placed.
//   - Code: the advocate's personal coupon code; the friend buys with it.
//   - Claim: a code on an order that belongs to an advocate. Several claims, at most one winner.
//   - Decision: the verdict on one order, with candidates, checks and their evidence.
//   - Reward: what a beneficiary gets for one order by one rule. Value is what was earned, net what
//     is left of it after refunds, loss what was spent before it could be taken back.
//   - Action: one thing that a connector does in the shop.
package rewards
