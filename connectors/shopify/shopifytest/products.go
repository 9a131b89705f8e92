package shopifytest

import "slices"

// Product is something to buy, of one price whatever its variant.
type Product struct {
	ID          int64   `json:"id"`
	Title       string  `json:"title"`
	Price       Money   `json:"price"`
	Collections []int64 `json:"collections,omitempty"`
}

// ProductInput makes a product; Collections are ids of the caller's choice.
type ProductInput struct {
	Title       string  `json:"title"`
	Price       string  `json:"price"`
	Collections []int64 `json:"collections"`
}

// AddProduct makes a product. What is bought without naming one makes its own, in no collection.
func (s *Shop) AddProduct(in ProductInput) (*Product, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	price, err := ParseMoney(in.Price, s.opts.Currency)
	if err != nil || price.Minor < 0 {
		return nil, invalid("price %q is no amount in %s", in.Price, s.opts.Currency)
	}
	s.remember()
	p := &Product{ID: s.newID(), Title: in.Title, Price: price, Collections: slices.Clone(in.Collections)}
	s.state.Products[p.ID] = p
	out := *p
	return &out, nil
}

// SetPrice gives a product another price.
func (s *Shop) SetPrice(id int64, price string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.state.Products[id]
	if p == nil {
		return notFound("product %d", id)
	}
	m, err := ParseMoney(price, s.opts.Currency)
	if err != nil || m.Minor < 0 {
		return invalid("price %q is no amount in %s", price, s.opts.Currency)
	}
	s.remember()
	p.Price = m
	return nil
}

// productObject is a Product, nil where it is gone; without the scope nothing is told of any.
func (s *Shop) productObject(st *State, id int64) (*object, error) {
	if !s.granted("read_products") {
		return nil, denied("product", "read_products")
	}
	p := st.Products[id]
	if p == nil {
		return nil, nil
	}
	price := moneyObject(p.Price)
	return &object{"Product", map[string]any{
		"id": gid("Product", p.ID), "legacyResourceId": formatFixed(p.ID, 0), "title": p.Title,
		"priceRangeV2": &object{"ProductPriceRangeV2", map[string]any{"minVariantPrice": price, "maxVariantPrice": price}},
		"collections":  collectionPage(p.Collections),
	}}, nil
}

func collectionPage(ids []int64) lazy {
	return connection("CollectionConnection", numbered(len(ids), func(i int) *object {
		return &object{"Collection", map[string]any{"id": gid("Collection", ids[i]), "title": "Collection " + formatFixed(ids[i], 0)}}
	}))
}

// nodesByID answers nodes, for products alone.
func (s *Shop) nodesByID(st *State, ids []string) (any, error) {
	out := make([]any, len(ids))
	for i, id := range ids {
		n, ok := idOf("Product", id)
		if !ok {
			return nil, &queryError{"the simulator finds products alone by nodes, not " + id, "NOT_SIMULATED"}
		}
		p, err := s.productObject(st, n)
		if err != nil {
			return nil, err
		}
		if p != nil { // a nil *object in an interface would not be null
			out[i] = p
		}
	}
	return out, nil
}

// denied is what a field says whose scope was not granted.
func denied(field, scope string) *queryError {
	return &queryError{"Access denied for " + field + " field. Required access: `" + scope + "` access scope.", "ACCESS_DENIED"}
}
