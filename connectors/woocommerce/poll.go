package woocommerce

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Rhythm is how often the shop is asked what changed. Five minutes is about how late its webhooks are where
// few people visit it.
func (w *WooCommerce) Rhythm() connectors.Rhythm {
	return connectors.Rhythm{Every: 5 * time.Minute, Overlap: 10 * time.Minute, Back: 48 * time.Hour}
}

// polled is the topic of what a look brings: the order as it is now.
const polled = "order.updated"

// Changes lists the orders that changed since a moment, the oldest change first, each with the exact bytes of
// its element in the shop's answer. After those of all statuses come those in the trash, which is no status
// of the others.
//
// A page begins at the last change of the page before and not at a number of entries: an order that changes
// while it is listed moves to the end, and what comes after it moves up. So orders may come twice.
//
// Every error is a *connectors.CallError. Kind Invalid, code bad_cursor.
func (w *WooCommerce) Changes(ctx context.Context, shop connectors.Shop, since time.Time, cursor string) (connectors.ChangesPage, error) {
	at := place{status: "any", after: since.UTC().Truncate(time.Second).Add(-time.Second), page: 1}
	if cursor != "" {
		var err error
		if at, err = parsePlace(cursor); err != nil {
			return connectors.ChangesPage{}, call(err)
		}
	}
	var page connectors.ChangesPage
	some, until, err := w.orders(ctx, shop, at, "modified")
	if rewards.KindOf(err) == rewards.Invalid && at.status == trash { // a shop without a trash
		return page, nil
	}
	if err != nil {
		return page, err
	}
	page.Until = until
	last := time.Time{}
	for _, raw := range some {
		var b struct {
			ID       whole `json:"id"`
			Status   text  `json:"status"`
			Modified text  `json:"date_modified_gmt"`
		}
		if err := parse(raw, &b); err != nil || b.ID <= 0 {
			return connectors.ChangesPage{}, connectors.Unreadable(false, "an order of the list cannot be read")
		}
		if t := timeOf(b.Modified); t.After(last) {
			last = t
		}
		if slices.Contains(drafts, b.Status) {
			continue
		}
		page.Deliveries = append(page.Deliveries, connectors.Delivery{
			Platform: Name, Domain: shop.Domain, Topic: polled, DeliveryID: deliveryID(polled, raw, ""), Body: raw,
		})
	}
	switch {
	case len(some) == orderPage:
		page.Next = at.next(last).String()
	case at.status != trash:
		page.Next = place{status: trash, after: since.UTC().Truncate(time.Second).Add(-time.Second), page: 1}.String()
	}
	return page, nil
}

// trash is the status of orders that were deleted and can be restored.
const trash = "trash"

// orders reads a page of a listing by the time of a change or of the order, and the shop's clock.
func (w *WooCommerce) orders(ctx context.Context, shop connectors.Shop, at place, by string) ([]jsontext.Value, time.Time, error) {
	query := url.Values{
		"orderby": {by}, "order": {"asc"}, "dates_are_gmt": {"true"}, "status": {at.status},
		"per_page": {strconv.Itoa(orderPage)}, "page": {strconv.Itoa(at.page)},
	}
	after := "after"
	if by == "modified" {
		after = "modified_after"
	}
	if !at.after.IsZero() {
		query.Set(after, at.after.Format(timeForm))
	}
	var some list[jsontext.Value]
	r, err := w.ask(ctx, shop, request{route: api + "/orders", query: query}, &some)
	return some, r.at(), err
}

// place is where a listing stands: in which status, after which second, and on which page of what is there.
type place struct {
	status string
	after  time.Time
	page   int
}

// next is the place after a full page that ended with this second: from the second before it on, so that what
// shares it is not lost. A page that is all of one second is turned.
func (p place) next(last time.Time) place {
	if from := last.Add(-time.Second); from.After(p.after) {
		return place{status: p.status, after: from, page: 1}
	}
	return place{status: p.status, after: p.after, page: p.page + 1}
}

// String writes a place as a cursor.
func (p place) String() string {
	return p.status + " " + p.after.Format(timeForm) + " " + strconv.Itoa(p.page)
}

func parsePlace(cursor string) (place, error) {
	var p place
	parts := strings.Split(cursor, " ")
	if len(parts) == 3 {
		var err, err2 error
		p.status = parts[0]
		p.after, err = time.Parse(timeForm, parts[1])
		p.page, err2 = strconv.Atoi(parts[2])
		if err == nil && err2 == nil && p.page > 0 && (p.status == "any" || p.status == trash) {
			return p, nil
		}
	}
	return place{}, rewards.Errorf(rewards.Invalid, "bad_cursor", "%.80q is no place in a listing", cursor)
}
