package shopify

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	// visibleFor is how far back an app without read_all_orders sees. Source: schema text of Order.
	visibleFor   = 60 * 24 * time.Hour
	scopeAllTime = "read_all_orders"
	// historyRestart is after how many pages of ten a listing begins anew from where it is: Shopify pages
	// through no more than 25,000 objects. Source: shopify.dev, "Limits".
	historyRestart = 2000
	// historyTransactions is how many of an order's payments orders_since.graphql asks for.
	historyTransactions = 3
	historyTaxes        = 2
)

// History reads a page of the orders placed since a moment (the zero time: of all), oldest first. cursor
// is "" for the first page, then what the page before said in Next; since must stay the same.
//
// An order is told as Order tells it, but for EarlierOrders, which is nil where the shop has not reckoned
// the order's place in the customer's history: whoever reads all orders can count. The shop is called
// patiently: rate limits are waited for.
//
// Every error is a *connectors.CallError. Kind Denied, code history_hidden: orders of more than 60 days
// ago are asked for and the token lacks the scope read_all_orders, without which Shopify leaves them out
// and does not say so. Invalid, bad_cursor.
func (s *Shopify) History(ctx context.Context, shop connectors.Shop, since time.Time, cursor string) (connectors.HistoryPage, error) {
	at, err := s.placeOf(ctx, shop, since, cursor)
	if err != nil {
		return connectors.HistoryPage{}, err
	}
	vars := at.query("created_at", "CREATED_AT")
	var data struct {
		Orders struct {
			Nodes []*orderNode `json:"nodes"`
			Page  pageInfo     `json:"pageInfo"`
		} `json:"orders"`
	}
	var page connectors.HistoryPage
	err = s.patiently(ctx, func() (err error) {
		page.Pace, err = s.ask(ctx, shop, "orders_since", vars, &data)
		return err
	})
	if err != nil {
		return page, err
	}
	for _, n := range data.Orders.Nodes {
		if err := s.pastOrder(ctx, shop, n, &page); err != nil {
			return page, err
		}
	}
	if err := s.fillCollections(ctx, shop, page.Orders); err != nil {
		return page, err
	}
	if data.Orders.Page.More && len(data.Orders.Nodes) > 0 {
		page.Next = at.next(data.Orders.Page.End, data.Orders.Nodes[len(data.Orders.Nodes)-1].CreatedAt).String()
	}
	return page, nil
}

// allVisible refuses a listing that would be shorter than it looks.
func (s *Shopify) allVisible(ctx context.Context, shop connectors.Shop, since time.Time) error {
	if s.opts.Now().Sub(since) <= visibleFor {
		return nil
	}
	return s.patiently(ctx, func() error {
		p, err := s.Probe(ctx, shop)
		if err == nil && !slices.Contains(p.Granted, scopeAllTime) {
			err = call(rewards.Errorf(rewards.Denied, connectors.HistoryHidden,
				"orders of more than 60 days ago are hidden from an app without the scope %s: ask Shopify for it, or begin at %s", scopeAllTime, stamp(s.opts.Now().Add(-visibleFor))))
		}
		return err
	})
}

// pastOrder adds one order to a page. What the page's answer does not hold whole is read by itself.
func (s *Shopify) pastOrder(ctx context.Context, shop connectors.Shop, n *orderNode, page *connectors.HistoryPage) error {
	var err error
	if !n.fits() {
		err = s.patiently(ctx, func() error {
			whole, err := s.wholeOrder(ctx, shop, n.ID)
			if err == nil {
				n = whole
			}
			return err
		})
	}
	var o rewards.Order
	if err == nil {
		o, err = n.order()
	}
	switch rewards.KindOf(err) {
	case "":
		if o.Customer != nil {
			o.Customer.EarlierOrders = n.placeInHistory()
		}
		page.Orders = append(page.Orders, o)
		return nil
	case rewards.NotFound: // deleted since the page was read
		return nil
	case rewards.Invalid:
		if page.Skipped == nil {
			page.Skipped = map[string]string{}
		}
		page.Skipped[numberOf(n.ID)] = rewards.CodeOf(err)
		return nil
	}
	return within("order "+numberOf(n.ID), err)
}

// fits tells whether a node of orders_since holds the whole order, and completes it where it does.
func (n *orderNode) fits() bool {
	for _, l := range n.Lines.Nodes {
		if l.Product == nil && !l.GiftCard || n.TaxesIncluded && len(l.Taxes) >= historyTaxes {
			return false
		}
	}
	for _, a := range n.Applications.Nodes {
		if a.Target == "SHIPPING_LINE" {
			return false
		}
	}
	if n.Lines.Page.More || n.Applications.Page.More || len(n.RefundIDs) > 0 || len(n.Transactions) >= historyTransactions {
		return false
	}
	n.Tip.Shop = moneyNode{Amount: "0", Currency: n.Currency} // a tip is a line without a product
	return true
}

// place is where a listing stands: from a moment on, after Shopify's own cursor, so many pages of it.
type place struct {
	from  time.Time
	pages int
	after string
}

// placeOf is where a listing of orders goes on: where the cursor says, or at its beginning, which has to be in
// sight.
func (s *Shopify) placeOf(ctx context.Context, shop connectors.Shop, since time.Time, cursor string) (place, error) {
	if cursor != "" {
		return parsePlace(cursor)
	}
	if since.IsZero() {
		since = time.Unix(0, 0)
	}
	return place{from: since}, s.allVisible(ctx, shop, since)
}

// query are the variables of orders_since for the page at this place, by one of an order's times.
func (p place) query(field, sortKey string) map[string]any {
	vars := map[string]any{"query": field + ":>='" + stamp(p.from) + "'", "sortKey": sortKey, "after": nil}
	if p.after != "" {
		vars["after"] = p.after
	}
	return vars
}

// next is the place after a page that ended with an order of that time. An order of the same second may
// come again where the listing begins anew.
func (p place) next(end string, last time.Time) place {
	if p.pages+1 >= historyRestart && last.After(p.from.Add(time.Second)) {
		return place{from: last.UTC()}
	}
	return place{from: p.from, pages: p.pages + 1, after: end}
}

// String writes a place as a cursor.
func (p place) String() string {
	return stamp(p.from) + " " + strconv.Itoa(p.pages) + " " + p.after
}

func parsePlace(cursor string) (place, error) {
	var p place
	from, rest, ok := strings.Cut(cursor, " ")
	pages, after, ok2 := strings.Cut(rest, " ")
	var err, err2 error
	p.from, err = time.Parse(time.RFC3339, from)
	p.pages, err2 = strconv.Atoi(pages)
	p.after = after
	if !ok || !ok2 || err != nil || err2 != nil || p.pages < 0 {
		return place{}, call(rewards.Errorf(rewards.Invalid, "bad_cursor", "%.80q is no place in a shop's history", cursor))
	}
	return p, nil
}
