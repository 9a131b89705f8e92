// Package house holds the tests that keep the code base in order. It has no code of its own, only
// tests that read the source of all others:
//
//   - imports_test.go: who may import whom (the table is the rule)
//   - comments_test.go: every package and every exported name says what it is for
//   - size_test.go: files and functions stay short enough to read at once
//   - links_test.go: links in the Markdown pages lead somewhere
//
// A failure names the place and the reason. Where a rule stands in the way, discuss the rule and
// change it here, in the open, with the reason in the commit.
package house
