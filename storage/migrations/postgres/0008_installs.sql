-- +goose Up

-- One-time links by which a shop connects itself. Only the hash of what the link carries is kept.
CREATE TABLE installs (
    shop_id    text NOT NULL DEFAULT '', -- the shop that came of it; '' while there is none
    state_hash bytea NOT NULL PRIMARY KEY,
    platform   text NOT NULL,
    domain     text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    reason     text NOT NULL DEFAULT '' -- why no shop came of it
);
CREATE INDEX installs_expired ON installs (expires_at);
