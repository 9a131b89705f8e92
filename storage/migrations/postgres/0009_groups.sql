-- +goose Up

-- Groups of shops that share programmes, the budgets of these and the people who share, in one currency. The
-- row is the lock of what the group consists of.
CREATE TABLE shop_groups (
    group_id   text PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    currency   text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL -- when a shop or a version of a programme came or went
);
ALTER TABLE shops ADD COLUMN group_id text REFERENCES shop_groups (group_id);
CREATE INDEX shops_group ON shops (group_id) WHERE group_id IS NOT NULL;
ALTER TABLE offers ADD COLUMN group_id text REFERENCES shop_groups (group_id); -- whose programme it is; NULL: the shop's own

-- A group's programme as it was applied last, and what all its shops have given of its budget. The row is the
-- lock of that budget; it comes after the lane and the offers of the shop at hand.
CREATE TABLE group_programs (
    group_id   text NOT NULL REFERENCES shop_groups (group_id),
    program    text NOT NULL,
    source     text NOT NULL,
    applied_at timestamptz NOT NULL,
    currency   text NOT NULL,
    used_minor bigint NOT NULL DEFAULT 0,
    left_minor bigint NOT NULL DEFAULT 0, -- the part of used_minor that is of shops which have left
    most_minor bigint NOT NULL,           -- the largest budget that any version had; 0: one had none
    PRIMARY KEY (group_id, program)
);

-- One person in the shops of a group: an advocate in some of them.
CREATE TABLE members (
    group_id   text NOT NULL REFERENCES shop_groups (group_id),
    id         text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (group_id, id)
);
ALTER TABLE advocates ADD COLUMN member_id text, ADD COLUMN member_since timestamptz;
CREATE UNIQUE INDEX advocates_member ON advocates (member_id, shop_id) WHERE member_id IS NOT NULL;

-- By what a member's e-mail is known in each shop of the group: orders are sealed with their shop's key before
-- anybody looks at them, so each shop has a row of its own.
CREATE TABLE member_keys (
    shop_id   text NOT NULL REFERENCES shops (shop_id),
    email_key text NOT NULL,
    group_id  text NOT NULL,
    member_id text NOT NULL,
    PRIMARY KEY (shop_id, email_key),
    FOREIGN KEY (group_id, member_id) REFERENCES members (group_id, id)
);
CREATE INDEX member_keys_of ON member_keys (group_id, member_id);
