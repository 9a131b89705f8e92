-- +goose Up

-- What was delivered before is known from a slim table of its own, which outlives the events.
CREATE TABLE seen (
    shop_id TEXT NOT NULL,
    key     BLOB NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (shop_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_at ON seen (at);
INSERT INTO seen SELECT shop_id, delivery_key, received_at FROM events;

CREATE TABLE events_new (
    shop_id      TEXT NOT NULL,
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    platform     TEXT NOT NULL,
    domain       TEXT NOT NULL DEFAULT '',
    topic        TEXT NOT NULL,
    body         BLOB,
    triggered_at INTEGER,
    received_at  INTEGER NOT NULL,
    order_id     TEXT NOT NULL DEFAULT '',
    customer_id  TEXT NOT NULL DEFAULT '',
    status       TEXT NOT NULL CHECK (status IN ('pending', 'confirming', 'done', 'ignored', 'held', 'quarantined', 'dead')),
    reason       TEXT NOT NULL DEFAULT '',
    attempts     INTEGER NOT NULL DEFAULT 0,
    suspect      INTEGER NOT NULL DEFAULT 0,
    due_at       INTEGER NOT NULL,
    finished_at  INTEGER,
    trace        TEXT NOT NULL DEFAULT '', -- the W3C traceparent of what is done about it, '' if nobody watches
    UNIQUE (shop_id, id)
) STRICT;
INSERT INTO events_new SELECT shop_id, id, platform, domain, topic, body, triggered_at, received_at, order_id, customer_id,
  status, reason, attempts, suspect, due_at, finished_at, '' FROM events;
UPDATE sqlite_sequence SET seq = max(seq, (SELECT s.seq FROM sqlite_sequence s WHERE s.name = 'events')) WHERE name = 'events_new';
DROP TABLE events;
ALTER TABLE events_new RENAME TO events;
CREATE INDEX events_due ON events (suspect, due_at, id) WHERE status = 'pending';
CREATE INDEX events_order ON events (shop_id, order_id, id) WHERE order_id <> '';
CREATE INDEX events_customer ON events (shop_id, customer_id) WHERE customer_id <> '';
CREATE INDEX events_open ON events (shop_id, status, id) WHERE status IN ('confirming', 'held', 'quarantined', 'dead');
ALTER TABLE jobs ADD COLUMN trace TEXT NOT NULL DEFAULT '';

-- What is older than it is to be kept, and whether somebody was erased lately.
CREATE INDEX attempts_age ON attempts (started_at);
CREATE INDEX events_erased ON events (finished_at) WHERE body IS NULL AND status <> 'ignored';
