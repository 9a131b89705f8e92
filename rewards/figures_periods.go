package rewards

import (
	"fmt"
	"sort"
	"time"
)

// Grouping is by what figures are told apart.
type Grouping string

// The groupings.
const (
	ByNothing  Grouping = ""
	ByDay      Grouping = "day"
	ByWeek     Grouping = "week" // from Monday
	ByMonth    Grouping = "month"
	ByProgram  Grouping = "program"
	ByVariant  Grouping = "variant"
	ByAdvocate Grouping = "advocate"
)

// Groupings lists them all but ByNothing.
var Groupings = []Grouping{ByDay, ByWeek, ByMonth, ByProgram, ByVariant, ByAdvocate}

// OverTime tells whether the groups are periods.
func (g Grouping) OverTime() bool { return g == ByDay || g == ByWeek || g == ByMonth }

// MaxPeriods is how many periods a report may have: three years of days.
const MaxPeriods = 1100

// Date is a day of the calendar, wherever that is.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads "2026-03-01". Kind Invalid, code bad_date.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, Errorf(Invalid, "bad_date", "%.40q is no day like 2026-03-01", s)
	}
	return DateOf(t), nil
}

// DateOf is the day of a time in its own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// String writes "2026-03-01".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// IsZero tells whether no day is named.
func (d Date) IsZero() bool { return d == Date{} }

// Add returns the day so many days later.
func (d Date) Add(days int) Date { return DateOf(d.in(time.UTC).AddDate(0, 0, days)) }

// Before tells whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.in(time.UTC).Before(e.in(time.UTC)) }

func (d Date) in(zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// Begins is the first moment of the day in a zone. Where the clocks are changed at midnight the day begins
// at another hour; a day that a zone left out begins when the next one does.
func (d Date) Begins(zone *time.Location) time.Time {
	const before, after = 36 * 60 * 60, 36 * 60 * 60
	guess := d.in(time.UTC)
	n := sort.Search(before+after, func(n int) bool {
		return !DateOf(guess.Add(time.Duration(n-before) * time.Second).In(zone)).Before(d)
	})
	return guess.Add(time.Duration(n-before) * time.Second)
}

// Period is a stretch of time with the day on which it begins by the calendar: for the first and the last
// week or month of a report the stretch may be shorter than the week or month.
type Period struct {
	Day         Date
	From, Until time.Time // from inclusive, until exclusive
}

// Periods cuts the days from one to another, both inclusive, at the borders of days, weeks or months in
// a zone; any other grouping leaves them in one. Kind Invalid, code bad_range, where to is before from or there
// would be more than MaxPeriods.
func Periods(from, to Date, by Grouping, zone *time.Location) ([]Period, error) {
	if to.Before(from) || from.Year < 1970 || to.Year > 9000 {
		return nil, Errorf(Invalid, "bad_range", "from %s to %s there are no days", from, to)
	}
	var all []Period
	for day := from; !to.Before(day); {
		label, next := border(day, by)
		if !by.OverTime() || to.Before(next) {
			next = to.Add(1)
		}
		p := Period{Day: label, From: day.Begins(zone), Until: next.Begins(zone)}
		day = next
		if !p.From.Before(p.Until) {
			continue // a day that the zone left out
		}
		if all = append(all, p); len(all) > MaxPeriods {
			return nil, Errorf(Invalid, "bad_range", "from %s to %s there are more than %d periods", from, to, MaxPeriods)
		}
	}
	return all, nil
}

// border returns the first day of the period that a day belongs to, and that of the next period.
func border(d Date, by Grouping) (first, next Date) {
	switch by {
	case ByWeek:
		first = d.Add(-(int(d.in(time.UTC).Weekday()) + 6) % 7)
		return first, first.Add(7)
	case ByMonth:
		first = Date{d.Year, d.Month, 1}
		return first, DateOf(first.in(time.UTC).AddDate(0, 1, 0))
	}
	return d, d.Add(1)
}
