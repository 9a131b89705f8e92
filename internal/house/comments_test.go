package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"testing"
)

// knownMethods carry their meaning from the standard library's interfaces.
var knownMethods = []string{"Error", "String", "Unwrap", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText"}

func TestEveryPackageAndExportedNameHasAComment(t *testing.T) {
	t.Parallel()
	for _, p := range everyPackage(t) {
		files := sources(t, p)
		report(t, withoutPackageComment(p.ImportPath, files))
		for _, s := range files {
			report(t, withoutComment(s))
		}
	}
}

func TestAMissingCommentIsCaught(t *testing.T) {
	t.Parallel()
	s := parseText(t, `package example
const A = 1
// Group of two.
const (B = 2; C = 3)
var d, E int
type F struct{}
func (F) G() {}
func (F) String() string { return "" }
type h struct{}
func (h) I() {}
func J() {}
// K does it.
func K() {}
const (
	L = 1 // L is one.
	M = 2
)
`)
	same(t, withoutComment(s), "example.go:2: A ", "example.go:5: E ", "example.go:6: F ", "example.go:7: F.G ",
		"example.go:11: J ", "example.go:16: M ")
	same(t, withoutPackageComment("example", []source{s}), "example: ")
}

func withoutPackageComment(path string, files []source) []string {
	if len(files) == 0 || slices.ContainsFunc(files, func(s source) bool { return s.file.Doc.Text() != "" }) {
		return nil
	}
	return []string{path + ": the package has no doc comment"}
}

func withoutComment(s source) []string {
	var found []string
	add := func(pos token.Pos, name string) {
		found = append(found, fmt.Sprintf("%s:%d: %s is exported and has no comment", s.name, s.fset.Position(pos).Line, name))
	}
	for _, decl := range s.file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if name := exportedFunc(d); name != "" && d.Doc.Text() == "" {
				add(d.Pos(), name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if name := undocumented(spec); name != nil && d.Doc.Text() == "" {
					add(name.Pos(), name.Name)
				}
			}
		}
	}
	return found
}

// exportedFunc returns the name that a reader of the package's documentation sees, or "".
func exportedFunc(d *ast.FuncDecl) string {
	if !d.Name.IsExported() {
		return ""
	}
	if d.Recv == nil {
		return d.Name.Name
	}
	owner := receiver(d.Recv.List[0].Type)
	if !ast.IsExported(owner) || slices.Contains(knownMethods, d.Name.Name) {
		return ""
	}
	return owner + "." + d.Name.Name
}

func receiver(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.IndexListExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}

// undocumented returns the first exported name of a spec that has no comment of its own.
func undocumented(spec ast.Spec) *ast.Ident {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && s.Doc.Text() == "" && s.Comment.Text() == "" {
			return s.Name
		}
	case *ast.ValueSpec:
		if s.Doc.Text() != "" || s.Comment.Text() != "" {
			return nil
		}
		if i := slices.IndexFunc(s.Names, (*ast.Ident).IsExported); i >= 0 {
			return s.Names[i]
		}
	}
	return nil
}
