package storage

import (
	"fmt"
	"testing"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestRewardsAndEntriesAreListedPageByPage(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		var orders []rewards.Order
		for i := range 5 {
			orders = append(orders, r.order(fmt.Sprint("o", i)))
		}
		r.decide(orders...)
		ids, entries := map[string]bool{}, map[string]bool{}
		page := rewards.Page{Limit: 2}
		for range 4 {
			list, next, err := s.Rewards(s.ctx, r.shop.ID, rewards.RewardFilter{AdvocateID: r.advocate.ID, Status: rewards.StatusIssuing}, page)
			s.no(err)
			for _, w := range list {
				ids[w.ID] = true
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		page = rewards.Page{Limit: 3}
		for range 9 {
			list, next, err := s.Ledger(s.ctx, r.shop.ID, rewards.LedgerFilter{}, page)
			s.no(err)
			for _, e := range list {
				entries[e.ID] = true
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		if len(ids) != 5 || len(entries) != 10 {
			t.Fatalf("saw %d rewards and %d entries", len(ids), len(entries))
		}
		list, _, err := s.Ledger(s.ctx, r.shop.ID, rewards.LedgerFilter{Account: rewards.ProgramAccount("give10")}, rewards.Page{})
		s.no(err)
		if len(list) != 5 || list[0].Amount != usd(-1000) {
			t.Fatalf("got %+v", list)
		}
		_, err = s.Reward(s.ctx, s.shop().ID, list[0].RewardID)
		s.kind(err, rewards.NotFound, "reward_not_found")
		_, err = s.Order(s.ctx, r.shop.ID, "none")
		s.kind(err, rewards.NotFound, "order_not_found")
		latest, err := s.LatestOrders(s.ctx, r.shop.ID, 3)
		s.no(err)
		if len(latest) != 3 || len(latest[0].Rewards) != 1 || len(latest[0].Rewards[0].History) != 1 {
			t.Fatalf("got %+v", latest)
		}
	})
}

func TestCountsForMetrics(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("o1"))
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 1), delivery(r.shop.Domain, 2)})
		s.no(err)
		s.raw("UPDATE events SET received_at = {hourago}")
		events, oldest, err := s.EventCounts(s.ctx)
		s.no(err)
		if events[webhooks.EventPending] != 2 || oldest.Minutes() < 59 {
			t.Fatalf("got %v, %v", events, oldest)
		}
		due, waiting, dead, err := s.JobCounts(s.ctx)
		s.no(err)
		shops, err := s.ShopCounts(s.ctx)
		s.no(err)
		earned, err := s.RewardCounts(s.ctx)
		s.no(err)
		if due != 3 || waiting != 3 || dead != 0 || shops[ShopActive] != 1 || earned[rewards.StatusIssuing] != 1 {
			t.Fatalf("got %d %d %d, %v, %v", due, waiting, dead, shops, earned)
		}
	})
}
