package shopifytest

import (
	"fmt"
	"slices"
)

// mostItems is how many products or collections one code may name. Source: Shopify's help, "Discount
// codes", on limits.
const mostItems = 100

// scoped tells whether the discount is on chosen goods alone.
func (d *Discount) scoped() bool { return len(d.ProductIDs)+len(d.CollectionIDs) > 0 }

// covers tells whether the discount is for a line's goods.
func (d *Discount) covers(st *State, l *Line) bool {
	if l.GiftCard {
		return false
	}
	if !d.scoped() || slices.Contains(d.ProductIDs, l.ProductID) {
		return true
	}
	p := st.Products[l.ProductID]
	return p != nil && slices.ContainsFunc(p.Collections, func(c int64) bool { return slices.Contains(d.CollectionIDs, c) })
}

// inputItems reads what the discount is on: all goods, products, or collections, never the last two
// together. What is neither added nor removed stays.
func (s *Shop) inputItems(d *Discount, arg string, in map[string]any) *refusal {
	path := []string{arg, "customerGets", "items"}
	refuse := func(code, message string, more ...string) *refusal {
		return &refusal{code, message, append(slices.Clone(path), more...)}
	}
	products, collections := mapArg(in, "products"), mapArg(in, "collections")
	if in["all"] == true {
		if products != nil || collections != nil {
			return refuse("CONFLICT", "Cannot specify all items together with products or collections")
		}
		d.ProductIDs, d.CollectionIDs = nil, nil
		return nil
	}
	if products == nil && collections == nil {
		return nil
	}
	var unknown string
	d.ProductIDs, unknown = changedIDs(d.ProductIDs, "Product", listArg(products, "productsToAdd"), listArg(products, "productsToRemove"), func(id int64) bool {
		return s.state.Products[id] != nil
	})
	if unknown != "" {
		return refuse("INVALID", fmt.Sprintf("Product with id: %s is invalid", unknown), "products", "productsToAdd")
	}
	d.CollectionIDs, unknown = changedIDs(d.CollectionIDs, "Collection", listArg(collections, "add"), listArg(collections, "remove"), func(id int64) bool {
		return id > 0
	})
	switch {
	case unknown != "":
		return refuse("INVALID", fmt.Sprintf("Collection with id: %s is invalid", unknown), "collections", "add")
	case len(d.ProductIDs) > 0 && len(d.CollectionIDs) > 0:
		return refuse("CONFLICT", "Cannot entitle products and collections together")
	case !d.scoped():
		return refuse("APPLIES_ON_NOTHING", "The discount applies to nothing")
	case len(d.ProductIDs) > mostItems || len(d.CollectionIDs) > mostItems:
		return refuse("EXCEEDED_MAX", "A discount can have at most 100 products or collections")
	}
	return nil
}

// changedIDs takes ids away and adds others; unknown is the first that does not exist.
func changedIDs(ids []int64, kind string, add, remove []string, exists func(int64) bool) (changed []int64, unknown string) {
	ids = slices.Clone(ids)
	for _, text := range remove {
		n, _ := idOf(kind, text)
		ids = slices.DeleteFunc(ids, func(id int64) bool { return id == n })
	}
	for _, text := range add {
		n, ok := idOf(kind, text)
		if !ok || !exists(n) {
			return ids, text
		}
		if !slices.Contains(ids, n) {
			ids = append(ids, n)
		}
	}
	return ids, ""
}

// itemsObject is a member of the union DiscountItems.
func (s *Shop) itemsObject(st *State, d *Discount) *object {
	switch {
	case len(d.ProductIDs) > 0:
		return &object{"DiscountProducts", map[string]any{"products": lazy(func(args map[string]any) (any, error) {
			if !s.granted("read_products") {
				return nil, denied("products", "read_products")
			}
			var items []item
			for i, id := range d.ProductIDs {
				if p, _ := s.productObject(st, id); p != nil {
					items = append(items, item{sortKey(int64(i)), func() *object { return p }})
				}
			}
			return connection("ProductConnection", items)(args)
		})}}
	case len(d.CollectionIDs) > 0:
		return &object{"DiscountCollections", map[string]any{"collections": collectionPage(d.CollectionIDs)}}
	}
	return &object{"AllDiscountItems", map[string]any{"allItems": true}}
}
