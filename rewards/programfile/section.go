package programfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// section is a mapping of the file with its known keys.
type section struct {
	r      *reader
	path   string // as people read it: "advocate.tiers[2].reward"
	shape  string // what may stand in it, see keys
	line   int
	order  []string // its keys as they come
	fields map[string]ast.Node
	lines  map[string]int
}

// section reads a mapping and reports keys that are unknown or come twice. What is no mapping is reported
// and gives an unreadable section.
func (r *reader) section(node ast.Node, path, shape string, line int) section {
	s := section{r: r, path: path, shape: shape, line: line}
	r.note(path, line)
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		r.report(line, path, "%s; write keys and values: %s", describe(node), s.known())
		return s
	}
	s.fields, s.lines = map[string]ast.Node{}, map[string]int{}
	for _, pair := range mapping.Values {
		at := pair.Key.GetToken().Position.Line
		key, ok := pair.Key.(*ast.StringNode)
		switch {
		case !ok:
			r.report(at, path, "%q is no key; the keys here: %s", pair.Key.GetToken().Value, s.known())
		case keys[shape] == nil && !labelPattern.MatchString(key.Value):
			r.report(at, path, "%.40q is no name; write lower-case letters, digits and -, at most 32", key.Value)
		case keys[shape] != nil && !slices.Contains(keys[shape], key.Value):
			r.report(at, path, "unknown key %.40q; %s", key.Value, cmp.Or(hints[shape+"."+key.Value], "the keys here: "+s.known()))
		case s.has(key.Value):
			r.report(at, join(path, key.Value), "stands here for the second time, first on line %d; delete one", s.lines[key.Value])
		default:
			s.order = append(s.order, key.Value)
			s.fields[key.Value], s.lines[key.Value] = pair.Value, at
			r.note(join(path, key.Value), at)
		}
	}
	return s
}

// known lists the keys that a section may have, for people.
func (s section) known() string {
	if keys[s.shape] == nil {
		return "names of your own"
	}
	return strings.Join(keys[s.shape], ", ")
}

// sub reads the section below a key; an absent one is empty.
func (s section) sub(key, shape string) section {
	if s.has(key) {
		return s.r.section(s.fields[key], join(s.path, key), shape, s.lines[key])
	}
	return section{r: s.r, path: join(s.path, key), shape: shape, line: s.line}
}

// subs reads a list of sections, at most so many.
func (s section) subs(key, shape string, most int) []section {
	var all []section
	for i, x := range s.list(key, most) {
		all = append(all, s.r.section(x, fmt.Sprintf("%s[%d]", join(s.path, key), i+1), shape, lineOf(x)))
	}
	return all
}

// list returns the values of a list, at most so many. An absent one is empty, and one that is there is not.
func (s section) list(key string, most int) []ast.Node {
	if !s.has(key) {
		return nil
	}
	n, ok := s.fields[key].(*ast.SequenceNode)
	switch {
	case !ok:
		s.problem(key, "%s; write a list: [a, b], or lines that begin with -", describe(s.fields[key]))
		return nil
	case len(n.Values) == 0:
		s.problem(key, "the list is empty; leave it out, or write something into it")
	case len(n.Values) > most:
		s.problem(key, "the list has %d entries; write at most %d", len(n.Values), most)
		return nil
	}
	return n.Values
}

// lineOf is where a value begins. The token of a mapping is its first colon, which may stand further down.
func lineOf(n ast.Node) int {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return m.Values[0].Key.GetToken().Position.Line
	}
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// unreadable tells that there is nothing to look into, which was reported or is allowed.
func (s section) unreadable() bool { return s.fields == nil }

func (s section) has(key string) bool { return s.fields[key] != nil }

// those returns those of these keys that are there, in this order.
func (s section) those(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(k string) bool { return !s.has(k) })
}

// need reports which of these keys are missing, and tells whether all are there.
func (s section) need(names ...string) bool {
	all := true
	for _, key := range names {
		if !s.has(key) {
			s.r.report(s.line, s.path, "%q is missing; %s", key, hints[s.shape+"."+key])
			all = false
		}
	}
	return all
}

// needOne reports a section that has none of these keys. One without any key at all has none.
func (s section) needOne(names ...string) bool {
	if s.unreadable() || len(s.those(names...)) > 0 {
		return true
	}
	s.r.report(s.line, s.path, "this gives nothing; %s", hints[s.shape+"."])
	return false
}

// only reports a second one of keys that exclude each other.
func (s section) only(names ...string) {
	if given := s.those(names...); len(given) > 1 {
		s.problem(given[1], "stands beside %s; keep one of them", given[0])
	}
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
	n := s.fields[key]
	if n == nil {
		return "", false, false
	}
	text, quoted, ok = scalar(n)
	if !ok {
		s.problem(key, "%s; write one value", describe(n))
	}
	return text, quoted, ok
}

func scalar(n ast.Node) (text string, quoted, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true, true
	case *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value, false, true
	}
	return "", false, false
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
