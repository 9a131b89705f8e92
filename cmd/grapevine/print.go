package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"
)

// asJSON prints a value indented, for --json.
func (s streams) asJSON(v any) error {
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// list is what a listing prints: a JSON array, or a table with these columns.
func list[T any](s streams, asJSON bool, items []T, empty string, head string, row func(T) []string) error {
	if asJSON {
		if items == nil {
			items = []T{}
		}
		return s.asJSON(items)
	}
	if len(items) == 0 {
		_, err := fmt.Fprintln(s.out, empty)
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(head, " ", "\t"))
	for _, it := range items {
		fmt.Fprintln(w, strings.Join(row(it), "\t"))
	}
	return w.Flush()
}

// when prints a time as the API does; a zero time is nothing.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// quiet is a log that nobody reads.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
