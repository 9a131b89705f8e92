package main

import (
	"context"
	"time"

	"grapevine/storage"
	"grapevine/webhooks"
)

const (
	// partitionsEvery is how often the inbox's weeks to come are looked after. Four are made ahead.
	partitionsEvery = 6 * time.Hour
	pruneEvery      = time.Hour
	// prunePause is between two bounded parts of what is old: others get their turn.
	prunePause = time.Second
	// rollUpEvery is how soon what changed is in the daily figures; until then it is added up when it is asked for.
	// rollUpFor bounds one turn, with pauses for others.
	rollUpEvery = 15 * time.Second
	rollUpFor   = 10 * time.Second
	rollUpPause = 100 * time.Millisecond
)

// chores is all periodic work.
func (a *app) chores() []chore {
	return []chore{
		{name: "expire", every: expireEvery, do: a.expire},
		{name: "leaks", every: leakEvery, heavy: true, do: a.leaks},
		{name: "scrub", every: scrubEvery, heavy: true, do: a.scrub},
		{name: "polls", every: webhooks.KeepPollingEvery, do: func(ctx context.Context, _ turn) (int, error) {
			return 0, a.pipeline.KeepPolling(ctx)
		}},
		{name: "partitions", every: partitionsEvery, do: func(ctx context.Context, _ turn) (int, error) { return a.db.KeepPartitions(ctx) }},
		{name: "prune", every: pruneEvery, heavy: true, do: a.prune},
		{name: "figures", every: rollUpEvery, do: a.rollUp},
	}
}

// prune drops what is older than it is to be kept, part by part.
func (a *app) prune(ctx context.Context, _ turn) (dropped int, err error) {
	for more := true; more && err == nil && ctx.Err() == nil; {
		var p storage.Pruned
		p, err = a.db.Prune(ctx, storage.Keep{Events: a.keep})
		dropped += int(p.Events + p.Seen + p.Attempts + p.Installs + p.Calls)
		if more = p.More; more {
			wait(ctx, prunePause)
		}
	}
	return dropped, err
}

// rollUp brings the daily figures up to date, part by part.
func (a *app) rollUp(ctx context.Context, _ turn) (days int, err error) {
	for n, begun := 1, time.Now(); n > 0 && err == nil && ctx.Err() == nil && time.Since(begun) < rollUpFor; {
		n, err = a.db.RollUp(ctx)
		if days += n; n > 0 {
			wait(ctx, rollUpPause)
		}
	}
	return days, err
}
