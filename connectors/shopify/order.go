package shopify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	linePages   = 40  // of 25 lines; Shopify's checkout ends at 500 lines
	refundPages = 20  // of 60 lines
	mostRefunds = 60  // what order.graphql asks for
	orderPages  = 100 // of a customer's orders
)

// Order reads an order as it is now. Kind NotFound: the shop has no such order. Invalid: it cannot be
// reckoned with (the code says why) and a person must look. An order in an unknown currency comes with
// its codes and without amounts.
func (s *Shopify) Order(ctx context.Context, shop connectors.Shop, id string) (rewards.Order, error) {
	global, err := gid("Order", id)
	if err != nil {
		return rewards.Order{}, call(err)
	}
	node, err := s.wholeOrder(ctx, shop, global)
	if err != nil {
		return rewards.Order{}, err
	}
	o, err := node.order()
	if err != nil {
		return rewards.Order{}, call(fmt.Errorf("order %s: %w", id, err))
	}
	if o.Customer != nil {
		if o.Customer.EarlierOrders, err = s.earlierOrders(ctx, shop, node); err != nil {
			return rewards.Order{}, err
		}
	}
	return o, nil
}

// wholeOrder reads an order with all its pages. Where it changes in between, it is read again once.
func (s *Shopify) wholeOrder(ctx context.Context, shop connectors.Shop, global string) (*orderNode, error) {
	for range 2 {
		var data struct {
			Order *orderNode `json:"order"`
		}
		if _, err := s.ask(ctx, shop, "order", map[string]any{"id": global}, &data); err != nil {
			return nil, err
		}
		n := data.Order
		if n == nil {
			return nil, call(rewards.Errorf(rewards.NotFound, "order_missing", "the shop knows no %s", global))
		}
		if n.Applications.Page.More {
			return nil, call(rewards.Errorf(rewards.Invalid, "too_many_codes", "%s has more than %d discounts", global, len(n.Applications.Nodes)))
		}
		if n.Shipping.Page.More || len(n.RefundIDs) >= mostRefunds {
			return nil, call(rewards.Errorf(rewards.Invalid, "too_many_parts", "%s has too many refunds or shipping lines", global))
		}
		whole, err := s.moreLines(ctx, shop, n)
		if err != nil {
			return nil, err
		}
		if !whole {
			continue
		}
		if err := s.moreCollections(ctx, shop, n); err != nil {
			return nil, err
		}
		return n, s.moreRefunds(ctx, shop, n)
	}
	return nil, &connectors.CallError{
		Cause: rewards.Errorf(rewards.Unavailable, "order_changing", "%s changed while it was read", global), After: time.Second,
	}
}

// moreLines reads the further pages of lines. whole is false where the order changed meanwhile.
func (s *Shopify) moreLines(ctx context.Context, shop connectors.Shop, n *orderNode) (whole bool, err error) {
	for page := 0; n.Lines.Page.More; page++ {
		if page >= linePages {
			return false, call(rewards.Errorf(rewards.Invalid, "too_many_lines", "%s has more than %d lines", n.ID, len(n.Lines.Nodes)))
		}
		var data struct {
			Order *struct {
				UpdatedAt time.Time      `json:"updatedAt"`
				Lines     lineConnection `json:"lineItems"`
			} `json:"order"`
		}
		if _, err := s.ask(ctx, shop, "order_lines", map[string]any{"id": n.ID, "after": n.Lines.Page.End}, &data); err != nil {
			return false, err
		}
		if data.Order == nil || !data.Order.UpdatedAt.Equal(n.UpdatedAt) {
			return false, nil
		}
		n.Lines.Nodes = append(n.Lines.Nodes, data.Order.Lines.Nodes...)
		n.Lines.Page = data.Order.Lines.Page
	}
	return true, nil
}

// moreRefunds reads the refunds that the first answer did not hold, or not whole.
func (s *Shopify) moreRefunds(ctx context.Context, shop connectors.Shop, n *orderNode) error {
	first := n.Refunds
	n.Refunds = nil
	for _, id := range n.RefundIDs {
		i := slices.IndexFunc(first, func(r refundNode) bool { return r.ID == id.ID })
		if i >= 0 && !first[i].more() {
			n.Refunds = append(n.Refunds, first[i])
			continue
		}
		r, err := s.wholeRefund(ctx, shop, id.ID)
		if err != nil {
			return err
		}
		n.Refunds = append(n.Refunds, r)
	}
	return nil
}

func (s *Shopify) wholeRefund(ctx context.Context, shop connectors.Shop, id string) (refundNode, error) {
	var whole refundNode
	vars := map[string]any{"id": id, "after": nil}
	for page := range refundPages {
		var data struct {
			Refund *refundNode `json:"refund"`
		}
		if _, err := s.ask(ctx, shop, "refund", vars, &data); err != nil {
			return whole, err
		}
		r := data.Refund
		if r == nil {
			return whole, &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "refund_missing", "the shop knows no %s", id), After: time.Second}
		}
		if page == 0 {
			whole = *r
		} else {
			whole.Lines.Nodes = append(whole.Lines.Nodes, r.Lines.Nodes...)
		}
		if !r.Lines.Page.More {
			if whole.Shipping.Page.More || whole.Transactions.Page.More {
				break
			}
			return whole, nil
		}
		vars["after"] = r.Lines.Page.End
	}
	return whole, call(rewards.Errorf(rewards.Invalid, "too_many_parts", "%s is too long to be read", id))
}

// placeInHistory is how many orders the customer placed before this one, nil where the shop has not
// reckoned it.
func (n *orderNode) placeInHistory() *int64 {
	j := n.Journey
	if j == nil || !j.Ready || j.Index == nil || *j.Index <= 0 {
		return nil
	}
	earlier := *j.Index - 1
	return &earlier
}

// earlierOrders counts the customer's orders before this one: by the order's place in her history where
// the shop has reckoned it (test orders are left out there, and have none), else her orders less those
// placed since, test orders again left out.
func (s *Shopify) earlierOrders(ctx context.Context, shop connectors.Shop, n *orderNode) (*int64, error) {
	if earlier := n.placeInHistory(); earlier != nil {
		return earlier, nil
	}
	vars := map[string]any{"id": n.Customer.ID, "query": "created_at:>='" + n.CreatedAt.UTC().Format(time.RFC3339) + "'", "after": nil}
	since, total := int64(0), int64(0)
	for range orderPages {
		var data struct {
			Customer *struct {
				Number count `json:"numberOfOrders"`
				Orders struct {
					Nodes []struct {
						CreatedAt time.Time `json:"createdAt"`
						Test      bool      `json:"test"`
					} `json:"nodes"`
					Page pageInfo `json:"pageInfo"`
				} `json:"orders"`
			} `json:"customer"`
		}
		if _, err := s.ask(ctx, shop, "customer_orders_since", vars, &data); err != nil {
			return nil, err
		}
		if data.Customer == nil { // deleted meanwhile: nobody can tell
			return nil, nil
		}
		total = int64(data.Customer.Number)
		for _, o := range data.Customer.Orders.Nodes {
			if !o.Test && !o.CreatedAt.Before(n.CreatedAt) {
				since++
			}
		}
		if !data.Customer.Orders.Page.More {
			break
		}
		vars["after"] = data.Customer.Orders.Page.End
	}
	earlier := max(0, total-since)
	return &earlier, nil
}
