package programfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"grapevine/rewards"
)

// The bounds are far above any real file. They keep hostile ones cheap: the YAML library's time grows with
// the square of the nesting (half a minute for 64 KiB of brackets, measured with v1.19.2).
const (
	maxSource   = 16 << 10
	maxBrackets = 256
)

// File is a programme file that was read.
type File struct {
	Program rewards.Program
	// Warnings are what is allowed and probably not meant, by line.
	Warnings Problems

	lines map[string]int    // of each path
	rules map[string]string // the path at which each rule is written
}

// reader collects what is wrong with a file.
type reader struct {
	currency string
	known    bool // the currency is in ISO 4217
	location *time.Location
	problems Problems
	lines    map[string]int
	rules    map[string]string
}

func (r *reader) report(line int, path, format string, args ...any) {
	r.problems = append(r.problems, Problem{Line: line, Path: path, Text: fmt.Sprintf(format, args...)})
}

// note keeps the line of a path.
func (r *reader) note(path string, line int) { r.lines[path] = line }

func (r *reader) blamed(path string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Path == path })
}

// Parse reads a programme file. Amounts are in shopCurrency. Dates are days in location, nil being UTC:
// from begins with its midnight, and until still belongs to the offer, so Program.Until is the midnight
// after it. Version and AppliedAt are left to the caller. What a file leaves out: title is the name, hold
// 14 days, customers new, window 30 days with the last touch, partial refunds proportional, no limits.
//
// The rules are named by where they stand: "advocate", "friend", "advocate-2" for the second of a list,
// "advocate-from-5" for a tier, "milestone-at-5", "milestone-every-10", a group's by its name ("partner",
// "partner-2"), a variant's with its name before ("a-advocate").
//
// Kind Invalid, code bad_program; the error wraps Problems.
func Parse(source []byte, shopCurrency string, location *time.Location) (rewards.Program, error) {
	f, err := Read(source, shopCurrency, location)
	return f.Program, err
}

// Read is Parse for whoever wants to know more of the file: what to warn its owner of, and where things
// stand.
func Read(source []byte, shopCurrency string, location *time.Location) (File, error) {
	r := &reader{currency: shopCurrency, location: location, lines: map[string]int{}, rules: map[string]string{}}
	if location == nil {
		r.location = time.UTC
	}
	if _, r.known = rewards.Exponent(shopCurrency); !r.known {
		r.report(0, "", "the shop's currency %.8q is not in ISO 4217; correct it with grapevine shop update --currency", shopCurrency)
	}
	var p rewards.Program
	if body := r.body(source); body != nil {
		p = r.program(body)
	}
	f := File{Program: p, lines: r.lines, rules: r.rules}
	if len(r.problems) == 0 {
		r.problems = f.check()
	}
	if len(r.problems) > 0 {
		return File{}, r.problems.sorted().Err()
	}
	return f, nil
}

// body returns the one document of the file, nil with a report where there is none.
func (r *reader) body(source []byte) ast.Node {
	if len(source) > maxSource {
		r.report(0, "", "the file has %d bytes; a programme has at most %d", len(source), maxSource)
		return nil
	}
	if n := bytes.Count(source, []byte("[")) + bytes.Count(source, []byte("{")); n > maxBrackets {
		r.report(0, "", "the file has %d brackets; a programme has at most %d", n, maxBrackets)
		return nil
	}
	file, err := parser.ParseBytes(bytes.TrimPrefix(source, []byte("\ufeff")), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, text := 0, err.Error()
		var bad yaml.Error
		if errors.As(err, &bad) {
			text = bad.GetMessage()
			if tok := bad.GetToken(); tok != nil && tok.Position != nil {
				line = tok.Position.Line
			}
		}
		r.report(line, "", "this is not YAML: %s", text)
		return nil
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	switch len(docs) {
	case 0:
		r.report(0, "", "the file is empty; grapevine program templates shows what to write")
		return nil
	case 1:
		return docs[0].Body
	}
	r.report(docs[1].Body.GetToken().Position.Line, "", "a second document begins here; write one programme a file")
	return nil
}

// line finds where a path stands; of one that is not written, where the section is that it would be in.
func (f File) line(path string) int {
	for path != "" {
		if n, ok := f.lines[path]; ok {
			return n
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 1
}

// at makes a problem of what stands at a path.
func (f File) at(path, format string, args ...any) Problem {
	return Problem{Line: f.line(path), Path: path, Text: fmt.Sprintf(format, args...)}
}
