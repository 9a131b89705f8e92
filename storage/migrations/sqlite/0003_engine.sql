-- The engine's larger programmes: several rewards an order, units of our own, fairness, reviews, shadows.

-- A programme has rules now, and a reward the name of its rule.
UPDATE programs SET spec = json_remove(json_set(spec,
    '$.rules', json_array(json_object('name', 'advocate', 'for', 'advocate', 'reward', json(json_extract(spec, '$.reward')))),
    '$.qualify', json_object('customers', json_extract(spec, '$.customers'), 'minimum', json(json_extract(spec, '$.minimum'))),
    '$.attribution', json_object('window', json_extract(spec, '$.window'), 'touch_first', json(CASE WHEN json_extract(spec, '$.touch_first') THEN 'true' ELSE 'false' END))),
    '$.reward', '$.customers', '$.minimum', '$.window', '$.touch_first')
WHERE json_extract(spec, '$.rules') IS NULL;

-- SQLite cannot loosen a column: the table is made anew. Its children stay, and are checked at the end.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE rewards_before AS SELECT * FROM rewards;
DROP TABLE rewards;
CREATE TABLE rewards (
    shop_id     TEXT NOT NULL,
    id          TEXT NOT NULL,
    order_id    TEXT, -- NULL for what points were exchanged for
    advocate_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    beneficiary TEXT NOT NULL,
    rule        TEXT NOT NULL,
    milestone   TEXT NOT NULL,
    program     TEXT NOT NULL,
    version     INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    spec        TEXT NOT NULL,
    currency    TEXT NOT NULL,
    value_minor INTEGER NOT NULL,
    net_minor   INTEGER NOT NULL,
    given_minor INTEGER NOT NULL,
    loss_minor  INTEGER NOT NULL,
    used_minor  INTEGER NOT NULL,
    void        INTEGER NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('pending', 'held', 'approved', 'issuing', 'issued', 'redeemed', 'expired', 'failed', 'reversed', 'revoked')),
    reason      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    release_at  INTEGER,
    code        TEXT NOT NULL,
    code_folded TEXT NOT NULL,
    expires_at  INTEGER,
    tries       INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    refs        TEXT NOT NULL,
    withdrawn   INTEGER NOT NULL,
    replaced_by TEXT NOT NULL,
    replaces    TEXT NOT NULL,
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders (shop_id, order_id),
    FOREIGN KEY (shop_id, advocate_id) REFERENCES advocates (shop_id, id),
    FOREIGN KEY (shop_id, program, version) REFERENCES programs (shop_id, name, version)
) STRICT;
CREATE UNIQUE INDEX rewards_once ON rewards (shop_id, order_id, beneficiary, rule) WHERE status NOT IN ('reversed', 'revoked');
CREATE UNIQUE INDEX rewards_external ON rewards (shop_id, external_id) WHERE external_id <> '' AND kind <> 'tag'; -- a tag has its customer's
CREATE UNIQUE INDEX rewards_code ON rewards (shop_id, code_folded) WHERE code_folded <> '';
CREATE UNIQUE INDEX rewards_credit ON rewards (shop_id, customer_id, expires_at) WHERE kind = 'store_credit' AND expires_at IS NOT NULL;
CREATE INDEX rewards_order ON rewards (shop_id, order_id);
CREATE INDEX rewards_advocate ON rewards (shop_id, advocate_id, program, created_at);
CREATE INDEX rewards_newest ON rewards (shop_id, created_at, id);
CREATE INDEX rewards_status ON rewards (shop_id, status, created_at, id);
CREATE INDEX rewards_points ON rewards (shop_id, advocate_id, program) WHERE kind = 'points' AND status = 'issued';
CREATE INDEX rewards_milestones ON rewards (shop_id, advocate_id, program) WHERE milestone <> '';
CREATE INDEX rewards_tags ON rewards (shop_id, customer_id) WHERE kind = 'tag';
CREATE INDEX rewards_ending ON rewards (expires_at) WHERE status = 'issued' AND expires_at IS NOT NULL;
INSERT INTO rewards (shop_id, id, order_id, advocate_id, customer_id, beneficiary, rule, program, version, kind, spec, currency, value_minor, net_minor, given_minor, loss_minor, void, status, reason, created_at, release_at, code, code_folded, expires_at, tries, external_id, refs, withdrawn, replaced_by, replaces, milestone, used_minor)
SELECT shop_id, id, order_id, advocate_id, customer_id, beneficiary, CASE WHEN rule = program THEN 'advocate' ELSE rule END, program, version, kind, spec, currency, value_minor, net_minor, given_minor, loss_minor, void, status, reason, created_at, release_at, code, code_folded, expires_at, tries, external_id, refs, withdrawn, replaced_by, replaces, '', 0 FROM rewards_before;
DROP TABLE rewards_before;

ALTER TABLE orders ADD COLUMN historic INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN variant TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN referral INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN code TEXT NOT NULL DEFAULT ''; -- the winner's, folded
ALTER TABLE orders ADD COLUMN linked INTEGER NOT NULL DEFAULT 0; -- a link with that code was followed
ALTER TABLE advocates ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE codes ADD COLUMN alias INTEGER NOT NULL DEFAULT 0;
-- What programmes say of one another, of their newest versions: whether friends stay with their first
-- advocate, and whose codes any version judges instead, each name between spaces.
ALTER TABLE offers ADD COLUMN binds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE offers ADD COLUMN judges TEXT NOT NULL DEFAULT '';

-- Streams of orders by time: simulations, reports. Referrals by advocate: tiers, pace.
CREATE INDEX orders_placed ON orders (shop_id, placed_at, order_id);
CREATE INDEX orders_referrals ON orders (shop_id, advocate_id, program, placed_at, outcome, paid, order_id) WHERE advocate_id IS NOT NULL;
CREATE INDEX orders_code ON orders (shop_id, code, placed_at) WHERE code <> '';

-- Where orders came from, as keyed hashes: what fairness compares. kind: email, phone, address, ip, device,
-- card. The order itself may be on its way: some of this only a webhook tells.
CREATE TABLE traces (
    shop_id     TEXT NOT NULL REFERENCES shops (shop_id),
    kind        TEXT NOT NULL,
    key         TEXT NOT NULL,
    placed_at   INTEGER NOT NULL,
    order_id    TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    PRIMARY KEY (shop_id, kind, key, placed_at, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX traces_customer ON traces (shop_id, customer_id) WHERE customer_id <> '';
CREATE INDEX traces_order ON traces (shop_id, order_id);

-- What people decided about orders. Rows are only added.
CREATE TABLE reviews (
    shop_id  TEXT NOT NULL,
    id       TEXT NOT NULL,
    order_id TEXT NOT NULL,
    verdict  TEXT NOT NULL CHECK (verdict IN ('approve', 'reject', 'undo')),
    actor    TEXT NOT NULL,
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    was      TEXT NOT NULL, -- outcome and reason before
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders (shop_id, order_id)
) STRICT;
CREATE INDEX reviews_order ON reviews (shop_id, order_id, at, id);

-- What shadow programmes would have decided, beside what was decided.
CREATE TABLE shadow_verdicts (
    shop_id         TEXT NOT NULL,
    program         TEXT NOT NULL,
    order_id        TEXT NOT NULL,
    version         INTEGER NOT NULL,
    judged_at       INTEGER NOT NULL,
    outcome         TEXT NOT NULL,
    reason          TEXT NOT NULL,
    advocate_id     TEXT NOT NULL,
    cost_minor      INTEGER NOT NULL,
    currency        TEXT NOT NULL,
    live_outcome    TEXT NOT NULL,
    live_reason     TEXT NOT NULL,
    live_cost_minor INTEGER NOT NULL,
    PRIMARY KEY (shop_id, program, order_id),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders (shop_id, order_id),
    FOREIGN KEY (shop_id, program, version) REFERENCES programs (shop_id, name, version)
) STRICT;
CREATE INDEX shadow_day ON shadow_verdicts (shop_id, program, judged_at);

-- Levels of budgets that were passed, once for each size of the budget.
CREATE TABLE budget_alerts (
    shop_id      TEXT NOT NULL,
    program      TEXT NOT NULL,
    level        INTEGER NOT NULL,
    budget_minor INTEGER NOT NULL,
    used_minor   INTEGER NOT NULL,
    currency     TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (shop_id, program, level, budget_minor),
    FOREIGN KEY (shop_id, program) REFERENCES offers (shop_id, program)
) STRICT;

-- Codes that were found in strangers' hands, and what was done.
CREATE TABLE leaks (
    shop_id     TEXT NOT NULL,
    folded      TEXT NOT NULL,
    detected_at INTEGER NOT NULL,
    evidence    TEXT NOT NULL,
    replaced_by TEXT NOT NULL,
    actor       TEXT NOT NULL,
    PRIMARY KEY (shop_id, folded),
    FOREIGN KEY (shop_id, folded) REFERENCES codes (shop_id, folded)
) STRICT;

-- Lists of cash or donations to be paid by the owner. A reward stands on one list at most.
CREATE TABLE payouts (
    shop_id     TEXT NOT NULL REFERENCES shops (shop_id),
    id          TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('cash', 'donation')),
    status      TEXT NOT NULL CHECK (status IN ('open', 'paid', 'cancelled')),
    currency    TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL,
    closed_at   INTEGER,
    closed_by   TEXT NOT NULL,
    reference   TEXT NOT NULL,
    PRIMARY KEY (shop_id, id)
) STRICT;
CREATE TABLE payout_items (
    shop_id      TEXT NOT NULL,
    payout_id    TEXT NOT NULL,
    reward_id    TEXT NOT NULL,
    holder       TEXT NOT NULL, -- an advocate's id, or charity/name
    amount_minor INTEGER NOT NULL,
    paid         INTEGER NOT NULL,
    open         INTEGER NOT NULL, -- false once the list was cancelled
    PRIMARY KEY (shop_id, payout_id, reward_id),
    FOREIGN KEY (shop_id, payout_id) REFERENCES payouts (shop_id, id),
    FOREIGN KEY (shop_id, reward_id) REFERENCES rewards (shop_id, id)
) STRICT;
CREATE UNIQUE INDEX payout_items_once ON payout_items (shop_id, reward_id) WHERE open = 1;

-- Contests. The seed is sealed until the draw, its commitment is public from the start.
CREATE TABLE draws (
    shop_id     TEXT NOT NULL,
    id          TEXT NOT NULL,
    program     TEXT NOT NULL,
    commitment  TEXT NOT NULL,
    seed_sealed BLOB NOT NULL,
    opened_at   INTEGER NOT NULL,
    drawn_at    INTEGER,
    drawn_by    TEXT NOT NULL,
    record      TEXT NOT NULL, -- the published document, '' before the draw
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, program) REFERENCES offers (shop_id, program)
) STRICT;
CREATE UNIQUE INDEX draws_open ON draws (shop_id, program) WHERE drawn_at IS NULL;

-- The numbers of tickets, counted within a programme.
CREATE TABLE ticket_numbers (
    shop_id     TEXT NOT NULL,
    program     TEXT NOT NULL,
    number      INTEGER NOT NULL,
    reward_id   TEXT NOT NULL,
    redeemed_at INTEGER,
    redeemed_by TEXT NOT NULL,
    PRIMARY KEY (shop_id, program, number),
    UNIQUE (shop_id, reward_id),
    FOREIGN KEY (shop_id, reward_id) REFERENCES rewards (shop_id, id)
) STRICT;
