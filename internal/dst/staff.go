package dst

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/storage"
)

// troubles are what is wrong for a while.
func (w *world) troubles(rng *rand.Rand) (acts []act) {
	window := func(kind string, longest time.Duration, set func(on bool)) {
		from := w.at(rng, 0)
		until := from + time.Duration(rng.Int64N(int64(longest)))
		if w.plan.on(kind) {
			acts = append(acts,
				act{from, kind + " begins", func(dice) error { set(!w.healed); return nil }},
				act{until, kind + " ends", func(dice) error { set(false); return nil }})
		}
	}
	for _, s := range w.shops {
		window("down", 5*time.Hour, func(on bool) { w.faults.down[s.name] = on })
	}
	window("full", 40*time.Minute, func(on bool) { w.faults.full = on })
	for range 3 {
		at, by := w.at(rng, 0), time.Duration(rng.Int64N(int64(2*time.Hour)))-time.Hour
		if w.plan.on("clock") {
			acts = append(acts, act{at, fmt.Sprintf("clocks are set by %s", by), func(dice) error {
				w.skew += by
				for _, p := range w.living {
					p.skew.Store(int64(w.skew))
				}
				return nil
			}})
		}
	}
	return acts
}

// staff is what people do at the console.
func (w *world) staff(rng *rand.Rand) (acts []act) {
	ctx := context.Background()
	add := func(kind string, times int, do func(s *shop, d dice) error) {
		for i := range times {
			at, s := w.at(rng, 0), w.shops[rng.IntN(len(w.shops))]
			if w.plan.on(kind) {
				acts = append(acts, act{at, fmt.Sprintf("%s %d at %s", kind, i, s.name), func(d dice) error { w.atDesk(kind, d, func(d dice) error { return do(s, d) }); return nil }})
			}
		}
	}
	add("reissue", 3, func(s *shop, d dice) error {
		list, _, err := w.books.Rewards(ctx, s.id, rewards.RewardFilter{}, rewards.Page{Limit: 50})
		if err != nil || len(list) == 0 {
			return err
		}
		_, _, err = w.books.Reissue(ctx, s.id, list[d.IntN(len(list))].ID, "lost", "staff")
		return err
	})
	add("review", 3, func(s *shop, d dice) error {
		list, err := w.books.LatestOrders(ctx, s.id, 20)
		if err != nil || len(list) == 0 {
			return err
		}
		verdict := []rewards.Verdict{rewards.VerdictApprove, rewards.VerdictReject}[d.IntN(2)]
		_, err = w.books.Review(ctx, s.id, list[d.IntN(len(list))].OrderID, verdict, "staff", "looked at")
		return err
	})
	add("block", 2, func(s *shop, d dice) error {
		a := w.people[d.IntN(len(w.people))]
		if a.blocked = true; d.IntN(2) == 0 {
			_, err := w.books.BlockAdvocate(ctx, a.shop.id, a.id, "odd", "staff")
			return err
		}
		_, err := w.books.UnblockAdvocate(ctx, a.shop.id, a.id, "fine", "staff")
		return err
	})
	add("program", 2, func(s *shop, d dice) error {
		return w.apply(ctx, s, []string{"30.00", "35.00", "45.00"}[d.IntN(3)])
	})
	for _, s := range w.shops {
		w.closing(rng, s, &acts)
	}
	return acts
}

// atDesk does something at the console, and again while the database is away.
func (w *world) atDesk(kind string, d dice, do func(d dice) error) {
	w.acting.Add(1)
	go func() {
		defer w.acting.Add(-1)
		for try := range 60 { // a process that is stopped inside a transaction has the file for minutes
			err := w.unlocked(nil, func() { w.bus.park(nil, kind+" waits") })
			if err == nil {
				err = do(d)
			}
			w.bus.note("%s: %s", kind, rewards.CodeOf(err))
			if err == nil || rewards.KindOf(err) != rewards.Unavailable {
				if kind := rewards.KindOf(err); kind == rewards.Internal {
					w.breach("staff", "%s: %v", kind, err)
				}
				return
			}
			time.Sleep(time.Second << min(try, 7))
			d = w.bus.park(nil, kind+" once more")
		}
	}()
}

// closing is what an owner does to a whole shop. What is closed for a while is open again in the end.
func (w *world) closing(rng *rand.Rand, s *shop, acts *[]act) {
	ctx := context.Background()
	pair := func(kind string, longest time.Duration, first, then func(d dice) error) {
		from := w.at(rng, 0)
		until := from + time.Duration(rng.Int64N(int64(longest)))
		begun := false // the first of the two may wait long for the database
		begin := func(d dice) error {
			err := first(d)
			begun = rewards.KindOf(err) != rewards.Unavailable
			return err
		}
		end := func(d dice) error {
			if !begun {
				return rewards.Errorf(rewards.Unavailable, "not_begun", "%s has not begun", kind)
			}
			return then(d)
		}
		if w.plan.on(kind) {
			*acts = append(*acts,
				act{from, kind + " " + s.name, func(d dice) error { w.atDesk(kind, d, begin); return nil }},
				act{until, "end of " + kind + " " + s.name, func(d dice) error { w.atDesk("end of "+kind, d, end); return nil }})
		}
	}
	pair("pause", time.Hour, func(dice) error {
		_, err := w.books.PauseShop(ctx, s.id)
		return err
	}, func(dice) error { return w.resume(s) })
	pair("token", time.Hour, func(dice) error {
		s.token += "x"
		s.Change(func(c *shopifytest.Settings) { c.AccessToken = s.token })
		return nil
	}, func(dice) error { return w.renew(s) })
	pair("uninstall", 2*time.Hour, func(dice) error {
		s.Uninstall()
		s.post()
		return nil
	}, func(dice) error { return w.reinstall(s) })
	at, who := w.at(rng, 0), w.people[rng.IntN(len(w.people))]
	if w.plan.on("erase") && who.shop == s {
		*acts = append(*acts, act{at, "erase " + who.id, func(dice) error {
			who.erased = true
			return s.Compliance(shopifytest.ComplianceInput{Topic: "customers/redact", CustomerID: who.buyer.ID})
		}})
	}
}

func (w *world) resume(s *shop) error {
	_, err := w.books.ResumeShop(context.Background(), s.id)
	return err
}

// renew tells the books a shop's new token, and has it called again.
func (w *world) renew(s *shop) error {
	token := secret.Text(s.token)
	_, err := w.books.UpdateShop(context.Background(), s.id, storage.ShopUpdate{Token: &token})
	return err
}

// reinstall brings a shop back that had left.
func (w *world) reinstall(s *shop) error {
	s.token = "shpat_" + strconv.Itoa(len(s.token)) + s.name
	s.Reinstall(s.token)
	_, err := w.books.AddShop(context.Background(), storage.NewShop{
		Platform: "shopify", Domain: s.domain, Currency: "USD", TimeZone: "UTC", Token: secret.Text(s.token),
	})
	if rewards.CodeOf(err) == "shop_exists" { // the news of its leaving has not come yet
		return errors.Join(w.renew(s), nil)
	}
	return err
}
