package programfile

import (
	"embed"
	"path"
	"slices"
	"strings"
)

//go:embed schema.json
var schema []byte

//go:embed templates/*.yaml
var templates embed.FS

// Schema returns the JSON Schema (draft 2020-12) of programme files, for editors and
// `grapevine program schema`. It cannot tell a shop's currency, so Parse may refuse an amount with too
// many decimals that the schema lets pass.
func Schema() []byte { return slices.Clone(schema) }

// Template is a programme file to begin with. Its amounts fit currencies with two decimals.
type Template struct {
	Name   string // "give10get10", also the programme's
	Title  string // "Give 10 %, get $10"
	Source []byte // YAML with comments
}

// Templates returns all templates by name.
func Templates() []Template {
	entries, err := templates.ReadDir("templates")
	if err != nil {
		panic(err) // embedded: cannot be missing
	}
	var all []Template
	for _, e := range entries {
		source, err := templates.ReadFile(path.Join("templates", e.Name()))
		if err != nil {
			panic(err)
		}
		p, err := Parse(source, "USD", nil)
		if err != nil {
			panic(err) // a test reads them all
		}
		all = append(all, Template{Name: strings.TrimSuffix(e.Name(), ".yaml"), Title: p.Title, Source: source})
	}
	return all
}
