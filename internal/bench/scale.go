package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"grapevine/internal/chart"
)

// scaled is what an operation costs, in microseconds of time, with so much stored.
type scaled struct {
	size                int
	taken, plain, coded float64
	cold                float64 // plain, before the indexes are in memory
	asked               float64 // ms, of the slowest of the dashboard's questions
}

// scale measures how the cost of taking in and deciding grows with what is stored.
func (b *bench) scale() error {
	sizes, err := parseSizes(b.sizes)
	if err != nil {
		return err
	}
	var all []scaled
	for _, size := range sizes {
		b.doing.Store(fmt.Sprintf("filling %d orders", size))
		at, err := b.scaledTo(size)
		if err != nil {
			return fmt.Errorf("with %d orders: %w", size, err)
		}
		all = append(all, at)
		name := fmt.Sprintf("%d orders stored: ", size)
		b.report.add(name+"webhook taken in", "µs", at.taken)
		b.report.add(name+"order without a code decided", "µs", at.plain)
		b.report.add(name+"order without a code decided, indexes on the disk", "µs", at.cold)
		b.report.add(name+"order with a code decided", "µs", at.coded)
		b.report.add(name+"dashboard figures, slowest question's p50", "ms", at.asked)
	}
	first, last := all[0], all[len(all)-1]
	b.report.add("largest ÷ empty, webhook taken in", "×", last.taken/first.taken)
	b.report.add("largest ÷ empty, order without a code", "×", last.plain/first.plain)
	b.report.add("largest ÷ empty, order with a code", "×", last.coded/first.coded)
	b.report.add("dashboard figures, slowest question's p50", "ms", last.asked)
	if b.chart == "" {
		return nil
	}
	return drawScale(b.chart, all)
}

var memoryLine = regexp.MustCompile(`(?m)^MemTotal:\s+(\d+) kB$`)

// quarterOfMemory is what PostgreSQL's manual recommends as shared_buffers for a machine that it has to itself;
// 1 GB where /proc does not tell.
func quarterOfMemory() string {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "1GB"
	}
	if m := memoryLine.FindSubmatch(text); m != nil {
		if kb, err := strconv.Atoi(string(m[1])); err == nil {
			return fmt.Sprint(kb/4/1024, "MB")
		}
	}
	return "1GB"
}

func parseSizes(text string) (sizes []int, err error) {
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 {
			return nil, fmt.Errorf("-sizes: %q is no number of orders", part)
		}
		sizes = append(sizes, n)
	}
	slices.Sort(sizes)
	if sizes[0] != 0 || sizes[len(sizes)-1] == 0 {
		return nil, errors.New("-sizes: the empty database is what others are held against: name 0 and another")
	}
	return sizes, nil
}

// scaledTo measures a database with so many orders, each figure as the median of the rounds.
func (b *bench) scaledTo(size int) (scaled, error) {
	var s spec
	drop, err := b.fresh("postgres", &s)
	if err != nil {
		return scaled{}, err
	}
	defer drop()
	s.Kind = "fill" // no events: the schema and the shops
	filler, err := startChild(s)
	if err != nil {
		return scaled{}, err
	}
	if _, err := filler.end(); err != nil {
		return scaled{}, err
	}
	if err := fillDatabase(context.Background(), s.URL, size); err != nil {
		return scaled{}, err
	}
	decide := func(round int, codes bool) (float64, error) {
		rate, err := b.digestThere(spec{Kind: "digest", URL: s.URL, Key: s.Key, Events: b.events, Codes: codes, From: round * b.events})
		return 1e6 / rate, err
	}
	cold, err := decide(b.rounds, false)
	if err != nil {
		return scaled{}, err
	}
	if err := warm(context.Background(), s.URL); err != nil {
		return scaled{}, err
	}
	var taken, plain, coded []float64
	for round := range b.rounds {
		for _, codes := range []bool{false, true} {
			took, err := decide(round, codes)
			if err != nil {
				return scaled{}, err
			}
			if codes {
				coded = append(coded, took)
			} else {
				plain = append(plain, took)
			}
		}
	}
	if err := b.costliest("scale", s.URL); err != nil {
		return scaled{}, err
	}
	for range b.rounds {
		seen, err := b.doorThere(s)
		if err != nil {
			return scaled{}, err
		}
		taken = append(taken, 1e6/seen.perSecond())
	}
	asked, err := b.figuresThere(s)
	return scaled{size, median(taken), median(plain), median(coded), cold, asked}, err
}

// figuresThere is the p50 of the slowest of the dashboard's questions, in milliseconds.
func (b *bench) figuresThere(s spec) (float64, error) {
	b.doing.Store("rolling up and asking for figures")
	s.Kind = "figures"
	c, err := startChild(s)
	if err != nil {
		return 0, err
	}
	out, err := c.end()
	if err != nil {
		return 0, err
	}
	return slices.Max(out.Waits), nil
}

func (b *bench) digestThere(s spec) (perSecond float64, err error) {
	b.doing.Store("deciding")
	c, err := startChild(s)
	if err != nil {
		return 0, err
	}
	if _, err := c.line(); err != nil {
		return 0, err
	}
	out, err := c.end()
	return float64(out.Events) / out.Seconds, err
}

func (b *bench) doorThere(s spec) (sample, error) {
	b.doing.Store("taking in")
	s.Kind = "door"
	c, err := startChild(s)
	if err != nil {
		return sample{}, err
	}
	addr, err := c.line()
	if err != nil {
		return sample{}, err
	}
	seen, err := b.load.run(plan{addr: addr, connections: connections, duration: b.duration, measured: func() {}})
	if err == nil && seen.refused > 0 {
		err = fmt.Errorf("%d of %d calls were not answered 200", seen.refused, seen.refused+seen.answers)
	}
	if err != nil {
		c.kill()
		return seen, err
	}
	_, err = c.end()
	return seen, err
}

// drawScale draws cost against size.
func drawScale(path string, all []scaled) error {
	line := chart.LineSpec{
		Title: "What one webhook costs, by how much is stored",
		Note:  "Microseconds of time on two cores that the load, the program and PostgreSQL share; a tenth as many codes.",
		Series: []chart.Series{
			{Name: "webhook taken in"}, {Name: "without a code decided"}, {Name: "with a code decided"},
		},
		XLabel: func(i int) string { return count(all[i].size) + " orders" },
		Y:      func(v float64) string { return fmt.Sprintf("%.0f µs", v) },
	}
	for _, at := range all {
		for i, v := range []float64{at.taken, at.plain, at.coded} {
			line.Series[i].Values = append(line.Series[i].Values, v)
		}
	}
	svg, err := chart.Lines(line)
	if err != nil {
		return err
	}
	return os.WriteFile(path, svg, 0o644)
}

// count writes a number with its thousands apart.
func count(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
