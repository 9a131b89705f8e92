package api

import (
	"context"
	"slices"
	"strings"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// fillTroubles gives a shop a leaked code, one that was rotated, and a job in each state.
func (w *world) fillTroubles(shop, tag string) {
	w.Leaks[shop] = []rewards.Leak{
		{Code: "LEAK-" + strings.ToUpper(tag), AdvocateID: "adv_" + tag + "1", Program: "give10get10", DetectedAt: minute(20), Evidence: "strangers used the code 14 times"},
		{Code: "OLD-" + strings.ToUpper(tag), AdvocateID: "adv_" + tag + "1", Program: "give10get10", DetectedAt: minute(10), ReplacedBy: "ANNA-7Q2M", RotatedAt: minute(11), Actor: "user:mia", Reason: "seen on a coupon site"},
	}
	w.Jobs[shop] = []webhooks.StoredJob{
		{ShopID: shop, ID: "job_" + tag + "1", Kind: rewards.JobFulfil, Subject: "rw_" + tag + "1", State: webhooks.JobDead, Attempts: 7, RunAt: minute(20), FirstAt: minute(1), Code: "scope_missing", Detail: "no right"},
		{ShopID: shop, ID: "job_" + tag + "2", Kind: rewards.JobConfirm, Subject: tag + "1001", State: webhooks.JobDue, RunAt: minute(10)},
	}
}

type standings struct{ *world }

// change does something to an advocate and keeps it.
func (s standings) change(shop, id string, c rewards.AdvocateChange, f func(*rewards.Advocate) bool) (rewards.Advocate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.Advocates[shop], func(a rewards.Advocate) bool { return a.ID == id })
	if i < 0 {
		return rewards.Advocate{}, notFound()
	}
	a := &s.Advocates[shop][i]
	if f(a) {
		c.At = minute(30)
		a.History = append(slices.Clone(a.History), c)
	}
	return *a, nil
}

func (s standings) BlockAdvocate(_ context.Context, shop, id, reason, actor string) (rewards.Advocate, error) {
	return s.change(shop, id, rewards.AdvocateChange{Change: "block", Reason: reason, Actor: actor}, func(a *rewards.Advocate) bool {
		was := a.Status
		a.Status, a.Reason = "blocked", reason
		return was != "blocked"
	})
}

func (s standings) UnblockAdvocate(_ context.Context, shop, id, reason, actor string) (rewards.Advocate, error) {
	return s.change(shop, id, rewards.AdvocateChange{Change: "unblock", Reason: reason, Actor: actor}, func(a *rewards.Advocate) bool {
		was := a.Status
		if was == "blocked" {
			a.Status, a.Reason = "active", ""
		}
		return was == "blocked"
	})
}

func (s standings) SetTeam(_ context.Context, shop, id, team, actor string) (rewards.Advocate, error) {
	return s.change(shop, id, rewards.AdvocateChange{Change: "team", Value: team, Actor: actor}, func(a *rewards.Advocate) bool {
		was := a.Team
		a.Team = team
		return was != team
	})
}

func (s standings) Leaks(_ context.Context, shop string, p rewards.Page) ([]rewards.Leak, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return part(s.world.Leaks[shop], p, func(rewards.Leak) bool { return true })
}

func (s standings) RotateCode(_ context.Context, shop, code, actor, reason string) (rewards.Advocate, bool, error) {
	s.mu.Lock()
	i := slices.IndexFunc(s.world.Leaks[shop], func(l rewards.Leak) bool { return l.Code == strings.ToUpper(code) })
	if i < 0 {
		s.mu.Unlock()
		return rewards.Advocate{}, false, notFound()
	}
	l := &s.world.Leaks[shop][i]
	rotated := l.ReplacedBy == ""
	if rotated {
		l.ReplacedBy, l.RotatedAt, l.Actor, l.Reason = "ANNA-NEW1", minute(30), actor, reason
	}
	id := l.AdvocateID
	s.mu.Unlock()
	a, err := s.change(shop, id, rewards.AdvocateChange{Change: "rotate", Value: "ANNA-NEW1", Reason: reason, Actor: actor}, func(a *rewards.Advocate) bool {
		if rotated {
			a.OldCodes = []rewards.OldCode{{Code: l.Code, Status: "retired", Reason: "code_leaked", Alias: true, RetiredAt: minute(30)}}
			a.Code = "ANNA-NEW1"
		}
		return rotated
	})
	return a, rotated, err
}

type jobs struct{ *world }

func (j jobs) Jobs(_ context.Context, shop string, f webhooks.JobFilter, p rewards.Page) ([]webhooks.StoredJob, string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return part(j.world.Jobs[shop], p, func(s webhooks.StoredJob) bool { return among(string(f.State), string(s.State)) })
}

func (j jobs) RetryJob(_ context.Context, shop, id string) (webhooks.StoredJob, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := slices.IndexFunc(j.world.Jobs[shop], func(s webhooks.StoredJob) bool { return s.ID == id })
	if i < 0 {
		return webhooks.StoredJob{}, notFound()
	}
	j.world.Jobs[shop][i].State = webhooks.JobDue
	return j.world.Jobs[shop][i], nil
}
