// Package programfile reads programme files: the YAML in which an owner writes an offer down.
//
//	source ─▶ YAML tree ─▶ sections with known keys ─▶ rewards.Program
//	              └──────────────┴─ Problems, each with its line and what to write instead
//
// Reading is strict: an unknown key, a key twice, an amount that is not exact, or an offer that cannot be
// carried is refused, and all problems of a file are told at once. Schema describes the same files to
// editors; a test keeps the two alike.
package programfile
