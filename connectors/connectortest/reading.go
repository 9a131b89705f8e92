package connectortest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/simshop"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// reading asks the shop for orders, for what was done and what was not, and for all that it holds of ours.
func reading(tb testing.TB, f Fixture) {
	run(tb, "an order is read as it is", func(tb testing.TB) { f.open(tb).readsOrder() })
	run(tb, "an order that is not there is not found", func(tb testing.TB) {
		s := f.open(tb)
		sold := s.place(teapot("ben"))
		for _, id := range []string{neighbour(sold.ID), neighbour(neighbour(sold.ID))} {
			_, err := s.Order(s.ctx(), s.shop, id)
			if ce := s.callError("reading", err); rewards.KindOf(err) != rewards.NotFound || ce.Park != "" || ce.Unclear {
				tb.Errorf("%s: got %v (%s), %+v", id, err, rewards.KindOf(err), ce)
			}
		}
	})
	run(tb, "a name that no order can have is refused", func(tb testing.TB) {
		s := f.open(tb)
		for _, id := range []string{"", "../orders", "1/../../x", "1?x=y", "%2e%2e", "1 OR 1=1", "\x00", strings.Repeat("9", 10_000)} {
			_, err := s.Order(s.ctx(), s.shop, id)
			s.callError("reading", err)
			if kind := rewards.KindOf(err); kind != rewards.NotFound && kind != rewards.Invalid {
				tb.Errorf("%.40q: got %v (%s)", id, err, kind)
			}
		}
	})
	can := f.open(tb).Capabilities()
	for _, d := range deeds() {
		if d.claimed(can) {
			run(tb, d.name+": it is not found before it is done", func(tb testing.TB) { f.open(tb).absent(d) })
		}
	}
	run(tb, "a code that is somebody else's is not ours", func(tb testing.TB) { f.open(tb).foreign() })
	run(tb, "the books are compared with the shop", func(tb testing.TB) { f.open(tb).compared() })
	run(tb, "past orders are listed once each, the oldest first", func(tb testing.TB) { f.open(tb).remembers() })
	run(tb, "questions in trouble", func(tb testing.TB) { questions(tb, f) })
}

// readsOrder places an order with a friend's code, and reads it back after each thing that happens to it.
func (s *stage) readsOrder() {
	s.published(annasCode)
	b := simshop.Basket{
		Buyer: buyer("ben"), Code: annasCode, Shipping: "5.00",
		Goods: []simshop.Goods{{Title: "Teapot", Price: "60.00"}, {Title: "Cup", Price: "10.00", Quantity: 2}},
	}
	sold := s.place(b)
	o := s.order(sold.ID)
	if o.ID != sold.ID || o.Name != sold.Name || o.Currency != s.shop.Currency || o.Payment != rewards.PaymentPaid || o.PaidAt == nil || o.Cancelled || o.Test ||
		time.Since(o.PlacedAt).Abs() > time.Minute || o.UpdatedAt.Before(o.PlacedAt) {
		s.tb.Errorf("got %+v", o)
	}
	if o.Customer == nil || o.Customer.ID == "" || !strings.EqualFold(o.Customer.Email, b.Buyer.Email) || o.Customer.EarlierOrders != nil && *o.Customer.EarlierOrders != 0 {
		s.tb.Errorf("the customer is %+v", o.Customer)
	}
	if len(o.Codes) != 1 || fold(o.Codes[0].Code) != annasCode || o.Codes[0].TookOff != s.money("8.00") {
		s.tb.Errorf("the codes are %+v", o.Codes)
	}
	s.eligible(o, "72.00", "72.00")
	s.no("refunding a line", s.sim.Refund(sold.ID, simshop.Refund{Lines: []int{1}}))
	o = s.order(sold.ID)
	s.eligible(o, "72.00", "54.00")
	if o.Payment != rewards.PaymentPartiallyRefunded {
		s.tb.Errorf("after a refund of a part it is %s", o.Payment)
	}
	s.no("refunding the rest", s.sim.Refund(sold.ID, simshop.Refund{}))
	o = s.order(sold.ID)
	s.eligible(o, "72.00", "0")
	b.Buyer, b.Unpaid = buyer("carla"), true
	later := s.place(b)
	if o = s.order(later.ID); o.Paid() || o.Payment != rewards.PaymentPending || o.PaidAt != nil {
		s.tb.Errorf("an order that nobody paid is %s, paid at %v", o.Payment, o.PaidAt)
	}
	s.no("cancelling", s.sim.Cancel(later.ID))
	if o = s.order(later.ID); !o.Gone() {
		s.tb.Errorf("an order that was cancelled is %s, cancelled %v", o.Payment, o.Cancelled)
	}
	b.Buyer, b.Unpaid, b.Test = buyer("dora"), false, true
	if sold, err := s.sim.Place(b); err == nil { // a shop may know no orders that are not meant
		if o = s.order(sold.ID); !o.Test {
			s.tb.Error("a test order is taken for a real one")
		}
	}
}

func (s *stage) order(id string) rewards.Order {
	s.tb.Helper()
	o, err := s.Order(s.ctx(), s.shop, id)
	s.no("reading order "+id, err)
	return o
}

func (s *stage) eligible(o rewards.Order, original, left string) {
	s.tb.Helper()
	e, err := o.Eligible()
	s.no("reckoning", err)
	if e.Original != s.money(original) || e.Left != s.money(left) {
		s.tb.Errorf("%v of %v count, want %s of %s", e.Left, e.Original, left, original)
	}
}

// neighbour is an id of the same form that nothing has: its last character is another.
func neighbour(id string) string {
	b := []byte(id)
	last := &b[len(b)-1]
	switch c := *last; {
	case c >= '0' && c < '9', c >= 'a' && c < 'z', c >= 'A' && c < 'Z':
		*last++
	default:
		*last--
	}
	// Ids that are counted up have neighbours: far from those that were given out there is none.
	if len(b) > 2 && b[len(b)-2] >= '0' && b[len(b)-2] <= '9' {
		b[len(b)-2] = '0' + (b[len(b)-2]-'0'+5)%10
	} else if len(b) <= 2 {
		b = append(b, '7', '7')
	}
	return string(b)
}

// absent looks for a deed that was prepared and not done. Where it needs nothing in the shop, as an offer on
// a platform whose codes are each a discount of their own, it is done already.
func (s *stage) absent(d deed) {
	a := d.prepare(s)
	if take, ok := a.(rewards.TakeCredit); ok {
		take.After = take.CreditID
		a = take
	}
	s.line.mend()
	_, err := s.Find(s.ctx(), s.shop, a)
	if err == nil {
		if s.must(a); slices.ContainsFunc(s.line.passed(), func(c call) bool { return c.write }) {
			s.tb.Error("it is found before it is done")
		}
		return
	}
	ce := s.callError("looking", err)
	if rewards.KindOf(err) != rewards.NotFound || ce.Unclear || ce.Park != "" || ce.Throttled {
		s.tb.Errorf("got %v (%s), %+v", err, rewards.KindOf(err), ce)
	}
	if slices.ContainsFunc(s.line.passed(), func(c call) bool { return c.write }) {
		s.tb.Error("a look writes")
	}
}

// foreign asks for codes that something else in the shop has.
func (s *stage) foreign() {
	s.published(annasCode)
	if carries(rewards.KindDiscountCode)(s.Capabilities()) {
		r := s.owed(rewards.KindDiscountCode, s.customer("anna"))
		r.Code = annasCode
		a := s.step(r, rewards.StepIssue)
		_, err := s.Find(s.ctx(), s.shop, a)
		s.callError("looking", err)
		if rewards.KindOf(err) != rewards.Conflict {
			s.tb.Errorf("a friend's code is found for a reward: %v", err)
		}
		_, err = s.Do(s.ctx(), s.shop, key, a)
		if ce := s.callError("doing", err); rewards.KindOf(err) != rewards.Conflict || ce.Unclear {
			s.tb.Errorf("a friend's code is taken for a reward: %v, unclear %v", err, ce.Unclear)
		}
		s.issued(s.owed(rewards.KindDiscountCode, s.customer("anna")))
		o := s.offer()
		id := s.must(o).ExternalID
		got, err := s.Do(s.ctx(), s.shop, key, rewards.AddCodes{OfferID: id, Offer: o, Codes: []string{bensCode, rewardCode}})
		s.no("adding codes", err)
		if len(got.Refused) != 1 || got.Refused[rewardCode] == "" {
			s.tb.Errorf("a reward's code is given to a friend; refused are %v", got.Refused)
		}
		s.live(bensCode, true)
		if s.codes()[rewardCode].For == "" {
			s.tb.Error("the reward's code is anybody's now")
		}
	}
}

// compared lets the program compare its books with the shop, as fsck does.
func (s *stage) compared() {
	anna := s.customer("anna")
	var given []rewards.Reward
	for i, kind := range s.Capabilities().Rewards {
		if kind.InHouse() || kind == rewards.KindProduct {
			continue
		}
		r := s.owed(kind, anna)
		r.ID, r.Code, r.ExpiresAt = fmt.Sprintf("rw_k3v9x2m8qat4c7%02d", i), fmt.Sprintf("GV-7Q2M-XK4P-9W%02d", i+22), r.ExpiresAt.Add(time.Duration(i)*time.Second)
		given = append(given, s.issued(r))
	}
	s.published(annasCode)
	s.differ("all is there", given)
	for i, r := range given {
		if r.Priced() {
			s.must(s.reduced(r))
			given[i].Net, given[i].Given = s.money("2.00"), s.money("2.00")
		}
	}
	s.differ("what has a price was reduced", given)
	for i, r := range given {
		if r.Spec.Kind == rewards.KindTag {
			continue // by whom it was given does not show
		}
		lost := slices.Clone(given)
		lost[i].ID, lost[i].Code = "rw_n0b0dyh4sth1sn0w", "GV-N0NE-N0NE-N0NE"
		lost[i].ExpiresAt = r.ExpiresAt.Add(time.Hour)
		want := []string{"missing " + lost[i].ID}
		if r.Spec.Kind.AsCode() {
			want = append(want, "extra "+r.ID)
		}
		s.differ("another "+string(r.Spec.Kind)+" is in the books", lost, want...)
	}
}

// differ expects these differences between the books and the shop.
func (s *stage) differ(when string, books []rewards.Reward, want ...string) {
	s.tb.Helper()
	granted := func(_ context.Context, f func(rewards.Reward) error) error {
		for _, r := range books {
			if err := f(r); err != nil {
				return err
			}
		}
		return nil
	}
	var got []string
	n, err := webhooks.Audit(s.ctx(), s.Connector, s.shop, granted, func(d webhooks.Difference) {
		got = append(got, d.What+" "+d.RewardID)
	})
	if slices.Sort(got); err != nil || n != len(books) || !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		s.tb.Errorf("%s: %d of %d compared, %v; they differ in %q, want %q", when, n, len(books), err, got, want)
	}
}

// remembers lists more orders than fit on a page.
func (s *stage) remembers() {
	const orders = 23
	var want []string
	for i := range orders {
		want = append(want, s.place(teapot(fmt.Sprint("friend", i))).ID)
	}
	seen := map[string]bool{}
	var last time.Time
	cursor := ""
	for range orders + 2 {
		page, err := s.History(s.ctx(), s.shop, began(), cursor)
		s.no("listing", err)
		if len(page.Skipped) > 0 {
			s.tb.Errorf("skipped: %v", page.Skipped)
		}
		for _, o := range page.Orders {
			if o.PlacedAt.Before(last) {
				s.tb.Errorf("%s comes after a later one", o.Name)
			}
			seen[o.ID], last = true, o.PlacedAt
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for _, id := range want {
		if !seen[id] {
			s.tb.Errorf("order %s is not in the listing", id)
		}
	}
	if len(seen) != orders || cursor != "" {
		s.tb.Errorf("%d orders of %d were listed, the next page is %q", len(seen), orders, cursor)
	}
}

// question is something that a connector asks a shop and that changes nothing.
type question struct {
	name string
	ask  func(s *stage, orderID string) error
	// patient questions wait out a throttled call by themselves.
	patient bool
}

func allQuestions() []question {
	return []question{
		{"an order", func(s *stage, id string) error { _, err := s.Order(s.ctx(), s.shop, id); return err }, false},
		{"who the shop is", func(s *stage, _ string) error { _, err := s.Probe(s.ctx(), s.shop); return err }, false},
		{"what changed", func(s *stage, _ string) error {
			_, err := s.Changes(s.ctx(), s.shop, began(), "")
			return err
		}, false},
		{"what was before", func(s *stage, _ string) error {
			_, err := s.History(s.ctx(), s.shop, began(), "")
			return err
		}, true},
		{"what it holds", func(s *stage, _ string) error {
			return s.Holdings(s.ctx(), s.shop, func(connectors.Holding) error { return nil })
		}, true},
	}
}

// questions asks each with each of its calls broken.
func questions(tb testing.TB, f Fixture) {
	for _, q := range allQuestions() {
		run(tb, q.name, func(tb testing.TB) {
			s := f.open(tb)
			s.published(annasCode)
			sold := s.pays("ben", annasCode, "72.00")
			s.line.mend()
			s.no("asking", q.ask(s, sold.ID))
			for n := range s.line.passed() {
				for _, trouble := range faults() {
					if trouble.effect && trouble.how != truncated || trouble.throttled && q.patient {
						continue
					}
					var err error
					passed := s.broken(trouble, n, false, func(s *stage) error {
						err = q.ask(s, sold.ID)
						return err
					})
					s.readTroubled(fmt.Sprintf("%s at call %d", trouble.name, n+1), trouble, n, passed, err)
				}
			}
			s.no("asking again", q.ask(s, sold.ID))
		})
	}
}
