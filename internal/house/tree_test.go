package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// module is the module's path, which starts the import path of each of its packages.
const module = "grapevine"

// root is the repository's root as seen from this package's folder, where go test runs its tests.
const root = "../.."

// listed is what the checks need of one package in go list's answer.
type listed struct {
	ImportPath   string
	Dir          string
	GoFiles      []string
	CgoFiles     []string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Error        *struct{ Err string }
}

// packages lists the module's packages. -e keeps one that does not build in the list.
var packages = sync.OnceValues(func() ([]listed, error) { // a cache, since each check needs them
	cmd := exec.Command("go", "list", "-e", "-json", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.Bytes())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read go list's answer: %w", err)
		}
		all = append(all, p)
	}
})

// everyPackage returns the module's packages that have code beside their tests.
func everyPackage(t *testing.T) []listed {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	var found []listed
	for _, p := range all {
		if len(p.GoFiles)+len(p.CgoFiles) > 0 {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		t.Fatal("go list found no package")
	}
	return found
}

// source is one parsed file that a person wrote.
type source struct {
	name string // relative to the repository's root
	fset *token.FileSet
	file *ast.File
}

// sources parses a package's files, less the tests and the generated ones.
func sources(t *testing.T, p listed) []source {
	t.Helper()
	var found []source
	fset := token.NewFileSet()
	for _, name := range append(p.GoFiles, p.CgoFiles...) {
		path := filepath.Join(p.Dir, name)
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if !ast.IsGenerated(file) {
			found = append(found, source{relative(t, path), fset, file})
		}
	}
	return found
}

// parseText turns source text into a source, for the tests of the checks themselves.
func parseText(t *testing.T, text string) source {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "example.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return source{"example.go", fset, file}
}

func relative(t *testing.T, path string) string {
	t.Helper()
	base, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(base, path)
	if err != nil {
		t.Fatal(err)
	}
	return rel
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// report fails the test once for each breach.
func report(t *testing.T, breaches []string) {
	t.Helper()
	for _, b := range breaches {
		t.Error(b)
	}
}

// same compares the breaches that were found with those that were wanted, by their starts.
func same(t *testing.T, got []string, wantStarts ...string) {
	t.Helper()
	if len(got) != len(wantStarts) {
		t.Fatalf("%d breaches, want %d:\n%s", len(got), len(wantStarts), strings.Join(got, "\n"))
	}
	for i, start := range wantStarts {
		if !strings.HasPrefix(got[i], start) {
			t.Errorf("breach %q, want one that starts with %q", got[i], start)
		}
	}
}
