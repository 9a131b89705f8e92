package rewards_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// world is a store in memory with its own clock and a shop. It builds each Book anew from what is stored,
// as the real store does, applies effects under the same guards, and checks the invariants after each.
type world struct {
	now      time.Time
	currency string
	versions map[string][]rewards.Program
	owners   map[string]rewards.Claim
	records  map[string]rewards.Record
	rewards  map[string][]rewards.Reward // by order, oldest first
	postings []rewards.Posting
	jobs     map[rewards.JobRequest]time.Time // by kind and subject
	orders   map[string]rewards.Order         // as the shop would tell them now
	trouble  map[string]string                // orders that cannot be read, with the detail
	shop     *shop
	begun    map[string]rewards.StepResult    // by reward: the step whose answer was lost, with its net
	cases    map[string]fairness.Case         // what the store found about an order and an advocate
	shadows  map[string]rewards.ShadowVerdict // by programme and order
	alerts   []rewards.BudgetAlert
	minted   int
}

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

var dayZero = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func newWorld(currency string) *world {
	return &world{
		now: dayZero, currency: currency,
		versions: map[string][]rewards.Program{}, owners: map[string]rewards.Claim{}, records: map[string]rewards.Record{},
		rewards: map[string][]rewards.Reward{}, jobs: map[rewards.JobRequest]time.Time{}, orders: map[string]rewards.Order{},
		trouble: map[string]string{}, shop: newShop(), begun: map[string]rewards.StepResult{}, cases: map[string]fairness.Case{}, shadows: map[string]rewards.ShadowVerdict{},
	}
}

func (w *world) mint() rewards.Mint {
	return rewards.Mint{
		ID:   func(prefix string) string { w.minted++; return fmt.Sprintf("%s%d", prefix, w.minted) },
		Code: func() string { w.minted++; return fmt.Sprintf("GV-%d", w.minted) },
	}
}

// book is what the store would load for these orders.
func (w *world) book(ids ...string) *rewards.Book {
	b := &rewards.Book{
		ShopCurrency: w.currency, Now: w.now, Versions: w.versions, Owners: w.owners, Mint: w.mint(),
		Records: map[string]rewards.Record{}, Rewards: map[string][]rewards.Reward{}, EarlierHere: map[string]int64{},
		BudgetUsed: w.budgets(), AdvocateUsed: w.used(), Referrals: w.referrals(), Cases: w.cases, Bonds: w.bonds(ids), RewardCodes: map[string]rewards.Reward{},
	}
	for _, id := range ids {
		if rec, ok := w.records[id]; ok {
			b.Records[id] = rec
		}
		b.Rewards[id] = w.rewards[id]
		b.EarlierHere[id] = w.earlier(w.orders[id])
	}
	for _, r := range w.all() {
		if r.Code != "" {
			b.RewardCodes[r.Code] = r
		}
	}
	return b
}

func (w *world) all() []rewards.Reward {
	var all []rewards.Reward
	for _, id := range slices.Sorted(maps.Keys(w.rewards)) {
		all = append(all, w.rewards[id]...)
	}
	return all
}

func (w *world) budgets() map[string]rewards.Money {
	used := map[string]rewards.Money{}
	for name := range w.versions {
		m := w.balance(rewards.ProgramAccount(name))
		used[name] = rewards.Money{Minor: -m.Minor, Currency: w.currency}
	}
	return used
}

func (w *world) used() map[string][]rewards.Use {
	used := map[string][]rewards.Use{}
	for _, r := range w.all() {
		if r.Status.Live() {
			key := rewards.UsedKey(r.Program, r.AdvocateID)
			used[key] = append(used[key], rewards.Use{OrderID: r.OrderID, RewardID: r.ID, At: r.CreatedAt, Milestone: r.Milestone})
		}
	}
	return used
}

func (w *world) referrals() map[string][]rewards.Referral {
	all := map[string][]rewards.Referral{}
	for _, id := range slices.Sorted(maps.Keys(w.records)) {
		if d := w.records[id].Decision; d.Stands() && d.Reckoned {
			key := rewards.UsedKey(d.Program, d.Advocate)
			all[key] = append(all[key], rewards.Referral{OrderID: id, PlacedAt: w.records[id].Facts.Order.PlacedAt, Counts: w.records[id].Counts()})
		}
	}
	return all
}

// bonds finds who referred the friends of these orders first.
func (w *world) bonds(ids []string) map[string]rewards.Claim {
	found := map[string]rewards.Claim{}
	for _, id := range ids {
		o, first := w.orders[id], rewards.Record{}
		for _, rec := range w.records {
			other := rec.Facts.Order
			if o.Customer == nil || other.Customer == nil || other.ID == id || other.Customer.ID != o.Customer.ID || !other.PlacedAt.Before(o.PlacedAt) ||
				!rec.Decision.Stands() || first.Facts.Order.ID != "" && !other.PlacedAt.Before(first.Facts.Order.PlacedAt) {
				continue
			}
			first = rec
		}
		for _, c := range first.Facts.Claims {
			if c.AdvocateID == first.Decision.Advocate {
				found[id] = rewards.Claim{AdvocateID: c.AdvocateID, CustomerID: c.CustomerID, EmailKey: c.EmailKey, Blocked: w.owner(c).Blocked, Program: c.Program, Since: c.Since, Group: w.owner(c).Group}
			}
		}
	}
	return found
}

// owner is what is known of a claim's advocate now.
func (w *world) owner(c rewards.Claim) rewards.Claim {
	for _, now := range w.owners {
		if now.AdvocateID == c.AdvocateID {
			return now
		}
	}
	return c
}

// earlier counts as the store does: by account or by e-mail, without test orders and cancelled ones.
func (w *world) earlier(o rewards.Order) (n int64) {
	for _, rec := range w.records {
		other := rec.Facts.Order
		if o.Customer == nil || other.Customer == nil || other.ID == o.ID || !other.PlacedAt.Before(o.PlacedAt) || other.Test || other.Status() == "cancelled" {
			continue
		}
		a, b := *o.Customer, *other.Customer
		if a.ID != "" && a.ID == b.ID || a.EmailKey != "" && a.EmailKey == b.EmailKey {
			n++
		}
	}
	return n
}

func (w *world) balance(account string) rewards.Money {
	return w.balanceIn(account, w.currency)
}

func (w *world) balanceIn(account, currency string) rewards.Money {
	sum := rewards.Money{Currency: currency}
	for _, p := range w.postings {
		if p.Amount.Currency != currency {
			continue
		}
		if p.To == account {
			sum.Minor += p.Amount.Minor
		}
		if p.From == account {
			sum.Minor -= p.Amount.Minor
		}
	}
	return sum
}

// confirm reads the orders from the shop and judges them in one transaction.
func (w *world) confirm(t tester, ids ...string) {
	t.Helper()
	for _, id := range ids {
		delete(w.jobs, rewards.JobRequest{Kind: rewards.JobConfirm, Subject: id})
	}
	b := w.book(ids...)
	var effects []rewards.Effect
	for _, id := range ids {
		effects = append(effects, w.judge(t, b, w.orders[id]))
	}
	for _, e := range effects {
		w.store(t, e)
	}
	w.sameBook(t, b)
	w.check(t)
}

func (w *world) judge(t tester, b *rewards.Book, o rewards.Order) rewards.Effect {
	t.Helper()
	reason, detail := rewards.ReasonNone, w.trouble[o.ID]
	if detail != "" {
		o, reason = rewards.Order{ID: o.ID}, rewards.ReasonUnreadableOrder
	}
	c, err := b.Apply(o, reason, detail)
	if err != nil {
		t.Fatalf("apply order %s: %v", o.ID, err)
	}
	w.records[o.ID] = c.Record
	for _, v := range c.Shadows {
		w.shadows[v.Program+" "+o.ID] = v
	}
	return c.Effect
}

// store carries out an effect as the real store does.
func (w *world) store(t tester, e rewards.Effect) {
	t.Helper()
	before := w.budgets()
	for _, c := range e.Rewards {
		w.move(t, c)
	}
	w.postings = append(w.postings, e.Postings...)
	w.alerts = append(w.alerts, e.Alerts...)
	for _, j := range e.Jobs {
		key := rewards.JobRequest{Kind: j.Kind, Subject: j.Subject}
		if at, ok := w.jobs[key]; !ok || j.RunAt.Before(at) {
			w.jobs[key] = j.RunAt
		}
	}
	for name, used := range w.budgets() {
		if delta := used.Minor - before[name].Minor; delta != e.Budget[name].Minor {
			t.Fatalf("budget of %s: effect says %d, postings %d", name, e.Budget[name].Minor, delta)
		}
	}
}

func (w *world) move(t tester, c rewards.RewardChange) {
	t.Helper()
	r := c.Reward
	list := w.rewards[r.OrderID]
	i := slices.IndexFunc(list, func(x rewards.Reward) bool { return x.ID == r.ID })
	if c.Was != r.Status && !rewards.MayMove(c.Was, r.Status) {
		t.Fatalf("reward %s may not move from %q to %q", r.ID, c.Was, r.Status)
	}
	switch {
	case c.Was == "" && i < 0:
		w.rewards[r.OrderID] = append(slices.Clone(list), r)
	case i >= 0 && list[i].Status == c.Was:
		list = slices.Clone(list)
		list[i] = r
		w.rewards[r.OrderID] = list
	default:
		t.Fatalf("reward %s was not %q", r.ID, c.Was)
	}
}

// sameBook compares what Apply kept in the book with what is stored.
func (w *world) sameBook(t tester, b *rewards.Book) {
	t.Helper()
	for name, used := range w.budgets() {
		if b.BudgetUsed[name].Minor != used.Minor {
			t.Fatalf("the book has used %s of %s, stored is %s", b.BudgetUsed[name], name, used)
		}
	}
	for key, used := range w.used() {
		if len(b.AdvocateUsed[key]) != len(used) {
			t.Fatalf("the book has %d uses of %q, stored are %d", len(b.AdvocateUsed[key]), key, len(used))
		}
	}
}

// fulfil does the due work until nothing is due.
func (w *world) work(t tester) {
	t.Helper()
	for range 100 {
		j, ok := w.due()
		if !ok {
			return
		}
		delete(w.jobs, j)
		if j.Kind == rewards.JobConfirm {
			w.confirm(t, j.Subject)
		} else {
			w.fulfil(t, j.Subject)
		}
	}
	t.Fatalf("the work does not end: %v", w.jobs)
}

func (w *world) due() (rewards.JobRequest, bool) {
	due := slices.DeleteFunc(slices.Collect(maps.Keys(w.jobs)), func(j rewards.JobRequest) bool {
		return w.jobs[j].After(w.now) || w.shop.silent && j.Kind == rewards.JobFulfil
	})
	if len(due) == 0 {
		return rewards.JobRequest{}, false
	}
	return slices.MinFunc(due, func(a, b rewards.JobRequest) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
	}), true
}

func (w *world) find(t tester, id string) rewards.Reward {
	t.Helper()
	for _, r := range w.all() {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("no reward %s", id)
	return rewards.Reward{}
}

// fulfil takes one step of a reward: commit the try, call, record under a fresh read. A step whose answer
// was lost is asked about as it was begun, whatever the order says by now: a debit of another amount could
// not be recognised.
func (w *world) fulfil(t tester, id string) {
	t.Helper()
	r := w.find(t, id)
	res := rewards.StepResult{Step: r.Next(), Net: r.Net}
	if begun, ok := w.begun[id]; ok {
		res = begun
	}
	switch res.Step {
	case rewards.StepNone:
		return
	case rewards.StepDrop:
	default:
		r.Tries++
		w.move(t, rewards.RewardChange{Was: r.Status, Reward: r})
		r.Net = res.Net
		action, err := r.Action(res.Step)
		if err != nil {
			t.Fatalf("action: %v", err)
		}
		answer := w.shop.do(t, action)
		if w.shop.losesAnswers {
			w.begun[id] = res
			w.jobs[rewards.JobRequest{Kind: rewards.JobFulfil, Subject: id}] = w.now.Add(time.Minute)
			return
		}
		answer.Step, answer.Net = res.Step, res.Net
		res = answer
	}
	delete(w.begun, id)
	e, err := w.find(t, id).Record(res, w.now)
	if err != nil {
		t.Fatalf("record %s of %s: %v", res.Step, id, err)
	}
	w.store(t, e)
	w.check(t)
}

// check holds what must be true after every transaction.
func (w *world) check(t tester) {
	t.Helper()
	for id, rec := range w.records {
		if again, stored := throughJSON(t, rec, w.versions); again != stored {
			t.Fatalf("order %s judged again:\n%s\nstored:\n%s", id, again, stored)
		}
	}
	for id, list := range w.rewards {
		live := map[string]bool{}
		for _, r := range list {
			w.checkReward(t, r)
			key := string(r.Beneficiary) + " " + r.Rule
			if r.Status.Live() && live[key] && id != "" {
				t.Fatalf("order %s has two live rewards of %s", id, key)
			}
			live[key] = live[key] || r.Status.Live()
		}
	}
	w.checkLimits(t)
}

// throughJSON stores a record as text, derives the decision again from what was read back, and returns
// both decisions as text.
func throughJSON(t tester, rec rewards.Record, versions map[string][]rewards.Program) (again, stored string) {
	t.Helper()
	text := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("marshal: %v", err)
		}
		return b
	}
	read := rewards.Record{Decision: rec.Decision}
	if err := json.Unmarshal(text(rec.Facts), &read.Facts); err != nil {
		t.Fatalf("unmarshal: %v", err)
	}
	return string(text(read.Rejudge(versions))), string(text(rec.Decision))
}

func (w *world) checkReward(t tester, r rewards.Reward) {
	t.Helper()
	holder := r.AdvocateID
	switch {
	case r.Spec.Kind == rewards.KindDonation:
		holder = "charity/" + r.Spec.Charity
	case r.Beneficiary == rewards.ForFriend:
		holder = "friend"
	}
	accounts := []string{rewards.PendingAccount(holder), rewards.IssuedAccount(holder), rewards.UsedAccount(r.Program), rewards.LossAccount(r.Program), rewards.ProgramAccount(r.Program)}
	b := r.Booked()
	want := []int64{b.Pending.Minor, b.Issued.Minor, b.Used.Minor, b.Lost.Minor, -b.Pending.Minor - b.Issued.Minor - b.Used.Minor - b.Lost.Minor}
	got := make([]int64, 5)
	for _, p := range w.postings {
		if p.RewardID != r.ID {
			continue
		}
		if p.Amount.Minor <= 0 || p.Amount.Currency != r.Value.Currency {
			t.Fatalf("posting %+v of a reward in %s", p, r.Value.Currency)
		}
		from, to := slices.Index(accounts, p.From), slices.Index(accounts, p.To)
		if from < 0 || to < 0 {
			t.Fatalf("posting %+v on a foreign account", p)
		}
		got[from] -= p.Amount.Minor
		got[to] += p.Amount.Minor
	}
	if !slices.Equal(got, want) {
		t.Fatalf("reward %s (%s): the ledger holds %v, the reward says %v\n%+v", r.ID, r.Status, got, want, r)
	}
	if r.Net.Minor > r.Value.Minor || r.Net.Minor < 0 || r.Loss.Minor < 0 || r.Given.Minor < 0 || r.Used.Minor < 0 {
		t.Fatalf("reward %s: value %s, net %s, given %s, loss %s", r.ID, r.Value, r.Net, r.Given, r.Loss)
	}
}

// checkLimits holds the caps at every moment. A loss by reissue may pass the budget: it is spent twice.
func (w *world) checkLimits(t tester) {
	t.Helper()
	budgets, used := w.budgets(), w.used()
	for name, versions := range w.versions {
		p := versions[len(versions)-1]
		if p.Budget.Minor > 0 && budgets[name].Minor > p.Budget.Minor {
			t.Fatalf("budget of %s: %s used", name, budgets[name])
		}
		for key, uses := range used {
			orders := map[string]bool{}
			for _, u := range uses {
				if u.OrderID != "" { // what points were exchanged for takes no place
					orders[u.OrderID] = true
				}
			}
			if p.PerAdvocate > 0 && p.PerAdvocateSpan == 0 && len(versions) == 1 && len(orders) > p.PerAdvocate {
				t.Fatalf("%q has rewards for %d orders", key, len(orders))
			}
		}
	}
}

var _ tester = (*testing.T)(nil)
