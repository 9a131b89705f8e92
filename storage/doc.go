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
// On PostgreSQL there are pools of connections for the door, the worker and the pages, so that none waits for
// another's, each with time-outs of its own: see pools.go. A time-out in the URL goes for all of them
// (postgres://…?statement_timeout=20000, in milliseconds), and an empty one is not sent at all, for a PgBouncer
// that refuses what it does not know (?statement_timeout=&lock_timeout=&idle_in_transaction_session_timeout=).
// What they end has Kind Unavailable and the setting's name for a code. Commands that may take as long as they
// need go by Patient.
//
// Both databases have the same tables and columns (migrations of equal number). PostgreSQL keeps times
// as timestamptz, SQLite as microseconds since 1970; leases and due times are compared by the
// database's clock.
package storage
