// Package programfile reads programme files: the YAML in which an owner writes an offer down.
//
//	source ─▶ YAML tree ─▶ sections with known keys ─▶ rules ─▶ rewards.Program, warnings
//	              └──────────────┴───────────────────────┴─ Problems, each with its line and what to write instead
//
//	File.Missing(platform), File.Overlaps(other programmes) ─▶ Problems, when it is applied
//
// Reading is strict: an unknown key, a key twice, an amount that is not exact, or an offer that could pay
// more than an order is worth is refused, and all problems of a file are told at once. Schema describes the
// same files to editors, and docs/programs.md to owners; tests keep them alike.
package programfile
