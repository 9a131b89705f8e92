package words

import (
	"fmt"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// Job tells in plain words what a job is about.
func Job(j webhooks.StoredJob) string {
	switch j.Kind {
	case rewards.JobConfirm:
		return fmt.Sprintf("Read order %s from the shop and judge it.", j.Subject)
	case rewards.JobFulfil:
		return fmt.Sprintf("Bring reward %s in the shop in line with what it deserves: make it, lower it or take it back.", j.Subject)
	case rewards.JobOffer:
		return fmt.Sprintf("Make or change the discount of programme %s in the shop.", j.Subject)
	case rewards.JobCodes:
		return fmt.Sprintf("Publish the new codes of programme %s in the shop.", j.Subject)
	case rewards.JobPoll:
		return "Ask the shop what changed, in case a webhook was lost."
	case rewards.JobRetire:
		if program, code, ok := rewards.CutRetire(j.Subject); ok {
			return fmt.Sprintf("Take code %s of programme %s out of the shop.", code, program)
		}
	}
	return fmt.Sprintf("Do %s for %s.", j.Kind, j.Subject)
}
