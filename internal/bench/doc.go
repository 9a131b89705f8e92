// Command bench measures what this machine can do with Grapevine: `make bench`.
//
//	bench ──▶ load over loopback ──▶ child process: the service   ──▶ PostgreSQL (private, fsync on)
//	  │        (this process)         (the real door and worker)    ╰▶ SQLite (WAL, synchronous FULL)
//	  ├─────▶ pgbench: bare inserts of the same body, the yardstick
//	  └─────▶ grapevine serve: memory, time to ready, size
//
// Everything runs on one machine, so load, service and database share its cores. Each round takes all
// measurements one after the other, and ratios are made within a round: what else the machine did
// meanwhile then falls on both sides. docs/performance.md tells how to read the figures.
package main
