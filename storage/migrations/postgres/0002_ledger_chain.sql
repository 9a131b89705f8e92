-- Every shop's ledger becomes a chain: each row carries the hash of the row before it (ledger_chain.go).
-- SQL cannot hash, so Go runs this file in two halves and gives every row its place and its hash at the
-- line in the middle. The trigger against TRUNCATE stands all the while.

ALTER TABLE ledger DISABLE TRIGGER ledger_append_only;
ALTER TABLE ledger ADD COLUMN seq bigint, ADD COLUMN hash bytea;

-- The last row of each chain. The row is the lock of the chain's end.
CREATE TABLE ledger_heads (
    shop_id text PRIMARY KEY REFERENCES shops,
    seq     bigint NOT NULL,
    hash    bytea NOT NULL
);

-- +chain

-- seq counts the rows of a shop from 1 without a gap.
ALTER TABLE ledger ALTER COLUMN seq SET NOT NULL, ALTER COLUMN hash SET NOT NULL;
CREATE UNIQUE INDEX ledger_chain ON ledger (shop_id, seq);
ALTER TABLE ledger ENABLE TRIGGER ledger_append_only;
