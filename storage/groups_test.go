package storage

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// grouped is some shops of one group with its programme, and who looks after each of them.
type grouped struct {
	*store
	group Group
	shops []*referred
}

// grouped makes a group of so many shops. The first has an advocate, Anna, who is in no other.
func (s *store) grouped(n int, p rewards.Program) *grouped {
	s.t.Helper()
	g := &grouped{store: s}
	var err error
	g.group, err = s.CreateGroup(s.ctx, fmt.Sprint("family ", s.n.Add(1)), "usd")
	s.no(err)
	programs := map[string]rewards.Program{}
	for range n {
		r := &referred{store: s, shop: s.shop()}
		s.no(s.JoinGroup(s.ctx, g.group.ID, r.shop.ID, nil))
		programs[r.shop.ID] = p
		g.shops = append(g.shops, r)
	}
	applied, err := s.ApplyGroupProgram(s.ctx, g.group.ID, programs, "program: "+p.Name)
	s.no(err)
	for _, r := range g.shops {
		if !applied[r.shop.ID].Changed {
			s.t.Fatal("the programme is not new")
		}
		r.lane = s.lane(r.shop.ID)
	}
	g.shops[0].advocate = g.joins(0, "c-anna", "anna@canary.example")
	return g
}

// joins makes an advocate of a customer of one of the shops.
func (g *grouped) joins(i int, customer, email string) rewards.Advocate {
	g.t.Helper()
	a, _, err := g.CreateAdvocate(g.ctx, g.shops[i].shop.ID, rewards.NewAdvocate{CustomerID: customer, Email: email, FirstName: "Anna"})
	g.no(err)
	return a
}

// everywhere makes Anna an advocate of each of the shops.
func (g *grouped) everywhere() {
	g.t.Helper()
	for i, r := range g.shops {
		r.advocate = g.joins(i, "c-anna", "anna@canary.example")
	}
}

// used is what the group's first programme says was used of its budget.
func (g *grouped) used() int64 {
	g.t.Helper()
	got, err := g.Group(g.ctx, g.group.ID)
	g.no(err)
	return got.Programs[0].Used.Minor
}

func (g *grouped) whole(when string) {
	g.t.Helper()
	if ids, text := g.broken(); len(ids) != 0 {
		g.t.Fatal(when + ": " + text)
	}
}

// groupProgram gives $10 within a budget, and not too often.
func groupProgram(budget int64, each int) rewards.Program {
	p := busyProgram()
	p.Budget, p.PerAdvocate = usd(budget), each
	return p
}

func TestAGroupHasOneProgrammeInAllItsShops(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		g := s.grouped(2, groupProgram(10_000, 0))
		got, err := s.Group(s.ctx, g.group.ID)
		s.no(err)
		if len(got.Shops) != 2 || len(got.Programs) != 1 || got.Members != 1 || got.Currency != "USD" || !strings.HasPrefix(got.ID, "grp_") {
			t.Fatalf("got %+v", got)
		}
		p := got.Programs[0]
		if p.Name != "give10" || p.Source != "program: give10" || len(p.Shares) != 2 || p.Shares[1].Version != 1 || p.Shares[0].Offer.Status != "pending" || p.Used != usd(0) {
			t.Fatalf("got %+v", p)
		}
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'offer'") != 2 {
			t.Fatal("its discount is not asked for in each shop")
		}
		next := groupProgram(20_000, 0)
		a, b := g.shops[0].shop.ID, g.shops[1].shop.ID
		applied, err := s.ApplyGroupProgram(s.ctx, g.group.ID, map[string]rewards.Program{a: next, b: next}, "source 2")
		s.no(err)
		if !applied[a].Changed || applied[a].Version != 2 || applied[b].Version != 2 {
			t.Fatalf("got %+v", applied)
		}
		if applied, err = s.ApplyGroupProgram(s.ctx, g.group.ID, map[string]rewards.Program{a: next, b: next}, "source 2"); err != nil || applied[a].Changed || applied[b].Version != 2 {
			t.Fatalf("got %+v, %v", applied, err)
		}
		if list, err := s.Groups(s.ctx); err != nil || len(list) != 1 || len(list[0].Shops) != 2 || list[0].Programs[0].Source != "source 2" {
			t.Fatalf("got %+v, %v", list, err)
		}
		if of, err := s.GroupOf(s.ctx, a); err != nil || of.Name != g.group.Name {
			t.Fatalf("got %+v, %v", of, err)
		}
		g.whole("after a second version")
	})
}

func TestWhatAGroupRefuses(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := groupProgram(10_000, 0)
		g := s.grouped(2, p)
		a, b := g.shops[0].shop.ID, g.shops[1].shop.ID
		other, err := s.CreateGroup(s.ctx, "other", "USD")
		s.no(err)
		_, err = s.CreateGroup(s.ctx, "other", "EUR")
		s.kind(err, rewards.Conflict, "group_exists")
		_, err = s.CreateGroup(s.ctx, "x", "XYZW")
		s.kind(err, rewards.Invalid, "unknown_currency")
		_, err = s.CreateGroup(s.ctx, " ", "USD")
		s.kind(err, rewards.Invalid, "bad_group")
		_, err = s.Group(s.ctx, "grp_none")
		s.kind(err, rewards.NotFound, "group_not_found")
		s.kind(s.JoinGroup(s.ctx, "grp_none", a, nil), rewards.NotFound, "group_not_found")
		s.kind(s.JoinGroup(s.ctx, other.ID, a, nil), rewards.Conflict, "shop_grouped")
		s.kind(s.JoinGroup(s.ctx, g.group.ID, "shop_none", nil), rewards.NotFound, "shop_not_found")
		s.kind(s.LeaveGroup(s.ctx, other.ID, a), rewards.Conflict, "not_grouped")
		s.no(s.JoinGroup(s.ctx, g.group.ID, a, nil)) // it is there

		_, _, err = s.ApplyProgram(s.ctx, a, p, "")
		s.kind(err, rewards.Conflict, "group_program")
		if !strings.Contains(err.Error(), "program apply --group "+g.group.ID) {
			t.Errorf("the command to use is not named: %v", err)
		}
		_, err = s.ApplyGroupProgram(s.ctx, g.group.ID, map[string]rewards.Program{a: p}, "")
		s.kind(err, rewards.Conflict, "group_changed")
		_, err = s.ApplyGroupProgram(s.ctx, other.ID, map[string]rewards.Program{a: p}, "")
		s.kind(err, rewards.Conflict, "group_empty")
		euro := p
		euro.Currency = "EUR"
		_, err = s.ApplyGroupProgram(s.ctx, g.group.ID, map[string]rewards.Program{a: euro, b: euro}, "")
		s.kind(err, rewards.Invalid, "group_currency")
		own := creditProgram()
		own.Name = "ours"
		_, _, err = s.ApplyProgram(s.ctx, b, own, "")
		s.no(err)
		_, err = s.ApplyGroupProgram(s.ctx, g.group.ID, map[string]rewards.Program{a: own, b: own}, "")
		s.kind(err, rewards.Conflict, "program_exists")
		if !strings.Contains(err.Error(), b) || s.count("SELECT count(*) FROM programs WHERE name = 'ours'") != 1 {
			t.Errorf("it was stored in part, or the shop is not named: %v", err)
		}
		_, err = s.UpdateShop(s.ctx, a, ShopUpdate{Currency: &euro.Currency})
		s.kind(err, rewards.Invalid, "group_currency")
		s.kind(s.JoinGroup(s.ctx, g.group.ID, s.shop().ID, nil), rewards.Conflict, "group_changed")
		late := s.shop()
		s.raw("UPDATE shops SET currency = 'EUR' WHERE shop_id = ?", late.ID)
		s.kind(s.JoinGroup(s.ctx, g.group.ID, late.ID, []JoiningProgram{{p, "program: give10"}}), rewards.Invalid, "group_currency")
		g.whole("after refusals")
	})
}

// The story of docs/groups.md: Anna shares in one shop, is known in the other, and counts once.
func TestAnAdvocateOfOneShopCountsInTheOther(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		g := s.grouped(2, groupProgram(3000, 2))
		a, b := g.shops[0], g.shops[1]
		a.decide(a.order("o1"))
		a.issue()

		// She buys in the other shop: her advocate and her code there are made by themselves, once.
		for range 2 {
			b.apply(rewards.CustomerSeen{Person: rewards.Person{ID: "b-anna", Email: "Anna@canary.example"}}, "b-anna")
		}
		list, _, err := s.Advocates(s.ctx, b.shop.ID, rewards.AdvocateFilter{Email: "anna@canary.example"}, rewards.Page{})
		s.no(err)
		if len(list) != 1 || list[0].CustomerID != "b-anna" || !strings.HasPrefix(list[0].Code, "ANNA-") || list[0].Code == a.advocate.Code || list[0].Program != "give10" {
			t.Fatalf("got %+v", list)
		}
		b.advocate = list[0]
		members, _, err := s.Members(s.ctx, g.group.ID, rewards.Page{})
		s.no(err)
		if len(members) != 1 || len(members[0].Advocates) != 2 {
			t.Fatalf("got %+v", members)
		}

		// Orders are numbered alike in both shops.
		b.decide(b.order("o1"))
		if got := b.the("o1"); got.Net != usd(1000) || got.CustomerID != "b-anna" {
			t.Fatalf("got %+v", got)
		}
		if o, err := s.Order(s.ctx, b.shop.ID, "o1"); err != nil || o.Decision.Referral != 2 {
			t.Fatalf("it is referral %d, %v", o.Decision.Referral, err)
		}
		own := b.order("o2")
		own.Customer = &rewards.Person{ID: "b-guest", Email: "anna@canary.example", EarlierOrders: own.Customer.EarlierOrders}
		b.decide(own, b.order("o3"))
		for id, why := range map[string]rewards.Reason{"o2": rewards.ReasonSelfReferral, "o3": rewards.ReasonCapReached} {
			if o, err := s.Order(s.ctx, b.shop.ID, id); err != nil || o.Decision.Reason != why {
				t.Errorf("%s: got %s %s, %v", id, o.Decision.Outcome, o.Decision.Reason, err)
			}
		}
		if g.used() != 2000 {
			t.Fatalf("%d used", g.used())
		}
		p, err := s.Program(s.ctx, b.shop.ID, "give10")
		s.no(err)
		if p.Group != g.group.ID || p.GroupUsed != usd(2000) || p.BudgetUsed != usd(1000) {
			t.Fatalf("got %+v", p)
		}

		// What is given back in one shop is there for the other.
		gone := b.order("o1")
		gone.Cancelled, gone.UpdatedAt = true, gone.UpdatedAt.Add(time.Second)
		b.decide(gone)
		j := b.begin(rewards.JobFulfil)
		s.no(s.Step(s.ctx, b.lane, j, rewards.StepResult{Step: rewards.StepDrop}))
		if g.used() != 1000 {
			t.Fatalf("%d used", g.used())
		}
		a.decide(a.order("o4"))
		if got := a.the("o4"); got.Net != usd(1000) {
			t.Fatalf("got %+v", got)
		}
		g.whole("at the end")
	})
}

func TestAGroupsBudgetHoldsInAllShopsAtOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		const shops, orders = 3, 17
		g := s.grouped(shops, groupProgram(20_000, 0))
		g.everywhere()
		g.race(orders)
		if n := s.count("SELECT count(*) FROM rewards"); n != 20 || g.used() != 20_000 {
			t.Fatalf("%d rewards, %d used", n, g.used())
		}
		if n := s.count("SELECT count(*) FROM orders WHERE reason = 'budget_exhausted'"); n != shops*orders-20 {
			t.Fatalf("%d orders were refused for the budget", n)
		}
		g.whole("after the rush")
	})
}

func TestAnAdvocatesLimitHoldsInAllShopsAtOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		g := s.grouped(3, groupProgram(0, 7))
		g.everywhere()
		g.race(8)
		if n := s.count("SELECT count(*) FROM rewards"); n != 7 {
			t.Fatalf("%d rewards where 7 are allowed", n)
		}
		g.whole("after the rush")
	})
}

// race has every shop judge so many orders, each in a transaction of its own, all shops at once.
func (g *grouped) race(orders int) {
	g.t.Helper()
	work := make([][]webhooks.Confirmed, len(g.shops))
	for i, r := range g.shops {
		for n := range orders {
			work[i] = append(work[i], r.confirm(r.order(fmt.Sprint("o", n)))...)
		}
	}
	start, errs := make(chan struct{}), make(chan error, len(g.shops)*orders)
	var all sync.WaitGroup
	for i, r := range g.shops {
		for _, c := range work[i] {
			all.Go(func() {
				<-start
				errs <- r.Decide(r.ctx, r.lane, []webhooks.Confirmed{c})
			})
		}
	}
	close(start)
	all.Wait()
	close(errs)
	for err := range errs {
		g.no(err)
	}
}

func TestAMilestoneIsGivenOnceInAGroup(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := lenient()
		p.Rules = []rewards.Rule{{Name: "second", For: rewards.ForAdvocate, From: 2, To: 2, Milestone: true, Reward: rewards.RewardSpec{
			Kind: rewards.KindPoints, Amount: rewards.Money{Minor: 50, Currency: rewards.UnitPoints}}}}
		g := s.grouped(2, p)
		g.everywhere()
		a, b := g.shops[0], g.shops[1]
		first := a.order("o1")
		a.decide(first)
		b.decide(b.order("o1"))
		if got := b.the("o1"); got.Milestone != "second@2" {
			t.Fatalf("got %+v", got)
		}
		first.Cancelled, first.UpdatedAt = true, first.UpdatedAt.Add(time.Second)
		a.decide(first)
		a.decide(a.order("o2")) // the second that stands, for the second time
		if n := s.count("SELECT count(*) FROM rewards"); n != 1 {
			t.Fatalf("the milestone was given %d times", n)
		}
		g.whole("after a milestone")
	})
}

func TestAShopThatJoinsAndLeaves(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := groupProgram(5000, 0)
		g := s.grouped(1, p)
		a := g.shops[0]
		late := s.referred(func() rewards.Program { own := creditProgram(); own.Name = "ours"; return own }())
		late.advocate, _, _ = s.CreateAdvocate(s.ctx, late.shop.ID, rewards.NewAdvocate{CustomerID: "c-bea", Email: "bea@canary.example", FirstName: "Bea"})
		s.no(s.JoinGroup(s.ctx, g.group.ID, late.shop.ID, []JoiningProgram{{p, "program: give10"}}))
		got, err := s.Group(s.ctx, g.group.ID)
		s.no(err)
		if len(got.Shops) != 2 || got.Members != 2 || len(got.Programs[0].Shares) != 2 {
			t.Fatalf("got %+v", got)
		}
		fresh, _, err := s.CreateAdvocate(s.ctx, late.shop.ID, rewards.NewAdvocate{CustomerID: "c-cid", Email: "cid@canary.example", FirstName: "Cid"})
		s.no(err)
		if fresh.Program != "give10" {
			t.Fatalf("her code is of %s", fresh.Program)
		}
		late.advocate = fresh
		late.decide(late.order("o1"), late.order("o2"))
		a.decide(a.order("o1"))
		if g.used() != 3000 {
			t.Fatalf("%d used", g.used())
		}
		s.no(s.LeaveGroup(s.ctx, g.group.ID, late.shop.ID))
		if got, err = s.Group(s.ctx, g.group.ID); err != nil || got.Members != 1 || len(got.Shops) != 1 || got.Programs[0].Used != usd(3000) || got.Programs[0].Left != usd(2000) {
			t.Fatalf("got %+v, %v", got, err)
		}
		own, err := s.Program(s.ctx, late.shop.ID, "give10")
		s.no(err)
		if own.Group != "" || own.BudgetUsed != usd(2000) {
			t.Fatalf("got %+v", own)
		}
		late.decide(late.order("o3")) // on its own budget
		if g.used() != 3000 || late.the("o3").Net != usd(1000) {
			t.Fatalf("%d used", g.used())
		}
		a.decide(a.order("o2"), a.order("o3"), a.order("o4"))
		if n := s.count("SELECT count(*) FROM orders WHERE reason = 'budget_exhausted'"); n != 1 || g.used() != 5000 {
			t.Fatalf("%d refused, %d used", n, g.used())
		}
		s.kind(s.JoinGroup(s.ctx, g.group.ID, late.shop.ID, []JoiningProgram{{p, "program: give10"}}), rewards.Conflict, "program_exists")
		_, changed, err := s.ApplyProgram(s.ctx, late.shop.ID, groupProgram(9000, 0), "own")
		if err != nil || !changed {
			t.Fatalf("it is not its own: %v", err)
		}
		g.whole("after leaving")
	})
}

func TestPointsOfAGroupAreExchangedWithinItsBudget(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := pointsProgram()
		p.Budget = usd(900)
		g := s.grouped(2, p)
		g.everywhere()
		exchange := func(r *referred) error {
			r.decide(r.order("o1"))
			_, err := s.ExchangePoints(s.ctx, r.shop.ID, r.advocate.ID, p.Name, 100, "user:anna")
			return err
		}
		s.no(exchange(g.shops[0]))
		s.kind(exchange(g.shops[1]), rewards.Conflict, "budget_exhausted")
		g.whole("after an exchange")
	})
}

// Schema 8 has shops, programmes and advocates without groups: they go on as before, and can join one.
func TestShopsOfAnOlderSchemaCanJoin(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		s := secondSchema(t, url)
		if _, _, err := s.Migrate(s.ctx); err != nil {
			t.Fatal(err)
		}
		g, err := s.CreateGroup(s.ctx, "family", "USD")
		s.no(err)
		s.no(s.JoinGroup(s.ctx, g.ID, "shop_a", nil))
		p := groupProgram(5000, 0)
		p.Name = "both"
		_, err = s.ApplyGroupProgram(s.ctx, g.ID, map[string]rewards.Program{"shop_a": p}, "x")
		s.no(err)
		s.no(s.JoinGroup(s.ctx, g.ID, "shop_b", []JoiningProgram{{p, "x"}}))
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}

func TestEachPlantedBreachOfAGroupIsFound(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		want  []string
		plant string
	}{
		"a budget that is not its shops'":       {[]string{"I31"}, "UPDATE group_programs SET used_minor = used_minor + 1"},
		"a budget that is exceeded":             {[]string{"I31"}, "UPDATE group_programs SET most_minor = 1500"},
		"a member who earned too often":         {[]string{"I32", "I8"}, `UPDATE programs SET spec = replace(CAST(spec AS text), '"per_advocate":5', '"per_advocate":1'){json}`},
		"a shop in another currency":            {[]string{"I33"}, "UPDATE shops SET currency = 'EUR' WHERE shop_id = (SELECT min(shop_id) FROM shops WHERE group_id IS NOT NULL)"},
		"a shop without its group's programme":  {[]string{"I31", "I33"}, "UPDATE offers SET group_id = NULL WHERE shop_id = (SELECT min(shop_id) FROM shops WHERE group_id IS NOT NULL)"},
		"a programme of a group that it left":   {[]string{"I33"}, "UPDATE shops SET group_id = NULL WHERE shop_id = (SELECT min(shop_id) FROM shops WHERE group_id IS NOT NULL)"},
		"a member of another group":             {[]string{"I33"}, "UPDATE advocates SET member_id = 'mem_other' WHERE shop_id = (SELECT min(shop_id) FROM shops WHERE group_id IS NOT NULL)"},
		"a member who is no advocate":           {[]string{"I33"}, "UPDATE advocates SET member_id = NULL"},
		"a member who is blocked in one shop":   {[]string{"I33"}, "UPDATE advocates SET status = 'blocked' WHERE shop_id = (SELECT min(shop_id) FROM shops WHERE group_id IS NOT NULL)"},
		"a member who is known in another shop": {[]string{"I33"}, "INSERT INTO member_keys (shop_id, email_key, group_id, member_id) SELECT (SELECT shop_id FROM shops WHERE group_id IS NULL), 'k', group_id, id FROM members"},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				g := s.grouped(2, groupProgram(10_000, 5))
				g.everywhere()
				s.shop()
				for _, r := range g.shops {
					r.decide(r.order("o1"))
				}
				g.whole("before")
				s.raw(tc.plant)
				ids, text := s.broken()
				slices.Sort(ids)
				if !slices.Equal(ids, tc.want) {
					t.Fatalf("want %v, got %v\n%s", tc.want, ids, text)
				}
			})
		})
	}
}
