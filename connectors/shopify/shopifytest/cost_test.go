package shopifytest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

func TestEveryDocumentOfTheConnectorIsCheapEnough(t *testing.T) {
	t.Parallel()
	schema, err := loadSchema()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../queries/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc, errs := gqlparser.LoadQueryWithRules(schema, string(b), rules.NewDefaultRules())
		if len(errs) > 0 {
			t.Errorf("%s: %v", f, errs)
			continue
		}
		for _, vars := range sizes(filepath.Base(f)) {
			cost := requestedCost(doc.Operations[0].SelectionSet, vars)
			if t.Logf("%4d %s", cost, filepath.Base(f)); cost >= wellBelow {
				t.Errorf("%s may cost %d, want less than %d", f, cost, wellBelow)
			}
		}
	}
}

// wellBelow leaves room for what Shopify may reckon otherwise: it refuses more than 1000.
const wellBelow = 800

// sizes are the variables that decide what a document costs, as the connector uses it.
func sizes(name string) []map[string]any {
	if name != "product_collections.graphql" {
		return []map[string]any{nil}
	}
	ids := slices.Repeat([]any{"gid://shopify/Product/1"}, 50)
	return []map[string]any{{"ids": ids, "first": int64(10)}, {"ids": ids[:3], "first": int64(250)}}
}

func TestCostOfAUnionIsItsDearestMember(t *testing.T) {
	t.Parallel()
	schema, err := loadSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, errs := gqlparser.LoadQueryWithRules(schema, `{ codeDiscountNodeByCode(code: "x") { codeDiscount {
		... on DiscountCodeBasic { codes(first: 10) { nodes { id } } }
		... on DiscountCodeFreeShipping { codes(first: 20) { nodes { id } } }
	} } }`, rules.NewDefaultRules())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	// Node 1, discount 1, connection 2, and 20 times one object inside one list.
	if got := requestedCost(doc.Operations[0].SelectionSet, nil); got != 24 {
		t.Errorf("cost %d, want 24", got)
	}
}
