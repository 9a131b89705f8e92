-- The engine's larger programmes: several rewards an order, units of our own, fairness, reviews, shadows.

-- A programme has rules now, and a reward the name of its rule.
UPDATE programs SET spec = ((spec::jsonb - 'reward' - 'customers' - 'minimum' - 'window' - 'touch_first') || jsonb_build_object(
    'rules', jsonb_build_array(jsonb_build_object('name', 'advocate', 'for', 'advocate', 'reward', spec::jsonb -> 'reward')),
    'qualify', jsonb_build_object('customers', spec::jsonb -> 'customers', 'minimum', spec::jsonb -> 'minimum'),
    'attribution', jsonb_build_object('window', spec::jsonb -> 'window', 'touch_first', coalesce(spec::jsonb -> 'touch_first', 'false'))))::json
WHERE NOT (spec::jsonb ? 'rules');

ALTER TABLE rewards ALTER COLUMN order_id DROP NOT NULL; -- NULL for what points were exchanged for
ALTER TABLE rewards ADD COLUMN milestone text NOT NULL DEFAULT '', ADD COLUMN used_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE rewards ALTER COLUMN milestone DROP DEFAULT, ALTER COLUMN used_minor DROP DEFAULT;
UPDATE rewards SET rule = 'advocate' WHERE rule = program;
DROP INDEX rewards_external;
CREATE UNIQUE INDEX rewards_external ON rewards (shop_id, external_id) WHERE external_id <> '' AND kind <> 'tag'; -- a tag has its customer's
CREATE INDEX rewards_points ON rewards (shop_id, advocate_id, program) WHERE kind = 'points' AND status = 'issued';
CREATE INDEX rewards_milestones ON rewards (shop_id, advocate_id, program) WHERE milestone <> '';
CREATE INDEX rewards_tags ON rewards (shop_id, customer_id) WHERE kind = 'tag';
CREATE INDEX rewards_ending ON rewards (expires_at) WHERE status = 'issued' AND expires_at IS NOT NULL;

ALTER TABLE orders ADD COLUMN historic boolean NOT NULL DEFAULT false;
ALTER TABLE orders ADD COLUMN variant text NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN referral integer NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN code text NOT NULL DEFAULT ''; -- the winner's, folded
ALTER TABLE orders ADD COLUMN linked boolean NOT NULL DEFAULT false; -- a link with that code was followed
ALTER TABLE advocates ADD COLUMN team text NOT NULL DEFAULT '';
ALTER TABLE codes ADD COLUMN alias boolean NOT NULL DEFAULT false;
-- What programmes say of one another, of their newest versions: whether friends stay with their first
-- advocate, and whose codes any version judges instead, each name between spaces.
ALTER TABLE offers ADD COLUMN binds boolean NOT NULL DEFAULT false;
ALTER TABLE offers ADD COLUMN judges text NOT NULL DEFAULT '';

-- Streams of orders by time: simulations, reports. Referrals by advocate: tiers, pace.
CREATE INDEX orders_placed ON orders (shop_id, placed_at, order_id);
CREATE INDEX orders_referrals ON orders (shop_id, advocate_id, program, placed_at, outcome, paid, order_id) WHERE advocate_id IS NOT NULL;
CREATE INDEX orders_code ON orders (shop_id, code, placed_at) WHERE code <> '';

-- Where orders came from, as keyed hashes: what fairness compares. kind: email, phone, address, ip, device,
-- card. The order itself may be on its way: some of this only a webhook tells.
CREATE TABLE traces (
    shop_id     text NOT NULL REFERENCES shops (shop_id),
    kind        text NOT NULL,
    key         text NOT NULL,
    placed_at   timestamptz NOT NULL,
    order_id    text NOT NULL,
    customer_id text NOT NULL,
    PRIMARY KEY (shop_id, kind, key, placed_at, order_id)
);
CREATE INDEX traces_customer ON traces (shop_id, customer_id) WHERE customer_id <> '';
CREATE INDEX traces_order ON traces (shop_id, order_id);

-- What people decided about orders. Rows are only added.
CREATE TABLE reviews (
    shop_id  text NOT NULL,
    id       text NOT NULL,
    order_id text NOT NULL,
    verdict  text NOT NULL CHECK (verdict IN ('approve', 'reject', 'undo')),
    actor    text NOT NULL,
    reason   text NOT NULL,
    at       timestamptz NOT NULL,
    was      text NOT NULL, -- outcome and reason before
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders (shop_id, order_id)
);
CREATE INDEX reviews_order ON reviews (shop_id, order_id, at, id);

-- What shadow programmes would have decided, beside what was decided.
CREATE TABLE shadow_verdicts (
    shop_id         text NOT NULL,
    program         text NOT NULL,
    order_id        text NOT NULL,
    version         integer NOT NULL,
    judged_at       timestamptz NOT NULL,
    outcome         text NOT NULL,
    reason          text NOT NULL,
    advocate_id     text NOT NULL,
    cost_minor      bigint NOT NULL,
    currency        text NOT NULL,
    live_outcome    text NOT NULL,
    live_reason     text NOT NULL,
    live_cost_minor bigint NOT NULL,
    PRIMARY KEY (shop_id, program, order_id),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders (shop_id, order_id),
    FOREIGN KEY (shop_id, program, version) REFERENCES programs (shop_id, name, version)
);
CREATE INDEX shadow_day ON shadow_verdicts (shop_id, program, judged_at);

-- Levels of budgets that were passed, once for each size of the budget.
CREATE TABLE budget_alerts (
    shop_id      text NOT NULL,
    program      text NOT NULL,
    level        integer NOT NULL,
    budget_minor bigint NOT NULL,
    used_minor   bigint NOT NULL,
    currency     text NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (shop_id, program, level, budget_minor),
    FOREIGN KEY (shop_id, program) REFERENCES offers (shop_id, program)
);

-- Codes that were found in strangers' hands, and what was done.
CREATE TABLE leaks (
    shop_id     text NOT NULL,
    folded      text NOT NULL,
    detected_at timestamptz NOT NULL,
    evidence    text NOT NULL,
    replaced_by text NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (shop_id, folded),
    FOREIGN KEY (shop_id, folded) REFERENCES codes (shop_id, folded)
);

-- Lists of cash or donations to be paid by the owner. A reward stands on one list at most.
CREATE TABLE payouts (
    shop_id     text NOT NULL REFERENCES shops (shop_id),
    id          text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('cash', 'donation')),
    status      text NOT NULL CHECK (status IN ('open', 'paid', 'cancelled')),
    currency    text NOT NULL,
    total_minor bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    created_by  text NOT NULL,
    closed_at   timestamptz,
    closed_by   text NOT NULL,
    reference   text NOT NULL,
    PRIMARY KEY (shop_id, id)
);
CREATE TABLE payout_items (
    shop_id      text NOT NULL,
    payout_id    text NOT NULL,
    reward_id    text NOT NULL,
    holder       text NOT NULL, -- an advocate's id, or charity/name
    amount_minor bigint NOT NULL,
    paid         boolean NOT NULL,
    open         boolean NOT NULL, -- false once the list was cancelled
    PRIMARY KEY (shop_id, payout_id, reward_id),
    FOREIGN KEY (shop_id, payout_id) REFERENCES payouts (shop_id, id),
    FOREIGN KEY (shop_id, reward_id) REFERENCES rewards (shop_id, id)
);
CREATE UNIQUE INDEX payout_items_once ON payout_items (shop_id, reward_id) WHERE open;

-- Contests. The seed is sealed until the draw, its commitment is public from the start.
CREATE TABLE draws (
    shop_id     text NOT NULL,
    id          text NOT NULL,
    program     text NOT NULL,
    commitment  text NOT NULL,
    seed_sealed bytea NOT NULL,
    opened_at   timestamptz NOT NULL,
    drawn_at    timestamptz,
    drawn_by    text NOT NULL,
    record      text NOT NULL, -- the published document, '' before the draw
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, program) REFERENCES offers (shop_id, program)
);
CREATE UNIQUE INDEX draws_open ON draws (shop_id, program) WHERE drawn_at IS NULL;

-- The numbers of tickets, counted within a programme.
CREATE TABLE ticket_numbers (
    shop_id     text NOT NULL,
    program     text NOT NULL,
    number      bigint NOT NULL,
    reward_id   text NOT NULL,
    redeemed_at timestamptz,
    redeemed_by text NOT NULL,
    PRIMARY KEY (shop_id, program, number),
    UNIQUE (shop_id, reward_id),
    FOREIGN KEY (shop_id, reward_id) REFERENCES rewards (shop_id, id)
);
