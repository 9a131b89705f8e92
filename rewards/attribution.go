package rewards

import (
	"cmp"
	"slices"
	"time"
)

// winner picks the claim that the order belongs to and records why the others lost. A code beats a link;
// of codes the one that took most off wins, then the older, then the alphabet; of links the last that was
// followed inside the window, or the first where the programme says so; a bond comes last, but where the
// programme binds friends it is the only one that counts.
func (t *trial) winner() bool {
	entrants := t.entrants()
	lost, running := ReasonNone, false
	for _, e := range entrants {
		why := e.unfit
		switch {
		case why != ReasonNone:
			if lost == ReasonNone || lost == ReasonSelfReferral {
				lost = why
			}
		case running:
			why = beaten(e.Claim, t.won)
		default:
			running, t.won, t.p = true, e.Claim, e.program
		}
		t.d.Candidates = append(t.d.Candidates, Candidate{Code: e.Code, Via: e.Via, Advocate: e.AdvocateID, Won: why == ReasonNone, Reason: why})
	}
	if !running {
		t.reject(lost, "attribution", false, "none of %d codes and links counts", len(entrants))
		return false
	}
	t.d.Program, t.d.Version, t.d.Advocate = t.p.Name, t.p.Version, t.won.AdvocateID
	switch t.won.Via {
	case ViaCode:
		t.note("attribution", true, "%s took %s off", t.won.Code, t.won.TookOff)
	case ViaLink:
		t.note("attribution", true, "the link with %s was followed %s", t.won.Code, followed(t.won, t.f.Order.PlacedAt))
	default:
		t.note("attribution", true, "the friend stays with the advocate of the first order")
	}
	if !t.p.Runs(t.f.Order.PlacedAt) {
		t.note("program_runs", true, "%s was not running on %s; approved by %s", t.p.Name, stamp(t.f.Order.PlacedAt), t.f.Review.Actor)
	}
	if t.p.Name != t.won.Program {
		t.note("program", true, "%s judges codes of %s while it runs", t.p.Name, t.won.Program)
	}
	return true
}

// entrant is a claim with the programme that would judge it, and why it cannot win whatever the others are.
type entrant struct {
	Claim
	program Program
	unfit   Reason
}

// entrants are the order's claims by rank.
func (t *trial) entrants() []entrant {
	all := make([]entrant, 0, len(t.f.Claims))
	bond := ""
	for _, c := range t.f.Claims {
		p, why := t.fits(c)
		all = append(all, entrant{c, p, why})
		if c.Via == ViaBond && why == ReasonNone {
			bond = c.AdvocateID
		}
	}
	for i, e := range all {
		if bond != "" && e.AdvocateID != bond && e.unfit == ReasonNone {
			all[i].unfit = ReasonBound
		}
	}
	last := slices.ContainsFunc(all, func(e entrant) bool {
		return e.Via == ViaLink && e.unfit == ReasonNone && !e.program.Attribution.TouchFirst
	})
	slices.SortFunc(all, func(a, b entrant) int { return t.byRank(a.Claim, b.Claim, !last) })
	return all
}

// byRank orders claims as DESIGN.md says. The first touch counts where every programme that would judge one
// of the links says so, else the last: one way for all of them, or three links could each beat the next.
func (t *trial) byRank(a, b Claim, touchFirst bool) int {
	via := func(v Via) int { return slices.Index([]Via{ViaCode, ViaLink, ViaBond}, v) }
	touch := t.touched(b).Compare(t.touched(a))
	if touchFirst {
		touch = -touch
	}
	return cmp.Or(cmp.Compare(via(a.Via), via(b.Via)), cmp.Compare(b.TookOff.Minor, a.TookOff.Minor), touch,
		a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code))
}

// touched is when a link was followed: where that is not told, at the order.
func (t *trial) touched(c Claim) time.Time {
	if c.Via == ViaLink && c.TouchedAt.IsZero() {
		return t.f.Order.PlacedAt
	}
	return c.TouchedAt
}

// loose tells whether a claim is a bond of a programme that binds nobody: it says nothing.
func (t *trial) loose(c Claim) bool {
	if c.Via != ViaBond {
		return false
	}
	p, _ := t.rules.Judging(c.Program)
	return !p.Attribution.Bind
}

// fits tells why a claim cannot win, whatever the others are.
func (t *trial) fits(c Claim) (Program, Reason) {
	if who := t.f.Order.Customer; who != nil &&
		(who.ID != "" && who.ID == c.CustomerID || who.EmailKey != "" && who.EmailKey == c.EmailKey) {
		return Program{}, ReasonSelfReferral
	}
	p, ok := t.rules.Judging(c.Program)
	switch {
	case !ok || !p.Runs(t.f.Order.PlacedAt) && !t.f.Approved():
		return p, ReasonProgramOff
	case c.Via == ViaCode && c.TookOff.Minor <= 0:
		return p, ReasonNotApplied
	case c.Via == ViaLink && tooOld(c, t.f.Order.PlacedAt, p.Attribution.Window):
		return p, ReasonWindowOver
	}
	return p, ReasonNone
}

// tooOld tells whether a link was followed too long before the order, or after it.
func tooOld(c Claim, placed time.Time, window time.Duration) bool {
	return !c.TouchedAt.IsZero() && window > 0 && placed.Sub(c.TouchedAt) > window
}

func followed(c Claim, placed time.Time) string {
	if c.TouchedAt.IsZero() {
		return "on the way to the order"
	}
	return stamp(c.TouchedAt) + ", " + placed.Sub(c.TouchedAt).Truncate(time.Minute).String() + " before the order"
}

func beaten(c, by Claim) Reason {
	switch {
	case c.Via != by.Via && by.Via == ViaCode:
		return ReasonCodeWins
	case c.Via != by.Via, c.Via == ViaBond:
		return ReasonOtherTouch
	case c.Via == ViaLink && !c.TouchedAt.Equal(by.TouchedAt):
		return ReasonOtherTouch
	case c.TookOff.Minor < by.TookOff.Minor:
		return ReasonTookLess
	case c.Since.After(by.Since):
		return ReasonNewerCode
	}
	return ReasonLaterInAlpha
}
