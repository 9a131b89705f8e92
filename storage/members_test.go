package storage

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/webhooks"
)

// told has a webhook of a shop tell of an order, as the pipeline's digest asks about it.
func (r *referred) told(o rewards.Order) {
	r.t.Helper()
	_, err := r.Put(r.ctx, []connectors.Delivery{delivery(r.shop.Domain, int(r.n.Add(1)))})
	r.no(err)
	_, err = r.Work(r.ctx, "w", 10, func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		r.Seal(r.shop.ID, &o)
		if _, err := tx.Concerns(ctx, []webhooks.OrderQuestion{{ShopID: r.shop.ID, OrderID: o.ID, CustomerID: o.Customer.ID, EmailKey: o.Customer.EmailKey}}); err != nil {
			return nil, err
		}
		return all(webhooks.EventDone)(ctx, tx, events)
	})
	r.no(err)
}

// seen has a webhook of a shop tell of a customer.
func (r *referred) seen(customer, email string) {
	r.t.Helper()
	r.apply(rewards.CustomerSeen{Person: rewards.Person{ID: customer, Email: email}}, customer)
}

// rows are a group's advocates as "shop customer status", shops by number.
func (g *grouped) rows() string {
	g.t.Helper()
	out := ""
	for i, r := range g.shops {
		list, _, err := g.Advocates(g.ctx, r.shop.ID, rewards.AdvocateFilter{}, rewards.Page{})
		g.no(err)
		for n := len(list) - 1; n >= 0; n-- {
			out += fmt.Sprintf("%d %s %s, ", i, list[n].CustomerID, list[n].Status)
		}
	}
	return out
}

func (g *grouped) members() int64 {
	g.t.Helper()
	return g.count("SELECT count(*) FROM members")
}

const annaMail = "anna@canary.example"

func TestAMemberIsMadeAnAdvocateWhereSheIsMet(t *testing.T) {
	t.Parallel()
	hers := func(r *referred, id, customer, email string) rewards.Order {
		o := r.order(id)
		o.Customer.ID, o.Customer.Email, o.Codes = customer, email, nil
		return o
	}
	for name, tc := range map[string]struct {
		before func(g *grouped)
		meet   func(b *referred)
		want   string // the advocates of the second shop
	}{
		"by a customer event": {meet: func(b *referred) { b.seen("b-1", annaMail) }, want: "1 b-1 pending, "},
		"by an order without a code": {
			meet: func(b *referred) { b.told(hers(b, "o1", "b-1", annaMail)) }, want: "1 b-1 pending, "},
		"by an order that is judged": {
			meet: func(b *referred) { b.decide(hers(b, "o1", "b-1", annaMail)) }, want: "1 b-1 pending, "},
		"however often, and under however many names": {
			meet: func(b *referred) {
				b.seen("b-1", annaMail)
				b.seen("b-2", annaMail)
				b.told(hers(b, "o1", "b-1", annaMail))
			}, want: "1 b-1 pending, "},
		"not as a guest":            {meet: func(b *referred) { b.told(hers(b, "o1", "", annaMail)) }},
		"not somebody else":         {meet: func(b *referred) { b.seen("b-1", "ben@canary.example") }},
		"not without an e-mail":     {meet: func(b *referred) { b.seen("b-1", "") }},
		"not while she is blocked":  {before: func(g *grouped) { g.block(0) }, meet: func(b *referred) { b.seen("b-1", annaMail) }},
		"not after she was retired": {before: func(g *grouped) { g.retire(0) }, meet: func(b *referred) { b.seen("b-1", annaMail) }},
		"not in a shop that left": {
			before: func(g *grouped) { g.no(g.LeaveGroup(g.ctx, g.group.ID, g.shops[1].shop.ID)) },
			meet:   func(b *referred) { b.seen("b-1", annaMail) }},
		"not where she was erased": {
			before: func(g *grouped) {
				b := g.shops[1]
				b.seen("b-0", annaMail)
				b.apply(rewards.CustomerErased{CustomerID: "b-0"}, "b-0")
			},
			meet: func(b *referred) { b.seen("b-1", annaMail) }, want: "1  retired, "},
		"not where she was erased as a customer": {
			before: func(g *grouped) {
				b := g.shops[1]
				b.plain(hers(b, "o0", "b-0", annaMail))
				b.apply(rewards.CustomerErased{CustomerID: "b-0"}, "b-0")
			},
			meet: func(b *referred) { b.seen("b-1", annaMail) }},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				g := s.grouped(2, groupProgram(0, 0))
				if tc.before != nil {
					tc.before(g)
				}
				b := g.shops[1]
				tc.meet(b)
				_, got, _ := cutFirst(g.rows())
				if got != tc.want {
					t.Fatalf("got %q, want %q", got, tc.want)
				}
				if tc.want == "1 b-1 pending, " && s.count("SELECT count(*) FROM jobs WHERE kind = 'codes' AND shop_id = ?", b.shop.ID) != 1 {
					t.Fatal("her code is not asked for")
				}
				g.whole("after meeting her")
			})
		})
	}
}

// cutFirst takes the first shop's only advocate off.
func cutFirst(rows string) (first, rest string, ok bool) {
	for i := range rows {
		if rows[i] == ',' {
			return rows[:i], rows[i+2:], true
		}
	}
	return rows, "", false
}

func (g *grouped) block(i int) {
	g.t.Helper()
	_, err := g.BlockAdvocate(g.ctx, g.shops[i].shop.ID, g.shops[i].advocate.ID, "too many accounts", "user:anna")
	g.no(err)
}

func (g *grouped) retire(i int) {
	g.t.Helper()
	_, err := g.RetireAdvocate(g.ctx, g.shops[i].shop.ID, g.shops[i].advocate.ID, "she asked", "user:anna")
	g.no(err)
}

func TestAMemberIsBlockedInAllShopsAndUnblockedInAll(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := groupProgram(0, 0)
		p.Hold = time.Hour
		g := s.grouped(3, p)
		a, b := g.shops[0], g.shops[1]
		b.advocate = g.joins(1, "c-anna", annaMail)
		b.decide(b.order("o1"))
		s.raw("DELETE FROM jobs")
		g.block(0)
		if got := g.rows(); got != "0 c-anna blocked, 1 c-anna blocked, " {
			t.Fatalf("got %s", got)
		}
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'confirm' AND subject = 'o1' AND shop_id = ?", b.shop.ID) != 1 {
			t.Fatal("her order in the other shop is not judged again")
		}
		b.decide(b.order("o2"))
		if o, err := s.Order(s.ctx, b.shop.ID, "o2"); err != nil || o.Decision.Reason != rewards.ReasonAdvocateBlocked {
			t.Fatalf("got %+v, %v", o.Decision, err)
		}
		if late := g.joins(2, "c-anna", annaMail); late.Status != "blocked" {
			t.Fatalf("she is %s in the third shop", late.Status)
		}
		_, err := s.UnblockAdvocate(s.ctx, b.shop.ID, b.advocate.ID, "a mistake", "user:anna")
		s.no(err)
		if got := g.rows(); got != "0 c-anna pending, 1 c-anna pending, 2 c-anna pending, " {
			t.Fatalf("got %s", got)
		}
		if s.count("SELECT count(*) FROM advocate_history WHERE change = 'unblock' AND actor = 'user:anna'") != 3 {
			t.Fatal("it is not told in each shop")
		}
		g.retire(0) // only there
		if got := g.rows(); got != "0 c-anna retired, 1 c-anna pending, 2 c-anna pending, " {
			t.Fatalf("got %s", got)
		}
		_, err = s.BlockAdvocate(s.ctx, a.shop.ID, a.advocate.ID, "again", "user:anna")
		s.kind(err, rewards.Conflict, "advocate_retired")
		g.whole("at the end")
	})
}

func TestAnEmailThatIsToldLaterMakesAMember(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		g := s.grouped(3, groupProgram(0, 1))
		a, b, c := g.shops[0], g.shops[1], g.shops[2]
		b.advocate = g.joins(1, "b-anna", "")
		a.decide(a.order("o1"))
		b.decide(b.order("o1")) // nobody knows yet that it is she
		b.seen("b-anna", annaMail)
		if s.count("SELECT count(DISTINCT member_id) FROM advocates") != 1 || g.members() != 1 {
			t.Fatal("she is not known to be one person")
		}
		b.decide(b.order("o2"))
		if o, err := s.Order(s.ctx, b.shop.ID, "o2"); err != nil || o.Decision.Reason != rewards.ReasonCapReached {
			t.Fatalf("got %+v, %v", o.Decision, err)
		}
		b.seen("b-anna", "new@canary.example") // she is known by both from now on
		own := b.order("o3")
		own.Customer.Email = annaMail // which this shop has forgotten
		b.decide(own)
		if o, err := s.Order(s.ctx, b.shop.ID, "o3"); err != nil || o.Decision.Outcome != rewards.OutcomeRejected || !slices.ContainsFunc(o.Decision.Signals, func(x fairness.Signal) bool { return x.Rule == "same_email" }) {
			t.Fatalf("got %+v, %v", o.Decision, err)
		}
		c.seen("c-anna", "new@canary.example")
		if got := g.rows(); got != "0 c-anna pending, 1 b-anna pending, 2 c-anna pending, " || g.members() != 1 {
			t.Fatalf("got %s", got)
		}
		d := g.joins(0, "c-ben", "ben@canary.example")
		if d.Status != "pending" || g.members() != 2 {
			t.Fatalf("got %+v", d)
		}
		b.seen("b-anna", "ben@canary.example") // another's: she stays who she is
		if s.count("SELECT count(DISTINCT member_id) FROM advocates") != 2 {
			t.Fatal("two people became one")
		}
		g.whole("at the end")
	})
}

func TestErasingAMemberTakesOutWhatLeadsToHer(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		g := s.grouped(2, groupProgram(0, 0))
		g.everywhere()
		a, b := g.shops[0], g.shops[1]
		a.decide(a.order("o1"))
		a.apply(rewards.CustomerErased{CustomerID: "c-anna"}, "c-anna")
		if got := g.rows(); got != "0  retired, 1 c-anna pending, " {
			t.Fatalf("got %s", got)
		}
		if s.count("SELECT count(*) FROM advocates WHERE shop_id = ? AND member_id IS NOT NULL", a.shop.ID) != 0 ||
			s.count("SELECT count(*) FROM member_keys WHERE shop_id = ?", a.shop.ID) != 0 || g.members() != 1 {
			t.Fatal("what is kept of her in the first shop leads to her in the second")
		}
		g.whole("after the first erasure")
		b.apply(rewards.CustomerGone{CustomerID: "c-anna"}, "c-anna")
		if g.members() != 0 || s.count("SELECT count(*) FROM member_keys") != 0 {
			t.Fatal("the group remembers her")
		}
		g.whole("after the last")
		g.joins(0, "c-new", annaMail)
		if g.members() != 1 || s.count("SELECT count(*) FROM member_keys") != 2 {
			t.Fatal("she cannot come back")
		}
		s.no(s.Scrub(s.ctx))
	})
}

func TestTheAdvocatesOfAShopThatJoinsBecomeMembers(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := groupProgram(0, 0)
		g := s.grouped(1, p)
		g.joins(0, "c-ben", "ben@canary.example")
		late := s.referred(func() rewards.Program { own := creditProgram(); own.Name = "ours"; return own }()) // Anna is there too
		for _, n := range []rewards.NewAdvocate{{CustomerID: "l-anna", Email: annaMail}, {CustomerID: "l-cid", Email: "cid@canary.example"}, {CustomerID: "l-dan"}} {
			_, _, err := s.CreateAdvocate(s.ctx, late.shop.ID, n)
			s.no(err)
		}
		_, err := s.BlockAdvocate(s.ctx, late.shop.ID, late.advocate.ID, "too many accounts", "user:anna")
		s.no(err)
		s.no(s.JoinGroup(s.ctx, g.group.ID, late.shop.ID, []JoiningProgram{{p, "program: give10"}}))
		g.shops = append(g.shops, late)
		if got := g.rows(); got != "0 c-anna blocked, 0 c-ben pending, 1 c-anna blocked, 1 l-anna pending, 1 l-cid pending, 1 l-dan pending, " {
			t.Fatalf("got %s", got)
		}
		if g.members() != 3 || s.count("SELECT count(*) FROM advocates WHERE member_id IS NOT NULL") != 4 || s.count("SELECT count(*) FROM member_keys") != 6 {
			t.Fatal("the members are not those of the two shops")
		}
		late.seen("l-ben", "ben@canary.example")
		if s.count("SELECT count(*) FROM advocates WHERE customer_id = 'l-ben'") != 1 {
			t.Fatal("a member is not known in the shop that joined")
		}
		g.whole("at the end")
	})
}

func TestOnePersonWhoJoinsInAllShopsAtOnceIsOneMember(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		g := s.grouped(3, groupProgram(0, 0))
		start, errs := make(chan struct{}), make(chan error, 100)
		var work sync.WaitGroup
		for i, r := range g.shops {
			for n := range 5 {
				who := rewards.NewAdvocate{CustomerID: fmt.Sprint("c", n), Email: fmt.Sprintf("c%d@canary.example", n), FirstName: "Cora"}
				work.Go(func() {
					<-start
					_, _, err := s.CreateAdvocate(s.ctx, r.shop.ID, who)
					errs <- err
				})
			}
			work.Go(func() {
				<-start
				_, err := s.BlockAdvocate(s.ctx, g.shops[0].shop.ID, g.shops[0].advocate.ID, fmt.Sprint("by ", i), "user:anna")
				errs <- err
				_, err = s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 1000)})
				errs <- err
				_, err = s.Work(s.ctx, "w", 10, applying(r.shop.ID, rewards.CustomerSeen{Person: rewards.Person{ID: "c-anna", Email: annaMail}}, "c-anna"))
				errs <- err
			})
		}
		close(start)
		work.Wait()
		close(errs)
		for err := range errs {
			s.no(err)
		}
		if g.members() != 6 || s.count("SELECT count(*) FROM advocates WHERE member_id IS NOT NULL AND customer_id <> 'c-anna'") != 15 {
			t.Fatalf("%d members\n%s", g.members(), g.rows())
		}
		g.whole("after the rush")
	})
}
