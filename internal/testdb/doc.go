// Package testdb gives tests real databases: fresh SQLite files, and fresh databases on a private
// PostgreSQL that it starts from the installed binaries.
//
//	test process ── first Postgres(tb) ──▶ initdb + postgres, in a private directory
//	     │                                   Unix socket only, no TCP port, never as root
//	     ├── Postgres(tb) ──▶ CREATE DATABASE … dropped when the test ends
//	     └── exits, however ──▶ a warden stops the server and deletes the directory
//
// One server is shared by all tests of a process. A missing PostgreSQL fails the test with the
// command that installs it: a store that was tried on one database only has not been tried.
//
// Inside a testing/synctest bubble call it before the bubble starts: the server outlives the bubble.
package testdb
