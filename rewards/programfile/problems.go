package programfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"grapevine/rewards"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	Line int    // counted from 1; 0 where no line is to blame
	Path string // "advocate.reward.kind", "" for the file as a whole
	Text string // what is wrong and what to write instead
}

// String is for people: "line 5: advocate.reward.kind: …".
func (p Problem) String() string {
	s := p.Text
	if p.Path != "" {
		s = p.Path + ": " + s
	}
	if p.Line > 0 {
		s = fmt.Sprintf("line %d: %s", p.Line, s)
	}
	return s
}

// Problems is all that is wrong with a file, by line. It is wrapped in the error of Parse: errors.As
// gets it out.
type Problems []Problem

// Error puts each problem on a line of its own.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err is nil where nothing is wrong, and otherwise an error of kind Invalid, code bad_program, that wraps
// the problems.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return rewards.Errorf(rewards.Invalid, "bad_program", "%w", ps)
}

func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return ps
}
