-- +goose Up

-- What people decide: reviews are never changed, what was done to advocates is kept, leaks tell how they ended.

CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END;
CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END;

-- The review queue, newest first. Orders that were never read have no time, and come last.
DROP INDEX orders_outcome;
CREATE INDEX orders_queue ON orders (shop_id, outcome, coalesce(placed_at, 0), order_id) WHERE outcome <> 'none';

-- Dead jobs, and all of a shop's.
CREATE INDEX jobs_listed ON jobs (shop_id, run_at, id);

ALTER TABLE leaks ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE leaks ADD COLUMN rotated_at INTEGER;

-- What people did to advocates: block, unblock, retire, team, rotate. Rows are only added.
CREATE TABLE advocate_history (
    shop_id     TEXT NOT NULL,
    id          TEXT NOT NULL,
    advocate_id TEXT NOT NULL,
    at          INTEGER NOT NULL,
    change      TEXT NOT NULL,
    value       TEXT NOT NULL, -- the team, the new code; '' otherwise
    reason      TEXT NOT NULL,
    actor       TEXT NOT NULL,
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, advocate_id) REFERENCES advocates (shop_id, id)
) STRICT;
CREATE INDEX advocate_history_of ON advocate_history (shop_id, advocate_id, at, id);
