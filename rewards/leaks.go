package rewards

import "time"

// Leak is a code that strangers use, as if it stood on a coupon site.
type Leak struct {
	Code       string // as it is read
	AdvocateID string
	Program    string
	DetectedAt time.Time
	Evidence   string    // a sentence; "" where a person reported it
	ReplacedBy string    // the advocate's new code, "" until somebody rotates this one
	RotatedAt  time.Time // zero until then
	Actor      string    // who rotated it: "user:…", "token:…"
	Reason     string    // the person's words
}
