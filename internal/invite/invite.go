// Package invite tells of the one-time links by which an owner lets her shop connect itself. Whoever asks
// for one and whoever keeps it share nothing else.
package invite

import "time"

// Life is for how long a link can be used.
const Life = time.Hour

// Invitation is one such link, as far as it is kept: its secret is known to its holder alone.
type Invitation struct {
	Platform  string // "woocommerce"
	Domain    string // of the shop that was asked for, as the platform's connector writes it
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero: not yet
	ShopID    string    // the shop that came of it, "" while there is none
	Reason    string    // why none came of it: an error's code; "" otherwise
}
