// Command chaos runs the built program as processes on a PostgreSQL of its own, lets everything go wrong that
// a plan says, then nothing more, and looks whether all came right: `make chaos`.
//
//	seed ─▶ plan ─▶ workload ─▶ simulated shops ─ webhooks ─▶ post ─▶ grapevine serve … (1 to 3 processes)
//	          │                      ▲ what they hold                  │          │
//	          │                      └────── toxiproxy ◀── calls ──────┘          ▼
//	          ├─▶ faults: kill -9, SIGSTOP, SIGTERM, clock        toxiproxy ─▶ relay ─▶ PostgreSQL (fsync on,
//	          │           shop, network, database, disk                                a Unix socket alone)
//	          └─▶ model: what the same workload gives without a fault
//
//	then: faults off ─▶ settle ─▶ fsck ─▶ compare with the shops, the model, the post's own list
//	                    ─▶ everything once more ─▶ nothing changed ─▶ SIGTERM ─▶ search the logs
//
// A seed decides the whole plan: shops, people, orders, refunds, how each webhook travels, which process dies
// when or at which named point (see internal/fault). The plan is the same whenever it is drawn; what the
// processes do between two of its moments is up to the machine, so a failure may need several runs to come
// again. docs/chaos.md tells how to read one.
//
// The names I1, I2 … are those of the invariants that `grapevine fsck` prints too.
package main
