package storage

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestAdvocatesAreOneForEachCustomerAndOneForEachCode(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop, other := s.shop(), s.shop()
		a, created, err := s.CreateAdvocate(s.ctx, shop.ID, rewards.NewAdvocate{CustomerID: "1", Email: "Anna@Example.com", FirstName: "Anna", Locale: "de"})
		s.no(err)
		if !created || !strings.HasPrefix(a.Code, "ANNA-") || a.Status != "pending" || a.Locale != "de" || a.Program != "" {
			t.Fatalf("got %+v", a)
		}
		again, created, err := s.CreateAdvocate(s.ctx, shop.ID, rewards.NewAdvocate{CustomerID: "1", Code: "OTHER-1"})
		s.no(err)
		if created || !reflect.DeepEqual(again, a) {
			t.Fatalf("got %+v", again)
		}
		_, _, err = s.CreateAdvocate(s.ctx, shop.ID, rewards.NewAdvocate{CustomerID: "2", Code: strings.ToLower(a.Code)})
		s.kind(err, rewards.Conflict, "code_taken")
		_, _, err = s.CreateAdvocate(s.ctx, shop.ID, rewards.NewAdvocate{CustomerID: "2", Code: "a!"})
		s.kind(err, rewards.Invalid, "bad_code")
		_, _, err = s.CreateAdvocate(s.ctx, shop.ID, rewards.NewAdvocate{})
		s.kind(err, rewards.Invalid, "bad_customer")
		_, _, err = s.CreateAdvocate(s.ctx, "shop_none", rewards.NewAdvocate{CustomerID: "1"})
		s.kind(err, rewards.NotFound, "shop_not_found")
		if _, created, err := s.CreateAdvocate(s.ctx, other.ID, rewards.NewAdvocate{CustomerID: "1", Code: a.Code}); err != nil || !created {
			t.Fatalf("codes are not each shop's own: %v", err)
		}
		for name, f := range map[string]rewards.AdvocateFilter{
			"e-mail": {Email: " anna@example.COM "}, "customer": {CustomerID: "1"}, "code": {Code: strings.ToLower(a.Code)},
		} {
			if list, _, err := s.Advocates(s.ctx, shop.ID, f, rewards.Page{}); err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], a) {
				t.Errorf("by %s: %+v, %v", name, list, err)
			}
		}
		if list, _, err := s.Advocates(s.ctx, shop.ID, rewards.AdvocateFilter{Email: "x@example.com"}, rewards.Page{}); err != nil || len(list) != 0 {
			t.Fatalf("got %+v, %v", list, err)
		}
		_, err = s.Advocate(s.ctx, other.ID, a.ID)
		s.kind(err, rewards.NotFound, "advocate_not_found")
		if p := s.count("SELECT count(*) FROM jobs"); p != 0 {
			t.Fatalf("%d jobs without a programme", p)
		}
		_, _, err = s.ApplyProgram(s.ctx, shop.ID, creditProgram(), "x")
		s.no(err)
		if adopted, err := s.Advocate(s.ctx, shop.ID, a.ID); err != nil || adopted.Program != "give10" {
			t.Fatalf("got %+v, %v", adopted, err)
		}
		if s.count("SELECT count(*) FROM jobs WHERE kind IN ('offer', 'codes')") != 2 {
			t.Fatal("the offer and the code are not asked for")
		}
	})
}

func TestAdvocatesAreListedPageByPage(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		for i := range 5 {
			_, _, err := s.CreateAdvocate(s.ctx, shop.ID, rewards.NewAdvocate{CustomerID: fmt.Sprint(i)})
			s.no(err)
		}
		seen, page := map[string]bool{}, rewards.Page{Limit: 2}
		for range 4 {
			list, next, err := s.Advocates(s.ctx, shop.ID, rewards.AdvocateFilter{}, page)
			s.no(err)
			for _, a := range list {
				seen[a.ID] = true
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		if len(seen) != 5 {
			t.Fatalf("saw %d of 5", len(seen))
		}
	})
}

func TestTheShopHearsOfOffersAndCodes(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		desk := s.Desk()
		o, err := desk.Offer(s.ctx, r.lane, "give10")
		s.no(err)
		if o.Version != 1 || o.Shown != 0 || o.ExternalID != "" || o.Status != "pending" || o.Publish.Seed == "" || o.Publish.Discount.Percent != 1000 {
			t.Fatalf("got %+v", o)
		}
		o.ExternalID, o.Shown, o.Status = "gid://1", 1, "active"
		s.raw("DELETE FROM jobs WHERE kind = 'codes'")
		s.no(desk.SaveOffer(s.ctx, r.lane, r.begin(rewards.JobOffer), o, false))
		pending, err := desk.PendingCodes(s.ctx, r.lane, "give10", 10)
		s.no(err)
		if len(pending) != 1 || pending[0] != r.advocate.Code {
			t.Fatalf("got %v", pending)
		}
		second, _, err := s.CreateAdvocate(s.ctx, r.shop.ID, rewards.NewAdvocate{CustomerID: "2", Code: "SECOND"})
		s.no(err)
		s.no(desk.SaveCodes(s.ctx, r.lane, r.begin(rewards.JobCodes), pending, map[string]string{"SECOND": "code_exists_in_shop"}))
		if a, err := s.Advocate(s.ctx, r.shop.ID, r.advocate.ID); err != nil || a.Status != "active" {
			t.Fatalf("got %+v, %v", a, err)
		}
		if a, err := s.Advocate(s.ctx, r.shop.ID, second.ID); err != nil || a.Status != "failed" || a.Reason != "code_exists_in_shop" {
			t.Fatalf("got %+v, %v", a, err)
		}
		if s.count("SELECT count(*) FROM jobs") != 0 {
			t.Fatal("jobs are left")
		}
		same, changed, err := s.ApplyProgram(s.ctx, r.shop.ID, creditProgram(), "x")
		s.no(err)
		p := creditProgram()
		p.Hold = time.Hour
		next, more, err := s.ApplyProgram(s.ctx, r.shop.ID, p, "y")
		s.no(err)
		if changed || same.Version != 1 || !more || next.Version != 2 {
			t.Fatalf("versions %d, %d", same.Version, next.Version)
		}
		if o, err := desk.Offer(s.ctx, r.lane, "give10"); err != nil || o.Version != 2 || o.Shown != 1 || o.ExternalID != "gid://1" {
			t.Fatalf("got %+v, %v", o, err)
		}
		list, err := s.Programs(s.ctx, r.shop.ID)
		s.no(err)
		if len(list) != 1 || list[0].Version != 2 || list[0].Source != "y" {
			t.Fatalf("got %+v", list)
		}
		_, err = s.Program(s.ctx, r.shop.ID, "none")
		s.kind(err, rewards.NotFound, "program_not_found")
	})
}

func TestARetiredOrBlockedAdvocate(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		before := r.order("before")
		blocked, err := s.BlockAdvocate(s.ctx, r.shop.ID, r.advocate.ID, "abuse", "user:mia")
		s.no(err)
		if blocked.Status != "blocked" || blocked.Reason != "abuse" {
			t.Fatalf("got %+v", blocked)
		}
		r.decide(r.order("o1"))
		if o, err := s.Order(s.ctx, r.shop.ID, "o1"); err != nil || o.Decision.Reason != rewards.ReasonAdvocateBlocked {
			t.Fatalf("got %+v, %v", o.Decision, err)
		}
		_, err = s.UnblockAdvocate(s.ctx, r.shop.ID, r.advocate.ID, "a mistake", "user:mia")
		s.no(err)
		retired, err := s.RetireAdvocate(s.ctx, r.shop.ID, r.advocate.ID, "left", "user:mia")
		s.no(err)
		if retired.Status != "retired" || s.count("SELECT count(*) FROM jobs WHERE kind = 'retire' AND subject = ?", "give10/"+r.advocate.Code) != 1 {
			t.Fatalf("got %+v", retired)
		}
		_, err = s.UnblockAdvocate(s.ctx, r.shop.ID, r.advocate.ID, "a mistake", "user:mia")
		s.kind(err, rewards.Conflict, "advocate_retired")
		after := r.order("after")
		after.PlacedAt = time.Now().Add(time.Minute)
		r.decide(before, after)
		if o, err := s.Order(s.ctx, r.shop.ID, "before"); err != nil || o.Decision.Outcome != rewards.OutcomeRewarded {
			t.Fatalf("got %+v, %v", o.Decision, err)
		}
		if o, err := s.Order(s.ctx, r.shop.ID, "after"); err != nil || o.Decision.Outcome != rewards.OutcomeNone {
			t.Fatalf("got %+v, %v", o.Decision, err)
		}
	})
}

// apply carries out one event about people, whose body names the person.
func (r *referred) apply(e rewards.Event, customerID string) webhooks.StoredEvent {
	r.t.Helper()
	d := delivery(r.shop.Domain, int(r.n.Add(1)))
	d.Body = []byte(`{"email":"anna@canary.example"}`)
	_, err := r.Put(r.ctx, []connectors.Delivery{d})
	r.no(err)
	n, err := r.Work(r.ctx, "w", 10, applying(r.shop.ID, e, customerID))
	r.no(err)
	if n != 1 {
		r.t.Fatalf("worked %d events", n)
	}
	list, _, err := r.Events(r.ctx, webhooks.EventFilter{ShopID: r.shop.ID}, rewards.Page{Limit: 1})
	r.no(err)
	return list[0]
}

func TestAnErasedPersonIsGoneAndTheBooksStillBalance(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := creditProgram()
		p.Hold = time.Hour
		r := s.referred(p)
		r.apply(rewards.CustomerSeen{Person: rewards.Person{ID: "c-anna", Email: "anna2@canary.example"}}, "c-anna")
		if list, _, err := s.Advocates(s.ctx, r.shop.ID, rewards.AdvocateFilter{Email: "anna2@canary.example"}, rewards.Page{}); err != nil || len(list) != 1 {
			t.Fatalf("a new e-mail does not find her: %v, %v", list, err)
		}
		own := r.order("own") // on which her own code does not count
		own.Customer.ID = "c-anna"
		r.decide(r.order("friend"), own)
		if r.the("friend").Status != rewards.StatusPending {
			t.Fatalf("got %+v", r.the("friend"))
		}
		e := r.apply(rewards.CustomerErased{CustomerID: "c-anna", OrderIDs: []string{"own"}}, "c-anna")
		if e.Status != webhooks.EventDone || e.Reason != "customer_erased" {
			t.Fatalf("got %+v", e)
		}
		_, err := s.EventBody(s.ctx, r.shop.ID, e.ID)
		s.kind(err, rewards.Conflict, "body_erased")
		_, err = s.Replay(s.ctx, r.shop.ID, e.ID)
		s.kind(err, rewards.Conflict, "body_erased")
		got := r.the("friend")
		if got.Status != rewards.StatusReversed || got.Net.Minor != 0 || strings.Contains(got.CustomerID, "anna") {
			t.Fatalf("got %+v", got)
		}
		if s.count("SELECT sum(amount_minor) FROM ledger") != 0 || s.count("SELECT sum(budget_used_minor) FROM offers") != 0 {
			t.Fatal("the reservation stayed")
		}
		a, err := s.Advocate(s.ctx, r.shop.ID, r.advocate.ID)
		s.no(err)
		if a.Status != "retired" || a.CustomerID != "" || a.Reason != "customer_erased" {
			t.Fatalf("got %+v", a)
		}
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'retire'") != 1 {
			t.Fatal("her code lives on in the shop")
		}
		for _, where := range []string{
			"advocates WHERE customer_id IS NOT NULL OR email_key IS NOT NULL OR person_sealed IS NOT NULL",
			"orders WHERE CAST(record AS text) LIKE '%c-anna%' OR customer_id = 'c-anna'",
			"rewards WHERE customer_id = 'c-anna'", "events WHERE customer_id = 'c-anna' OR body IS NOT NULL AND order_id = 'own'",
		} {
			if n := s.count("SELECT count(*) FROM " + where); n != 0 {
				t.Errorf("she is in %d %s", n, where)
			}
		}
		if o, err := s.Order(s.ctx, r.shop.ID, "own"); err != nil || o.Decision.Reason != rewards.ReasonSelfReferral {
			t.Fatalf("the verdict did not stay: %+v, %v", o.Decision, err)
		}
		erased, err := s.ErasedSince(s.ctx, time.Now().Add(-time.Hour))
		if err != nil || !erased {
			t.Errorf("somebody was erased, told %v: %v", erased, err)
		}
		if erased, err = s.ErasedSince(s.ctx, time.Now().Add(time.Hour)); err != nil || erased {
			t.Errorf("nobody was erased since, told %v: %v", erased, err)
		}
		s.no(s.Scrub(s.ctx))
	})
}

func TestAnErasedShopForgetsItsPeople(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("o1"))
		r.apply(rewards.AppUninstalled{At: time.Now().Add(time.Minute)}, "")
		if e := r.apply(rewards.ShopErased{}, ""); e.Reason != "shop_erased" {
			t.Fatalf("got %+v", e)
		}
		for _, where := range []string{
			"advocates WHERE customer_id IS NOT NULL OR person_sealed IS NOT NULL", "events WHERE body IS NOT NULL",
			"orders WHERE customer_id <> '' OR email_key <> '' OR CAST(record AS text) LIKE '%c-%anna%' OR CAST(record AS text) LIKE '%c-o1%'",
		} {
			if n := s.count("SELECT count(*) FROM " + where); n != 0 {
				t.Errorf("there are %d %s", n, where)
			}
		}
		// What was promised stays in the books, and that it was reversed, since no shop had heard of it.
		if s.count("SELECT count(*) FROM ledger") != 4 || s.count("SELECT count(*) FROM rewards WHERE status = 'reversed'") != 1 {
			t.Fatal("the books did not stay")
		}
	})
}

func TestARewardUnderWayKeepsItsCustomerUntilItsStepHasEnded(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("o1"))
		s.raw("UPDATE rewards SET tries = 1")
		r.apply(rewards.CustomerErased{CustomerID: "c-anna"}, "")
		if s.count("SELECT count(*) FROM rewards WHERE status = 'issuing' AND customer_id = 'c-anna'") != 1 {
			t.Fatal("nobody can ask the shop any more whether it has the reward")
		}
		r.issue()
		if s.count("SELECT count(*) FROM rewards WHERE status = 'issued' AND customer_id LIKE 'erased%'") != 1 {
			t.Fatal("her id stayed on the reward")
		}
	})
}

func TestConcernsTellsOrdersThatCarryACodeOfOurs(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(codeProgram())
		r.decide(r.order("o1"))
		code := r.issue().Code
		other := s.shop()
		var got []bool
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 1)})
		s.no(err)
		_, err = s.Work(s.ctx, "w", 1, func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) (_ []webhooks.Digested, err error) {
			got, err = tx.Concerns(ctx, []webhooks.OrderQuestion{
				{ShopID: r.shop.ID, OrderID: "x", Codes: []string{"NONE", r.advocate.Code}},
				{ShopID: r.shop.ID, OrderID: "x", Codes: []string{"NONE"}},
				{ShopID: r.shop.ID, OrderID: "o1"},
				{ShopID: r.shop.ID, OrderID: "x", Codes: []string{code}},
				{ShopID: other.ID, OrderID: "o1", Codes: []string{r.advocate.Code}},
				{ShopID: r.shop.ID, OrderID: "x"},
			})
			if err != nil {
				return nil, err
			}
			return all(webhooks.EventDone)(ctx, tx, events)
		})
		s.no(err)
		if fmt.Sprint(got) != "[true false true true false false]" {
			t.Fatalf("got %v", got)
		}
	})
}
