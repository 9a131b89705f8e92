package shopify

import (
	"context"
	"slices"

	"grapevine/connectors"
	"grapevine/rewards"
)

// mostItems is how many products, or collections, one code can name, and what the queries read back.
// Source: Shopify's help, "Discount codes", on limits.
const mostItems = 100

// goods are what a discount is on, by global id: products or collections, never both; none of either is
// everything. Source: the union DiscountItems.
type goods struct {
	products, collections []string
}

// goodsOf reads what a discount is to be on. Kind Invalid, codes bad_id and bad_discount.
func goodsOf(d rewards.Discount) (goods, error) {
	var g goods
	var err error
	if g.products, err = gids("Product", d.Products); err != nil {
		return g, err
	}
	if g.collections, err = gids("Collection", d.Collections); err != nil {
		return g, err
	}
	switch {
	case len(g.products) > 0 && len(g.collections) > 0:
		return g, rewards.Errorf(rewards.Invalid, "bad_discount", "a discount is on products or on collections, not on both")
	case len(g.products) > mostItems || len(g.collections) > mostItems:
		return g, rewards.Errorf(rewards.Invalid, "bad_discount", "a discount is on at most %d products or collections", mostItems)
	case d.FreeShipping && !g.all():
		return g, rewards.Errorf(rewards.Invalid, "bad_discount", "free shipping is for the whole order")
	case d.OnePiece && d.Percent != 0 && len(g.products) != 1:
		return g, rewards.Errorf(rewards.Invalid, "bad_discount", "a percentage of one piece is for exactly one product")
	}
	return g, nil
}

// gids makes global ids, each once, in order.
func gids(kind string, ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		global, err := gid(kind, id)
		if err != nil {
			return nil, err
		}
		out = append(out, global)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (g goods) all() bool { return len(g.products)+len(g.collections) == 0 }

func (g goods) equal(h goods) bool {
	return slices.Equal(g.products, h.products) && slices.Equal(g.collections, h.collections)
}

// input is the DiscountItemsInput that brings a discount on now to these goods; nil where nothing is to
// be changed. That Shopify lets one update take collections away and add products rests on its schema.
func (g goods) input(now goods) map[string]any {
	switch {
	case g.all():
		return map[string]any{"all": true}
	case g.equal(now):
		return nil
	}
	in := map[string]any{}
	if add, remove := without(g.products, now.products), without(now.products, g.products); len(add)+len(remove) > 0 {
		in["products"] = map[string]any{"productsToAdd": add, "productsToRemove": remove}
	}
	if add, remove := without(g.collections, now.collections), without(now.collections, g.collections); len(add)+len(remove) > 0 {
		in["collections"] = map[string]any{"add": add, "remove": remove}
	}
	return in
}

// without are those of ids that are not among others; never nil, which would be null on the wire.
func without(ids, others []string) []string {
	return slices.DeleteFunc(append([]string{}, ids...), func(id string) bool { return slices.Contains(others, id) })
}

// itemsNode is what a discount is on, as it is read back.
type itemsNode struct {
	Products    idConnection `json:"products"`
	Collections idConnection `json:"collections"`
}

type idConnection struct {
	Nodes []struct {
		ID string `json:"id"`
	} `json:"nodes"`
	Page pageInfo `json:"pageInfo"`
}

func (c idConnection) ids() []string {
	var out []string
	for _, n := range c.Nodes {
		out = append(out, n.ID)
	}
	slices.Sort(out)
	return out
}

func (n itemsNode) goods() goods { return goods{n.Products.ids(), n.Collections.ids()} }

// priced turns a percentage of one piece into an amount, at the price that the product has now. Shopify
// takes a percentage off every piece in the cart ("discountOnQuantity field is only permitted with bxgy
// discounts"), and an amount once, over all pieces together. So the gift is worth what the dearest
// variant costs on the day it is given, and two pieces of a cheaper one may share it.
func (s *Shopify) priced(ctx context.Context, shop connectors.Shop, t terms) (terms, connectors.Pace, error) {
	if !t.discount.OnePiece || t.discount.Percent == 0 {
		return t, connectors.Pace{}, nil
	}
	var data struct {
		Product *struct {
			Range struct {
				Most moneyNode `json:"maxVariantPrice"`
			} `json:"priceRangeV2"`
		} `json:"product"`
	}
	pace, err := s.ask(ctx, shop, "product_price", map[string]any{"id": t.goods.products[0]}, &data)
	if err != nil {
		return t, pace, err
	}
	if data.Product == nil {
		return t, pace, call(rewards.Errorf(rewards.Invalid, "product_missing", "the shop has no %s", t.goods.products[0]))
	}
	price, err := data.Product.Range.Most.money()
	if err == nil {
		t.value.Amount, err = price.Share(t.discount.Percent)
	}
	if err == nil && t.value.Amount.Minor <= 0 {
		err = rewards.Errorf(rewards.Invalid, "product_costs_nothing", "%s costs %s", t.goods.products[0], price)
	}
	if err != nil {
		return t, pace, call(err)
	}
	t.value.Percent = 0
	return t, pace, nil
}
