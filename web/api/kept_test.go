package api

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/web"
)

func TestReadingWhatIsKept(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]scenario{
		"points":                {ask: get("/shops/shop_aaaa/advocates/adv_a1/points"), status: 200, has: []string{`{"data":[{"program":"points","points":200,"worth":{"amount":"10.00","currency":"USD"},"minimum":50,"ends":[{"points":150,"at":"2026-11-20T09:50:00Z"},{"points":50,"at":null}]}],"next_cursor":null}`}},
		"points of nobody":      {ask: get("/shops/shop_aaaa/advocates/adv_none/points"), status: 404, code: "not_found"},
		"lists":                 {ask: get("/shops/shop_aaaa/payouts?limit=1"), status: 200, has: []string{`{"data":[{"id":"po_a1","kind":"cash","status":"open"`, `"next_cursor":"at1"`}},
		"lists by state":        {ask: get("/shops/shop_aaaa/payouts?status=paid&kind=donation"), status: 200, has: []string{`{"data":[{"id":"po_a2"`, `"closed_by":"user:cli","reference":"SEPA 1"}]`}},
		"lists by another kind": {ask: get("/shops/shop_aaaa/payouts?kind=points"), status: 400, code: "bad_parameter", field: "kind"},
		"a list": {ask: get("/shops/shop_aaaa/payouts/po_a1"), status: 200, has: []string{`"lines":[{"advocate":"adv_a1","customer_id":"a701","charity":null,"email":null,"amount":{"amount":"20.00","currency":"USD"}`,
			`"taken_back":{"amount":"5.00","currency":"USD"},"overpaid":{"amount":"5.00","currency":"USD"},"referrals":2,"rewards":["rw_a1","rw_a2"]`}},
		"a list of donations": {ask: get("/shops/shop_aaaa/payouts/po_a2"), status: 200, has: []string{`"lines":[{"advocate":null,"customer_id":null,"charity":"forest"`, `"overpaid":{"amount":"0.00"`}},
		"donations":           {ask: get("/shops/shop_aaaa/donations"), status: 200, has: []string{`{"data":[{"program":"trees","goal":{"amount":"500.00","currency":"USD"},"raised":{"amount":"6.00","currency":"USD"},"charities":[{"charity":"forest","promised":{"amount":"1.00"`}},
		"contests":            {ask: get("/shops/shop_aaaa/contests"), status: 200, has: []string{`"status":"drawn"`, `"status":"open"`}},
		"a drawn contest":     {ask: get("/shops/shop_aaaa/contests/draw_a1"), status: 200, has: []string{`"record":{"algorithm":"grapevine-draw-1","programme":"summer"`, `"winners":[{"place":1,"entry":"rw_a1","holder":"adv_a1"`}},
		"an open contest":     {ask: get("/shops/shop_aaaa/contests/draw_a2"), status: 200, has: []string{`"drawn_at":null,"drawn_by":null,"record":null`}},
		"a ticket":            {ask: get("/shops/shop_aaaa/tickets/gv-aaaa-bbbb-add2"), status: 200, has: []string{`{"code":"GV-AAAA-BBBB-ADD2","number":1,"program":"gala","advocate":"adv_a1","reward":"rw_a5","status":"issued","admits":2`}},
		"a ticket of nobody":  {ask: get("/shops/shop_aaaa/tickets/GV-NONE"), status: 404, code: "not_found"},
		"no form of a ticket": {ask: get("/shops/shop_aaaa/tickets/%27x"), status: 404, code: "not_found"},
	} {
		t.Run(name, s.run)
	}
}

func TestUsingWhatIsKept(t *testing.T) {
	t.Parallel()
	use := func(f func(*things)) func(*world) { return func(w *world) { f(w.Kept[shopA]) } }
	do := func(f func(k kept) error) func(*world) {
		return func(w *world) {
			if err := f(kept{w}); err != nil {
				t.Error(err)
			}
		}
	}
	for name, s := range map[string]scenario{
		"an exchange": {ask: post("/shops/shop_aaaa/advocates/adv_a1/points/exchange", `{"program":"points","points":100}`), status: 201, has: []string{`{"id":"rw_new","order_id":null`, `"actor":"token:tok_wa"`},
			changes: use(func(k *things) { k.Points["adv_a1"][0].Unused.Minor = 100 })},
		"too many points":        {ask: post("/shops/shop_aaaa/advocates/adv_a1/points/exchange", `{"program":"points","points":201}`), status: 409, code: "not_enough_points"},
		"no points":              {ask: post("/shops/shop_aaaa/advocates/adv_a1/points/exchange", `{"program":"points"}`), status: 422, code: "bad_field", field: "/points"},
		"half a point":           {ask: post("/shops/shop_aaaa/advocates/adv_a1/points/exchange", `{"program":"points","points":1.5}`), status: 400, code: "bad_json", field: "/points"},
		"points of no programme": {ask: post("/shops/shop_aaaa/advocates/adv_a1/points/exchange", `{"points":1}`), status: 422, code: "bad_field", field: "/program"},
		"a new list":             {ask: post("/shops/shop_aaaa/payouts", `{"kind":"donation","program":"trees","until":"2026-12-01T00:00:00Z"}`), status: 201, has: []string{`"id":"po_new2"`, `"created_by":"token:tok_wa"`}, changes: do(func(k kept) error { _, err := k.CreatePayout(t.Context(), shopA, donation, "token:tok_wa"); return err })},
		"a list of nothing":      {ask: post("/shops/shop_aaaa/payouts", `{"kind":"cash"}`), status: 409, code: "nothing_to_pay"},
		"a list of points":       {ask: post("/shops/shop_aaaa/payouts", `{"kind":"points"}`), status: 422, code: "bad_field", field: "/kind"},
		"a list in no currency":  {ask: post("/shops/shop_aaaa/payouts", `{"kind":"cash","currency":"XXQ"}`), status: 422, code: "bad_field", field: "/currency"},
		"a list until some day":  {ask: post("/shops/shop_aaaa/payouts", `{"kind":"cash","until":"some day"}`), status: 400, code: "bad_json", field: "/until"},
		"an export":              {ask: post("/shops/shop_aaaa/payouts/po_a1/export", ""), status: 200, has: []string{`"email":"anna@example.com"`, `"told":{"amount":"15.00"`}, changes: do(func(k kept) error { _, err := k.ExportPayout(t.Context(), shopA, "po_a1"); return err })},
		"an export with a wish":  {ask: post("/shops/shop_aaaa/payouts/po_a1/export", `{"format":"csv"}`), status: 400, code: "bad_json", field: "/format"},
		"a payment": {ask: post("/shops/shop_aaaa/payouts/po_a1/paid", `{"reference":" SEPA 2 "}`), status: 200, has: []string{`"status":"paid"`, `"reference":"SEPA 2"`, `"closed_by":"token:tok_wa"`}, changes: do(func(k kept) error {
			_, err := k.PayPayout(t.Context(), shopA, "po_a1", "SEPA 2", "token:tok_wa")
			return err
		})},
		"a payment again":         {ask: post("/shops/shop_aaaa/payouts/po_a2/paid", `{"reference":"SEPA 2"}`), status: 409, code: "already_paid", field: "closed_at", has: []string{`{"field":"closed_at","code":"is","detail":"2026-11-20T09:07:00Z"},{"field":"closed_by","code":"is","detail":"user:cli"},{"field":"reference","code":"is","detail":"SEPA 1"}`}},
		"a payment of nothing":    {ask: post("/shops/shop_aaaa/payouts/po_none/paid", `{"reference":"x"}`), status: 404, code: "not_found"},
		"a payment without words": {ask: post("/shops/shop_aaaa/payouts/po_a1/paid", `{"reference":" "}`), status: 422, code: "bad_field", field: "/reference"},
		"a list cancelled":        {ask: post("/shops/shop_aaaa/payouts/po_a1/cancel", ""), status: 200, has: []string{`"status":"cancelled"`}, changes: do(func(k kept) error { _, err := k.CancelPayout(t.Context(), shopA, "po_a1", "token:tok_wa"); return err })},
		"a paid list cancelled":   {ask: post("/shops/shop_aaaa/payouts/po_a2/cancel", ""), status: 409, code: "already_paid", field: "closed_at"},
		"a ticket": {ask: post("/shops/shop_aaaa/tickets/GV-AAAA-BBBB-ADD2/redeem", `{"by":" door 1 "}`), status: 200, has: []string{`"status":"redeemed"`, `"redeemed_by":"door 1"`, `"admits":2`},
			changes: do(func(k kept) error {
				_, err := k.RedeemTicket(t.Context(), shopA, "GV-AAAA-BBBB-ADD2", "door 1", "")
				return err
			})},
		"a ticket again":           {ask: post("/shops/shop_aaaa/tickets/GV-AAAA-BBBB-ADD3/redeem", `{"by":"door 1"}`), status: 409, code: "already_redeemed", field: "redeemed_at", has: []string{`{"field":"redeemed_at","code":"is","detail":"2026-11-20T09:30:00Z"},{"field":"redeemed_by","code":"is","detail":"door 2"}`}},
		"a ticket that is gone":    {ask: post("/shops/shop_aaaa/tickets/GV-AAAA-BBBB-ADD4/redeem", `{"by":"door 1"}`), status: 409, code: "ticket_reversed"},
		"a ticket for nobody":      {ask: post("/shops/shop_aaaa/tickets/GV-AAAA-BBBB-ADD2/redeem", `{"by":""}`), status: 422, code: "bad_field", field: "/by"},
		"a ticket that is not one": {ask: post("/shops/shop_aaaa/tickets/GV-NONE/redeem", `{"by":"door 1"}`), status: 404, code: "not_found"},
	} {
		t.Run(name, s.run)
	}
}

var donation = rewards.PayoutWanted{Kind: rewards.KindDonation}

func TestATicketsCodeStandsInNoLog(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e, err := web.New(web.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	a, err := New(Options{Advocates: advocates{w}, Orders: orders{w}, Reviews: reviews{w}, Standings: standings{w}, Jobs: jobs{w}, Events: events{w}, Points: kept{w}, Payouts: kept{w}, Payments: kept{w},
		Contests: kept{w}, Tickets: kept{w}, Figures: kept{w}, Shops: w, Keys: w, Logger: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	a.Mount(e)
	send(t, e, post("/shops/shop_aaaa/tickets/GV-AAAA-BBBB-ADD2/redeem", `{"by":"door 1"}`))
	if strings.Contains(text.String(), "ADD2") || !strings.Contains(text.String(), "/shops/:shop/tickets/:code/redeem") {
		t.Error(text.String())
	}
}
