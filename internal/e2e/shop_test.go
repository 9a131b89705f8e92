package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

// The programmes. Both pay at once.
const (
	creditProgram = `program: credit
title: Give 10 %, get $10
friend:
  discount: {percent: "10"}
advocate:
  reward: {kind: store_credit, amount: "10.00", expires: 180d}
qualify: {customers: new, minimum: "30.00"}
hold: 0s
fairness: {per_day: 1000, per_month: 1000, strangers: 1000, rules: {same_domain: "off"}}
partial_refund: proportional
`
	codeProgram = `program: code
title: Give 10 %, get a code
friend:
  discount: {percent: "10"}
advocate:
  reward: {kind: discount_code, amount: "5.00", expires: 180d}
qualify: {customers: new, minimum: "30.00"}
hold: 0s
fairness: {per_day: 1000, per_month: 1000, strangers: 1000, rules: {same_domain: "off"}}
partial_refund: proportional
`
)

// simulated is the shop's own side.
type simulated struct {
	*shopifytest.Server
	domain string
}

// shop is one simulated shop, installed at a site.
type shop struct {
	site  *site
	sim   simulated
	ID    string
	token string

	friends atomic.Int64 // who bought
}

// shopView is a shop as commands and the API print it.
type shopView struct{ ID, Domain, Status, Reason string }

// newSim starts a simulated shop that sends its webhooks to the site.
func (s *site) newSim(domain string, change ...func(*shopifytest.Options)) simulated {
	s.t.Helper()
	o := shopifytest.Options{
		Domain: domain, AccessToken: shopToken, ClientSecret: clientSecret, Seed: seed,
		WebhookURL: s.url + "/webhooks/shopify", Bucket: shopifytest.Bucket{Maximum: -1}, RetryUnit: 100 * time.Millisecond,
	}
	for _, c := range change {
		c(&o)
	}
	sim, err := shopifytest.Start(o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { sim.Close() })
	return simulated{sim, domain}
}

// install adds a simulated shop at the command line, with a token for the API.
func (s *site) install(sim simulated, apiURL string) *shop {
	s.t.Helper()
	sh := &shop{site: s, sim: sim}
	var added shopView
	s.ask(&added, "shop", "add", "--platform", "shopify", "--domain", sim.domain, "--access-token", sim.Settings().AccessToken, "--api-url", apiURL)
	var token struct{ Token string }
	s.ask(&token, "token", "create", "--shop", added.ID, "--scope", "write")
	if added.ID == "" || token.Token == "" {
		s.t.Fatalf("shop %+v, token of %d characters", added, len(token.Token))
	}
	s.hide(token.Token)
	sh.ID, sh.token = added.ID, token.Token
	return sh
}

// newShop is newSim and install.
func (s *site) newShop(domain string, change ...func(*shopifytest.Options)) *shop {
	s.t.Helper()
	sim := s.newSim(domain, change...)
	return s.install(sim, sim.URL())
}

// held keeps webhooks back for the test to send.
func held(o *shopifytest.Options) { o.HoldWebhooks = true }

// apply stores a programme at the command line.
func (sh *shop) apply(program string) {
	sh.site.t.Helper()
	path := sh.site.write(fmt.Sprintf("%s-%x.yaml", sh.ID, len(program)), program)
	sh.site.run("program", "apply", "--shop", sh.ID, path)
}

// offered waits until the programme's discount is in the shop.
func (sh *shop) offered(name string) {
	sh.site.t.Helper()
	eventually(sh.site.t, patience, "the discount of "+name+" in the shop", func() (bool, any) {
		var p struct {
			Discount struct{ Status, Reason string }
		}
		sh.site.ask(&p, "program", "show", "--shop", sh.ID, name)
		return p.Discount.Status == "active", p
	})
}

// advocate makes a customer in the shop and an advocate by API.
func (sh *shop) advocate(name string) advocate {
	sh.site.t.Helper()
	return sh.enrol(customer(name))
}

func (sh *shop) enrol(in shopifytest.CustomerInput) advocate {
	sh.site.t.Helper()
	c, err := sh.sim.AddCustomer(in)
	if err != nil {
		sh.site.t.Fatal(err)
	}
	var a advocate
	body := map[string]string{"customer_id": strconv.FormatInt(c.ID, 10), "email": in.Email, "first_name": in.FirstName}
	if err := sh.call(http.MethodPost, "/advocates", body, http.StatusCreated, &a); err != nil {
		sh.site.t.Fatal(err)
	}
	return a
}

// customer is a person whose address must not show in a log.
func customer(name string) shopifytest.CustomerInput {
	return shopifytest.CustomerInput{Email: name + "@" + mailDomain, FirstName: name}
}

// active waits until the advocate's code is in the shop.
func (sh *shop) active(a advocate) {
	sh.site.t.Helper()
	eventually(sh.site.t, patience, "the code "+a.Code+" in the shop", func() (bool, any) {
		now := read[advocate](sh, "/advocates/"+a.ID)
		return now.Status == "active", now
	})
}

// joined is an advocate whose code works.
func (sh *shop) joined(name string) advocate {
	sh.site.t.Helper()
	a := sh.advocate(name)
	sh.active(a)
	return a
}

// buy places a paid order of 80.00 by a new customer.
func (sh *shop) buy(code string) *shopifytest.Order {
	sh.site.t.Helper()
	o, err := sh.sim.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: fmt.Sprintf("friend%d@%s", sh.friends.Add(1), mailDomain), FirstName: "Friend"},
		Lines:    []shopifytest.LineInput{{Title: "Teapot", Price: "80.00"}},
		Codes:    []shopifytest.CodeInput{{Code: code}}, Shipping: "5.00", Paid: true,
	})
	if err != nil {
		sh.site.t.Fatal(err)
	}
	return o
}

// rewarded waits until the order's one reward is in a state.
func (sh *shop) rewarded(id int64, status string, within time.Duration) reward {
	sh.site.t.Helper()
	var r reward
	eventually(sh.site.t, within, fmt.Sprintf("a reward of order %d that is %s", id, status), func() (bool, any) {
		var o order
		if err := sh.call(http.MethodGet, orderPath(id), nil, http.StatusOK, &o); err != nil {
			return false, err
		}
		if len(o.Rewards) == 1 {
			r = o.Rewards[0]
		}
		return len(o.Rewards) == 1 && r.Status == status, o
	})
	return r
}

func orderID(id int64) string { return strconv.FormatInt(id, 10) }

func orderPath(id int64) string { return "/orders/" + orderID(id) }

// quiet waits until every event has come to its end.
func (sh *shop) quiet() {
	sh.site.t.Helper()
	eventually(sh.site.t, patience, "every event at its end", func() (bool, any) {
		pending := list[event](sh, "/events", "status", "pending")
		return len(pending) == 0, pending
	})
}

// taken hands over the webhooks that were held back, by topic.
func (sh *shop) taken() map[string]shopifytest.Delivery {
	out := map[string]shopifytest.Delivery{}
	for _, d := range sh.sim.TakeWebhooks() {
		out[d.Topic] = d
	}
	return out
}

// deliver sends a webhook as the shop would, and has to be answered with a status.
func (sh *shop) deliver(d shopifytest.Delivery, want int) {
	sh.site.t.Helper()
	status, err := sh.sim.Send(context.Background(), d)
	if err != nil || status != want {
		sh.site.t.Errorf("%s: status %d, want %d (%v)", d.Topic, status, want, err)
	}
}

// state is what the shop holds.
func (sh *shop) state() *shopifytest.State {
	sh.site.t.Helper()
	st, err := sh.sim.State()
	if err != nil {
		sh.site.t.Fatal(err)
	}
	return st
}

// credits are the credits in the shop, all customers' together.
func (sh *shop) credits() []*shopifytest.CreditTransaction {
	sh.site.t.Helper()
	var out []*shopifytest.CreditTransaction
	for _, a := range sh.state().Accounts {
		for _, tx := range a.Transactions {
			if tx.Kind == "credit" {
				out = append(out, tx)
			}
		}
	}
	return out
}

// discounts are the discounts in the shop.
func (sh *shop) discounts() map[int64]*shopifytest.Discount {
	sh.site.t.Helper()
	return sh.state().Discounts
}

// opensslSign signs a body with the command that a shop's owner would use.
func opensslSign(t *testing.T, body []byte) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", `openssl dgst -sha256 -hmac "$SECRET" -binary | base64`)
	cmd.Env = append(cmd.Environ(), "SECRET="+clientSecret)
	cmd.Stdin = bytes.NewReader(body)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// post sends a webhook by hand, without the headers that are ""; it returns the status of the answer, 0
// without one.
func (s *site) post(domain, topic, webhookID, signature string, body []byte) int {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.url+"/webhooks/shopify", bytes.NewReader(body))
	if err != nil {
		return 0
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": signature,
		"X-Shopify-Shop-Domain": domain, "X-Shopify-Webhook-Id": webhookID, "X-Shopify-Event-Id": "e-" + webhookID,
		"X-Shopify-Triggered-At": time.Now().UTC().Format(time.RFC3339Nano),
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if len(body) > 1<<20 { // the answer may come before the body was sent
		req.Header.Set("Expect", "100-continue")
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}
