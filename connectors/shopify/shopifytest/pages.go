package shopifytest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxPage is the longest page that Shopify gives.
const maxPage = 250

// item is one entry of a list that can be paged: its sort key, and how to make its object.
type item struct {
	key  string
	node func() *object
}

// numbered makes items in the order of a list that only grows at its end.
func numbered(n int, node func(i int) *object) []item {
	items := make([]item, n)
	for i := range items {
		items[i] = item{sortKey(int64(i)), func() *object { return node(i) }}
	}
	return items
}

// sortKey writes a number so that text compares as numbers do.
func sortKey(n int64) string { return fmt.Sprintf("%020d", n) }

// timeKey orders by time, then by id.
func timeKey(t time.Time, id int64) string { return sortKey(t.UnixNano()) + sortKey(id) }

// connection pages over items as Shopify's connections do; typ is the name of the connection's type.
// A cursor holds the sort key, so a page goes on where the last one ended even if entries moved.
func connection(typ string, items []item) lazy {
	return func(args map[string]any) (any, error) {
		first, hasFirst := intArg(args, "first")
		last, hasLast := intArg(args, "last")
		if hasFirst == hasLast {
			return nil, &queryError{"you must provide one of first or last", "BAD_REQUEST"}
		}
		if n := max(first, last); n < 0 || n > maxPage {
			return nil, &queryError{fmt.Sprintf("a page of %d is not between 0 and %d", n, maxPage), "BAD_REQUEST"}
		}
		all := slices.Clone(items)
		slices.SortStableFunc(all, func(a, b item) int { return strings.Compare(a.key, b.key) })
		reverse := args["reverse"] == true
		if reverse {
			slices.Reverse(all)
		}
		from, to, err := window(all, reverse, args)
		if err != nil {
			return nil, err
		}
		if hasFirst {
			to = min(to, from+int(first))
		} else {
			from = max(from, to-int(last))
		}
		return pageOf(typ, all, from, to), nil
	}
}

// window narrows the list to what lies between the cursors after and before.
func window(all []item, reverse bool, args map[string]any) (from, to int, err error) {
	beyond := func(name string, orEqual bool) (int, error) {
		b, err := base64.StdEncoding.DecodeString(stringArg(args, name))
		if err != nil {
			return 0, &queryError{"invalid cursor for argument " + name, "BAD_REQUEST"}
		}
		i := slices.IndexFunc(all, func(it item) bool {
			c := strings.Compare(it.key, string(b))
			if reverse {
				c = -c
			}
			return c > 0 || orEqual && c == 0
		})
		if i < 0 {
			i = len(all)
		}
		return i, nil
	}
	to = len(all)
	if stringArg(args, "after") != "" {
		if from, err = beyond("after", false); err != nil {
			return 0, 0, err
		}
	}
	if stringArg(args, "before") != "" {
		if to, err = beyond("before", true); err != nil {
			return 0, 0, err
		}
	}
	return from, max(from, to), nil
}

func pageOf(typ string, all []item, from, to int) *object {
	nodes := make([]any, 0, to-from)
	edges := make([]any, 0, to-from)
	edge := strings.TrimSuffix(typ, "Connection") + "Edge"
	for _, it := range all[from:to] {
		node := it.node()
		nodes = append(nodes, node)
		edges = append(edges, &object{edge, map[string]any{"cursor": cursor(it), "node": node}})
	}
	info := map[string]any{
		"startCursor": nil, "endCursor": nil,
		"hasPreviousPage": from > 0, "hasNextPage": to < len(all),
	}
	if to > from {
		info["startCursor"], info["endCursor"] = cursor(all[from]), cursor(all[to-1])
	}
	return &object{typ, map[string]any{"nodes": nodes, "edges": edges, "pageInfo": &object{"PageInfo", info}}}
}

func cursor(it item) string { return base64.StdEncoding.EncodeToString([]byte(it.key)) }

// queryError is an error of a whole document: it goes into errors, with its code in extensions.
type queryError struct{ message, code string }

func (e *queryError) Error() string { return e.message }
