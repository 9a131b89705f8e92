package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// client asks the program's pages and its API. It keeps no connections: what is left open is to be the program's. It is
// patient: a machine on which all stands still for ten seconds says nothing of the program.
var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// fetch reads a page; status 0 means that there was no answer.
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

// call asks the program's API on behalf of a shop.
func (sh *shop) call(method, path string, body, into any) error {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, sh.w.desk()+"/api/v1/shops/"+sh.id+path, in)
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
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("%s %s: status %d: %s", method, path, resp.StatusCode, b)
	}
	return json.Unmarshal(b, into)
}

// list reads all pages of a listing.
func list[T any](sh *shop, path string) ([]T, error) {
	q := url.Values{"limit": {"100"}}
	var all []T
	for {
		var page struct {
			Data []T
			Next *string `json:"next_cursor"`
		}
		if err := sh.call(http.MethodGet, path+"?"+q.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		if page.Next == nil {
			return all, nil
		}
		q.Set("cursor", *page.Next)
	}
}

type money struct{ Amount, Currency string }

// reward is a reward as the API tells it.
type reward struct {
	ID, Status, Kind, Code, Reason, Advocate string
	OrderID                                  string `json:"order_id"`
	ExternalID                               string `json:"external_id"`
	Value, Net, Loss                         *money
}

// entry is a line of the ledger.
type entry struct {
	ID, Transaction, Account, Reward, Reason string
	Amount                                   money
}
