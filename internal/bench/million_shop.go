package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

const (
	floodShops   = 4
	floodToken   = "shpat_benchmark"
	floodProgram = `program: flood
title: Give 10 %, get a code
friend:
  discount: {percent: "10"}
advocate:
  reward: {kind: discount_code, amount: "5.00", expires: 180d}
qualify: {customers: new, minimum: "30.00"}
hold: 0s
fairness: {per_day: 1000000, per_month: 1000000, strangers: 1000000, rules: {same_domain: "off"}}
`
)

// store is one simulated shop and its advocate's code.
type store struct {
	sim    *shopifytest.Server
	domain string
	id     string
	code   string
}

// start migrates and starts the program.
func (m *flood) start() error {
	m.serve = exec.Command(m.binary, "serve", "--migrate")
	m.serve.Env = m.environment()
	stderr, err := m.serve.StderrPipe()
	if err != nil {
		return err
	}
	if err := m.serve.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		fmt.Fprintln(&m.log, lines.Text())
		if at := listening.FindSubmatch(lines.Bytes()); at != nil {
			m.addr = string(at[1])
			go func() { // ends with the program
				for lines.Scan() {
				}
			}()
			return nil
		}
	}
	return fmt.Errorf("serve did not start: %s", m.log.Bytes())
}

// open installs the shops by the command line, applies a programme, and makes an advocate in each.
func (m *flood) open() error {
	file := filepath.Join(m.dir, "flood.yaml")
	if err := os.WriteFile(file, []byte(floodProgram), 0o600); err != nil {
		return err
	}
	for i := range floodShops {
		s := &store{domain: fmt.Sprintf("flood-%d.myshopify.com", i)}
		var err error
		s.sim, err = shopifytest.Start(shopifytest.Options{
			Domain: s.domain, AccessToken: floodToken, ClientSecret: clientSecret, Seed: uint64(i + 1), HoldWebhooks: true, Bucket: shopifytest.Bucket{Maximum: -1},
		})
		if err != nil {
			return err
		}
		m.stores = append(m.stores, s)
		if err := m.install(s, file); err != nil {
			return err
		}
	}
	return nil
}

func (m *flood) install(s *store, program string) error {
	var shop struct{ ID string }
	if err := m.command(&shop, "shop", "add", "--platform", "shopify", "--domain", s.domain, "--access-token", floodToken, "--api-url", s.sim.URL()); err != nil {
		return err
	}
	s.id = shop.ID
	if err := m.command(nil, "program", "apply", "--shop", s.id, program); err != nil {
		return err
	}
	customer, err := s.sim.AddCustomer(shopifytest.CustomerInput{Email: "anna@example.com", FirstName: "Anna"})
	if err != nil {
		return err
	}
	var token struct{ Token string }
	if err := m.command(&token, "token", "create", "--shop", s.id, "--scope", "write"); err != nil {
		return err
	}
	call := func(method, path, body string) (a struct{ ID, Code, Status string }, err error) {
		r, err := http.NewRequest(method, "http://"+m.addr+"/api/v1/shops/"+s.id+path, strings.NewReader(body))
		if err != nil {
			return a, err
		}
		r.Header.Set("Authorization", "Bearer "+token.Token)
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return a, err
		}
		defer resp.Body.Close()
		if resp.StatusCode > 299 {
			return a, fmt.Errorf("%s %s: %s", method, path, resp.Status)
		}
		return a, json.NewDecoder(resp.Body).Decode(&a)
	}
	a, err := call(http.MethodPost, "/advocates", `{"customer_id":"`+strconv.FormatInt(customer.ID, 10)+`","email":"anna@example.com","first_name":"Anna"}`)
	for begun := time.Now(); err == nil && a.Status != "active" && time.Since(begun) < time.Minute; {
		time.Sleep(50 * time.Millisecond)
		a, err = call(http.MethodGet, "/advocates/"+a.ID, "")
	}
	if err == nil && a.Status != "active" {
		err = fmt.Errorf("the code %s is %s", a.Code, a.Status)
	}
	s.code = a.Code
	return err
}

// command runs one of the program's commands; into nil: nothing is read.
func (m *flood) command(into any, args ...string) error {
	if into != nil {
		args = append(args, "--json")
	}
	c := exec.Command(m.binary, args...)
	c.Env = m.environment()
	var errors bytes.Buffer
	c.Stderr = &errors
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args[:2], " "), err, errors.Bytes())
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(out, into)
}

// place places the orders with a code, and takes their webhooks.
func (m *flood) place() error {
	calls := m.webhooks / codedEvery
	for n := 0; len(m.coded) < calls; n++ {
		s := m.stores[n%len(m.stores)]
		_, err := s.sim.PlaceOrder(shopifytest.OrderInput{
			Customer: &shopifytest.CustomerInput{Email: fmt.Sprintf("friend-%d@example.net", n), FirstName: "Frida"},
			Lines:    []shopifytest.LineInput{{Title: "Teapot", Price: "80.00"}}, ClientIP: fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff),
			Codes: []shopifytest.CodeInput{{Code: s.code}}, Shipping: "5.00", Paid: true,
		})
		if err != nil {
			return err
		}
		m.orders++
		for _, d := range s.sim.TakeWebhooks() {
			if d.OrderID != 0 {
				m.coded = append(m.coded, codedCall{s, d.Topic, d.Body})
			}
		}
	}
	return nil
}
