-- +goose Up

-- What is kept here and used later: lists of payments, contests, tickets.

-- What the owner was last told to pay, and what was booked as paid: refunds may come in between.
ALTER TABLE payout_items ADD COLUMN told_minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payout_items ADD COLUMN paid_minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payouts ADD COLUMN exported_at INTEGER;
CREATE INDEX payout_items_reward ON payout_items (shop_id, reward_id);
CREATE INDEX payouts_newest ON payouts (shop_id, created_at, id);

-- The terms of a contest, as they were announced.
ALTER TABLE draws ADD COLUMN winners INTEGER NOT NULL DEFAULT 1;
ALTER TABLE draws ADD COLUMN once_per_holder INTEGER NOT NULL DEFAULT 0;
