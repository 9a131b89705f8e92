package webhooks

import (
	"context"
	"net/http"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Source is a platform's side that receives.
type Source interface {
	// Name is the platform's name in paths and rows: "shopify".
	Name() string
	// Capabilities tells what the platform carries, and which doors its shops use.
	Capabilities() connectors.Capabilities
	// Receive checks a webhook's signature over the raw body and reads its headers. Kind Denied: not
	// signed by the platform (401); Invalid: signed, but a mandatory header is missing or doubled (400).
	Receive(a connectors.Arrival) (connectors.Delivery, error)
	// Decode tells what a stored body means, and keeps no part of it: the next one will be in its place. Kind Invalid
	// quarantines the event.
	Decode(topic string, body []byte, triggeredAt time.Time) (rewards.Event, error)
}

// Glancer is a source that can tell by a call's headers alone that it will not let it in, so that nobody reads
// its body.
type Glancer interface {
	// Glance returns what Receive would answer to any body of this length, which is -1 if it is not told; nil
	// where that depends on the body. Kinds Denied and Invalid, as Receive.
	Glance(h http.Header, length int64) error
}

// Poller is a platform that can be asked what changed: webhooks get lost. Every error is a
// *connectors.CallError.
type Poller interface {
	// Rhythm tells how often it is to be asked.
	Rhythm() connectors.Rhythm
	// Changes lists what changed in the shop since a moment. cursor is "" for the first page, then what the
	// page before said in Next; since must stay the same.
	Changes(ctx context.Context, s connectors.Shop, since time.Time, cursor string) (connectors.ChangesPage, error)
}

// HookKeeper is a platform whose shops switch webhooks off by themselves.
type HookKeeper interface {
	// KeepHooks switches those of ours on again that are off, and tells which they were. Every error is a
	// *connectors.CallError.
	KeepHooks(ctx context.Context, s connectors.Shop) (mended []string, err error)
}

// Doors knows what guards the addresses that shops send to.
type Doors interface {
	// Door finds a shop of a platform by its id. Kind NotFound.
	Door(ctx context.Context, platform, shopID string) (connectors.Door, error)
}

// Storefront is a platform's side that is called. Every error is a *connectors.CallError.
type Storefront interface {
	// Order reads an order as it is now. The id may be another name of the order (its payment's): what comes
	// back says the right one. Kind NotFound: the shop has no such order; code connectors.NotAnOrder: what the
	// id names is none.
	Order(ctx context.Context, s connectors.Shop, id string) (rewards.Order, error)
	// Do carries out an action once. key is the same on every try. It never repeats a call by itself.
	Do(ctx context.Context, s connectors.Shop, key string, a rewards.Action) (connectors.Receipt, error)
	// Find looks whether an action was carried out earlier. Kind NotFound: it was not; Conflict: the
	// name is taken by something that is not ours.
	Find(ctx context.Context, s connectors.Shop, a rewards.Action) (connectors.Receipt, error)
}

// Inbox is where deliveries are stored and taken from.
type Inbox interface {
	// Put stores deliveries in one fsynced transaction; those that are there already are passed over.
	// It returns how many were new. A delivery for a shop that is not installed ends as ignored.
	Put(ctx context.Context, ds []connectors.Delivery) (stored int, err error)
	// Work notes and claims up to limit due events, calls f inside one transaction and stores what f
	// found; all or nothing. If f fails, the events are marked suspect and left to WorkSuspect; a
	// fault of the database itself (Unavailable) leaves them as they were, but a statement that took too
	// long (code statement_timeout) counts as f's. n is how many were claimed; limit also where some were
	// left because their bodies would not have fitted into memory.
	Work(ctx context.Context, worker string, limit int, f DigestFunc) (n int, err error)
	// WorkSuspect takes one suspect event, commits the attempt, then does the same with it alone.
	// After maxTries it ends dead.
	WorkSuspect(ctx context.Context, worker string, maxTries int, f DigestFunc) (n int, err error)
	// Rescue marks as suspect what dead workers had in hand. alone tells that no other process can be
	// working (SQLite), so that no lease need run out first: those of shops end too.
	Rescue(ctx context.Context, alone bool) (n int, err error)
}

// Packer is an inbox that lets the door do the work of packing bodies.
type Packer interface {
	// Pack appends a body to dst as the inbox keeps it, for Delivery.Packed.
	Pack(dst, body []byte) []byte
}

// DigestFunc turns claimed events into results, one for each, inside the transaction of tx. It must be
// free of outside effects: a transaction may be run again.
type DigestFunc func(ctx context.Context, tx InboxTx, events []Event) ([]Digested, error)

// InboxTx is what a DigestFunc may ask and write.
type InboxTx interface {
	// Unpack returns what an event's body was when it was signed, in room if that is large enough. Several may ask at
	// a time.
	Unpack(room, packed []byte) ([]byte, error)
	// Concerns tells which of these orders concern a programme: they carry a code or a link of ours (a
	// friend's, or a reward's code), were found to carry one before, or their buyer was referred by a
	// programme that keeps it so. The answer is in the order of the question.
	Concerns(ctx context.Context, qs []OrderQuestion) ([]bool, error)
	// RecordPlain stores orders that carry no code of ours, with outcome none; an older state never
	// replaces a newer one.
	RecordPlain(ctx context.Context, orders []ShopOrder) error
	// Trace keeps where orders came from that are going to be read: the shop's answer may not tell all that
	// a webhook told.
	Trace(ctx context.Context, orders []ShopOrder) error
	// Enqueue asks for jobs. Hint of a confirm job is the newest update time that a webhook told.
	Enqueue(ctx context.Context, jobs []ShopJob) error
	// Apply carries out what events tell about people and shops. It returns the event's final reason.
	Apply(ctx context.Context, shopID string, e rewards.Event, triggeredAt time.Time) (reason string, err error)
}

// Event is a claimed row of the inbox.
type Event struct {
	ShopID      string
	ID          int64
	Platform    string
	Topic       string
	Packed      []byte // the body as the inbox keeps it: see InboxTx.Unpack
	TriggeredAt time.Time
	ReceivedAt  time.Time
	Attempts    int
	Trace       string // the W3C traceparent that its delivery came with, "" for none
}

// EventStatus is where an event stands.
type EventStatus string

// The states of an event. Confirming is told to the outside as pending: the order is being read.
const (
	EventPending     EventStatus = "pending"
	EventConfirming  EventStatus = "confirming"
	EventDone        EventStatus = "done"
	EventIgnored     EventStatus = "ignored"
	EventHeld        EventStatus = "held"
	EventQuarantined EventStatus = "quarantined"
	EventDead        EventStatus = "dead"
)

// Digested is the result for one event, in the order of the claim.
type Digested struct {
	Status     EventStatus
	Reason     string
	OrderID    string // what the event is about, for the index; "" if none
	CustomerID string
}

// OrderQuestion asks whether an order concerns a programme.
type OrderQuestion struct {
	ShopID  string
	OrderID string
	Codes   []string // folded
	Links   []string // the codes of links, folded
	// CustomerID and EmailKey are the buyer's; "" where the webhook tells of none.
	CustomerID string
	EmailKey   string
}

// ShopOrder is an order of a shop.
type ShopOrder struct {
	ShopID string
	Order  rewards.Order
}

// ShopJob is a job to be done for a shop.
type ShopJob struct {
	ShopID string
	rewards.JobRequest
	Hint  time.Time
	Trace string // the W3C traceparent of what asks, "" for none
}

// Lane is a lease on one shop's jobs. Token fences it: a write under a lease that was lost is refused
// with Kind Conflict, code lease_lost.
type Lane struct {
	Shop  connectors.Shop
	Token string
	// Slow tells that the shop answered slowly: when it is leased, at the last visit; when it is released, at
	// this one.
	Slow bool
}

// Job is a job in hand. Attempts counts this try too: it was committed before the try.
type Job struct {
	ID       string
	Kind     rewards.JobKind
	Subject  string
	Attempts int
	// Generation rises each time somebody asks for the job again: a job that was asked for while it was
	// being done is done once more.
	Generation int64
	Hint       time.Time
	FirstAt    time.Time // when the job was first tried, for giving up
	Begun      time.Time // when this try was begun, by the same clock
	// Unclear is set when an earlier try may have had an effect in the shop, or its end is not known.
	Unclear bool
	Trace   string // of whoever asked last
	// Note is the connector's memory between tries (a baseline), "" at first.
	Note string
}

// Lanes hands out shops to work for and their due jobs. All times are the database's.
type Lanes interface {
	// Lease takes the shop that has waited longest with a due job, for ttl. Kind NotFound: none is due.
	// Shops that are parked, paused or uninstalled are never handed out.
	Lease(ctx context.Context, worker string, ttl time.Duration) (Lane, error)
	// LeaseQuick is Lease that passes over shops which answered slowly when they were visited last.
	LeaseQuick(ctx context.Context, worker string, ttl time.Duration) (Lane, error)
	// Renew extends the lease. Kind Conflict if it was lost.
	Renew(ctx context.Context, l Lane, ttl time.Duration) error
	// Release ends the lease; the shop rests for pause if above zero.
	Release(ctx context.Context, l Lane, pause time.Duration) error
	// Begin takes a due job and commits its attempt before it returns: of the most urgent kind, by what waits
	// for it and how long it has waited, the one that is due first. If it is a confirm job, which only reads,
	// further due confirm jobs come with it, up to limit, and no attempt is noted unless it fails; every other kind
	// comes alone, so that a killed process leaves one try in doubt and not many. Kind NotFound: none is due.
	Begin(ctx context.Context, l Lane, limit int) ([]Job, error)
	// Park stops all calls to the shop for this reason until a person acts.
	Park(ctx context.Context, l Lane, reason string) error
	// KeepPolling sees to it that each active shop of these platforms has its poll job.
	KeepPolling(ctx context.Context, platforms []string) error
}

// Work stores how a job ended. Each call is one transaction that is fenced by the lane.
type Work interface {
	// Decide judges these orders, stores decisions, rewards, ledger entries and jobs, ends their confirm
	// jobs and the events that waited for them.
	Decide(ctx context.Context, l Lane, orders []Confirmed) error
	// Step records the shop's answer to a reward's step and ends the job, or leaves it due where the
	// reward has a further step.
	Step(ctx context.Context, l Lane, j Job, r rewards.StepResult) error
	// Retry ends a try without success: the job is due again after wait, with note kept.
	Retry(ctx context.Context, l Lane, j Job, cause error, wait time.Duration, unclear bool, note string) error
	// Bury gives a job up. What waited for it is held or failed with the reason and shows in the API.
	Bury(ctx context.Context, l Lane, j Job, cause error) error
	// Done ends a job that needs nothing stored.
	Done(ctx context.Context, l Lane, j Job) error
	// Again ends a try with success: the job is due again after wait as if it were new, with note kept.
	Again(ctx context.Context, l Lane, j Job, wait time.Duration, note string) error
}

// Confirmed is an order read from the shop, or why it could not be.
type Confirmed struct {
	Job     Job
	Order   rewards.Order // ID is always set, and may be another than the job asked for; people and places in it are plain
	Trouble rewards.Reason
	Detail  string
	// NoOrder tells that what the job asked for is no order: nothing is judged, and its events end ignored.
	NoOrder bool
}

// Desk answers what a lane needs to know to carry out a job, and stores what it learned.
type Desk interface {
	// Reward reads a reward for its next step, and what other rewards have to do with its account. Kind
	// NotFound.
	Reward(ctx context.Context, l Lane, id string) (rewards.Reward, rewards.Siblings, error)
	// Offer reads the state of a programme's discount in the shop. Kind NotFound.
	Offer(ctx context.Context, l Lane, program string) (Offer, error)
	// SaveOffer stores what became of it and ends the job. With renew, codes that the shop has already are to
	// be published again: each is a discount of its own, and has the old terms.
	SaveOffer(ctx context.Context, l Lane, j Job, o Offer, renew bool) error
	// PendingCodes lists friend codes of a programme that the shop does not have yet.
	PendingCodes(ctx context.Context, l Lane, program string, limit int) ([]string, error)
	// SaveCodes stores which codes are active and which the shop refused, and ends the job.
	SaveCodes(ctx context.Context, l Lane, j Job, active []string, refused map[string]string) error
}

// Offer is a programme's discount in the shop.
type Offer struct {
	Program    string
	Version    int // the version it should show
	Publish    rewards.PublishOffer
	ExternalID string // "" until it is there
	Shown      int    // the version that the shop shows, 0 none
	Status     string // pending, active, failed
	Reason     string
}

// Others are the processes that work on the same database.
type Others interface {
	// Ring wakes those that hear. A ring may be lost: it saves them the time until their next look.
	Ring(ctx context.Context) error
	// Hear calls heard for each ring, and once before the first, until ctx ends or the connection is lost (Kind
	// Unavailable). Kind Conflict: rings do not come through on this database.
	Hear(ctx context.Context, heard func()) error
}
