package webhooks

import "time"

// The promise of DESIGN: full jitter, 5 s … 6 h, at least 72 h, then dead with an alert.
const (
	firstWait  = 5 * time.Second
	longestGap = 6 * time.Hour
	giveUp     = 72 * time.Hour
	// shortest keeps a lucky draw from hammering a shop that just said no.
	shortest = 500 * time.Millisecond
)

// backoff draws the wait after the given number of failed tries, at least what the shop asked for.
// Full jitter: anything between zero and the exponential bound, so that jobs which failed together do
// not come back together.
func (p *Pipeline) backoff(tries int, asked time.Duration) time.Duration {
	bound := longestGap
	if tries <= 12 { // 5 s × 2^12 is near 6 h; none failed where a shop that was parked begins anew
		bound = min(firstWait<<max(tries-1, 0), longestGap)
	}
	return max(p.opts.Jitter(bound), asked, shortest)
}
