-- +goose Up

-- Every table leads with shop_id, so that shops can be spread over nodes. Ids are text of our own
-- (shop_k3v9…); times are microseconds since 1970 in UTC; amounts are minor units of the row's currency.

CREATE TABLE shops (
    shop_id      TEXT NOT NULL PRIMARY KEY,
    platform     TEXT NOT NULL,
    domain       TEXT NOT NULL UNIQUE,
    api_url      TEXT NOT NULL DEFAULT '',
    currency     TEXT NOT NULL DEFAULT '',
    time_zone    TEXT NOT NULL DEFAULT 'UTC',
    status       TEXT NOT NULL CHECK (status IN ('active', 'paused', 'parked', 'uninstalled')),
    reason       TEXT NOT NULL DEFAULT '',
    since        INTEGER NOT NULL,
    token_sealed BLOB,
    installed_at INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;

-- The inbox. shop_id is '' for shops that are not installed. The body is compressed by us.
CREATE TABLE events (
    shop_id      TEXT NOT NULL,
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    platform     TEXT NOT NULL,
    domain       TEXT NOT NULL DEFAULT '',
    topic        TEXT NOT NULL,
    delivery_key BLOB NOT NULL,
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
    UNIQUE (shop_id, id),
    UNIQUE (shop_id, delivery_key)
) STRICT;
CREATE INDEX events_due ON events (suspect, due_at, id) WHERE status = 'pending';
CREATE INDEX events_order ON events (shop_id, order_id, id) WHERE order_id <> '';
CREATE INDEX events_customer ON events (shop_id, customer_id) WHERE customer_id <> '';
CREATE INDEX events_open ON events (shop_id, status, id) WHERE status IN ('confirming', 'held', 'quarantined', 'dead');

-- What each worker has in hand. A worker's note spans shops.
CREATE TABLE worker_notes (
    id          TEXT NOT NULL PRIMARY KEY,
    worker      TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    events      TEXT NOT NULL
) STRICT;

CREATE TABLE programs (
    shop_id    TEXT NOT NULL REFERENCES shops (shop_id),
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL CHECK (version > 0),
    title      TEXT NOT NULL,
    source     TEXT NOT NULL,
    spec       TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    PRIMARY KEY (shop_id, name, version)
) STRICT;

-- A programme's discount in the shop, and what its budget has given. The row is the lock of the budget.
CREATE TABLE offers (
    shop_id           TEXT NOT NULL,
    program           TEXT NOT NULL,
    seed              TEXT NOT NULL,
    external_id       TEXT NOT NULL DEFAULT '',
    wanted_version    INTEGER NOT NULL,
    shown_version     INTEGER NOT NULL DEFAULT 0,
    status            TEXT NOT NULL CHECK (status IN ('pending', 'active', 'failed')),
    reason            TEXT NOT NULL DEFAULT '',
    budget_used_minor INTEGER NOT NULL DEFAULT 0,
    currency          TEXT NOT NULL,
    PRIMARY KEY (shop_id, program),
    FOREIGN KEY (shop_id, program, wanted_version) REFERENCES programs (shop_id, name, version)
) STRICT;

CREATE TABLE advocates (
    shop_id       TEXT NOT NULL REFERENCES shops (shop_id),
    id            TEXT NOT NULL,
    customer_id   TEXT,
    email_key     TEXT,
    person_sealed BLOB,
    locale        TEXT NOT NULL DEFAULT '',
    status        TEXT NOT NULL CHECK (status IN ('active', 'blocked', 'retired')),
    reason        TEXT NOT NULL DEFAULT '',
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (shop_id, id),
    UNIQUE (shop_id, customer_id)
) STRICT;
CREATE INDEX advocates_email ON advocates (shop_id, email_key);

CREATE TABLE codes (
    shop_id     TEXT NOT NULL,
    folded      TEXT NOT NULL,
    code        TEXT NOT NULL,
    advocate_id TEXT NOT NULL,
    program     TEXT,
    status      TEXT NOT NULL CHECK (status IN ('pending', 'active', 'failed', 'retired')),
    reason      TEXT NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    retired_at  INTEGER,
    PRIMARY KEY (shop_id, folded),
    FOREIGN KEY (shop_id, advocate_id) REFERENCES advocates (shop_id, id),
    FOREIGN KEY (shop_id, program) REFERENCES offers (shop_id, program)
) STRICT;
CREATE INDEX codes_advocate ON codes (shop_id, advocate_id);
CREATE INDEX codes_pending ON codes (shop_id, program, created_at) WHERE status = 'pending';

CREATE TABLE orders (
    shop_id        TEXT NOT NULL REFERENCES shops (shop_id),
    order_id       TEXT NOT NULL,
    name           TEXT NOT NULL,
    status         TEXT NOT NULL,
    currency       TEXT NOT NULL,
    original_minor INTEGER NOT NULL,
    eligible_minor INTEGER NOT NULL,
    customer_id    TEXT NOT NULL DEFAULT '',
    email_key      TEXT NOT NULL DEFAULT '',
    placed_at      INTEGER,
    updated_at     INTEGER,
    paid           INTEGER NOT NULL,
    test           INTEGER NOT NULL,
    outcome        TEXT NOT NULL CHECK (outcome IN ('rewarded', 'pending', 'held', 'rejected', 'none')),
    reason         TEXT NOT NULL DEFAULT '',
    program        TEXT NOT NULL DEFAULT '',
    version        INTEGER NOT NULL DEFAULT 0,
    advocate_id    TEXT,
    record         TEXT NOT NULL,
    PRIMARY KEY (shop_id, order_id),
    FOREIGN KEY (shop_id, advocate_id) REFERENCES advocates (shop_id, id)
) STRICT;
CREATE INDEX orders_customer ON orders (shop_id, customer_id, placed_at) WHERE customer_id <> '';
CREATE INDEX orders_email ON orders (shop_id, email_key, placed_at) WHERE email_key <> '';
CREATE INDEX orders_outcome ON orders (shop_id, outcome) WHERE outcome <> 'none';

CREATE TABLE rewards (
    shop_id     TEXT NOT NULL,
    id          TEXT NOT NULL,
    order_id    TEXT NOT NULL,
    advocate_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    beneficiary TEXT NOT NULL,
    rule        TEXT NOT NULL,
    program     TEXT NOT NULL,
    version     INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    spec        TEXT NOT NULL,
    currency    TEXT NOT NULL,
    value_minor INTEGER NOT NULL,
    net_minor   INTEGER NOT NULL,
    given_minor INTEGER NOT NULL,
    loss_minor  INTEGER NOT NULL,
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
CREATE UNIQUE INDEX rewards_external ON rewards (shop_id, external_id) WHERE external_id <> '';
CREATE UNIQUE INDEX rewards_code ON rewards (shop_id, code_folded) WHERE code_folded <> '';
CREATE UNIQUE INDEX rewards_credit ON rewards (shop_id, customer_id, expires_at) WHERE kind = 'store_credit' AND expires_at IS NOT NULL;
CREATE INDEX rewards_order ON rewards (shop_id, order_id);
CREATE INDEX rewards_advocate ON rewards (shop_id, advocate_id, program, created_at);
CREATE INDEX rewards_newest ON rewards (shop_id, created_at, id);
CREATE INDEX rewards_status ON rewards (shop_id, status, created_at, id);

CREATE TABLE reward_history (
    shop_id     TEXT NOT NULL,
    reward_id   TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    from_status TEXT NOT NULL,
    to_status   TEXT NOT NULL,
    reason      TEXT NOT NULL,
    actor       TEXT NOT NULL,
    PRIMARY KEY (shop_id, reward_id, seq),
    FOREIGN KEY (shop_id, reward_id) REFERENCES rewards (shop_id, id)
) STRICT;

-- Two rows a posting. Nothing is ever changed here: a correction is another posting.
CREATE TABLE ledger (
    shop_id        TEXT NOT NULL,
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    transaction_id TEXT NOT NULL,
    at             INTEGER NOT NULL,
    account        TEXT NOT NULL,
    amount_minor   INTEGER NOT NULL,
    currency       TEXT NOT NULL,
    reward_id      TEXT NOT NULL,
    reason         TEXT NOT NULL,
    UNIQUE (shop_id, id),
    FOREIGN KEY (shop_id, reward_id) REFERENCES rewards (shop_id, id)
) STRICT;
CREATE INDEX ledger_account ON ledger (shop_id, account, id);
CREATE INDEX ledger_reward ON ledger (shop_id, reward_id, id);
CREATE INDEX ledger_transaction ON ledger (shop_id, transaction_id);

-- +goose StatementBegin
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END;
-- +goose StatementEnd

CREATE TABLE jobs (
    shop_id    TEXT NOT NULL REFERENCES shops (shop_id),
    id         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    run_at     INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 1,
    hint       INTEGER,
    first_at   INTEGER,
    unclear    INTEGER NOT NULL DEFAULT 0,
    note       TEXT NOT NULL DEFAULT '',
    state      TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'dead')),
    last_code  TEXT NOT NULL DEFAULT '',
    last_error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (shop_id, id),
    UNIQUE (shop_id, kind, subject)
) STRICT;
CREATE INDEX jobs_due ON jobs (shop_id, run_at) WHERE state = 'due';
CREATE INDEX jobs_dead ON jobs (shop_id) WHERE state = 'dead';

-- One row a shop: who may call it, and when there is something to do (NULL: nothing).
CREATE TABLE lanes (
    shop_id      TEXT NOT NULL PRIMARY KEY REFERENCES shops (shop_id),
    next_at      INTEGER,
    lease_until  INTEGER NOT NULL,
    owner        TEXT NOT NULL DEFAULT '',
    token        TEXT NOT NULL DEFAULT '',
    paused_until INTEGER NOT NULL
) STRICT;
CREATE INDEX lanes_next ON lanes (next_at) WHERE next_at IS NOT NULL;

-- Every try of every job.
CREATE TABLE attempts (
    shop_id    TEXT NOT NULL REFERENCES shops (shop_id),
    id         TEXT NOT NULL,
    job_id     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    n          INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    outcome    TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'done', 'retry', 'dead', 'lost')),
    code       TEXT NOT NULL DEFAULT '',
    detail     TEXT NOT NULL DEFAULT '',
    next_at    INTEGER,
    PRIMARY KEY (shop_id, id)
) STRICT;
CREATE INDEX attempts_subject ON attempts (shop_id, kind, subject, started_at);
CREATE INDEX attempts_open ON attempts (shop_id, job_id) WHERE outcome = '';

CREATE TABLE tokens (
    shop_id      TEXT NOT NULL REFERENCES shops (shop_id),
    id           TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    scope        TEXT NOT NULL CHECK (scope IN ('read', 'write')),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER,
    PRIMARY KEY (shop_id, id)
) STRICT;

CREATE TABLE idempotency (
    shop_id      TEXT NOT NULL REFERENCES shops (shop_id),
    key          TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status       INTEGER NOT NULL DEFAULT 0,
    body         BLOB,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (shop_id, key)
) STRICT;
CREATE INDEX idempotency_age ON idempotency (shop_id, created_at);
