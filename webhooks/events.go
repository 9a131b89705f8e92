package webhooks

import "time"

// StoredEvent is an event as people look at it.
type StoredEvent struct {
	ShopID     string // "" for a shop that is not installed
	ID         string // "evt_…"
	Platform   string
	Domain     string
	Topic      string
	OrderID    string
	Status     EventStatus // confirming is told as pending
	Reason     string
	Attempts   int
	ReceivedAt time.Time
	FinishedAt time.Time // zero while pending
}

// EventFilter finds events; empty fields do not count. An empty ShopID means all shops, the unknown too.
type EventFilter struct {
	ShopID, OrderID string
	Status          EventStatus
}
