-- +goose Up

-- What people decide: reviews are never changed, what was done to advocates is kept, leaks tell how they ended.

CREATE TRIGGER reviews_append_only BEFORE UPDATE OR DELETE ON reviews FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reviews_keep BEFORE TRUNCATE ON reviews FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The review queue, newest first. Orders that were never read have no time, and come last.
DROP INDEX orders_outcome;
CREATE INDEX orders_queue ON orders (shop_id, outcome, coalesce(placed_at, 'epoch'::timestamptz), order_id) WHERE outcome <> 'none';

-- Dead jobs, and all of a shop's.
CREATE INDEX jobs_listed ON jobs (shop_id, run_at, id);

ALTER TABLE leaks ADD COLUMN reason text NOT NULL DEFAULT '', ADD COLUMN rotated_at timestamptz;

-- What people did to advocates: block, unblock, retire, team, rotate. Rows are only added.
CREATE TABLE advocate_history (
    shop_id     text NOT NULL,
    id          text NOT NULL,
    advocate_id text NOT NULL,
    at          timestamptz NOT NULL,
    change      text NOT NULL,
    value       text NOT NULL, -- the team, the new code; '' otherwise
    reason      text NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, advocate_id) REFERENCES advocates (shop_id, id)
);
CREATE INDEX advocate_history_of ON advocate_history (shop_id, advocate_id, at, id);
