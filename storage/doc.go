// Package storage keeps Grapevine's state in SQLite or PostgreSQL. It is the only package that knows
// GORM, and it fulfils the interfaces that the pipeline declares.
//
//	webhooks ─ Inbox.Put ─▶ events ─ Inbox.Work ─▶ orders (plain) · jobs (confirm)
//	                                                        │
//	             Lanes.Lease, Begin ◀── lanes ◀─────────────┘
//	                     │
//	             Work.Decide ─▶ orders · rewards · reward_history · ledger · jobs (fulfil)
//	             Work.Step   ─▶ rewards · ledger
//
// Everything that belongs together is written in one transaction. Who writes for a shop locks its lane
// first, and with it the right to change its orders, rewards, offers and jobs: two writers wait for each
// other there and not in a circle. Who writes for several shops locks their lanes in order. A closure
// that meets a deadlock or a serialisation failure all the same is run again.
//
// Shops of a group share the budget of their programmes: its row is locked last, behind the lane and the
// offers of the shop at hand. Who changes what a group consists of locks its row first, which nobody else
// does, and then the lanes of all its shops; who links people of different shops locks those lanes too.
//
// Both databases have the same tables and columns (migrations of equal number). PostgreSQL keeps times
// as timestamptz, SQLite as microseconds since 1970; leases and due times are compared by the
// database's clock.
package storage
