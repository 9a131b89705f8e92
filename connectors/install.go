package connectors

import (
	"log/slog"
	"time"

	"grapevine/rewards"
)

// Environment is what a connector is opened with.
type Environment struct {
	// Setting reads a setting of the connector's own by its full name ("GRAPEVINE_STRIPE_WEBHOOK_SECRETS"), or
	// the file that its _FILE twin names. "" if it is not set.
	Setting func(name string) (string, error)
	// AllowLoopback lets a shop's APIURL name plain HTTP on this machine: for tests and the demo.
	AllowLoopback bool
	Log           *slog.Logger
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Application is what an owner tells of a shop that she wants to install.
type Application struct {
	Domain   string // as typed; a platform that finds it out takes ""
	Token    string // the credential for its API, in the platform's form
	APIURL   string // instead of the shop's own address; "" in production
	Currency string // ISO 4217; "": asked from the shop
	Account  string // of many that one credential may call; "" where there is none
	// WebhookSecrets are those that the owner made by hand, newest first; none where they are made for her.
	WebhookSecrets []string
}

// Profile is what a shop tells about itself and about the credential.
type Profile struct {
	Name     string
	Domain   string // as the shop says it; "" if it does not tell
	Currency string // ISO 4217; "" if it does not tell
	TimeZone string // IANA name; "" if it does not tell
	// Granted are the permissions of the credential, as far as they can be listed.
	Granted []string
	// Missing are permissions that Grapevine needs and the credential lacks.
	Missing []string
	// Lacking are kinds of reward that the credential is not enough for, with the permissions that it lacks: of
	// use only to shops whose programmes give them.
	Lacking map[rewards.RewardKind][]string
	// Settings are to be kept with the shop, instead of those that it was asked with; nil: those stay.
	Settings map[string]string
	// Notes are for people: what works less well than it could.
	Notes []string
}

// Subscription is how a shop's webhooks stand.
type Subscription struct {
	// Secrets sign them, newest first; nil: those that are known stay.
	Secrets []string
	// Settings are to be kept with the shop, instead of those that it came with; nil: those stay.
	Settings map[string]string
	Made     []string // topics or endpoints that were made now
	Mended   []string // that were switched off, or led elsewhere, and were set right
}

// Finding is what is to be said of one thing that was looked at.
type Finding struct {
	About string `json:"about"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"` // how to mend it
}
