package storage

import (
	"strings"
	"testing"

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
