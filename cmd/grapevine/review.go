package main

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"grapevine/rewards"
	"grapevine/storage"
)

// reviewCmd decides about orders that a rule holds or rejects.
type reviewCmd struct {
	List    reviewListCmd    `cmd:"" help:"List the review queue, the latest orders first."`
	Show    reviewShowCmd    `cmd:"" help:"Show an order with all that speaks for and against it."`
	Approve reviewApproveCmd `cmd:"" help:"Reward an order whatever the fairness rules say."`
	Reject  reviewRejectCmd  `cmd:"" help:"Refuse an order its rewards."`
	Undo    reviewUndoCmd    `cmd:"" help:"Take the last decision back."`
}

// listing is what the listings of one shop take.
type listing struct {
	Shop  string `required:"" placeholder:"ID" help:"The shop."`
	Limit int    `default:"50" help:"At most so many."`
	JSON  bool   `help:"Print JSON."`
}

// gather reads pages of a listing until there are enough, and shows each item by view.
func gather[T, V any](limit int, page func(rewards.Page) ([]T, string, error), view func(T) V) (views []V, err error) {
	if limit < 1 || limit > 1000 {
		return nil, misuse("--limit must be between 1 and 1000")
	}
	p := rewards.Page{Limit: min(limit, 100)}
	for len(views) < limit {
		found, next, err := page(p)
		if err != nil {
			return nil, err
		}
		for _, item := range found[:min(len(found), limit-len(views))] {
			views = append(views, view(item))
		}
		if p.Cursor = next; next == "" {
			break
		}
	}
	return views, nil
}

// reviewListCmd lists the queue.
type reviewListCmd struct {
	listing  `embed:""`
	Status   string `enum:"held,rejected,reviewed" default:"held" help:"held, rejected (what could be approved), or reviewed (what somebody decided about)."`
	Reason   string `placeholder:"CODE" help:"Only orders with this reason: self_referral, existing_customer, …"`
	Advocate string `placeholder:"ID" help:"Only this advocate's."`
}

// Run prints one line an order.
func (c *reviewListCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.withShop(ctx, c.Shop, func(db *storage.DB) error {
		filter := rewards.ReviewFilter{Status: rewards.QueueStatus(c.Status), Reason: rewards.Reason(c.Reason), AdvocateID: c.Advocate}
		views, err := gather(c.Limit, func(p rewards.Page) ([]rewards.QueuedOrder, string, error) { return db.Reviews(ctx, c.Shop, filter, p) }, viewQueued)
		if err != nil {
			return err
		}
		return list(io, c.JSON, views, "Nothing is "+c.Status+".", "ORDER NAME OUTCOME REASON POINTS AT-STAKE ADVOCATE SINCE", func(v queuedView) []string {
			return []string{v.OrderID, v.Name, v.Outcome, v.Reason, fmt.Sprint(v.Points), v.AtStake, v.Advocate, v.Since}
		})
	})
}

// oneOrder is what the commands on one order take.
type oneOrder struct {
	Shop  string `required:"" placeholder:"ID" help:"The order's shop."`
	Order string `arg:"" help:"The platform's own id of the order."`
	JSON  bool   `help:"Print JSON."`
}

// reviewShowCmd shows one order.
type reviewShowCmd struct {
	oneOrder `embed:""`
}

// Run prints the order, the verdict and what it rests on.
func (c *reviewShowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		o, err := db.Order(ctx, c.Shop, c.Order)
		if err != nil {
			return err
		}
		return c.print(io, o)
	})
}

// decided is what the commands that decide about an order take.
type decided struct {
	oneOrder `embed:""`
	Reason   string `required:"" placeholder:"TEXT" help:"Why, in a sentence. It is kept for ever, so it should name nobody."`
}

func (c *decided) decide(ctx context.Context, s *settings, io streams, v rewards.Verdict) error {
	reason, err := reasonWords(c.Reason)
	if err != nil {
		return err
	}
	return s.with(ctx, func(db *storage.DB) error {
		o, err := db.Review(ctx, c.Shop, c.Order, v, cliActor, reason)
		if err != nil {
			return err
		}
		if err := c.print(io, o); err != nil || v != rewards.VerdictApprove || o.Decision.Outcome != rewards.OutcomeRejected {
			return err
		}
		_, err = fmt.Fprintln(io.err, "Still rejected: what fails above is nothing that an approval overrules. The approval stands, and nothing is paid.")
		return err
	})
}

// reasonWords reads why somebody does something, as the API does: it is kept, so it has to say something.
func reasonWords(s string) (string, error) {
	reason := strings.TrimSpace(s)
	if reason == "" {
		return "", misuse("--reason is empty; say in a sentence why")
	}
	if utf8.RuneCountInString(reason) > maxReason || strings.ContainsFunc(reason, unicode.IsControl) {
		return "", misuse("--reason has at most %d characters, all on one line", maxReason)
	}
	return reason, nil
}

// maxReason is the API's limit, in characters.
const maxReason = 200

// reviewApproveCmd approves an order.
type reviewApproveCmd struct {
	decided `embed:""`
}

// Run approves the order; a running serve brings the reward to the shop.
func (c *reviewApproveCmd) Run(ctx context.Context, s *settings, io streams) error {
	return c.decide(ctx, s, io, rewards.VerdictApprove)
}

// reviewRejectCmd rejects an order.
type reviewRejectCmd struct {
	decided `embed:""`
}

// Run rejects the order; a running serve takes out of the shop what is there already.
func (c *reviewRejectCmd) Run(ctx context.Context, s *settings, io streams) error {
	return c.decide(ctx, s, io, rewards.VerdictReject)
}

// reviewUndoCmd takes a decision back.
type reviewUndoCmd struct {
	decided `embed:""`
}

// Run takes the verdict that stands back.
func (c *reviewUndoCmd) Run(ctx context.Context, s *settings, io streams) error {
	return c.decide(ctx, s, io, rewards.VerdictUndo)
}
