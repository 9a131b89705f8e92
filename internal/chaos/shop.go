package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

const openWithin = 40 * time.Second // for a code to be in its shop

// shop is a simulated shop, installed.
type shop struct {
	w       *world
	sim     *shopifytest.Server
	line    *line // between the program and its API
	plan    shopPlan
	domain  string
	id      string // in the program
	token   string // for the program's API
	people  []person
	orders  map[int]int64 // by the place of the sale in the plan
	program program
}

// person is an advocate.
type person struct {
	ID, Code, Status, Reason string
	CustomerID               string `json:"customer_id"`
	mail                     string
}

func (w *world) newShop(i int, plan shopPlan) (*shop, error) {
	sh := &shop{w: w, plan: plan, domain: fmt.Sprintf("chaos%d.myshopify.com", i), orders: map[int]int64{}, program: programs[plan.Program]}
	var err error
	sh.sim, err = shopifytest.Start(shopifytest.Options{
		Domain: sh.domain, AccessToken: shopToken, ClientSecret: clientSecret, Seed: w.plan.Seed<<8 | uint64(i),
		HoldWebhooks: true, Bucket: shopifytest.Bucket{Maximum: -1},
	})
	if err != nil {
		return nil, err
	}
	sh.line, err = w.net.line(sh.domain, sh.sim.URL()[len("http://"):])
	return sh, err
}

func (sh *shop) close() {
	sh.line.down()
	sh.sim.Close()
}

// open installs the shop, applies its programme, has the regular customer buy and the advocates join.
func (sh *shop) open() error {
	var added, token struct{ ID, Token string }
	if err := sh.w.told(&added, "shop", "add", "--platform", "shopify", "--domain", sh.domain, "--access-token", shopToken, "--api-url", "http://"+sh.line.address()); err != nil {
		return err
	}
	if err := sh.w.told(&token, "token", "create", "--shop", added.ID, "--scope", "write"); err != nil {
		return err
	}
	sh.id, sh.token = added.ID, token.Token
	sh.w.hide(sh.token)
	file := filepath.Join(sh.w.dir, sh.id+".yaml")
	if err := os.WriteFile(file, []byte(sh.program.file), 0o600); err != nil {
		return err
	}
	if _, err := sh.w.command("program", "apply", "--shop", sh.id, file); err != nil {
		return err
	}
	_, err := sh.sim.PlaceOrder(shopifytest.OrderInput{Customer: &shopifytest.CustomerInput{Email: "regular@" + mailDomain}, Lines: []shopifytest.LineInput{{Price: "20.00"}}, Paid: true})
	if err != nil {
		return err
	}
	sh.sim.TakeWebhooks() // of what was before nobody was told
	for i := range advocates {
		if err := sh.join(i); err != nil {
			return err
		}
	}
	return sh.joined()
}

// join makes a customer an advocate.
func (sh *shop) join(i int) error {
	mail := fmt.Sprintf("advocate%d@%s", i, mailDomain)
	c, err := sh.sim.AddCustomer(shopifytest.CustomerInput{Email: mail, FirstName: "Canary"})
	if err != nil {
		return err
	}
	a := person{mail: mail}
	body := map[string]string{"customer_id": strconv.FormatInt(c.ID, 10), "email": mail, "first_name": "Canary"}
	if err := sh.call(http.MethodPost, "/advocates", body, &a); err != nil {
		return err
	}
	sh.people = append(sh.people, a)
	return nil
}

// joined waits until the codes of all are in the shop, and only then lets its API misbehave.
func (sh *shop) joined() error {
	deadline := time.Now().Add(openWithin)
	for _, a := range sh.people {
		for {
			var now person
			if err := sh.call(http.MethodGet, "/advocates/"+a.ID, nil, &now); err != nil {
				return err
			}
			if now.Status == "active" {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%s: the code %s is %s %s after %v", sh.domain, a.Code, now.Status, now.Reason, openWithin)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	for _, u := range sh.plan.Answers {
		err := sh.sim.SetFaults(shopifytest.Fault{Operation: u.Operation, Kind: u.Kind, Effect: u.Effect, Status: u.Status, Count: u.Count, Skip: u.Skip, Delay: u.Delay, RetryAfter: u.After})
		if err != nil {
			return err
		}
	}
	return nil
}

// told runs a command and reads its JSON.
func (w *world) told(into any, args ...string) error {
	out, err := w.command(append(args, "--json")...)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(out), into)
}
