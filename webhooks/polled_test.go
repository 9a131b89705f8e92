package webhooks_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// lives lets orders come, change and go, and calls tell for each state.
func (s *settlement) lives(tell func(connectors.Delivery)) {
	for i := range 7 {
		o := s.bought(fmt.Sprint("o", i))
		tell(s.v.places(o))
		o.UpdatedAt = o.UpdatedAt.Add(time.Millisecond)
		switch i {
		case 1:
			o.Payment = rewards.PaymentRefunded
		case 2:
			o.Payment, o.MoneyBack = rewards.PaymentPartiallyRefunded, usd(900)
		case 3:
			o.Cancelled = true
		default:
			continue
		}
		tell(s.v.places(o))
	}
}

// books are the sums of the ledger, by what kind of account it is.
func (s *settlement) books() map[string]int64 {
	out := map[string]int64{}
	for account, sum := range s.balances() {
		kind := account
		if account == "issued:"+s.advocate {
			kind = "issued"
		} else if account == "pending:"+s.advocate {
			kind = "pending"
		}
		out[kind] = sum
	}
	return out
}

// Every webhook is lost, pages are refused and the shop is away for a while: what is asked for tells the same
// as webhooks would have told.
func TestAShopThatIsAskedTellsWhatItsWebhooksWouldHaveTold(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		told := newVillage()
		heard := settle(t, fresh(t, url), told, told)
		heard.lives(func(d connectors.Delivery) { heard.sends(d.Topic, d.DeliveryID, d.Body) })
		heard.idle()

		silent := newVillage()
		silent.torn, silent.broken = 3, true
		silent.silent = &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_throttled", "status 429"), Throttled: true, After: time.Millisecond}
		asked := settle(t, fresh(t, url), silent, lively{silent})
		asked.lives(func(connectors.Delivery) {})
		silent.mu.Lock()
		silent.silent = nil
		silent.mu.Unlock()
		asked.until("each order is as it is in the shop", func() bool {
			for id, now := range silent.orders {
				if got, err := asked.db.Order(t.Context(), asked.shopID, id); err != nil || !got.Facts.Order.UpdatedAt.Equal(now.UpdatedAt) {
					return false
				}
			}
			return true
		})
		asked.idle()
		if a, b := heard.books(), asked.books(); !maps.Equal(a, b) || a["issued"] != 4800 {
			t.Errorf("told by webhooks: %v\nasked: %v", a, b)
		}
		for id := range silent.orders {
			a, errA := heard.db.Order(t.Context(), heard.shopID, id)
			b, errB := asked.db.Order(t.Context(), asked.shopID, id)
			if errA != nil || errB != nil || a.Decision.Outcome != b.Decision.Outcome || a.Decision.Reason != b.Decision.Reason {
				t.Errorf("%s: told %s %s, asked %s %s, %v %v", id, a.Decision.Outcome, a.Decision.Reason, b.Decision.Outcome, b.Decision.Reason, errA, errB)
			}
		}
		asked.until("the shop's webhooks are on again", func() bool {
			silent.mu.Lock()
			defer silent.mu.Unlock()
			return !silent.broken
		})
		heard.sound()
		asked.sound()
		if jobs, _, err := asked.db.Jobs(t.Context(), asked.shopID, webhooks.JobFilter{Subject: webhooks.PollSubject}, rewards.Page{}); err != nil || len(jobs) != 1 || jobs[0].State != webhooks.JobDue {
			t.Errorf("the shop is to be asked by %+v, %v", jobs, err)
		}
	})
}

// hourglass tells of changes far faster than it lets itself be asked.
type hourglass struct {
	lively
	rests int
}

func (h *hourglass) Changes(ctx context.Context, s connectors.Shop, since time.Time, cursor string) (connectors.ChangesPage, error) {
	if h.rests > 0 && cursor != "" {
		h.rests--
		return connectors.ChangesPage{}, &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_throttled", "status 429"), Throttled: true, After: time.Second}
	}
	return h.lively.Changes(ctx, s, since, cursor)
}

func TestCatchingUpBringsWhatIsMissing(t *testing.T) {
	t.Parallel()
	v := newVillage()
	s := settle(t, testdb.SQLite(t), v, v)
	shop, err := s.db.CallableShop(t.Context(), s.shopID)
	if err != nil {
		t.Fatal(err)
	}
	since := time.Now().Add(-time.Minute)
	if _, err := webhooks.CatchUp(t.Context(), v, s.db, shop, since, nil); rewards.CodeOf(err) != "not_pollable" || rewards.KindOf(err) != rewards.Invalid {
		t.Fatalf("a platform that cannot be asked: %v", err)
	}
	n := 0
	s.lives(func(d connectors.Delivery) {
		if n++; n%2 == 0 { // every other webhook was lost
			s.sends(d.Topic, d.DeliveryID, d.Body)
		}
	})
	var told []webhooks.Caught
	done, err := webhooks.CatchUp(t.Context(), &hourglass{lively{v}, 1}, s.db, shop, since, func(c webhooks.Caught) { told = append(told, c) })
	if err != nil || done != (webhooks.Caught{Seen: 10, New: 5}) || len(told) != 5 || !slices.Contains(told, done) {
		t.Errorf("found %+v, told %v, %v", done, told, err)
	}
	s.pipeline.Wake()
	s.idle()
	if got := s.books()["issued"]; got != 4800 {
		t.Errorf("Ana was given %d, want 4800", got)
	}
	if again, err := webhooks.CatchUp(t.Context(), lively{v}, s.db, shop, since, nil); err != nil || again != (webhooks.Caught{Seen: 10}) {
		t.Errorf("once more: %+v, %v", again, err)
	}
	v.silent = &connectors.CallError{Cause: rewards.Errorf(rewards.Denied, "token_refused", "status 401"), Park: "token_refused"}
	if got, err := webhooks.CatchUp(t.Context(), lively{v}, s.db, shop, since, nil); rewards.CodeOf(err) != "token_refused" || got != (webhooks.Caught{}) {
		t.Errorf("a shop that refuses us: %+v, %v", got, err)
	}
	s.sound()
}
