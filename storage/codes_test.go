package storage

import (
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
)

// due counts the due jobs of a kind.
func (s *store) due(kind rewards.JobKind) int64 {
	s.t.Helper()
	return s.count("SELECT count(*) FROM jobs WHERE state = 'due' AND kind = ?", string(kind))
}

func TestAnOfferThatFailedIsTriedAgainByApplyingTheSameFile(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		away := rewards.Errorf(rewards.Unavailable, "shop_unreachable", "status 503")
		s.no(s.Bury(s.ctx, r.lane, r.begin(rewards.JobOffer), away))
		s.no(s.Bury(s.ctx, r.lane, r.begin(rewards.JobCodes), away))
		if a, err := s.Advocate(s.ctx, r.shop.ID, r.advocate.ID); err != nil || a.Status != "pending" {
			t.Fatalf("a code that the shop never heard of is called failed: %+v, %v", a, err)
		}
		if s.count("SELECT count(*) FROM jobs WHERE state = 'dead'") != 2 {
			t.Fatal("the jobs that were given up do not show")
		}
		again := func() {
			t.Helper()
			p, changed, err := s.ApplyProgram(s.ctx, r.shop.ID, creditProgram(), "x")
			if s.no(err); changed || p.Version != 1 {
				t.Fatalf("the same file made version %d", p.Version)
			}
		}
		again()
		if o, err := s.Desk().Offer(s.ctx, r.lane, "give10"); err != nil || o.Status != "pending" || o.Reason != "" || s.due(rewards.JobOffer) != 1 || s.due(rewards.JobCodes) != 1 {
			t.Fatalf("%+v, %v: %d offers and %d codes are due", o, err, s.due(rewards.JobOffer), s.due(rewards.JobCodes))
		}
		o, err := s.Desk().Offer(s.ctx, r.lane, "give10")
		s.no(err)
		o.ExternalID, o.Shown, o.Status = "gid://1", 1, "active"
		s.raw("DELETE FROM jobs WHERE kind = 'codes'")
		s.no(s.Desk().SaveOffer(s.ctx, r.lane, r.begin(rewards.JobOffer), o, false))
		if s.due(rewards.JobCodes) != 1 {
			t.Fatal("the codes that waited for the offer are not asked for")
		}
		again()
		if s.due(rewards.JobOffer) != 0 {
			t.Fatal("an offer that is there is made again")
		}
		s.no(s.Desk().SaveCodes(s.ctx, r.lane, r.begin(rewards.JobCodes), []string{r.advocate.Code}, nil))
		again()
		if s.due(rewards.JobOffer)+s.due(rewards.JobCodes) != 0 {
			t.Fatal("there is nothing left to do, and something is due")
		}
	})
}

func TestAnAdvocateWhoseCodeFailedGetsAnother(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		ask := func(code string) rewards.Advocate {
			t.Helper()
			a, created, err := s.CreateAdvocate(s.ctx, r.shop.ID, rewards.NewAdvocate{CustomerID: "c-anna", Code: code})
			if s.no(err); created || a.ID != r.advocate.ID {
				t.Fatalf("got %+v", a)
			}
			return a
		}
		fail := func(code string) {
			t.Helper()
			s.no(s.Desk().SaveCodes(s.ctx, r.lane, r.begin(rewards.JobCodes), nil, map[string]string{code: "code_exists_in_shop"}))
		}
		fail(r.advocate.Code)
		a := ask("")
		if a.Status != "pending" || a.Code == r.advocate.Code || !strings.HasPrefix(a.Code, "ANNA-") || a.Program != "give10" || s.due(rewards.JobCodes) != 1 {
			t.Fatalf("got %+v", a)
		}
		if same := ask("OTHER-1"); same.Code != a.Code {
			t.Fatalf("a code on its way was replaced by %s", same.Code)
		}
		fail(a.Code)
		if a = ask("Wanted-1"); a.Status != "pending" || a.Code != "WANTED-1" {
			t.Fatalf("got %+v", a)
		}
		fail(a.Code)
		if a = ask("wanted-1"); a.Status != "pending" || a.Code != "WANTED-1" || a.Reason != "" || s.due(rewards.JobCodes) != 1 {
			t.Fatalf("her own code cannot be tried again: %+v", a)
		}
		fail(a.Code)
		_, err := s.BlockAdvocate(s.ctx, r.shop.ID, a.ID, "abuse", "user:mia")
		s.no(err)
		if a = ask("MORE-1"); a.Status != "blocked" || a.Code != "WANTED-1" {
			t.Fatalf("got %+v", a)
		}
	})
}

// Where each code is a discount of its own in the shop, other terms have to reach each of them.
func TestCodesOfAnOfferWithOtherTermsArePublishedAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		desk := s.Desk()
		publish := func(renew bool) {
			t.Helper()
			o, err := desk.Offer(s.ctx, r.lane, "give10")
			s.no(err)
			o.ExternalID, o.Shown, o.Status = "tpl_1", o.Version, "active"
			s.no(desk.SaveOffer(s.ctx, r.lane, r.begin(rewards.JobOffer), o, renew))
		}
		statuses := func() string {
			t.Helper()
			var rows []string
			_, err := s.direct(s.ctx).scan(&rows, "SELECT code || ' ' || status FROM codes WHERE code LIKE 'KEPT%' OR program <> 'give10' ORDER BY code")
			s.no(err)
			return strings.Join(rows, ", ")
		}
		for i, code := range []string{"KEPT-1", "KEPT-2", "KEPT-3", "KEPT-4"} {
			_, _, err := s.CreateAdvocate(s.ctx, r.shop.ID, rewards.NewAdvocate{CustomerID: code, Code: code})
			s.no(err)
			s.raw("UPDATE codes SET status = ? WHERE code = ?", []string{"active", "pending", "failed", "active"}[i], code)
		}
		other := creditProgram()
		other.Name = "other10"
		_, _, err := s.ApplyProgram(s.ctx, r.shop.ID, other, "x")
		s.no(err)
		s.raw("UPDATE codes SET program = 'other10' WHERE code = 'KEPT-4'")
		s.raw("DELETE FROM jobs WHERE kind = 'offer' AND subject = 'other10'")
		publish(false)
		if got := statuses(); got != "KEPT-1 active, KEPT-2 pending, KEPT-3 failed, KEPT-4 active" {
			t.Fatalf("without new terms: %s", got)
		}
		s.raw("DELETE FROM jobs WHERE kind = 'codes'")
		again := creditProgram()
		again.Friend.Percent = 2000
		_, _, err = s.ApplyProgram(s.ctx, r.shop.ID, again, "y")
		s.no(err)
		publish(true)
		if got := statuses(); got != "KEPT-1 pending, KEPT-2 pending, KEPT-3 failed, KEPT-4 active" || s.due(rewards.JobCodes) != 1 {
			t.Fatalf("with new terms: %s, %d jobs", got, s.due(rewards.JobCodes))
		}
		codes, err := desk.PendingCodes(s.ctx, r.lane, "give10", 10)
		s.no(err)
		o, err := desk.Offer(s.ctx, r.lane, "give10")
		if s.no(err); len(codes) != 3 || o.Publish.Discount.Percent != 2000 {
			t.Fatalf("%v are to be published with %+v", codes, o.Publish.Discount)
		}
		s.no(desk.SaveCodes(s.ctx, r.lane, r.begin(rewards.JobCodes), codes, nil))
		if got := statuses(); got != "KEPT-1 active, KEPT-2 active, KEPT-3 failed, KEPT-4 active" || s.due(rewards.JobCodes) != 0 {
			t.Fatalf("after that: %s", got)
		}
	})
}

// A friend's order that comes while a code is being published again is judged as ever.
func TestACodeCountsWhileItIsPublishedAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		s.raw("UPDATE codes SET status = 'pending'")
		r.decide(r.order("o1"))
		if o, err := r.Order(r.ctx, r.shop.ID, "o1"); err != nil || o.Decision.Outcome != rewards.OutcomeRewarded {
			t.Fatalf("got %+v, %v", o.Decision, err)
		}
	})
}

// Friends have used a code under the old terms; that the shop will not have it under new ones takes nothing from
// its advocate.
func TestACodeThatIsRefusedUnderNewTermsCountsForWhatWasBefore(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		desk := s.Desk()
		before, after := r.order("o1"), r.order("o2")
		o, err := desk.Offer(s.ctx, r.lane, "give10")
		s.no(err)
		o.ExternalID, o.Shown, o.Status = "tpl_1", o.Version, "active"
		s.raw("UPDATE codes SET status = 'active'")
		s.raw("DELETE FROM jobs")
		s.no(s.write(s.ctx, "asking", func(x *txn) error {
			return x.enqueue(shopJobs(r.shop.ID, []rewards.JobRequest{{Kind: rewards.JobOffer, Subject: "give10"}}))
		}))
		s.no(desk.SaveOffer(s.ctx, r.lane, r.begin(rewards.JobOffer), o, true))
		if a, err := s.Advocate(s.ctx, r.shop.ID, r.advocate.ID); err != nil || a.Status != "pending" || a.Reason != "renewing" {
			t.Fatalf("while it gets new terms: %+v, %v", a, err)
		}
		s.no(desk.SaveCodes(s.ctx, r.lane, r.begin(rewards.JobCodes), nil, map[string]string{r.advocate.Code: "code_exists_in_shop"}))
		if a, err := s.Advocate(s.ctx, r.shop.ID, r.advocate.ID); err != nil || a.Status != "retired" || a.Reason != "code_exists_in_shop" || s.due(rewards.JobRetire) != 1 {
			t.Fatalf("when it was refused: %+v, %v; %d are to be taken out of the shop", a, err, s.due(rewards.JobRetire))
		}
		before.PlacedAt, after.PlacedAt = r.advocate.CreatedAt, r.advocate.CreatedAt.Add(24*time.Hour)
		r.decide(before)
		r.decide(after)
		for id, want := range map[string]rewards.Outcome{"o1": rewards.OutcomeRewarded, "o2": rewards.OutcomeNone} {
			if got, err := r.Order(r.ctx, r.shop.ID, id); err != nil || got.Decision.Outcome != want {
				t.Errorf("%s: %s, want %s (%v)", id, got.Decision.Outcome, want, err)
			}
		}
		a, created, err := s.CreateAdvocate(s.ctx, r.shop.ID, rewards.NewAdvocate{CustomerID: "c-anna"})
		if s.no(err); created || a.Status != "pending" || a.Code == r.advocate.Code {
			t.Errorf("she gets no other code: %+v", a)
		}
	})
}
