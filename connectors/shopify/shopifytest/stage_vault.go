package shopifytest

import (
	"slices"
	"strconv"
)

// GiftCards are those that can be spent, by their id, with what is left on them.
func (s *Stage) GiftCards() (left map[string]string, err error) {
	st, err := s.State()
	if err != nil {
		return nil, err
	}
	left = map[string]string{}
	for id, g := range st.GiftCards {
		if g.DeactivatedAt == nil && g.Balance.Minor > 0 {
			left[strconv.FormatInt(id, 10)] = g.Balance.String()
		}
	}
	return left, nil
}

// Tags are a customer's.
func (s *Stage) Tags(customerID string) ([]string, error) {
	id, err := plainID(customerID)
	if err != nil {
		return nil, err
	}
	st, err := s.State()
	if err != nil {
		return nil, err
	}
	c := st.Customers[id]
	if c == nil {
		return nil, notFound("customer %d", id)
	}
	return slices.Clone(c.Tags), nil
}
