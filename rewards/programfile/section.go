package programfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// keys lists what may stand in each section.
var keys = map[string][]string{
	"":                {"program", "title", "from", "until", "friend", "advocate", "qualify", "attribution", "hold", "partial_refund", "limits"},
	"friend":          {"discount"},
	"friend.discount": {"percent", "amount", "free_shipping", "minimum", "once_per_customer"},
	"advocate":        {"reward"},
	"advocate.reward": {"kind", "amount", "percent", "free_shipping", "minimum", "expires"},
	"qualify":         {"customers", "minimum"},
	"attribution":     {"window", "touch"},
	"limits":          {"per_advocate", "per_advocate_period", "budget"},
}

// section is a mapping of the file with its known keys.
type section struct {
	r      *reader
	path   string
	line   int
	fields map[string]ast.Node
	lines  map[string]int
}

// section reads a mapping and reports keys that are unknown or come twice. What is no mapping is reported
// and gives an unreadable section.
func (r *reader) section(node ast.Node, path string, line int) section {
	s := section{r: r, path: path, line: line}
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		r.report(line, path, "%s; write keys and values: %s", describe(node), strings.Join(keys[path], ", "))
		return s
	}
	s.fields, s.lines = map[string]ast.Node{}, map[string]int{}
	for _, pair := range mapping.Values {
		at := pair.Key.GetToken().Position.Line
		key, ok := pair.Key.(*ast.StringNode)
		switch {
		case !ok:
			r.report(at, path, "%q is no key; the keys here: %s", pair.Key.GetToken().Value, strings.Join(keys[path], ", "))
		case !slices.Contains(keys[path], key.Value):
			r.report(at, path, "unknown key %.40q; the keys here: %s", key.Value, strings.Join(keys[path], ", "))
		case s.has(key.Value):
			r.report(at, join(path, key.Value), "stands here for the second time, first on line %d; delete one", s.lines[key.Value])
		default:
			s.fields[key.Value], s.lines[key.Value] = pair.Value, at
		}
	}
	return s
}

// sub reads the section below a key; an absent one is empty. required reports its absence.
func (s section) sub(key string, required bool) section {
	if s.has(key) {
		return s.r.section(s.fields[key], join(s.path, key), s.lines[key])
	}
	if required {
		s.missing(key)
	}
	return section{r: s.r, path: join(s.path, key), line: s.line}
}

// unreadable tells that there is nothing to look into, which was reported or is allowed.
func (s section) unreadable() bool { return s.fields == nil }

func (s section) has(key string) bool { return s.fields[key] != nil }

// those returns those of these keys that are there, in this order.
func (s section) those(names ...string) []string {
	return slices.DeleteFunc(names, func(k string) bool { return !s.has(k) })
}

func (s section) missing(key string) {
	s.r.report(s.line, s.path, "%q is missing; %s", key, hints[join(s.path, key)])
}

// hints says what to write where something mandatory is missing.
var hints = map[string]string{
	"program":              "give the programme a name: program: give10get10",
	"friend":               `write what the friend gets: friend: {discount: {percent: "10"}}`,
	"friend.discount":      `write what the friend gets: discount: {percent: "10"}`,
	"advocate":             `write what the advocate gets: advocate: {reward: {kind: store_credit, amount: "10.00"}}`,
	"advocate.reward":      `write what the advocate gets: reward: {kind: store_credit, amount: "10.00"}`,
	"advocate.reward.kind": "write kind: store_credit or kind: discount_code",
}

// problem reports something about one key of the section.
func (s section) problem(key, format string, args ...any) {
	line, path := s.lines[key], join(s.path, key)
	if line == 0 {
		line = s.line
	}
	s.r.report(line, path, format, args...)
}

// scalar returns the text of a plain or quoted value, exactly as written: a number is not turned into a
// floating one on the way. quoted tells a string from what YAML would take for a number.
func (s section) scalar(key string) (text string, quoted, ok bool) {
	switch n := s.fields[key].(type) {
	case nil:
		return "", false, false
	case *ast.StringNode:
		return n.Value, true, true
	case *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value, false, true
	default:
		s.problem(key, "%s; write one value", describe(n))
		return "", false, false
	}
}

// describe tells a person what stands where something else was expected.
func describe(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "nothing stands here"
	case *ast.MappingNode:
		return "keys and values stand here"
	case *ast.SequenceNode:
		return "a list stands here"
	case *ast.BoolNode:
		return "true or false stands here"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		return "anchors, aliases and tags are not read"
	}
	return fmt.Sprintf("%.40q stands here", n.GetToken().Value)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
