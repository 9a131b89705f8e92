package fairness

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// softened is the most points of a signal that a shop's settings made a flag: who says that something is
// only to be shown does not want it held for its points alone.
const softened = 30

// Signal is what a rule found in a case. It is stored with the decision.
type Signal struct {
	Rule     string  `json:"rule"`
	Version  int     `json:"version"`
	Verdict  Verdict `json:"verdict"`
	Points   int     `json:"points,omitempty"`
	Evidence string  `json:"evidence"` // a sentence without personal data
}

// Judge asks every rule and returns the signals of those that fired, in the table's order, nil where none
// did. A rule that lacks its data or panics fires with the verdict Hold and says so.
func Judge(s Settings, c Case) []Signal { return judge(table, s, c) }

func judge(rules []Rule, s Settings, c Case) []Signal {
	s = s.WithDefaults()
	if c.Historic {
		c.Trouble = nil
	}
	var found []Signal
	for i := range rules {
		r := &rules[i]
		verdict := s.verdict(r)
		if verdict == Off {
			continue
		}
		why := c.lacks(r)
		if why == "" {
			var evidence string
			if evidence, why = ask(r, &s, &c); why == "" && evidence == "" {
				continue
			} else if why == "" {
				found = append(found, r.signal(verdict, evidence))
				continue
			}
		}
		found = append(found, Signal{Rule: r.Name, Version: r.Version, Verdict: Hold, Points: r.Points, Evidence: "this could not be judged: " + why})
	}
	return found
}

// ask calls a rule. why tells of a panic.
func ask(r *Rule, s *Settings, c *Case) (evidence, why string) {
	defer func() {
		if p := recover(); p != nil {
			evidence, why = "", fmt.Sprintf("the rule broke: %v", p)
		}
	}()
	return r.check(s, c), ""
}

func (r *Rule) signal(v Verdict, evidence string) Signal {
	points := r.Points
	if v == Flag && r.Verdict != Flag {
		points = min(points, softened)
	}
	return Signal{Rule: r.Name, Version: r.Version, Verdict: v, Points: points, Evidence: evidence}
}

// lacks returns why a rule cannot be asked, "" where it can.
func (c *Case) lacks(r *Rule) string {
	if len(c.Trouble) == 0 {
		return ""
	}
	var why []string
	for _, name := range slices.Sorted(maps.Keys(c.Trouble)) {
		if name == r.Name || slices.Contains(r.Data, name) {
			why = append(why, name+": "+c.Trouble[name])
		}
	}
	return strings.Join(why, "; ")
}

// Sum returns the worst verdict among signals and their points together. Flags alone make a hold when
// their points reach Settings.ReviewPoints.
func Sum(s Settings, signals []Signal) (worst Verdict, points int) {
	s = s.WithDefaults()
	for _, g := range signals {
		worst, points = Worse(worst, g.Verdict), points+g.Points
	}
	if worst == Flag && points >= s.ReviewPoints {
		worst = Hold
	}
	return worst, points
}
