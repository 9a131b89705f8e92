package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/rewards/contest"
	"grapevine/webhooks"
)

// sells is a programme that gives an advocate this reward at once.
func (r *real) sells(name string, spec rewards.RewardSpec, change func(*rewards.Program)) {
	r.t.Helper()
	p := rewards.Program{Name: name, Title: name, Currency: "USD", Friend: rewards.Discount{Percent: 1000}, Qualify: rewards.Qualify{Customers: rewards.CustomersAny},
		Attribution: rewards.Attribution{Window: time.Hour}, PartialRefund: rewards.RefundProportional, Rules: []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: spec}}}
	change(&p)
	_, _, err := r.db.ApplyProgram(r.t.Context(), r.shop, p, "x")
	r.no(err)
}

// joins makes an advocate of the programme that was applied last.
func (r *real) joins(customer string) (id, code string) {
	r.t.Helper()
	made := r.post("/advocates", `{"customer_id":"`+customer+`","email":"`+customer+`@example.com"}`, "", 201)
	return value(r.t, made, "id"), value(r.t, made, "code")
}

// brings has orders with a code judged. Nothing waits for a shop.
func (r *real) brings(code string, orders ...string) {
	r.t.Helper()
	ctx := r.t.Context()
	at := time.Now().UTC().Add(-time.Second)
	for _, id := range orders {
		lane, err := r.db.Lease(ctx, "w", time.Minute)
		r.no(err)
		r.no(r.db.Decide(ctx, lane, []webhooks.Confirmed{{Order: rewards.Order{ID: id, Name: "#" + id, PlacedAt: at, UpdatedAt: at, PaidAt: &at,
			Currency: "USD", Payment: rewards.PaymentPaid, Customer: &rewards.Person{ID: "c" + id},
			Codes: []rewards.AppliedCode{{Code: code, TookOff: usd(500)}}, Lines: []rewards.Line{{ID: "l1", Quantity: 1, Current: 1, Amount: usd(4500)}}}}}))
		r.no(r.db.Release(ctx, lane, 0))
	}
}

func TestPointsOverARealDatabase(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		r := newReal(t, url)
		r.sells("loyalty", rewards.RewardSpec{Kind: rewards.KindPoints, Amount: rewards.Money{Minor: 100, Currency: rewards.UnitPoints}}, func(p *rewards.Program) {
			p.Points = &rewards.PointsPlan{Per: 100, Worth: usd(500), Kind: rewards.KindDiscountCode, Life: 24 * time.Hour}
		})
		anna, code := r.joins("701")
		r.brings(code, "1", "2")
		points := "/advocates/" + anna + "/points"
		r.get(points, 200, `"points":200,"worth":{"amount":"10.00","currency":"USD"}`, `"ends":[{"points":200,"at":null}]`)
		made := r.post(points+"/exchange", `{"program":"loyalty","points":150}`, "k1", 201, `"order_id":null`, `"kind":"discount_code"`, `"value":{"amount":"7.50"`, `"rule":"exchange"`)
		r.post(points+"/exchange", `{"program":"loyalty","points":150}`, "k1", 201, made)
		r.post(points+"/exchange", `{"program":"loyalty","points":150}`, "k2", 409, "not_enough_points")
		r.post(points+"/exchange", `{"program":"other","points":1}`, "", 404, "not_found")
		r.get(points, 200, `"points":50,`)
		r.get("/rewards?advocate="+anna+"&limit=1", 200, `"order_id":null`)
		r.get("/rewards/"+value(t, made, "id"), 200, `"order_id":null`, `"actor":"token:tok_`)
	})
}

func TestPayoutsOverARealDatabase(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		r := newReal(t, url)
		r.sells("trees", rewards.RewardSpec{Kind: rewards.KindDonation, Amount: usd(300), Charity: "forest"}, func(p *rewards.Program) { p.Goal = usd(10_000) })
		_, code := r.joins("701")
		r.brings(code, "1")
		r.sells("cash", rewards.RewardSpec{Kind: rewards.KindCash, Amount: usd(1000)}, func(*rewards.Program) {})
		ben, code := r.joins("702")
		r.brings(code, "2", "3")

		made := r.post("/payouts", `{"kind":"cash"}`, "k1", 201, `"status":"open"`, `"total":{"amount":"20.00"`, `"referrals":2`, `"email":null`)
		r.post("/payouts", `{"kind":"cash"}`, "k1", 201, made)
		r.post("/payouts", `{"kind":"cash"}`, "", 409, "nothing_to_pay")
		id := value(t, made, "id")
		r.post("/payouts/"+id+"/export", "", "", 200, `"email":"702@example.com"`, `"advocate":"`+ben+`"`)
		r.post("/payouts/"+id+"/paid", `{"reference":"SEPA 1"}`, "k2", 200, `"status":"paid"`, `"paid":{"amount":"20.00"`, `"overpaid":{"amount":"0.00"`)
		r.post("/payouts/"+id+"/paid", `{"reference":"SEPA 1"}`, "k2", 200, `"status":"paid"`)
		r.post("/payouts/"+id+"/paid", `{"reference":"SEPA 2"}`, "k3", 409, "already_paid", `"field":"closed_by","code":"is","detail":"token:tok_`, "SEPA 1")
		r.post("/payouts/"+id+"/cancel", "", "", 409, "already_paid")
		r.get("/payouts/"+id, 200, `"email":null`, `"reference":"SEPA 1"`)

		given := value(t, r.post("/payouts", `{"kind":"donation"}`, "", 201, `"charity":"forest"`), "id")
		r.get("/payouts?kind=donation&status=open", 200, given)
		r.get("/donations", 200, `"goal":{"amount":"100.00"`, `"raised":{"amount":"3.00"`, `"charity":"forest"`)
		r.post("/payouts/"+given+"/cancel", "", "", 200, `"status":"cancelled"`)
		r.get("/ledger?account=issued:charity/forest", 200, `"amount":"3.00"`)
		r.alonePath("/payouts/"+id, "/payouts/"+id+"/cancel", "")
	})
}

// alonePath asks for things of the shop with the other shop's token, and below the other shop's address.
func (r *real) alonePath(get, post, body string) {
	r.t.Helper()
	for _, shop := range []string{r.shop, r.other} {
		r.expect(ask{method: "GET", path: "/shops/" + shop + get, token: r.alien}, 404, "not_found")
		r.expect(ask{method: "POST", path: "/shops/" + shop + post, token: r.alien, body: body}, 404, "not_found")
	}
}

func TestContestsAndTicketsOverARealDatabase(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		r := newReal(t, url)
		r.sells("summer", rewards.RewardSpec{Kind: rewards.KindEntry, Amount: rewards.Money{Minor: 1, Currency: rewards.UnitEntries}}, func(p *rewards.Program) { p.Contest = &rewards.ContestPlan{Winners: 1} })
		c, err := r.db.OpenContest(t.Context(), r.shop, "summer")
		r.no(err)
		_, code := r.joins("701")
		r.brings(code, "1")
		r.get("/contests/"+c.ID, 200, `"status":"open"`, c.Commitment, `"record":null`)
		c, err = r.db.DrawContest(t.Context(), r.shop, c.ID, "user:cli")
		r.no(err)
		r.no(contest.Verify(*c.Record))
		r.get("/contests/"+c.ID, 200, `"status":"drawn"`, `"seed":"`+c.Record.Seed+`"`, `"tickets":1`)
		r.get("/contests", 200, `"status":"drawn"`)
		r.expect(ask{method: "GET", path: "/shops/" + r.other + "/contests/" + c.ID, token: r.alien}, 404, "not_found")

		r.sells("gala", rewards.RewardSpec{Kind: rewards.KindTicket, Amount: rewards.Money{Minor: 2, Currency: rewards.UnitTickets}}, func(*rewards.Program) {})
		_, code = r.joins("702")
		r.brings(code, "2")
		ticket := value(t, r.get("/rewards?order=2", 200), "code")
		r.get("/tickets/"+strings.ToLower(ticket), 200, fmt.Sprintf(`"code":%q,"number":1,"program":"gala"`, ticket), `"admits":2`, `"redeemed_at":null`)
		r.post("/tickets/"+ticket+"/redeem", `{"by":"door 1"}`, "k1", 200, `"status":"redeemed"`, `"redeemed_by":"door 1"`)
		r.post("/tickets/"+ticket+"/redeem", `{"by":"door 1"}`, "k1", 200, `"status":"redeemed"`)
		r.post("/tickets/"+ticket+"/redeem", `{"by":"door 2"}`, "k2", 409, "already_redeemed", `"field":"redeemed_by","code":"is","detail":"door 1"`)
		r.get("/tickets/GV-NONE-NONE-NONE", 404, "not_found")
		r.alonePath("/tickets/"+ticket, "/tickets/"+ticket+"/redeem", `{"by":"x"}`)
	})
}
