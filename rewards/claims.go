package rewards

import "slices"

// claims finds the owners of the order's codes and links, and the friend's bond. A code that stands there
// twice counts once, with the sum; a link that was followed again at another time counts again.
func (b *Book) claims(o Order) []Claim {
	var claims []Claim
	for _, applied := range o.Codes {
		claim, ok := b.claim(applied.Code)
		if !ok {
			continue
		}
		claim.TookOff = applied.TookOff
		i := slices.IndexFunc(claims, func(c Claim) bool { return c.Code == claim.Code })
		if i < 0 {
			claims = append(claims, claim)
		} else if sum, err := claims[i].TookOff.Add(applied.TookOff); err == nil {
			claims[i].TookOff = sum
		}
	}
	for _, touch := range o.Touches {
		claim, ok := b.claim(touch.Code)
		if !ok || touch.At.After(o.PlacedAt) {
			continue
		}
		claim.Via, claim.TouchedAt = ViaLink, touch.At
		if !slices.ContainsFunc(claims, func(c Claim) bool { return c.Via == ViaLink && c.Code == claim.Code && c.TouchedAt.Equal(touch.At) }) {
			claims = append(claims, claim)
		}
	}
	if bond, ok := b.Bonds[o.ID]; ok {
		bond.Via = ViaBond
		claims = append(claims, bond)
	}
	for i, c := range claims {
		claims[i].Case = b.caseOf(o, c)
	}
	return claims
}

// claim finds the owner of a code.
func (b *Book) claim(code string) (Claim, bool) {
	folded, ok := FoldCode(code)
	if !ok {
		return Claim{}, false
	}
	owner, ok := b.Owners[folded]
	owner.Code = folded
	return owner, ok
}
