package storage

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// liteText is a statement as SQLite knows it. The time is a parameter like any other, so that the text is the
// same each time, and compiled once.
type liteText struct {
	text   string
	params []liteParam
}

// liteParam is what a question mark of a text stands for.
type liteParam byte

const (
	theirs  liteParam = iota // the next value that was given
	nowIs                    // the database's time
	hourAgo                  // an hour before
)

// liteWords are what statements are written with, as SQLite knows it.
var liteWords = []struct {
	word, text string
	params     []liteParam
}{
	{"?", "?", []liteParam{theirs}},
	{"{now}", "?", []liteParam{nowIs}},
	{"{after}", "(? + ?)", []liteParam{nowIs, theirs}},
	{"{hourago}", "?", []liteParam{hourAgo}},
	{"{lock}", "", nil},
	{"{skip}", "", nil},
	{"{json}", "", nil},
}

// liteTexts are the texts by what was written; as many as texts.
var (
	liteTexts  sync.Map
	liteTextsN int
)

func toLite(statement string) liteText {
	if known, ok := liteTexts.Load(statement); ok {
		return known.(liteText)
	}
	var t liteText
	var b strings.Builder
	for rest := statement; rest != ""; {
		at := strings.IndexAny(rest, "?{")
		if at < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:at])
		rest = rest[at:]
		known := false
		for _, w := range liteWords {
			if after, ok := strings.CutPrefix(rest, w.word); ok {
				b.WriteString(w.text)
				t.params, rest, known = append(t.params, w.params...), after, true
				break
			}
		}
		if !known {
			b.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	t.text = b.String()
	textsMu.Lock()
	defer textsMu.Unlock()
	if liteTextsN < maxTexts {
		liteTexts.Store(statement, t)
		liteTextsN++
	}
	return t
}

// with puts the values of a statement between the times that it asks for.
func (t liteText) with(at time.Time, given []any) ([]any, error) {
	args, next := make([]any, len(t.params)), 0
	for i, p := range t.params {
		switch p {
		case nowIs:
			args[i] = at.UnixMicro()
		case hourAgo:
			args[i] = at.Add(-time.Hour).UnixMicro()
		default:
			if next < len(given) {
				args[i] = given[next]
			}
			next++
		}
	}
	if next != len(given) {
		return nil, fmt.Errorf("a statement has %d values and asks for %d: %.200s", len(given), next, t.text)
	}
	return args, nil
}
