package shopify

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// document is one GraphQL operation.
type document struct {
	text  string
	write bool // a mutation: carrying it out twice is not the same as once
}

// readDocuments reads the operations by their file names: "order", "store_credit_debit". Comments stay
// here; the shop does not need them.
func readDocuments(files fs.FS) (map[string]document, error) {
	names, err := fs.Glob(files, "queries/*.graphql")
	if err != nil {
		return nil, fmt.Errorf("shopify: reading the queries: %w", err)
	}
	docs := make(map[string]document, len(names))
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("shopify: reading the queries: %w", err)
		}
		var kept []string
		for line := range strings.Lines(string(raw)) {
			if !strings.HasPrefix(line, "#") {
				kept = append(kept, line)
			}
		}
		text := strings.TrimSpace(strings.Join(kept, ""))
		docs[strings.TrimSuffix(path.Base(name), ".graphql")] = document{text: text, write: strings.HasPrefix(text, "mutation")}
	}
	return docs, nil
}
