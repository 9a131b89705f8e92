package shopifytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// request is the body of a GraphQL call.
type request struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
	OperationName string         `json:"operationName"`

	doc *ast.QueryDocument
	op  *ast.OperationDefinition
}

// parse reads the document and picks the operation; what is wrong with it comes back as errors.
func (s *Shop) parse(req *request) []any {
	doc, err := parser.ParseQuery(&ast.Source{Input: req.Query})
	if err != nil {
		return gqlErrors("", err)
	}
	req.doc = doc
	if req.op = doc.Operations.ForName(req.OperationName); req.op == nil && len(doc.Operations) == 1 && req.OperationName == "" {
		req.op = doc.Operations[0]
	}
	if errs := validator.ValidateWithRules(s.schema, doc, rules.NewDefaultRules()); len(errs) > 0 {
		return gqlErrors("", errs)
	}
	if req.op == nil {
		return gqlErrors("", fmt.Errorf("no operation named %q", req.OperationName))
	}
	vars, err := validator.VariableValues(s.schema, req.op, req.Variables)
	if err != nil {
		return gqlErrors("INVALID_VARIABLE", err)
	}
	req.Variables = vars
	return nil
}

// operation is the name by which faults and the record know a call.
func (r *request) operation() string {
	if r.op == nil {
		return r.OperationName
	}
	return r.op.Name
}

func (r *request) isMutation() bool { return r.op != nil && r.op.Operation == ast.Mutation }

// fields are the names of the root fields.
func (r *request) fields() []string {
	var names []string
	if r.op != nil {
		for _, sel := range r.op.SelectionSet {
			if f, ok := sel.(*ast.Field); ok {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// execute answers a parsed request on the live state, or on an earlier one; refuse, where given, is
// put in the place of a mutation's own answer. It tells whether anything was executed. The caller
// holds the lock.
func (s *Shop) execute(req *request, st *State, refuse *Fault) (body any, ran bool) {
	s.settle()
	root := "QueryRoot"
	if req.isMutation() {
		root = "Mutation"
	}
	requested := requestedCost(req.op.SelectionSet, req.Variables)
	if requested > maxCost {
		message := fmt.Sprintf("Query cost is %d, which exceeds the single query max cost limit (%d).", requested, maxCost)
		return failed(s.costExtension(requested, -1), errorEntry(message, "MAX_COST_EXCEEDED")), false
	}
	if s.throttled(requested) {
		return failed(s.costExtension(requested, -1), errorEntry("Throttled", "THROTTLED")), false
	}
	r := &resolver{schema: s.schema, vars: req.Variables}
	data, err := s.roots(r, root, req, st, refuse)
	actual := min(requested, max(r.cost, 1))
	if req.isMutation() {
		actual = requested
	}
	s.bucket.available -= actual
	cost := s.costExtension(requested, actual)
	if err != nil {
		code := "INTERNAL_SERVER_ERROR"
		var q *queryError
		if errors.As(err, &q) {
			code = q.code
		}
		return failed(cost, errorEntry(err.Error(), code)), true
	}
	return map[string]any{"data": data, "extensions": cost}, true
}

// roots answers the root fields one after another, as mutations must be.
func (s *Shop) roots(r *resolver, root string, req *request, st *State, refuse *Fault) (*ordered, error) {
	if st == nil {
		st = s.state
	}
	out := &ordered{}
	for _, sel := range r.collect(root, req.op.SelectionSet, nil) {
		f := sel.fields[0]
		if f.Name == "__typename" {
			out.set(sel.key, root)
			continue
		}
		if scope := scopeOf(f.Name); scope != "" && !s.granted(scope) {
			return nil, &queryError{fmt.Sprintf("Access denied for %s field. Required access: `%s` access scope.", f.Name, scope), "ACCESS_DENIED"}
		}
		var value any
		var err error
		if refuse != nil && root == "Mutation" {
			value = s.refusedBy(refuse, f)
		} else {
			value, err = s.root(st, f.Name, f.ArgumentMap(req.Variables))
		}
		if err != nil {
			return nil, err
		}
		var sub ast.SelectionSet
		for _, field := range sel.fields {
			sub = append(sub, field.SelectionSet...)
		}
		answer, err := r.complete(root+"."+f.Name, f.Definition.Type, value, sub)
		if err != nil {
			return nil, err
		}
		out.set(sel.key, answer)
	}
	return out, nil
}

// refusedBy makes the answer of a mutation that had user errors, for any mutation.
func (s *Shop) refusedBy(fault *Fault, f *ast.Field) *object {
	def := s.schema.Types[f.Definition.Type.NamedType]
	o := &object{def.Name, map[string]any{}}
	for _, field := range def.Fields {
		o.fields[field.Name] = nil
		if field.Name == "userErrors" {
			kind := field.Type.Elem.NamedType
			e := userError(kind, fault.Code, fault.message(), "base")
			o.fields[field.Name] = []any{e}
		}
	}
	return o
}

func failed(extensions map[string]any, errs ...any) map[string]any {
	return map[string]any{"errors": errs, "extensions": extensions}
}

func errorEntry(message, code string) map[string]any {
	return map[string]any{
		"message":    message,
		"extensions": map[string]any{"code": code, "documentation": "https://shopify.dev/api/usage/response-codes"},
	}
}

// gqlErrors writes the parser's and the validator's findings as Shopify does: a message, places, a
// code.
func gqlErrors(code string, err error) []any {
	var list gqlerror.List
	var single *gqlerror.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &single):
		list = gqlerror.List{single}
	default:
		return []any{errorEntry(err.Error(), "GRAPHQL_PARSE_FAILED")}
	}
	var out []any
	for _, e := range list {
		entry := map[string]any{"message": e.Message}
		if len(e.Locations) > 0 {
			entry["locations"] = e.Locations
		}
		c := code
		if c == "" {
			c = strings.ToLower(e.Rule[:min(1, len(e.Rule))]) + e.Rule[min(1, len(e.Rule)):]
		}
		entry["extensions"] = map[string]any{"code": c}
		out = append(out, entry)
	}
	return out
}

// variablesText keeps the variables for the record.
func variablesText(vars map[string]any) json.RawMessage {
	b, err := json.Marshal(vars)
	if err != nil {
		return nil
	}
	return b
}
