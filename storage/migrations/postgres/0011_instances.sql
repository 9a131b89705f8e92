-- +goose Up

-- Several processes on one database.

-- Which older programs may go on working beside a schema. A program whose own version is at least `oldest` of
-- every migration that it does not know goes on; without a row here a migration is told to no older program.
-- First expand (add what older programs can ignore), in a later version contract.
-- A new kind of job, a new platform and a new topic are nothing that they can ignore: they bury the job, quarantine
-- the event, and drop the body of the other. A version that writes one needs a migration with oldest = version.
CREATE TABLE schema_notes (
    version bigint PRIMARY KEY,
    oldest  bigint NOT NULL CHECK (oldest <= version)
);
INSERT INTO schema_notes (version, oldest) VALUES (10, 10), (11, 11);

-- Who leads. The token rises with each new holder: what an old one writes under its own is refused.
CREATE TABLE leases (
    name   text PRIMARY KEY,
    holder text NOT NULL,
    token  bigint NOT NULL,
    until  timestamptz NOT NULL
);

-- Periodic work: when each is due, and how it went last.
CREATE TABLE chores (
    name       text PRIMARY KEY,
    every_us   bigint NOT NULL, -- microseconds between two runs
    planned_at timestamptz NOT NULL, -- when it was first heard of
    due_at     timestamptz NOT NULL,
    token      bigint NOT NULL DEFAULT 0, -- of the leader that ran it last
    tries      integer NOT NULL DEFAULT 0, -- since it last went well; counted before each
    begun_at   timestamptz,
    ended_at   timestamptz,
    done_at    timestamptz, -- when the last run that went well began
    did        bigint NOT NULL DEFAULT 0, -- what that run counted
    code       text NOT NULL DEFAULT '', -- of the last failure, '' after a success
    detail     text NOT NULL DEFAULT ''
);

-- What a person waits for comes before what nobody sees: 0 codes and offers, 1 rewards, 2 orders to be
-- confirmed, 3 the rest. The first of each that is due is found without a look at those that are not.
ALTER TABLE jobs ADD COLUMN priority smallint NOT NULL DEFAULT 3;
UPDATE jobs SET priority = CASE kind WHEN 'codes' THEN 0 WHEN 'offer' THEN 0 WHEN 'fulfil' THEN 1 WHEN 'retire' THEN 1 WHEN 'confirm' THEN 2 ELSE 3 END;
DROP INDEX jobs_due;
CREATE INDEX jobs_heads ON jobs (shop_id, priority, run_at, id) WHERE state = 'due';

-- A shop that answered slowly at the last visit: only so many of those are visited at a time.
ALTER TABLE lanes ADD COLUMN slow boolean NOT NULL DEFAULT false;

-- What the program keeps about this database itself: the key of look-ups (sealed), the backup it was restored from.
CREATE TABLE memos (
    name  text PRIMARY KEY,
    value bytea NOT NULL,
    at    timestamptz NOT NULL
);
