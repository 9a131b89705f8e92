package storage

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

func TestAMilestoneIsGivenOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := lenient()
		p.Rules = []rewards.Rule{{Name: "third", For: rewards.ForAdvocate, From: 3, To: 3, Milestone: true, Reward: rewards.RewardSpec{
			Kind: rewards.KindPoints, Amount: rewards.Money{Minor: 50, Currency: rewards.UnitPoints}}}}
		r := s.referred(p)
		var orders []rewards.Order
		for i := range 3 {
			o := r.order(fmt.Sprint("o", i))
			r.decide(o)
			orders = append(orders, o)
		}
		if got := r.the("o2"); got.Milestone != "third@3" || got.Status != rewards.StatusIssued {
			t.Fatalf("got %+v", got)
		}
		if s.count("SELECT referral FROM orders WHERE order_id = 'o2'") != 3 {
			t.Fatal("the order does not tell which referral it is")
		}
		orders[0].Cancelled, orders[0].UpdatedAt = true, orders[0].UpdatedAt.Add(time.Second)
		r.decide(orders[0])
		r.decide(r.order("o3")) // the third that stands, for the second time
		if n := s.count("SELECT count(*) FROM rewards"); n != 1 {
			t.Fatalf("the milestone was given %d times", n)
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}

func TestReferralsCountAsFarBackAsTheProgrammeLooks(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, tc := range map[string]struct {
		period time.Duration
		want   int
	}{"for ever": {0, 4}, "a year": {365 * day, 3}, "a week": {7 * day, 2}} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				p := lenient()
				p.CountingPeriod = tc.period
				r := s.referred(p)
				for i, ago := range []time.Duration{500 * day, 20 * day, day} {
					o := r.order(fmt.Sprint("o", i))
					o.PlacedAt = o.PlacedAt.Add(-ago)
					r.decide(o)
				}
				r.decide(r.order("last"))
				o, err := s.Order(s.ctx, r.shop.ID, "last")
				s.no(err)
				if o.Decision.Referral != tc.want {
					t.Fatalf("it is referral %d", o.Decision.Referral)
				}
			})
		})
	}
}

func TestAnImportedOrderStaysOne(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(lenient())
		o := r.order("o1")
		rec := rewards.Record{Facts: rewards.Facts{Order: o, Historic: true}, Decision: rewards.Decision{Outcome: rewards.OutcomeNone, Reason: rewards.ReasonHistoric}}
		s.no(s.write(s.ctx, "importing", func(x *txn) error { return x.saveOrders([]orderRecord{{r.shop.ID, rec}}, always) }))
		historic := func(name string) {
			t.Helper()
			got, err := s.Order(s.ctx, r.shop.ID, "o1")
			s.no(err)
			if !got.Facts.Historic || got.Decision.Outcome != rewards.OutcomeNone || got.Decision.Reason != rewards.ReasonHistoric || got.Facts.Order.Name != name ||
				s.count("SELECT count(*) FROM orders WHERE historic") != 1 || s.count("SELECT count(*) FROM rewards") != 0 {
				t.Fatalf("got %+v", got.Record)
			}
		}
		o.UpdatedAt, o.Name = o.UpdatedAt.Add(time.Second), "told again"
		r.plain(o)
		historic("told again")
		o.UpdatedAt, o.Name = o.UpdatedAt.Add(-time.Hour), "told late"
		r.plain(o)
		historic("told again")
		o.UpdatedAt, o.Name = o.UpdatedAt.Add(2*time.Hour), "read"
		r.decide(o)
		historic("read")
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}

func TestABudgetThatRunsOutIsToldOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		var out bytes.Buffer
		d := s.open(Options{Log: slog.New(slog.NewTextHandler(&out, nil))})
		p := lenient()
		p.Budget = usd(4000)
		r := s.referred(p)
		for i := range 4 {
			s.no(d.Decide(s.ctx, r.lane, r.confirm(r.order(fmt.Sprint("o", i)))))
		}
		if n := strings.Count(out.String(), "a budget passed a level"); n != 3 || !strings.Contains(out.String(), "percent=80") || strings.Contains(out.String(), "canary") {
			t.Fatalf("%d warnings:\n%s", n, out.String())
		}
		s.no(s.write(s.ctx, "telling again", func(x *txn) error {
			return x.saveAlerts(r.shop.ID, []rewards.BudgetAlert{{Program: p.Name, Level: 50, Used: usd(2500), Budget: usd(4000)}})
		}))
		list, err := s.Programs(s.ctx, r.shop.ID)
		s.no(err)
		var got []string
		for _, a := range list[0].Alerts {
			got = append(got, fmt.Sprint(a.Level, " ", a.Used, " of ", a.Budget))
		}
		if fmt.Sprint(got) != "[50 20.00 USD of 40.00 USD 80 40.00 USD of 40.00 USD 100 40.00 USD of 40.00 USD]" {
			t.Fatalf("got %v", got)
		}
		p.Budget = usd(8000)
		_, _, err = s.ApplyProgram(s.ctx, r.shop.ID, p, "")
		s.no(err)
		if list, err = s.Programs(s.ctx, r.shop.ID); err != nil || len(list[0].Alerts) != 0 {
			t.Fatalf("a larger budget has passed %+v, %v", list[0].Alerts, err)
		}
	})
}

func TestATagStaysWhileAnotherRewardGivesIt(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := lenient()
		p.Rules[0].Reward = rewards.RewardSpec{Kind: rewards.KindTag, Tag: "VIP"}
		r := s.referred(p)
		one, two := r.order("o1"), r.order("o2")
		r.decide(one, two)
		for range 2 { // both are the shop's name of the customer
			s.no(s.Step(s.ctx, r.lane, r.begin(rewards.JobFulfil), rewards.StepResult{Step: rewards.StepIssue, ExternalID: "gid://shopify/Customer/1"}))
		}
		same := func(orderID string) bool {
			t.Helper()
			_, siblings, err := s.Desk().Reward(s.ctx, r.lane, r.the(orderID).ID)
			s.no(err)
			return siblings.SameTag
		}
		if !same("o1") || !same("o2") {
			t.Fatal("two rewards with one tag do not know of each other")
		}
		one.Cancelled, one.UpdatedAt = true, one.UpdatedAt.Add(time.Second)
		r.decide(one)
		if !same("o1") || same("o2") {
			t.Fatal("what is being taken away keeps the tag of the other, or not the other way round")
		}
		s.raw("UPDATE rewards SET spec = replace(CAST(spec AS text), 'VIP', 'GOLD'){json} WHERE order_id = 'o2'")
		if same("o1") {
			t.Fatal("another tag is taken for the same")
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}

func TestRewardsEndWithTheirTime(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := lenient()
		p.Rules = []rewards.Rule{
			{Name: "points", For: rewards.ForAdvocate, Reward: rewards.RewardSpec{Kind: rewards.KindCash, Amount: usd(300), Expires: time.Hour}},
			{Name: "code", For: rewards.ForAdvocate, Reward: rewards.RewardSpec{Kind: rewards.KindDiscountCode, Discount: rewards.Discount{Amount: usd(1000)}, Expires: time.Hour}},
			{Name: "later", For: rewards.ForAdvocate, Reward: rewards.RewardSpec{Kind: rewards.KindCash, Amount: usd(200), Expires: 24 * time.Hour}},
		}
		r := s.referred(p)
		r.decide(r.order("o1"))
		r.issue()
		if n, err := s.ExpireRewards(s.ctx, 10); n != 0 || err != nil {
			t.Fatalf("%d ended before their time, %v", n, err)
		}
		s.raw("UPDATE rewards SET expires_at = {hourago} WHERE rule <> 'later'")
		if n, err := s.ExpireRewards(s.ctx, 1); n != 1 || err != nil {
			t.Fatalf("%d ended, %v", n, err)
		}
		if n, err := s.ExpireRewards(s.ctx, 10); n != 1 || err != nil {
			t.Fatalf("%d ended, %v", n, err)
		}
		if s.count("SELECT count(*) FROM rewards WHERE status = 'expired' AND rule <> 'later'") != 2 || s.count("SELECT count(*) FROM reward_history WHERE to_status = 'expired' AND actor = 'engine'") != 2 {
			t.Fatal("they did not end")
		}
		if got := s.count("SELECT budget_used_minor FROM offers"); got != 1200 { // the money that was kept here went back
			t.Fatalf("the budget says %d", got)
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}

func TestAnErasureTakesTracesWithIt(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(lenient())
		friend, known, guest := r.order("friend"), r.earlier("plain", "c-friend", time.Hour), r.earlier("guest", "", time.Hour)
		later, guestLater := r.order("later"), r.order("guest later") // which are still to be read
		for _, o := range []*rewards.Order{&friend, &known, &guest, &later, &guestLater} {
			o.Trail, o.Country, o.Customer.Phone = home(), "AT", homePhone
		}
		const hers = "friend@friend.canary.example"
		guest.Customer.Email, later.Customer.ID, guestLater.Customer.ID, guestLater.Customer.Email = hers, "c-friend", "", hers
		stays := r.earlier("stays", "c-stays", time.Hour)
		stays.Trail = home()
		r.plain(known, guest, stays)
		s.no(s.write(s.ctx, "tracing", func(x *txn) error {
			s.Seal(r.shop.ID, &later)
			s.Seal(r.shop.ID, &guestLater)
			return x.saveTraces([]shopOrder{{r.shop.ID, later, true}, {r.shop.ID, guestLater, true}})
		}))
		r.decide(friend)
		// Telephone, address, network, browser and card of each, and the e-mail where nothing else leads to it.
		for id, n := range map[string]int64{"friend": 5, "plain": 5, "guest": 5, "later": 5, "guest later": 6} {
			if got := s.count("SELECT count(*) FROM traces WHERE order_id = ?", id); got != n {
				t.Errorf("order %q has left %d traces, want %d", id, got, n)
			}
		}
		r.apply(rewards.CustomerErased{CustomerID: "c-friend"}, "c-friend")
		if n := s.count("SELECT count(*) FROM traces WHERE order_id <> 'stays'"); n != 0 {
			t.Fatalf("%d traces are left", n)
		}
		if s.count("SELECT count(*) FROM traces WHERE order_id = 'stays'") == 0 {
			t.Fatal("somebody else's are gone")
		}
		if n := s.count(`SELECT count(*) FROM orders WHERE order_id IN ('friend', 'plain') AND CAST(record AS text) LIKE '%_key":"%' AND CAST(record AS text) NOT LIKE '%_key":"erased%'`); n != 0 {
			t.Fatalf("%d records tell where the orders came from", n)
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
		s.raw("INSERT INTO traces (shop_id, kind, key, placed_at, order_id, customer_id) SELECT shop_id, 'ip', 'k', placed_at, 'friend', '' FROM orders WHERE order_id = 'friend'")
		if ids, text := s.broken(); fmt.Sprint(ids) != "[I21]" {
			t.Fatal(ids, text)
		}
	})
}

func TestAnErasedShopKeepsNoTraces(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(lenient())
		guest, nobody := r.earlier("guest", "", time.Hour), r.earlier("nobody", "", time.Hour)
		nobody.Customer, nobody.Trail = nil, home()
		r.plain(guest, nobody)
		r.apply(rewards.AppUninstalled{At: time.Now().Add(time.Minute)}, "")
		r.apply(rewards.ShopErased{}, "")
		if n := s.count("SELECT count(*) FROM traces"); n != 0 {
			t.Errorf("%d traces are left", n)
		}
		if n := s.count(`SELECT count(*) FROM orders WHERE email_key <> '' OR CAST(record AS text) LIKE '%address_key%'`); n != 0 {
			t.Errorf("%d orders tell of people", n)
		}
	})
}

func TestSealingKeepsWhatIsOneAlikeAndNothingPlain(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		seal := func(o rewards.Order) rewards.Order { s.Seal("shop_a", &o); return o }
		at := func(ip string) string { return seal(rewards.Order{Trail: rewards.Trail{IP: ip}}).Trail.IPKey }
		o := seal(rewards.Order{Country: "AT", Trail: home(), Customer: &rewards.Person{ID: "c", Email: "A@x.example", Phone: "0660 1234567", Name: "Anna", Surname: "Huber"}})
		if o.Trail.Address != (fairness.Address{}) || o.Trail.IP+o.Trail.Agent+o.Trail.Card+o.Customer.Email+o.Customer.Phone+o.Customer.Name+o.Customer.Surname != "" {
			t.Fatalf("plain values are left: %+v %+v", o.Trail, o.Customer)
		}
		if tr := o.Trail; tr.AddressKey == "" || tr.IPKey == "" || tr.DeviceKey == "" || tr.CardKey == "" || o.Customer.PhoneKey == "" || o.Customer.EmailKey == "" {
			t.Fatalf("keys are missing: %+v %+v", tr, o.Customer)
		}
		if again := seal(o); again.Trail != o.Trail || *again.Customer != *o.Customer {
			t.Fatal("sealing twice changes the keys")
		}
		if at("2001:db8:1:2::1") == "" || at("2001:db8:1:2::1") != at("2001:db8:1:2:ffff::9") || at("2001:db8:1:3::1") == at("2001:db8:1:2::1") {
			t.Error("an IPv6 network is not what is compared")
		}
		for _, ip := range []string{"", "10.0.0.1", "127.0.0.1", "fe80::1", "x"} {
			if at(ip) != "" {
				t.Errorf("%q has a key", ip)
			}
		}
	})
}
