package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// client calls the API as an owner's program would: over HTTP, with a token.
type client struct {
	base, token string
}

// errNoSuch is the API's 404.
var errNoSuch = errors.New("not found")

func (c *client) get(ctx context.Context, path string, into any) error {
	return c.call(ctx, http.MethodGet, path, nil, into)
}

func (c *client) post(ctx context.Context, path string, body, into any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, path, bytes.NewReader(b), into)
}

// found is get for something that may not be there yet.
func (c *client) found(ctx context.Context, path string, into any, ok func() bool) (bool, error) {
	err := c.get(ctx, path, into)
	if errors.Is(err, errNoSuch) {
		return false, nil
	}
	return err == nil && ok(), err
}

func (c *client) call(ctx context.Context, method, path string, body io.Reader, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return fmt.Errorf("%s %s: %w", method, path, errNoSuch)
	}
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// moneyAnswer is an amount in the API's form.
type moneyAnswer struct{ Amount, Currency string }

func (m moneyAnswer) String() string { return m.Amount + " " + m.Currency }

// orderAnswer is what the story reads of an order.
type orderAnswer struct {
	Eligible moneyAnswer
	Decision struct {
		Outcome, Reason, Program string
		Version                  int `json:"program_version"`
		Candidates               []struct {
			Code, Advocate string
			Won            bool
		}
		Checks []struct {
			Name, Evidence string
			Passed         bool
		}
		Signals []struct {
			Rule, Verdict, Evidence string
			Points                  int
		}
	}
	Rewards []rewardAnswer
}

// rewardAnswer is what the story reads of a reward.
type rewardAnswer struct {
	ID, Status, Reason string
	ExternalID         string `json:"external_id"`
	Value, Net         moneyAnswer
}

// eventAnswer is what the story reads of an event.
type eventAnswer struct{ ID, Topic, Status string }

func (t *teller) orderPath() string { return "/orders/" + t.order.ID }

// reward waits for the order's one reward to be in this state.
func (t *teller) reward(status string) (r rewardAnswer, err error) {
	err = t.until("a reward that is "+status, func() (bool, error) {
		var o orderAnswer
		if err := t.api.get(t.ctx, t.orderPath(), &o); err != nil {
			return false, err
		}
		if len(o.Rewards) != 1 {
			return false, fmt.Errorf("%d rewards, told was 1", len(o.Rewards))
		}
		r = o.Rewards[0]
		return r.Status == status, nil
	})
	return r, err
}

func (t *teller) events() ([]eventAnswer, error) {
	var page struct{ Data []eventAnswer }
	err := t.api.get(t.ctx, "/events?limit=100&order="+t.order.ID, &page)
	return page.Data, err
}

// ledger counts the ledger's rows.
func (t *teller) ledger() (int, error) {
	var page struct{ Data []struct{ ID string } }
	err := t.api.get(t.ctx, "/ledger?limit=100", &page)
	return len(page.Data), err
}

// credit asks the shop, not the books, what Ana can spend, and by how many credits.
func (t *teller) credit() (balance string, live int, err error) { return t.shop.Credit(t.ana) }
