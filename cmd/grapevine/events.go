package main

import (
	"context"
	"fmt"

	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/webhooks"
)

// eventsCmd looks at webhooks that came in.
type eventsCmd struct {
	List   eventsListCmd   `cmd:"" help:"List events, newest first."`
	Show   eventsShowCmd   `cmd:"" help:"Show one event."`
	Replay eventsReplayCmd `cmd:"" help:"Work on an event once more."`
}

// eventView is an event as commands print it, in the API's words.
type eventView struct {
	ID         string `json:"id"`
	ShopID     string `json:"shop,omitempty"`
	Platform   string `json:"platform"`
	Domain     string `json:"domain,omitempty"`
	Topic      string `json:"topic"`
	OrderID    string `json:"order_id"`
	Status     string `json:"status"`
	Reason     string `json:"reason"`
	Attempts   int    `json:"attempts"`
	ReceivedAt string `json:"received_at"`
	FinishedAt string `json:"finished_at"`
}

func viewEvent(e webhooks.StoredEvent) eventView {
	return eventView{
		ID: e.ID, ShopID: e.ShopID, Platform: e.Platform, Domain: e.Domain, Topic: e.Topic, OrderID: e.OrderID,
		Status: string(e.Status), Reason: e.Reason, Attempts: e.Attempts, ReceivedAt: when(e.ReceivedAt), FinishedAt: when(e.FinishedAt),
	}
}

// eventsListCmd lists events.
type eventsListCmd struct {
	Shop   string `placeholder:"ID" help:"Only this shop's; without it all, those of unknown shops too."`
	Status string `placeholder:"STATUS" enum:",pending,done,ignored,held,quarantined,dead" default:"" help:"pending, done, ignored, held, quarantined or dead."`
	Order  string `placeholder:"ORDER" help:"Only those about this order."`
	Limit  int    `default:"50" help:"At most so many."`
	JSON   bool   `help:"Print JSON."`
}

// Run prints one line an event.
func (c *eventsListCmd) Run(ctx context.Context, s *settings, io streams) error {
	if c.Limit < 1 || c.Limit > 1000 {
		return misuse("--limit must be between 1 and 1000")
	}
	return s.with(ctx, func(db *storage.DB) error {
		if c.Shop != "" {
			if _, err := db.Shop(ctx, c.Shop); err != nil {
				return err
			}
		}
		var views []eventView
		page := rewards.Page{Limit: min(c.Limit, 100)}
		for len(views) < c.Limit {
			events, next, err := db.Events(ctx, webhooks.EventFilter{ShopID: c.Shop, OrderID: c.Order, Status: webhooks.EventStatus(c.Status)}, page)
			if err != nil {
				return err
			}
			for _, e := range events[:min(len(events), c.Limit-len(views))] {
				views = append(views, viewEvent(e))
			}
			if next == "" {
				break
			}
			page.Cursor = next
		}
		return list(io, c.JSON, views, "No events.", "ID TOPIC ORDER STATUS REASON TRIES RECEIVED", func(v eventView) []string {
			return []string{v.ID, v.Topic, v.OrderID, v.Status, v.Reason, fmt.Sprint(v.Attempts), v.ReceivedAt}
		})
	})
}

// oneEvent is what the commands on one event take.
type oneEvent struct {
	Shop string `required:"" placeholder:"ID" help:"The event's shop."`
	ID   string `arg:"" help:"The event's id, evt_…"`
	JSON bool   `help:"Print JSON."`
}

func (c *oneEvent) print(io streams, e webhooks.StoredEvent) error {
	v := viewEvent(e)
	if c.JSON {
		return io.asJSON(v)
	}
	_, err := fmt.Fprintf(io.out, "%s\n  topic     %s\n  order     %s\n  status    %s %s\n  attempts  %d\n  received  %s\n  finished  %s\n", v.ID, v.Topic, v.OrderID, v.Status, v.Reason, v.Attempts, v.ReceivedAt, v.FinishedAt)
	return err
}

// eventsShowCmd shows one event.
type eventsShowCmd struct {
	oneEvent `embed:""`
}

// Run prints the event.
func (c *eventsShowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		e, err := db.Event(ctx, c.Shop, c.ID)
		if err != nil {
			return err
		}
		return c.print(io, e)
	})
}

// eventsReplayCmd works on an event once more.
type eventsReplayCmd struct {
	oneEvent `embed:""`
}

// Run makes the event pending again; a running serve takes it up.
func (c *eventsReplayCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		e, err := db.Replay(ctx, c.Shop, c.ID)
		if err != nil {
			return err
		}
		return c.print(io, e)
	})
}
