-- +goose Up

-- One-time links by which a shop connects itself. Only the hash of what the link carries is kept.
CREATE TABLE installs (
    shop_id    TEXT NOT NULL DEFAULT '', -- the shop that came of it; '' while there is none
    state_hash BLOB NOT NULL PRIMARY KEY,
    platform   TEXT NOT NULL,
    domain     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    reason     TEXT NOT NULL DEFAULT '' -- why no shop came of it
) STRICT;
CREATE INDEX installs_expired ON installs (expires_at);
