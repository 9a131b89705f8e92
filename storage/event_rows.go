package storage

import (
	"strconv"
	"strings"

	"github.com/klauspost/compress/s2"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// maxBody bounds what is inflated. What is stored came through a gate that takes 2 MiB.
const maxBody = 16 << 20

type eventRow struct {
	ShopID      string
	ID          int64
	Platform    string
	Domain      string
	Topic       string
	Body        []byte
	TriggeredAt stamp
	ReceivedAt  stamp
	OrderID     string
	Status      string
	Reason      string
	Attempts    int
	FinishedAt  stamp
	Trace       string
	DueAt       stamp
}

func (eventRow) TableName() string { return "events" }

// claimCols are the columns of an event in hand.
const claimCols = "shop_id, id, platform, topic, body, triggered_at, received_at, attempts, trace"

// storedCols are those that people look at: all but the body.
const storedCols = "shop_id, id, platform, domain, topic, order_id, status, reason, attempts, received_at, finished_at"

func (r eventRow) event() webhooks.Event {
	return webhooks.Event{
		ShopID: r.ShopID, ID: r.ID, Platform: r.Platform, Topic: r.Topic, Packed: r.Body,
		TriggeredAt: r.TriggeredAt.Time, ReceivedAt: r.ReceivedAt.Time, Attempts: r.Attempts, Trace: r.Trace,
	}
}

// Unpack is the contrary of Pack. See webhooks.InboxTx.
func (in *inboxTx) Unpack(room, packed []byte) ([]byte, error) { return inflate(room, packed) }

// inflate unpacks a stored body in room, if that is large enough.
func inflate(room, stored []byte) ([]byte, error) {
	if len(stored) == 0 {
		return nil, nil
	}
	if n, err := s2.DecodedLen(stored); err != nil || n > maxBody {
		return nil, rewards.Errorf(rewards.Internal, "bad_body", "a stored body of %d bytes cannot be inflated: %v", len(stored), err)
	}
	body, err := s2.Decode(room, stored)
	if err != nil {
		return nil, rewards.Errorf(rewards.Internal, "bad_body", "inflating a stored body: %w", err)
	}
	return body, nil
}

const eventPrefix = "evt_"

func (r eventRow) stored() webhooks.StoredEvent {
	e := webhooks.StoredEvent{
		ShopID: r.ShopID, ID: eventPrefix + strconv.FormatInt(r.ID, 10), Platform: r.Platform, Domain: r.Domain, Topic: r.Topic,
		OrderID: r.OrderID, Status: webhooks.EventStatus(r.Status), Reason: r.Reason, Attempts: r.Attempts,
		ReceivedAt: r.ReceivedAt.Time, FinishedAt: r.FinishedAt.Time,
	}
	if e.Status == webhooks.EventConfirming {
		e.Status = webhooks.EventPending
	}
	return e
}

// eventNumber reads an event's id as people write it. Kind NotFound for what can be none.
func eventNumber(id string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, eventPrefix), 10, 64)
	if err != nil || n < 1 || !strings.HasPrefix(id, eventPrefix) {
		return 0, rewards.Errorf(rewards.NotFound, "event_not_found", "there is no event %.80q", id)
	}
	return n, nil
}
