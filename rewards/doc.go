// Package rewards is the domain of Grapevine: what an order deserves, and why.
//
//	Order (confirmed by the shop) ─▶ Book.Apply ─▶ Judge ─▶ Decision
//	                                     │             ├ candidates: codes, links, bonds, and who won
//	                                     │             ├ checks with evidence, signals of abuse
//	                                     │             └ grants: one for each rule that fits
//	                                     └─▶ settle ─▶ Change: rewards, ledger, jobs, alerts
//	Reward ─▶ Reward.Next ─▶ Action for the shop ─▶ Receipt ─▶ Reward.Record
//	          kept here: given at once, later Use (paid, exchanged, redeemed) or Expire
//
// Nothing here does I/O, reads a clock or draws a random number: time and ids are handed in, so a
// decision can be re-derived from the facts that were stored with it. The package imports the
// standard library, golang.org/x/text and its own leaves (fairness, variant) only; a test watches this.
//
// # Glossary
//
//   - Advocate: the customer who refers. Friend: the shopper who was referred.
//   - Program: one shop's offer with its rules and dates. A program has versions; an order is judged
//     by the version that was valid when it was placed.
//   - Code: the advocate's personal coupon code; the friend buys with it.
//   - Claim: a code or link on an order that belongs to an advocate, or the bond with the advocate of the
//     friend's first order. Several claims, at most one winner.
//   - Rule: one reward that an order which counts brings somebody. Tiers and milestones are rules that are
//     for some numbers of referrals only.
//   - Decision: the verdict on one order, with candidates, checks and their evidence, and its grants.
//   - Grant: what one rule gives for the order. It becomes a reward.
//   - Reward: what a beneficiary gets for one order by one rule. Value is what was earned, net what
//     is left of it after refunds, loss what was spent before it could be taken back.
//   - Review: what a person decided about an order, over the engine's word.
//   - Shadow: a programme that judges beside another and gives nothing.
//   - Unit: what is counted and is no money: points, entries, tickets.
//   - Action: one thing that a connector does in the shop.
package rewards
