package rewards_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"grapevine/rewards"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func date(t testing.TB, s string) rewards.Date {
	t.Helper()
	d, err := rewards.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADayBeginsWhereItsZoneSays(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ day, zone, begins, ends string }{
		"an hour is left out":            {"2024-03-10", "America/New_York", "2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z"},
		"an hour comes twice":            {"2024-11-03", "America/New_York", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z"},
		"there is no midnight":           {"2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		"the hour before midnight twice": {"2018-02-18", "America/Sao_Paulo", "2018-02-18T03:00:00Z", "2018-02-19T03:00:00Z"},
		"half an hour beside the others": {"2024-04-07", "Australia/Lord_Howe", "2024-04-06T13:00:00Z", "2024-04-07T13:30:00Z"},
		"far in the east":                {"2024-01-01", "Pacific/Kiritimati", "2023-12-31T10:00:00Z", "2024-01-01T10:00:00Z"},
		"the day was left out":           {"2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, z := date(t, tc.day), zone(t, tc.zone)
			begins, ends := d.Begins(z).Format(time.RFC3339), d.Add(1).Begins(z).Format(time.RFC3339)
			if begins != tc.begins || ends != tc.ends {
				t.Errorf("from %s to %s, want %s to %s", begins, ends, tc.begins, tc.ends)
			}
		})
	}
}

func TestPeriodsOfTheCalendar(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		from, to string
		by       rewards.Grouping
		want     []string // the day, then the length
	}{
		"no grouping":     {"2024-01-30", "2024-02-02", rewards.ByNothing, []string{"2024-01-30 96h0m0s"}},
		"by programme":    {"2024-01-30", "2024-02-02", rewards.ByProgram, []string{"2024-01-30 96h0m0s"}},
		"days":            {"2024-03-30", "2024-04-01", rewards.ByDay, []string{"2024-03-30 24h0m0s", "2024-03-31 23h0m0s", "2024-04-01 24h0m0s"}},
		"months, cut":     {"2024-01-30", "2024-03-01", rewards.ByMonth, []string{"2024-01-01 48h0m0s", "2024-02-01 696h0m0s", "2024-03-01 24h0m0s"}},
		"weeks, cut":      {"2024-01-03", "2024-01-15", rewards.ByWeek, []string{"2024-01-01 120h0m0s", "2024-01-08 168h0m0s", "2024-01-15 24h0m0s"}},
		"a Sunday's week": {"2024-01-07", "2024-01-07", rewards.ByWeek, []string{"2024-01-01 24h0m0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			periods, err := rewards.Periods(date(t, tc.from), date(t, tc.to), tc.by, zone(t, "Europe/Berlin"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range periods {
				got = append(got, p.Day.String()+" "+p.Until.Sub(p.From).String())
			}
			if len(got) != len(tc.want) {
				t.Fatalf("got %v, want %v", got, tc.want)
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Errorf("got %v, want %v", got, tc.want)
				}
			}
		})
	}
}

func TestPeriodsLeaveNoGap(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "America/New_York", "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo", "Asia/Tehran", "America/St_Johns", "America/Havana"}
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		from := rewards.Date{Year: 2007, Month: 1, Day: 1}.Add(rapid.IntRange(0, 7000).Draw(rt, "from"))
		to := from.Add(rapid.IntRange(0, 400).Draw(rt, "days"))
		by := rapid.SampledFrom(append(rewards.Groupings, rewards.ByNothing)).Draw(rt, "by")
		periods, err := rewards.Periods(from, to, by, z)
		if err != nil {
			rt.Fatal(err)
		}
		if len(periods) == 0 { // a day that was left out
			return
		}
		for i, p := range periods[1:] {
			if !p.From.Equal(periods[i].Until) || !p.From.Before(p.Until) {
				rt.Fatalf("%+v after %+v", p, periods[i])
			}
		}
		if !periods[0].From.Equal(from.Begins(z)) || !periods[len(periods)-1].Until.Equal(to.Add(1).Begins(z)) {
			rt.Fatalf("the ends are %v and %v", periods[0].From, periods[len(periods)-1].Until)
		}
	})
}

func TestPeriodsThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, days := range map[string][2]rewards.Date{
		"the other way round": {{Year: 2024, Month: 1, Day: 2}, {Year: 2024, Month: 1, Day: 1}},
		"too many":            {{Year: 2020, Month: 1, Day: 1}, {Year: 2024, Month: 1, Day: 1}},
		"no dates":            {},
	} {
		if _, err := rewards.Periods(days[0], days[1], rewards.ByDay, time.UTC); rewards.CodeOf(err) != "bad_range" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, s := range []string{"", "2024-02-30", "2024-1-1", "yesterday"} {
		if d, err := rewards.ParseDate(s); rewards.CodeOf(err) != "bad_date" {
			t.Errorf("%q is %v, %v", s, d, err)
		}
	}
}

func TestRatiosAreExact(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		r    rewards.Ratio
		bp   int64
		none bool
	}{
		"a third":               {rewards.Ratio{Part: 1, Whole: 3}, 3333, false},
		"more than all":         {rewards.Ratio{Part: 5, Whole: 2}, 25_000, false},
		"below zero":            {rewards.Ratio{Part: -2, Whole: 3}, -6666, false},
		"of nothing":            {rewards.Ratio{Part: 3}, 0, true},
		"of less than nothing":  {rewards.Ratio{Part: 3, Whole: -4}, 0, true},
		"large":                 {rewards.Ratio{Part: math.MaxInt64, Whole: math.MaxInt64}, 10_000, false},
		"too large":             {rewards.Ratio{Part: math.MaxInt64, Whole: 1}, math.MaxInt64, false},
		"too large, below zero": {rewards.Ratio{Part: math.MinInt64, Whole: 1}, -math.MaxInt64, false},
	} {
		if bp, ok := tc.r.BasisPoints(); bp != tc.bp || ok == tc.none {
			t.Errorf("%s: %d, %v", name, bp, ok)
		}
	}
}
