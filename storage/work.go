package storage

import (
	"context"
	"errors"
	"slices"

	"grapevine/connectors"
	"grapevine/internal/fault"
	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/webhooks"
)

var (
	_ webhooks.Inbox = (*DB)(nil)
	_ webhooks.Lanes = (*DB)(nil)
	_ webhooks.Work  = (*DB)(nil)
)

// Decide judges orders and stores everything that follows, in one transaction. See webhooks.Work.
func (d *DB) Decide(ctx context.Context, l webhooks.Lane, orders []webhooks.Confirmed) error {
	if len(orders) == 0 {
		return nil
	}
	defer d.analyzeGrown(ctx)
	return d.fenced(ctx, l, "judging orders", func(x *txn) error {
		if err := x.looksUpByRote(); err != nil {
			return err
		}
		jobs := make([]webhooks.Job, len(orders))
		for i, c := range orders {
			jobs[i] = c.Job
		}
		ended, err := x.endJobs(l.Shop.ID, jobs)
		if err != nil {
			return err
		}
		if err := x.judge(l, distinct(orders)); err != nil {
			return err
		}
		// An order that was asked for again is read again: what waits for it waits on.
		orders = slices.DeleteFunc(slices.Clone(orders), func(c webhooks.Confirmed) bool { return !slices.Contains(ended, c.Job.Subject) })
		if err := x.endWaiting(l.Shop.ID, orders); err != nil {
			return err
		}
		fault.Point(ctx, fault.DecideUncommitted)
		return nil
	})
}

// distinct are the orders among what was read, each once, as it was newest: two names of one order may have
// been asked for.
func distinct(read []webhooks.Confirmed) []webhooks.Confirmed {
	var orders []webhooks.Confirmed
	for _, c := range read {
		i := slices.IndexFunc(orders, func(o webhooks.Confirmed) bool { return o.Order.ID == c.Order.ID })
		switch {
		case c.NoOrder:
		case i < 0:
			orders = append(orders, c)
		case orders[i].Trouble != "" || c.Trouble == "" && !c.Order.UpdatedAt.Before(orders[i].Order.UpdatedAt):
			orders[i] = c
		}
	}
	return orders
}

// judge applies orders to the book one after the other and stores what changed.
func (x *txn) judge(l webhooks.Lane, orders []webhooks.Confirmed) error {
	if len(orders) == 0 {
		return nil
	}
	shopID := l.Shop.ID
	sealed, friends := x.d.sealedOrders(shopID, orders)
	book, err := x.loadBook(l.Shop, sealed, friends)
	if err != nil {
		return err
	}
	var changes []rewards.Change
	for _, c := range book.orders {
		change, err := book.apply(c)
		if err != nil {
			return err
		}
		changes = append(changes, change)
		x.carry(c.Job.Trace, change.Effect.Jobs)
	}
	if err := x.saveChanges(shopID, changes); err != nil {
		return err
	}
	return x.meet(shopID, sealed)
}

// sealedOrders returns copies of orders in which people and places are keyed hashes, and the plain people
// for the moment of a comparison, by order id. The orders themselves stay as they are: a transaction that
// is run again compares again.
func (d *DB) sealedOrders(shopID string, orders []webhooks.Confirmed) ([]webhooks.Confirmed, map[string]fairness.Person) {
	sealed, friends := slices.Clone(orders), map[string]fairness.Person{}
	for i, c := range sealed {
		if c.Order.Customer != nil {
			who := *c.Order.Customer
			sealed[i].Order.Customer = &who
			friends[c.Order.ID] = plainFriend(c.Order)
		}
		d.Seal(shopID, &sealed[i].Order)
	}
	return sealed, friends
}

// saveChanges stores what judging orders of a shop left: the orders, where they came from, what followed,
// and what shadows would have decided. Of an order that was judged twice the last record counts.
func (x *txn) saveChanges(shopID string, changes []rewards.Change) error {
	last, shadows := map[string]rewards.Record{}, map[string][]rewards.ShadowVerdict{}
	var all rewards.Effect
	for _, c := range changes {
		id := c.Record.Facts.Order.ID
		last[id], shadows[id] = c.Record, c.Shadows
		merge(&all, c.Effect)
	}
	rows, sealed := make([]orderRecord, 0, len(last)), make([]shopOrder, 0, len(last))
	for _, id := range keysOf(last) {
		rec := last[id]
		rows, sealed = append(rows, orderRecord{shopID, rec}), append(sealed, shopOrder{shopID: shopID, order: rec.Facts.Order})
	}
	if err := x.saveOrders(rows, always); err != nil {
		return err
	}
	if err := x.saveTraces(sealed); err != nil {
		return err
	}
	if err := x.saveShadows(shopID, last, shadows); err != nil {
		return err
	}
	return x.saveEffect(shopID, all)
}

// apply judges one order. One that cannot be reckoned is held, so that it does not stop its neighbours.
func (b *bookLoad) apply(c webhooks.Confirmed) (rewards.Change, error) {
	for folded, code := range b.retired {
		if delete(b.book.Owners, folded); c.Order.PlacedAt.Before(code.at) {
			b.book.Owners[folded] = code.claim
		}
	}
	change, err := b.book.Apply(c.Order, c.Trouble, c.Detail)
	if err == nil || rewards.KindOf(err) != rewards.Invalid || c.Order.ID == "" {
		return change, err
	}
	return b.book.Apply(rewards.Order{ID: c.Order.ID}, rewards.ReasonUnreadableOrder, detail(err))
}

func merge(into *rewards.Effect, e rewards.Effect) {
	into.Rewards = append(into.Rewards, e.Rewards...)
	into.Postings = append(into.Postings, e.Postings...)
	into.Jobs = append(into.Jobs, e.Jobs...)
	into.Alerts = append(into.Alerts, e.Alerts...)
	for name, m := range e.Budget {
		if into.Budget == nil {
			into.Budget = map[string]rewards.Money{}
		}
		sum := into.Budget[name]
		sum.Minor, sum.Currency = sum.Minor+m.Minor, m.Currency
		into.Budget[name] = sum
	}
}

// endWaiting ends the events that waited for these orders, with the decision's reason. What they asked for
// may have turned out to be another name of the order: they are then found under the right one.
func (x *txn) endWaiting(shopID string, orders []webhooks.Confirmed) error {
	judged, none := table{cols: "asked text, order_id text"}, table{cols: "asked text"}
	for _, c := range orders {
		if c.NoOrder {
			none.add(clean(c.Job.Subject))
		} else {
			judged.add(clean(c.Job.Subject), c.Order.ID)
		}
	}
	received, err := queryAll[stamp](x, judged, `UPDATE events AS e SET order_id = o.order_id, status = CASE WHEN o.outcome = 'held' THEN 'held' ELSE 'done' END, reason = o.reason, finished_at = {now}
FROM v JOIN orders o ON o.shop_id = ? AND o.order_id = v.order_id
WHERE e.shop_id = o.shop_id AND e.order_id = v.asked AND e.order_id <> '' AND e.status = 'confirming' RETURNING due_at`, shopID)
	if err != nil {
		return err
	}
	x.decided(received)
	_, err = x.execAll(none, `UPDATE events AS e SET status = 'ignored', reason = ?, finished_at = {now} FROM v
WHERE e.shop_id = ? AND e.order_id = v.asked AND e.order_id <> '' AND e.status = 'confirming'`, connectors.NotAnOrder, shopID)
	return err
}

// Step records the shop's answer to a reward's step. See webhooks.Work.
func (d *DB) Step(ctx context.Context, l webhooks.Lane, j webhooks.Job, res rewards.StepResult) error {
	return d.fenced(ctx, l, "recording a reward's step", func(x *txn) error {
		if _, err := x.endJobs(l.Shop.ID, []webhooks.Job{j}); err != nil {
			return err
		}
		x.traces = map[string]string{"": j.Trace}
		if err := x.record(l.Shop.ID, j.Subject, res); err != nil {
			return err
		}
		fault.Point(ctx, fault.StepUncommitted)
		return nil
	})
}

// record stores what a step did; the effect asks for the next one if there is any.
func (x *txn) record(shopID, rewardID string, res rewards.StepResult) error {
	r, err := x.reward(shopID, rewardID, "{lock}")
	if err != nil {
		return err
	}
	if err := x.lockOffers(shopID, []string{r.Program}); err != nil {
		return err
	}
	now, err := x.now()
	if err != nil {
		return err
	}
	effect, err := r.Record(res, now)
	if err != nil {
		return err
	}
	if err := x.saveEffect(shopID, effect); err != nil {
		return err
	}
	return x.forgetErased(shopID, rewardID)
}

// refuse ends a reward's step that was given up. What is in the shop already stays as it is there, and
// the dead job shows it. So does an issue that may have worked: to call it refused would let it be
// issued a second time. It stays under way, and is looked for in the shop if it is asked for again.
func (x *txn) refuse(shopID string, j webhooks.Job, cause error) error {
	var call *connectors.CallError
	if j.Unclear || errors.As(cause, &call) && call.Unclear {
		return nil
	}
	r, err := x.reward(shopID, j.Subject, "{lock}")
	if err != nil || r.Next() != rewards.StepIssue {
		return err
	}
	now, err := x.now()
	if err != nil {
		return err
	}
	effect, err := r.Record(rewards.StepResult{Step: rewards.StepIssue, Refused: rewards.CodeOf(cause)}, now)
	if err != nil {
		return err
	}
	if err := x.saveEffect(shopID, effect); err != nil {
		return err
	}
	return x.forgetErased(shopID, r.ID)
}

func (x *txn) reward(shopID, id, lock string) (rewards.Reward, error) {
	var row rewardRow
	n, err := x.scan(&row, "SELECT * FROM rewards WHERE shop_id = ? AND id = ? "+lock, shopID, id)
	if err != nil {
		return rewards.Reward{}, err
	}
	if n == 0 {
		return rewards.Reward{}, rewards.Errorf(rewards.NotFound, "reward_not_found", "there is no reward %.80q", id)
	}
	return row.reward()
}
