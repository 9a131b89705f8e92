-- +goose Up

-- Groups of shops that share programmes, the budgets of these and the people who share, in one currency. The
-- row is the lock of what the group consists of.
CREATE TABLE shop_groups (
    group_id   TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    currency   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL -- when a shop or a version of a programme came or went
) STRICT;
ALTER TABLE shops ADD COLUMN group_id TEXT REFERENCES shop_groups (group_id);
CREATE INDEX shops_group ON shops (group_id) WHERE group_id IS NOT NULL;
ALTER TABLE offers ADD COLUMN group_id TEXT REFERENCES shop_groups (group_id); -- whose programme it is; NULL: the shop's own

-- A group's programme as it was applied last, and what all its shops have given of its budget. The row is the
-- lock of that budget; it comes after the lane and the offers of the shop at hand.
CREATE TABLE group_programs (
    group_id   TEXT NOT NULL REFERENCES shop_groups (group_id),
    program    TEXT NOT NULL,
    source     TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    currency   TEXT NOT NULL,
    used_minor INTEGER NOT NULL DEFAULT 0,
    left_minor INTEGER NOT NULL DEFAULT 0, -- the part of used_minor that is of shops which have left
    most_minor INTEGER NOT NULL,           -- the largest budget that any version had; 0: one had none
    PRIMARY KEY (group_id, program)
) STRICT;

-- One person in the shops of a group: an advocate in some of them.
CREATE TABLE members (
    group_id   TEXT NOT NULL REFERENCES shop_groups (group_id),
    id         TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, id)
) STRICT;
ALTER TABLE advocates ADD COLUMN member_id TEXT;
ALTER TABLE advocates ADD COLUMN member_since INTEGER;
CREATE UNIQUE INDEX advocates_member ON advocates (member_id, shop_id) WHERE member_id IS NOT NULL;

-- By what a member's e-mail is known in each shop of the group: orders are sealed with their shop's key before
-- anybody looks at them, so each shop has a row of its own.
CREATE TABLE member_keys (
    shop_id   TEXT NOT NULL REFERENCES shops (shop_id),
    email_key TEXT NOT NULL,
    group_id  TEXT NOT NULL,
    member_id TEXT NOT NULL,
    PRIMARY KEY (shop_id, email_key),
    FOREIGN KEY (group_id, member_id) REFERENCES members (group_id, id)
) STRICT;
CREATE INDEX member_keys_of ON member_keys (group_id, member_id);
