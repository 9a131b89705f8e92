// Package dst is deterministic simulation testing: the whole program in one process and one bubble of
// testing/synctest, with simulated shops on its other side and everything going wrong that a seed decides.
//
//	script, staff ──▶ shops (shopifytest) ──▶ letters ──┐ lost, late, twice, out of order
//	                      ▲                             ▼
//	line: 429, 503,       │           process a1, a2 …, b1 …: web ▸ gate ▸ pipeline ▸ connector
//	answers lost, cut off └───────────────  │  crash, stop, deploy, clock
//	                                        ▼
//	ports: refused, rolled back, called a failure ▸ storage ▸ one real SQLite file ◀── eye
//
// Whoever does something that others could see parks on the bus first (each call of the store, the moments
// inside its transactions that internal/fault names, both ends of each call to a shop, each delivery). The root
// waits until all are parked, asleep or gone, and lets one go on, chosen by the seed: the same seed is the same
// run, to the nanosecond.
//
// A run has three phases: faults; no faults until nothing is left to do; then all is compared: the books in
// themselves (fsck), with the senders' list of what was answered 2xx, with what the shops hold, with a model,
// and with themselves after everything was heard once more. See docs/simulation.md.
package dst
