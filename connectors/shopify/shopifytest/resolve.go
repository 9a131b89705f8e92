package shopifytest

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

//go:embed schema/*.graphql
var schemaFiles embed.FS

// loadSchema reads the schema once for all shops of the process: nothing changes it, and a test makes
// many shops.
var loadSchema = sync.OnceValues(readSchema)

func readSchema() (*ast.Schema, error) {
	entries, err := schemaFiles.ReadDir("schema")
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	var sources []*ast.Source
	for _, e := range entries {
		text, err := schemaFiles.ReadFile("schema/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the schema: %w", err)
		}
		sources = append(sources, &ast.Source{Name: e.Name(), Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		return nil, fmt.Errorf("loading the schema: %w", err)
	}
	return schema, nil
}

// object is a value of an object type. A field is a plain value, an object, a list ([]any), nil, or
// a lazy function of the field's arguments.
type object struct {
	typ    string
	fields map[string]any
}

// lazy is a field that depends on arguments, or that would otherwise be built for nothing (and
// without end: a customer's orders have a customer).
type lazy = func(args map[string]any) (any, error)

// resolver walks a validated operation over objects.
type resolver struct {
	schema *ast.Schema
	vars   map[string]any
	cost   int64 // objects seen
}

// selected is one key of the answer: fields of the same key are merged.
type selected struct {
	key    string
	fields []*ast.Field
}

// collect flattens fragments that apply to a type, in the document's order.
func (r *resolver) collect(typ string, sel ast.SelectionSet, into []selected) []selected {
	for _, s := range sel {
		switch s := s.(type) {
		case *ast.Field:
			if !r.included(s.Directives) {
				continue
			}
			i := slices.IndexFunc(into, func(k selected) bool { return k.key == s.Alias })
			if i < 0 {
				into = append(into, selected{key: s.Alias, fields: []*ast.Field{s}})
			} else {
				into[i].fields = append(into[i].fields, s)
			}
		case *ast.InlineFragment:
			if r.included(s.Directives) && r.applies(typ, s.TypeCondition) {
				into = r.collect(typ, s.SelectionSet, into)
			}
		case *ast.FragmentSpread:
			if r.included(s.Directives) && r.applies(typ, s.Definition.TypeCondition) {
				into = r.collect(typ, s.Definition.SelectionSet, into)
			}
		}
	}
	return into
}

// included obeys @skip and @include.
func (r *resolver) included(ds ast.DirectiveList) bool {
	if d := ds.ForName("skip"); d != nil && d.ArgumentMap(r.vars)["if"] == true {
		return false
	}
	d := ds.ForName("include")
	return d == nil || d.ArgumentMap(r.vars)["if"] == true
}

func (r *resolver) applies(typ, condition string) bool {
	if condition == "" || condition == typ {
		return true
	}
	return slices.ContainsFunc(r.schema.PossibleTypes[condition], func(d *ast.Definition) bool { return d.Name == typ })
}

// object answers a selection of one object, keys in the document's order.
func (r *resolver) object(o *object, sel ast.SelectionSet) (*ordered, error) {
	r.cost++
	out := &ordered{}
	for _, s := range r.collect(o.typ, sel, nil) {
		f := s.fields[0]
		if f.Name == "__typename" {
			out.set(s.key, o.typ)
			continue
		}
		value, ok := o.fields[f.Name]
		if !ok {
			return nil, fmt.Errorf("the simulator has no value for %s.%s", o.typ, f.Name)
		}
		if fn, isLazy := value.(lazy); isLazy {
			var err error
			if value, err = fn(f.ArgumentMap(r.vars)); err != nil {
				return nil, err
			}
		}
		var sub ast.SelectionSet
		for _, field := range s.fields {
			sub = append(sub, field.SelectionSet...)
		}
		answer, err := r.complete(o.typ+"."+f.Name, f.Definition.Type, value, sub)
		if err != nil {
			return nil, err
		}
		out.set(s.key, answer)
	}
	return out, nil
}

// complete checks a value against its type: what the schema promises, the simulator keeps.
func (r *resolver) complete(where string, typ *ast.Type, value any, sel ast.SelectionSet) (any, error) {
	if o, ok := value.(*object); ok && o == nil {
		value = nil
	}
	if value == nil {
		if typ.NonNull {
			return nil, fmt.Errorf("the simulator has null for %s, which is %s", where, typ)
		}
		return nil, nil
	}
	if typ.Elem != nil {
		list, ok := value.([]any)
		if !ok {
			return nil, fmt.Errorf("the simulator has %T for the list %s", value, where)
		}
		out := make([]any, len(list))
		for i, v := range list {
			answer, err := r.complete(where, typ.Elem, v, sel)
			if err != nil {
				return nil, err
			}
			out[i] = answer
		}
		return out, nil
	}
	o, ok := value.(*object)
	if !ok {
		return value, r.checkLeaf(where, typ.NamedType, value)
	}
	if !r.applies(o.typ, typ.NamedType) {
		return nil, fmt.Errorf("the simulator has a %s for %s, which is %s", o.typ, where, typ)
	}
	return r.object(o, sel)
}

// checkLeaf refuses an enum value that the schema does not have. Currencies are open: an order in
// one that nobody knows is a case to test.
func (r *resolver) checkLeaf(where, typ string, value any) error {
	def := r.schema.Types[typ]
	if def.Kind != ast.Enum || typ == "CurrencyCode" {
		if def.IsCompositeType() {
			return fmt.Errorf("the simulator has the plain value %v for %s", value, where)
		}
		return nil
	}
	if name, ok := value.(string); !ok || def.EnumValues.ForName(name) == nil {
		return fmt.Errorf("the simulator has %v for %s, which is no %s", value, where, typ)
	}
	return nil
}

// intArg reads an integer argument, from a literal or from a variable.
func intArg(args map[string]any, name string) (int64, bool) {
	switch v := args[name].(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case float64:
		return int64(v), true
	case interface{ Int64() (int64, error) }:
		n, err := v.Int64()
		return n, err == nil
	}
	return 0, false
}

// stringArg reads a string argument; an absent one and null are "".
func stringArg(args map[string]any, name string) string {
	s, _ := args[name].(string)
	return s
}

// idOf takes the number out of a global id of that kind: gid://shopify/Order/1.
func idOf(kind, gid string) (int64, bool) {
	number, ok := strings.CutPrefix(gid, "gid://shopify/"+kind+"/")
	if !ok {
		return 0, false
	}
	n, err := parseFixed(number, 0)
	return n, err == nil && n > 0
}
