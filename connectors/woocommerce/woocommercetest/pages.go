package woocommercetest

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxPerPage = 100

// number reads a whole number within limits; without one it is the default.
func (c *call) number(name string, def, low, high int) (int, *problem) {
	text, ok := c.param(name)
	if !ok {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, invalidParam(name, name+" is not of type integer.")
	}
	if n < low || n > high {
		if high == maxPerPage {
			return 0, invalidParam(name, fmt.Sprintf("%s must be between %d (inclusive) and %d (inclusive)", name, low, high))
		}
		return 0, invalidParam(name, fmt.Sprintf("%s must be greater than or equal to %d", name, low))
	}
	return n, nil
}

// choice reads a parameter that is one of a few words.
func (c *call) choice(name, def string, words ...string) (string, *problem) {
	text, ok := c.param(name)
	if !ok {
		return def, nil
	}
	if !slices.Contains(words, text) {
		return "", invalidParam(name, fmt.Sprintf("%s is not one of %s.", name, strings.Join(words, ", ")))
	}
	return text, nil
}

// row is what a list is sorted by.
type row struct {
	id                int64
	created, modified time.Time
	title             string
}

// page sorts what was found, cuts the page that was asked for, and sets the headers that tell of the others.
func page[T any](c *call, found []T, of func(T) row) ([]T, *problem) {
	perPage, bad := c.number("per_page", 10, 1, maxPerPage)
	if bad != nil {
		return nil, bad
	}
	number, bad := c.number("page", 1, 1, 1<<31-1)
	if bad != nil {
		return nil, bad
	}
	offset, bad := c.number("offset", (number-1)*perPage, 0, 1<<31-1)
	if bad != nil {
		return nil, bad
	}
	by, bad := c.choice("orderby", "date", "date", "modified", "id", "include", "title", "slug", "name", "registered_date")
	if bad != nil {
		return nil, bad
	}
	order, bad := c.choice("order", "desc", "asc", "desc")
	if bad != nil {
		return nil, bad
	}
	if include := c.ids("include"); len(c.list("include")) > 0 {
		found = slices.DeleteFunc(found, func(v T) bool { return !slices.Contains(include, of(v).id) })
	}
	exclude := c.ids("exclude")
	found = slices.DeleteFunc(found, func(v T) bool { return slices.Contains(exclude, of(v).id) })
	slices.SortStableFunc(found, func(a, b T) int {
		n := compareRows(of(a), of(b), by)
		if order == "desc" {
			return -n
		}
		return n
	})
	c.pageHeaders(number, perPage, len(found))
	low := min(offset, len(found))
	return found[low:min(low+perPage, len(found))], nil
}

func compareRows(a, b row, by string) int {
	byID := cmp.Compare(a.id, b.id)
	switch by {
	case "date", "registered_date":
		return cmp.Or(a.created.Compare(b.created), byID)
	case "modified":
		return cmp.Or(a.modified.Compare(b.modified), byID)
	case "title", "slug", "name":
		return cmp.Or(cmp.Compare(a.title, b.title), byID)
	}
	return byID
}

// pageHeaders tells how many there are, and where the neighbouring pages are.
func (c *call) pageHeaders(number, perPage, total int) {
	pages := (total + perPage - 1) / perPage
	c.header.Set("X-WP-Total", strconv.Itoa(total))
	c.header.Set("X-WP-TotalPages", strconv.Itoa(pages))
	if number > 1 {
		c.header.Add("Link", "<"+c.pageLink(max(1, min(number-1, pages)))+`>; rel="prev"`)
	}
	if pages > number {
		c.header.Add("Link", "<"+c.pageLink(number+1)+`>; rel="next"`)
	}
}

// pageLink is the address of another page with all that was asked. What signs the request is repeated in it, as
// real shops do, and is good for nothing there.
func (c *call) pageLink(number int) string {
	q := maps.Clone(c.query)
	q.Set("page", strconv.Itoa(number))
	q.Del("rest_route")
	base := c.link("/wc/v3/" + strings.Join(c.parts, "/"))
	separator := "?"
	if strings.Contains(base, "?") {
		separator = "&"
	}
	return base + separator + url.Values(q).Encode()
}
