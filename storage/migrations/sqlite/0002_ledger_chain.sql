-- Every shop's ledger becomes a chain: each row carries the hash of the row before it (ledger_chain.go).
-- SQL cannot hash, so Go runs this file in two halves and writes the rows anew, each with its place and
-- its hash, at the line in the middle.

ALTER TABLE ledger RENAME TO ledger_unchained;
DROP TRIGGER ledger_no_update;
DROP TRIGGER ledger_no_delete;
DROP INDEX ledger_account;
DROP INDEX ledger_reward;
DROP INDEX ledger_transaction;

-- Two rows a posting. Nothing is ever changed here: a correction is another posting. seq counts the rows
-- of a shop from 1 without a gap.
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
    seq            INTEGER NOT NULL,
    hash           BLOB NOT NULL,
    UNIQUE (shop_id, id),
    FOREIGN KEY (shop_id, reward_id) REFERENCES rewards (shop_id, id)
) STRICT;
CREATE INDEX ledger_account ON ledger (shop_id, account, id);
CREATE INDEX ledger_reward ON ledger (shop_id, reward_id, id);
CREATE INDEX ledger_transaction ON ledger (shop_id, transaction_id);
CREATE UNIQUE INDEX ledger_chain ON ledger (shop_id, seq);

-- The last row of each chain. The row is the lock of the chain's end.
CREATE TABLE ledger_heads (
    shop_id TEXT NOT NULL PRIMARY KEY REFERENCES shops (shop_id),
    seq     INTEGER NOT NULL,
    hash    BLOB NOT NULL
) STRICT;

-- +chain

DROP TABLE ledger_unchained;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END;
