// Package e2e drives the built program as an operator and a shop would: by processes, signals, the
// command line and HTTP, on PostgreSQL and on SQLite, against simulated shops. It holds tests only.
//
//	test ── go build ──▶ grapevine serve ◀── webhooks ── shopifytest.Server
//	  │                    │  ▲                             ▲
//	  ├── command line ────┘  └── API, health, metrics      │
//	  └── kill -9, SIGTERM, a database that is away ────────┘ what the shop really holds
//
// Every test looks at both sides: what the books say by API, and what the shop holds by its own state.
// The log of every server is searched for secrets and addresses of people when its test ends.
package e2e
