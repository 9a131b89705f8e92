package api

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"grapevine/web"
)

// TestTheLogHoldsNoPersonAndNoSecret makes calls of all sorts that carry an e-mail, a name, a token and
// an idempotency key, and looks for them in the log.
func TestTheLogHoldsNoPersonAndNoSecret(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e, err := web.New(web.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	a, err := New(Options{Advocates: advocates{w}, Orders: orders{w}, Reviews: reviews{w}, Standings: standings{w}, Jobs: jobs{w}, Events: events{w}, Points: kept{w}, Payouts: kept{w}, Payments: kept{w}, Contests: kept{w}, Tickets: kept{w}, Figures: kept{w}, Shops: w, Keys: w, Logger: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	a.Mount(e)
	q := post("/shops/shop_aaaa/advocates", `{"customer_id":"703","email":"canary@example.com","first_name":"Canarina"}`)
	q.key = "canary-key"
	send(t, e, q)
	send(t, e, get("/shops/shop_aaaa/advocates?email=canary@example.com"))
	send(t, e, ask{method: "GET", path: "/shops/shop_aaaa", token: "canary-token"})
	w.trouble = errors.New("broken")
	q.key = ""
	send(t, e, q)
	for _, secret := range []string{"canary", "Canarina", "CANARINA", writeA, readA} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, text.String())
		}
	}
	for _, want := range []string{`msg="api call"`, "token=tok_wa", "shop=shop_aaaa", `msg="call failed"`, "request_id=req_"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the log lacks %s: %s", want, text.String())
		}
	}
}
