package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
	MaxIdleConnsPerHost: 32, ExpectContinueTimeout: 5 * time.Second,
}}

// get asks the server for a page; status 0 means that there was no answer.
func (s *site) get(path string) (status int, body string) {
	return fetch(s.url + path)
}

func fetch(address string) (status int, body string) {
	resp, err := client.Get(address)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

// call asks the API on behalf of a shop. A status other than want is an error.
func (sh *shop) call(method, path string, body any, want int, into any) error {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, sh.site.url+"/api/v1/shops/"+sh.ID+path, in)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+sh.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != want {
		return fmt.Errorf("%s %s: status %d, want %d: %s", method, path, resp.StatusCode, want, b)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(b, into)
}

// read is call for something that is there.
func read[T any](sh *shop, path string) T {
	sh.site.t.Helper()
	var v T
	if err := sh.call(http.MethodGet, path, nil, http.StatusOK, &v); err != nil {
		sh.site.t.Fatal(err)
	}
	return v
}

// list reads all pages of a listing; filters are names and values in turn.
func list[T any](sh *shop, path string, filters ...string) []T {
	sh.site.t.Helper()
	q := url.Values{"limit": {"100"}}
	for i := 0; i+1 < len(filters); i += 2 {
		q.Set(filters[i], filters[i+1])
	}
	var all []T
	for {
		page := read[struct {
			Data []T
			Next *string `json:"next_cursor"`
		}](sh, path+"?"+q.Encode())
		all = append(all, page.Data...)
		if page.Next == nil {
			return all
		}
		q.Set("cursor", *page.Next)
	}
}

type money struct{ Amount, Currency string }

type advocate struct {
	ID, Code, Link, Status, Reason string
	CustomerID                     string `json:"customer_id"`
}

type order struct {
	Status   string
	Eligible *money
	Decision struct {
		Outcome, Reason, Program string
		Checks                   []struct {
			Name, Evidence string
			Passed         bool
		}
	}
	Rewards []reward
}

type reward struct {
	ID, Status, Kind, Code, Reason, Advocate string
	OrderID                                  string `json:"order_id"`
	ExternalID                               string `json:"external_id"`
	Value, Net, Loss                         *money
}

type event struct {
	ID, Topic, Status, Reason string
	OrderID                   string `json:"order_id"`
	Attempts                  int
}

type entry struct {
	ID, Transaction, Account, Reward, Reason string
	Amount                                   money
}
