package webhooks_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/rewards/programfile"
	"grapevine/storage"
	"grapevine/webhooks"
)

// settlement is the whole pipeline over a real database, with a shop of the village on the other side.
type settlement struct {
	*world
	v    *village
	door string // where the shop sends to
}

// settle opens a shop of a platform of the village with an advocate, Ana, whose code is active.
func settle(t *testing.T, url string, v *village, platform webhooks.Platform) *settlement {
	t.Helper()
	ctx := t.Context()
	s := &settlement{world: &world{t: t}, v: v}
	var err error
	if s.db, err = storage.Open(ctx, storage.Options{URL: url, MasterKeys: []secret.Text{secret.Generate()}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	if _, _, err := s.db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	shop, err := s.db.AddShop(ctx, storage.NewShop{Platform: "village", Domain: "one.example/Shop", Currency: "USD", Token: "t", Hooks: []secret.Text{"whsec"}})
	if err != nil {
		t.Fatal(err)
	}
	s.shopID = shop.ID
	s.applies("10")
	a, _, err := s.db.CreateAdvocate(ctx, shop.ID, rewards.NewAdvocate{CustomerID: "ana", Email: "ana@example.org", FirstName: "Ana"})
	if err != nil {
		t.Fatal(err)
	}
	s.advocate, s.code = a.ID, a.Code
	s.pipeline, err = webhooks.New(webhooks.Options{
		Inbox: s.db, Doors: s.db, Lanes: s.db, Work: s.db, Desk: s.db.Desk(), Platforms: []webhooks.Platform{platform}, Seal: s.db.Seal,
		Alone: s.db.Alone(), Poll: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.runs()
	s.until("Ana's code is active", func() bool {
		a, err := s.db.Advocate(ctx, shop.ID, a.ID)
		return err == nil && a.Status == "active"
	})
	return s
}

func (s *settlement) runs() {
	e := echo.New()
	s.pipeline.Mount(e)
	server := httptest.NewServer(e)
	s.door = server.URL + "/webhooks/village/" + s.shopID
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { s.pipeline.Run(ctx); close(ended) }()
	s.t.Cleanup(func() {
		server.Close()
		stop()
		<-ended
		s.pipeline.Close()
	})
}

// applies makes the programme's discount so many percent.
func (s *settlement) applies(percent string) {
	s.t.Helper()
	source := fmt.Sprintf(`program: give10
friend: {discount: {percent: %q}}
advocate: {reward: {kind: cash, amount: "10.00"}}
qualify: {minimum: "30.00"}
hold: 0s
fairness: {per_day: 1000, per_month: 1000, strangers: 1000}
`, percent)
	p, err := programfile.Parse([]byte(source), "USD", time.UTC)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, _, err := s.db.ApplyProgram(s.t.Context(), s.shopID, p, source); err != nil {
		s.t.Fatal(err)
	}
	if s.pipeline != nil {
		s.pipeline.Wake()
	}
}

// bought is a paid order of $45.00 by somebody new with Ana's code.
func (s *settlement) bought(id string) rewards.Order {
	none, at := int64(0), time.Now().UTC().Truncate(time.Millisecond)
	return rewards.Order{
		ID: id, Name: "#" + id, PlacedAt: at, UpdatedAt: at, PaidAt: &at, Currency: "USD", Payment: rewards.PaymentPaid,
		Customer: &rewards.Person{ID: "c-" + id, EarlierOrders: &none}, Codes: []rewards.AppliedCode{{Code: s.code, TookOff: usd(500)}},
		Lines: []rewards.Line{{ID: "l1", Quantity: 1, Current: 1, Amount: usd(4500)}}, MoneyBack: usd(0),
	}
}

func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

// sends delivers a webhook through the shop's own door.
func (s *settlement) sends(topic, id string, body []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.door, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Sign", sealed("whsec", body))
	r.Header.Set("X-Topic", topic)
	r.Header.Set("X-Id", id)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s answered %d", topic, id, answer.StatusCode)
	}
}

// idle waits until nothing is left to do but to ask the shop again.
func (s *settlement) idle() {
	s.t.Helper()
	s.until("everything is worked on", func() bool {
		counts, _, err := s.db.EventCounts(s.t.Context())
		if err != nil || counts[webhooks.EventPending]+counts[webhooks.EventConfirming] > 0 {
			return false
		}
		_, waiting, _, err := s.db.JobCounts(s.t.Context())
		return err == nil && waiting == 0
	})
}

// ended tells how each webhook ended: what it said, what it is about, and why.
func (s *settlement) ended() map[string]string {
	s.t.Helper()
	list, _, err := s.db.Events(s.t.Context(), webhooks.EventFilter{ShopID: s.shopID}, rewards.Page{Limit: 100})
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range list {
		key := e.Topic
		for out[key] != "" {
			key += "+"
		}
		out[key] = fmt.Sprintf("%s %s %s", e.OrderID, e.Status, e.Reason)
	}
	return out
}

// sound checks the books.
func (s *settlement) sound() {
	s.t.Helper()
	if _, err := s.db.Fsck(s.t.Context(), func(b storage.Breach) { s.t.Error(b) }); err != nil {
		s.t.Fatal(err)
	}
}
