package shopify

import (
	"context"
	"slices"

	"grapevine/connectors"
	"grapevine/rewards"
)

// How many collections of a product are asked for: first a few for many products, then, for those that
// are in more, the longest page that there is for a few products. Points: products × collections.
const (
	fewCollections   = 10
	productsAtFew    = 50
	mostCollections  = 250
	productsAtMost   = 3
	collectionsQuery = "product_collections"
)

// productNode is a line's product with as many of its collections as the query asked for.
type productNode struct {
	ID          string        `json:"id"`
	Collections *idConnection `json:"collections"` // nil where they were not asked for
}

// numbers are the collections' plain ids.
func (c idConnection) numbers() []string {
	var out []string
	for _, n := range c.Nodes {
		if id := numberOf(n.ID); id != "" {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// moreCollections completes the lines of an order whose products are in more collections than its answer
// holds.
func (s *Shopify) moreCollections(ctx context.Context, shop connectors.Shop, n *orderNode) error {
	var long []string
	for _, l := range n.Lines.Nodes {
		if p := l.Product; p != nil && p.Collections != nil && p.Collections.Page.More && !slices.Contains(long, p.ID) {
			long = append(long, p.ID)
		}
	}
	found, err := s.collections(ctx, shop, long, mostCollections)
	if err != nil {
		return err
	}
	for _, l := range n.Lines.Nodes {
		if p := l.Product; p != nil && slices.Contains(long, p.ID) {
			p.Collections = found[p.ID]
		}
	}
	return nil
}

// fillCollections writes the collections of all lines of several orders.
func (s *Shopify) fillCollections(ctx context.Context, shop connectors.Shop, orders []rewards.Order) error {
	var products []string
	for _, o := range orders {
		for _, l := range o.Lines {
			if l.ProductID != "" && l.Collections == nil {
				products = append(products, gidPrefix+"Product/"+l.ProductID)
			}
		}
	}
	slices.Sort(products)
	found, err := s.collections(ctx, shop, slices.Compact(products), fewCollections)
	if err != nil {
		return err
	}
	for _, o := range orders {
		for i, l := range o.Lines {
			if c := found[gidPrefix+"Product/"+l.ProductID]; c != nil {
				o.Lines[i].Collections = c.numbers()
			}
		}
	}
	return nil
}

// collections reads the collections of products, by global id. A product that is gone has none. One that
// is in more than the longest page holds has none either, with a warning: a part of the list would make
// rules about collections right for some orders and wrong for others.
func (s *Shopify) collections(ctx context.Context, shop connectors.Shop, products []string, first int) (map[string]*idConnection, error) {
	size := productsAtFew
	if first == mostCollections {
		size = productsAtMost
	}
	found := map[string]*idConnection{}
	var long []string
	for chunk := range slices.Chunk(products, size) {
		var data struct {
			Nodes []*productNode `json:"nodes"`
		}
		if err := s.askPatiently(ctx, shop, collectionsQuery, map[string]any{"ids": chunk, "first": first}, &data); err != nil {
			return nil, err
		}
		for _, p := range data.Nodes {
			switch {
			case p == nil || p.Collections == nil:
			case !p.Collections.Page.More:
				found[p.ID] = p.Collections
			case first < mostCollections:
				long = append(long, p.ID)
			default:
				s.opts.Logger.Warn("a product is in more collections than are read; it counts as in none", "shop", shop.ID, "product", numberOf(p.ID), "limit", mostCollections)
			}
		}
	}
	if len(long) == 0 {
		return found, nil
	}
	more, err := s.collections(ctx, shop, long, mostCollections)
	for id, c := range more {
		found[id] = c
	}
	return found, err
}
