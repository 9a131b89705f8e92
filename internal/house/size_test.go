package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

const (
	maxFileLines     = 500
	maxFunctionLines = 60
)

func TestFilesAndFunctionsAreShort(t *testing.T) {
	t.Parallel()
	for _, p := range everyPackage(t) {
		for _, s := range sources(t, p) {
			report(t, tooLong(s))
		}
	}
}

func TestWhatIsTooLongIsCaught(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("\tprintln()\n", maxFunctionLines-2)
	same(t, tooLong(parseText(t, "package p\n\nfunc ok() {\n"+body+"}\n")))
	same(t, tooLong(parseText(t, "package p\n\nfunc long() {\n"+body+"\tprintln()\n}\n")), "example.go:3: long has 61 lines")
	same(t, tooLong(parseText(t, "package p\n"+strings.Repeat("\n", maxFileLines))), "example.go: 501 lines")
}

func tooLong(s source) []string {
	var found []string
	line := func(pos token.Pos) int { return s.fset.Position(pos).Line }
	if n := s.fset.File(s.file.FileStart).LineCount(); n > maxFileLines {
		found = append(found, fmt.Sprintf("%s: %d lines, at most %d: split it by story", s.name, n, maxFileLines))
	}
	for _, decl := range s.file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if n := line(f.End()) - line(f.Pos()) + 1; n > maxFunctionLines {
			found = append(found, fmt.Sprintf("%s:%d: %s has %d lines, at most %d", s.name, line(f.Pos()), f.Name.Name, n, maxFunctionLines))
		}
	}
	return found
}
