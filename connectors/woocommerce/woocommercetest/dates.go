package woocommercetest

import (
	"regexp"
	"time"
)

const (
	wireTime = "2006-01-02T15:04:05" // as REST answers write times: without a zone
	sqlTime  = "2006-01-02 15:04:05"
)

// local is a time on the shop's clock, gmt on UTC's; nil is null.
func (s *Server) local(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := t.In(s.zone).Format(wireTime)
	return &text
}

func gmt(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := t.UTC().Format(wireTime)
	return &text
}

// dateTime is what the schema takes for a date-time (rest_parse_date).
var dateTime = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}(?::\d{2})?)?$`)

// parseTime reads a time as WordPress does: with a zone as it says, without one on the shop's clock; a date
// alone is its midnight. Not ok: it is no time.
func (s *Server) parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Truncate(time.Second), true
		}
	}
	for _, layout := range []string{wireTime, sqlTime, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, s.zone); err == nil {
			return t.UTC().Truncate(time.Second), true
		}
	}
	return time.Time{}, false
}

// bound is one end of a span of time in a list, as text that sorts: WordPress turns what was given into the
// shop's clock and compares that with the column, also with the column in GMT. So with dates_are_gmt a time
// without a zone is right, and one with "Z" is off by the shop's offset.
type bound struct {
	text string
	gmt  bool
}

func (s *Server) column(t time.Time, gmt bool) string {
	if gmt {
		return t.UTC().Format(sqlTime)
	}
	return t.In(s.zone).Format(sqlTime)
}

// bound reads a parameter that is an end of a span; nil: not given.
func (c *call) bound(name string) (*bound, *problem) {
	text, ok := c.param(name)
	if !ok || text == "" {
		return nil, nil
	}
	t, known := c.s.parseTime(text)
	if !dateTime.MatchString(text) || !known {
		return nil, invalidParam(name, "Invalid date.")
	}
	return &bound{t.In(c.s.zone).Format(sqlTime), c.flag("dates_are_gmt")}, nil
}

// span is what a list is limited to.
type span struct{ after, before, modifiedAfter, modifiedBefore *bound }

func (c *call) span() (span, *problem) {
	var out span
	for name, place := range map[string]**bound{
		"after": &out.after, "before": &out.before,
		"modified_after": &out.modifiedAfter, "modified_before": &out.modifiedBefore,
	} {
		b, bad := c.bound(name)
		if bad != nil {
			return out, bad
		}
		*place = b
	}
	return out, nil
}

// holds tells whether something with these times is within; the ends are not.
func (sp span) holds(s *Server, created, modified time.Time) bool {
	later := func(t time.Time, b *bound) bool { return b == nil || s.column(t, b.gmt) > b.text }
	sooner := func(t time.Time, b *bound) bool { return b == nil || s.column(t, b.gmt) < b.text }
	return later(created, sp.after) && sooner(created, sp.before) &&
		later(modified, sp.modifiedAfter) && sooner(modified, sp.modifiedBefore)
}
