package storage

import (
	"fmt"
	"strings"

	"grapevine/rewards"
)

// priorities are the classes of a shop's jobs, in the order of what waits for them, with what a second of
// waiting weighs in each. A turn goes to the class whose oldest due job has waited longest by that weight: what
// is urgent comes first, and nothing waits for ever, for its weight grows as it waits. Codes and offers, for which
// a person sits before a screen, overtake an hour of orders within some seconds; there is one such job a
// programme, so that they are never many.
var priorities = []struct{ class, weight int }{
	{0, 512}, // codes, offers
	{1, 4},   // what was earned, and codes to be stopped
	{2, 2},   // orders to be read and judged
	{3, 1},   // asking what changed
}

// priorityOf is the class of a kind of job.
func priorityOf(k rewards.JobKind) int {
	switch k {
	case rewards.JobCodes, rewards.JobOffer:
		return 0
	case rewards.JobFulfil, rewards.JobRetire:
		return 1
	case rewards.JobConfirm:
		return 2
	}
	return 3
}

// eachPriority repeats a question for each class: its answer is the head of an index, whatever else waits.
func eachPriority(question string) string {
	var all []string
	for _, p := range priorities {
		all = append(all, fmt.Sprintf("%s AND priority = %d", question, p.class))
	}
	return strings.Join(all, " UNION ALL ")
}

// firstPriority finds the class whose turn it is. It takes the shop's id once for each class.
var firstPriority = func() string {
	var heads []string
	for _, p := range priorities {
		heads = append(heads, fmt.Sprintf(`SELECT * FROM (SELECT priority, run_at, %d AS weight FROM jobs
  WHERE shop_id = ? AND state = 'due' AND run_at <= {now} AND priority = %d ORDER BY run_at, id LIMIT 1) AS p%d`, p.weight, p.class, p.class))
	}
	return "SELECT h.priority FROM (" + strings.Join(heads, " UNION ALL ") + ") AS h ORDER BY h.weight * ({now} - h.run_at) DESC, h.priority LIMIT 1"
}()
