package storage

import (
	"context"
	"fmt"
	"testing"

	"grapevine/internal/secret"
	"grapevine/rewards"
)

// under opens the store's database with other master keys, as a process does.
func (s *store) under(keys ...secret.Text) (*store, error) {
	d, err := Open(s.ctx, Options{URL: s.url, MasterKeys: keys})
	s.no(err)
	s.t.Cleanup(func() { d.Close() })
	return &store{t: s.t, url: s.url, ctx: s.ctx, DB: d}, d.CheckKeys(s.ctx)
}

func TestAfterARotationTheOldKeyCanGoAndPeopleAreStillKnown(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		older, newer := secret.Generate(), secret.Generate()
		before, err := s.under(older)
		s.no(err)
		r := before.referred(creditProgram())
		const advocates = rekeyBatch + 30
		for i := range advocates {
			_, _, err := before.CreateAdvocate(s.ctx, r.shop.ID, rewards.NewAdvocate{CustomerID: fmt.Sprint("c", i), Email: fmt.Sprintf("a%d@canary.example", i), FirstName: "Ada"})
			s.no(err)
		}
		known := before.keys.Lookup(r.shop.ID, "email", "a1@canary.example")
		if _, err = s.under(newer); rewards.CodeOf(err) != "wrong_master_key" || rewards.KindOf(err) != rewards.Invalid {
			t.Fatalf("another key alone: %v", err)
		}
		during, err := s.under(newer, older)
		s.no(err)
		// Cut off behind the first batch of people, and again from the beginning.
		ctx, cut := context.WithCancel(s.ctx)
		_, err = during.Rekey(ctx, func(done Rekeyed) {
			if done.Table == "advocates" {
				cut()
			}
		})
		if err == nil {
			t.Fatal("it was not cut off")
		}
		half, err := during.SealedByOthers(s.ctx)
		s.no(err)
		if half == 0 || half > 40 {
			t.Errorf("%d values are left behind the first batch of %d", half, advocates)
		}
		done, err := during.Rekey(s.ctx, nil)
		s.no(err)
		if done.Done != half || done.Unreadable != 0 {
			t.Errorf("the second run: %+v, %d were left", done, half)
		}
		after, err := s.under(newer)
		s.no(err)
		if n, err := after.SealedByOthers(s.ctx); n != 0 || err != nil {
			t.Errorf("%d values are under older keys, %v", n, err)
		}
		if after.keys.Lookup(r.shop.ID, "email", "a1@canary.example") != known {
			t.Error("a person is not known any more by her e-mail")
		}
		if sh, err := after.CallableShop(s.ctx, r.shop.ID); err != nil || sh.Token == "" {
			t.Errorf("the shop's token: %v", err)
		}
		if _, err := s.under(older); rewards.CodeOf(err) != "wrong_master_key" {
			t.Errorf("the old key alone: %v", err)
		}
	})
}

func TestAWrongKeyIsToldAlsoWhereNoKeyWasKept(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		right := secret.Generate()
		before, err := s.under(right)
		s.no(err)
		before.shop()
		s.raw("DELETE FROM memos") // as an older version left it
		if _, err := s.under(secret.Generate()); rewards.CodeOf(err) != "wrong_master_key" {
			t.Errorf("got %v", err)
		}
		if _, err := s.under(right); err != nil {
			t.Errorf("the right key: %v", err)
		}
	})
}

func TestOfSeveralKeysTheRightOneIsKeptForLookUps(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		keys func(older, newer secret.Text) []secret.Text
		code string
	}{
		"the old key alone":                  {func(older, _ secret.Text) []secret.Text { return []secret.Text{older} }, ""},
		"the old key, twice":                 {func(older, _ secret.Text) []secret.Text { return []secret.Text{older, older} }, ""},
		"a new key before it":                {func(older, newer secret.Text) []secret.Text { return []secret.Text{newer, older} }, ""},
		"a new key behind it":                {func(older, newer secret.Text) []secret.Text { return []secret.Text{older, newer} }, "open_with_one_key"},
		"a new key, and one that is strange": {func(_, newer secret.Text) []secret.Text { return []secret.Text{newer, testKey} }, "wrong_master_key"},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				older, newer := secret.Generate(), secret.Generate()
				before, err := s.under(older)
				s.no(err)
				r := before.referred(creditProgram())
				known := before.keys.Lookup(r.shop.ID, "email", "anna@canary.example")
				s.raw("DELETE FROM memos") // as an older version left it
				after, err := s.under(tc.keys(older, newer)...)
				if (err != nil) != (tc.code != "") || err != nil && rewards.CodeOf(err) != tc.code {
					t.Fatalf("got %v, want %q", err, tc.code)
				}
				if tc.code == "" && after.keys.Lookup(r.shop.ID, "email", "anna@canary.example") != known {
					t.Error("people are not known any more")
				}
				if tc.code != "" && s.count("SELECT count(*) FROM memos") != 0 {
					t.Error("a key of look-ups was kept all the same")
				}
			})
		})
	}
}

func TestTheKeyOfLookUpsCountsAmongWhatIsSealed(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		older, newer := secret.Generate(), secret.Generate()
		_, err := s.under(older)
		s.no(err)
		during, err := s.under(newer, older)
		s.no(err)
		if n, err := during.SealedByOthers(s.ctx); n != 1 || err != nil {
			t.Fatalf("%d values, %v: nothing but the key of look-ups is there", n, err)
		}
		_, err = during.Rekey(s.ctx, nil)
		s.no(err)
		if n, err := during.SealedByOthers(s.ctx); n != 0 || err != nil {
			t.Fatalf("%d values, %v", n, err)
		}
	})
}
