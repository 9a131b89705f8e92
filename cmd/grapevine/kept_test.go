package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/webhooks"
)

// counter is a shop in the database of a test's commands.
type counter struct {
	t    *testing.T
	dir  string
	db   *storage.DB
	shop string
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{t: t, dir: home(t)}
	var err error
	if c.db, err = storage.Open(t.Context(), storage.Options{URL: os.Getenv("GRAPEVINE_DATABASE_URL")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.db.Close() })
	if _, _, err := c.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	shop, err := c.db.AddShop(t.Context(), storage.NewShop{Platform: "shopify", Domain: "demo.myshopify.com", Currency: "USD", Token: "shpat_x", TimeZone: "Europe/Berlin"})
	if err != nil {
		t.Fatal(err)
	}
	c.shop = shop.ID
	return c
}

func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

// earns has an advocate earn this reward by these orders.
func (c *counter) earns(name, email string, spec rewards.RewardSpec, change func(*rewards.Program), orders ...string) (advocate string) {
	c.t.Helper()
	ctx := c.t.Context()
	p := rewards.Program{Name: name, Title: name, Currency: "USD", Friend: rewards.Discount{Percent: 1000}, Qualify: rewards.Qualify{Customers: rewards.CustomersAny},
		Attribution: rewards.Attribution{Window: time.Hour}, PartialRefund: rewards.RefundProportional, Rules: []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: spec}}}
	change(&p)
	_, _, err := c.db.ApplyProgram(ctx, c.shop, p, "x")
	c.no(err)
	a, _, err := c.db.CreateAdvocate(ctx, c.shop, rewards.NewAdvocate{CustomerID: "c-" + name, Email: email})
	c.no(err)
	for _, id := range orders {
		c.order(id, a.Code, rewards.PaymentPaid, time.Now().UTC().Add(-time.Minute))
	}
	return a.ID
}

// order has an order judged as the shop tells it now.
func (c *counter) order(id, code string, payment rewards.Payment, at time.Time) {
	c.t.Helper()
	ctx := c.t.Context()
	lane, err := c.db.Lease(ctx, "w", time.Minute)
	c.no(err)
	paidAt := at
	c.no(c.db.Decide(ctx, lane, []webhooks.Confirmed{{Order: rewards.Order{ID: id, Name: "#" + id, PlacedAt: at, UpdatedAt: at, PaidAt: &paidAt, Currency: "USD", Payment: payment,
		Customer: &rewards.Person{ID: "b-" + id}, Codes: []rewards.AppliedCode{{Code: code, TookOff: usd(500)}}, Lines: []rewards.Line{{ID: "l1", Quantity: 1, Current: 1, Amount: usd(4500)}}}}}))
	c.no(c.db.Release(ctx, lane, 0))
}

func (c *counter) no(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// run runs a command on the shop and demands how it ends and what it says.
func (c *counter) run(code int, says []string, args ...string) said {
	c.t.Helper()
	got := grapevine(c.t, args...)
	for _, part := range says {
		if !strings.Contains(got.out+got.err, part) {
			c.t.Errorf("%v does not say %q:\n%s%s", args, part, got.out, got.err)
		}
	}
	if got.code != code {
		c.t.Fatalf("%v: exit %d, want %d:\n%s%s", args, got.code, code, got.out, got.err)
	}
	return got
}

func TestPointsFromTheCommandLine(t *testing.T) {
	c := newCounter(t)
	anna := c.earns("loyalty", "anna@example.com", rewards.RewardSpec{Kind: rewards.KindPoints, Amount: rewards.Money{Minor: 100, Currency: rewards.UnitPoints}}, func(p *rewards.Program) {
		p.Points = &rewards.PointsPlan{Per: 100, Worth: usd(500), Kind: rewards.KindStoreCredit, Minimum: 50}
	}, "1", "2")
	on := []string{"--shop", c.shop, "--advocate", anna}
	c.run(exitOK, []string{"loyalty  200     10.00 USD  200     never"}, append([]string{"points", "show"}, on...)...)
	c.run(exitOK, []string{`"points": 200`, `"at": null`, `"amount": "10.00"`}, append([]string{"points", "show", "--json"}, on...)...)
	exchange := append([]string{"points", "exchange", "--program", "loyalty"}, on...)
	c.run(exitUse, []string{"--points must be above 0"}, append(exchange, "--points", "0")...)
	c.run(exitFailure, []string{"below_minimum", "collect more first"}, append(exchange, "--points", "49")...)
	c.run(exitOK, []string{"150 points became rw_", "store_credit of 7.50 USD"}, append(exchange, "--points", "150")...)
	c.run(exitFailure, []string{"not_enough_points", "grapevine points show"}, append(exchange, "--points", "150")...)
	c.run(exitFailure, []string{"adv_none"}, "points", "show", "--shop", c.shop, "--advocate", "adv_none")
}

func TestPayoutsFromTheCommandLine(t *testing.T) {
	c := newCounter(t)
	c.earns("cash", "=cmd|calc@example.com", rewards.RewardSpec{Kind: rewards.KindCash, Amount: usd(1000)}, func(*rewards.Program) {}, "1", "2")
	made := c.run(exitOK, nil, "payout", "create", "--shop", c.shop, "--until", time.Now().Add(24*time.Hour).Format(time.DateOnly), "--json")
	var v payoutView
	if err := json.Unmarshal([]byte(made.out), &v); err != nil || v.Status != "open" || v.Total.String() != "20.00 USD" || len(v.Lines) != 1 {
		t.Fatalf("got %+v, %v", v, err)
	}
	c.run(exitFailure, []string{"nothing_to_pay", "grapevine payout list"}, "payout", "create", "--shop", c.shop)
	c.run(exitUse, []string{"2026-11-30"}, "payout", "create", "--shop", c.shop, "--until", "soon")

	file := filepath.Join(c.dir, "payout.csv")
	c.run(exitOK, nil, "payout", "export", "--shop", c.shop, v.ID, "--out", file)
	text, err := os.ReadFile(file)
	c.no(err)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	c.no(err)
	line := v.Lines[0]
	want := []string{v.ID, line.Advocate, "c-cash", "'=cmd|calc@example.com", "20.00", "USD", "2", strings.Join(line.Rewards, " "), "", "20.00"}
	if len(rows) != 2 || strings.Join(rows[0], ",") != strings.Join(payoutColumns, ",") || strings.Join(rows[1], ",") != strings.Join(want, ",") {
		t.Fatalf("got %q\nwant %q", rows, want)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	c.run(exitUse, []string{"choose a name that is free"}, "payout", "export", "--shop", c.shop, v.ID, "--out", file)

	a, _, err := c.db.Advocates(t.Context(), c.shop, rewards.AdvocateFilter{}, rewards.Page{})
	c.no(err)
	c.order("2", a[0].Code, rewards.PaymentRefunded, time.Now().UTC())
	c.run(exitOK, []string{"10.00 USD of 20.00 USD were taken back", "You were told 20.00 USD: export the list again"}, "payout", "show", "--shop", c.shop, v.ID)
	c.run(exitOK, []string{"paid   10.00 USD", "reference SEPA 1", "if you paid that, 10.00 USD was too much"}, "payout", "paid", "--shop", c.shop, v.ID, "--reference", "SEPA 1")
	c.run(exitFailure, []string{"already_paid", "by user:cli", "SEPA 1"}, "payout", "paid", "--shop", c.shop, v.ID, "--reference", "SEPA 2")
	c.run(exitFailure, []string{"already_paid"}, "payout", "cancel", "--shop", c.shop, v.ID)
	c.run(exitOK, []string{v.ID, "paid", "10.00 USD"}, "payout", "list", "--shop", c.shop)
	c.run(exitOK, []string{"This list is paid: do not pay it again.", ",10.00,USD,"}, "payout", "export", "--shop", c.shop, v.ID)
	c.run(exitOK, []string{"✓ I28"}, "fsck", "--offline")
}

func TestDonationsFromTheCommandLine(t *testing.T) {
	c := newCounter(t)
	c.earns("trees", "", rewards.RewardSpec{Kind: rewards.KindDonation, Amount: usd(300), Charity: "forest"}, func(p *rewards.Program) { p.Goal = usd(10_000) }, "1")
	c.run(exitOK, []string{"trees", "3.00 USD", "100.00 USD", "forest"}, "payout", "donations", "--shop", c.shop)
	c.run(exitOK, []string{`"charity": "forest"`}, "payout", "donations", "--shop", c.shop, "--json")
	made := c.run(exitOK, []string{"forest", "grapevine payout export"}, "payout", "create", "--shop", c.shop, "--kind", "donation")
	id := strings.Fields(made.out)[0]
	c.run(exitOK, []string{"donation, cancelled"}, "payout", "cancel", "--shop", c.shop, id)
}

func TestContestsFromTheCommandLine(t *testing.T) {
	c := newCounter(t)
	advocate := c.earns("summer", "", rewards.RewardSpec{Kind: rewards.KindEntry, Amount: rewards.Money{Minor: 1, Currency: rewards.UnitEntries}},
		func(p *rewards.Program) { p.Contest = &rewards.ContestPlan{Winners: 1, OncePerHolder: true} }, "1", "2")
	opened := c.run(exitOK, []string{"1 win, each advocate once at most", "Publish this commitment"}, "contest", "open", "--shop", c.shop, "--program", "summer")
	id := strings.Fields(opened.out)[0]
	c.run(exitFailure, []string{"contest_open", id}, "contest", "open", "--shop", c.shop, "--program", "summer")
	c.run(exitUse, []string{"grapevine contest draw"}, "contest", "show", "--shop", c.shop, id, "--record")
	c.run(exitOK, []string{"from 2 tickets of 2 entries", advocate, "grapevine contest verify"}, "contest", "draw", "--shop", c.shop, id)
	c.run(exitFailure, []string{"already_drawn", "user:cli", "grapevine contest show"}, "contest", "draw", "--shop", c.shop, id)
	c.run(exitOK, []string{id, "drawn"}, "contest", "list", "--shop", c.shop)

	file := filepath.Join(c.dir, "record.json")
	for _, args := range [][]string{{"--record"}, {"--json"}} { // alone, and in an answer
		shown := c.run(exitOK, nil, append([]string{"contest", "show", "--shop", c.shop, id}, args...)...)
		c.no(os.WriteFile(file, []byte(shown.out), 0o600))
		t.Setenv("GRAPEVINE_DATABASE_URL", "postgres://nobody.invalid/x") // no database is asked
		c.run(exitOK, []string{"The record holds: its 1 winners", "commitment"}, "contest", "verify", file)
		c.run(exitOK, []string{`"holds": true`}, "contest", "verify", "--json", file)
		c.no(os.WriteFile(file, []byte(strings.Replace(shown.out, `"place": 1`, `"place": 2`, 1)), 0o600))
		c.run(exitFailure, []string{"does not hold", "winners[0]: the record says place 2"}, "contest", "verify", file)
		c.no(os.WriteFile(file, []byte(strings.Replace(shown.out, `"short"`, `"long"`, 1)), 0o600))
		c.run(exitUse, []string{"is not the record of a draw"}, "contest", "verify", file)
		t.Setenv("GRAPEVINE_DATABASE_URL", "sqlite:"+filepath.Join(c.dir, "test.db"))
	}
	c.run(exitUse, []string{"no such file"}, "contest", "verify", filepath.Join(c.dir, "none.json"))
}

func TestTicketsFromTheCommandLine(t *testing.T) {
	c := newCounter(t)
	c.earns("gala", "", rewards.RewardSpec{Kind: rewards.KindTicket, Amount: rewards.Money{Minor: 2, Currency: rewards.UnitTickets}}, func(*rewards.Program) {}, "1", "2")
	listed := c.run(exitOK, nil, "ticket", "list", "--shop", c.shop, "--json")
	var tickets []ticketView
	if err := json.Unmarshal([]byte(listed.out), &tickets); err != nil || len(tickets) != 2 || tickets[0].Number != 1 || tickets[0].Admits != 2 {
		t.Fatalf("got %+v, %v", tickets, err)
	}
	code := tickets[0].Code
	c.run(exitOK, []string{"number 1 of gala", "admits    2", "issued"}, "ticket", "show", "--shop", c.shop, strings.ToLower(code))
	svg := c.run(exitOK, []string{"<svg", `fill="#fff"`}, "ticket", "qr", code, "--shop", c.shop, "--out", "-")
	file := filepath.Join(c.dir, "ticket.png")
	c.run(exitOK, nil, "ticket", "qr", code, "--out", file)
	f, err := os.Open(file)
	c.no(err)
	defer f.Close()
	picture, err := png.Decode(f)
	c.no(err)
	side := picture.Bounds().Dx() / qrScale
	for y := range side { // PNG and SVG show the same modules
		for x := range side {
			r, _, _, _ := picture.At(x*qrScale, y*qrScale).RGBA()
			if drawn := strings.Contains(svg.out, sprintModule(x, y)); drawn != (r == 0) {
				t.Fatalf("module %d, %d: dark %v as SVG, %v as PNG", x, y, drawn, r == 0)
			}
		}
	}
	c.run(exitUse, []string{"is not the code of a ticket"}, "ticket", "qr", "ANNA-7Q2M", "--out", "-")
	c.run(exitUse, []string{".png or .svg"}, "ticket", "qr", code, "--out", filepath.Join(c.dir, "ticket.pdf"))
	c.run(exitOK, []string{"redeemed", "door 1"}, "ticket", "redeem", "--shop", c.shop, code, "--by", "door 1")
	c.run(exitFailure, []string{"already_redeemed", "by door 1", "Let nobody in"}, "ticket", "redeem", "--shop", c.shop, code)
	c.run(exitFailure, []string{"is redeemed"}, "ticket", "qr", code, "--shop", c.shop, "--out", "-")
	c.run(exitFailure, []string{"ticket_not_found", "grapevine ticket list"}, "ticket", "redeem", "--shop", c.shop, "GV-NONE")
	c.run(exitOK, []string{"✓ I30"}, "fsck", "--offline")
}

func sprintModule(x, y int) string { return fmt.Sprintf("M%d %dh1v1h-1z", x, y) }

func TestNoValueIsTakenForAFormula(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"": "", "anna@example.com": "anna@example.com", "20.00": "20.00",
		"=1+1": "'=1+1", "+49 170": "'+49 170", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", " =1": "' =1", "\tx": "'\tx", "\rx": "'\rx",
	} {
		if got := inert(value); got != want {
			t.Errorf("%q becomes %q, want %q", value, got, want)
		}
	}
}
