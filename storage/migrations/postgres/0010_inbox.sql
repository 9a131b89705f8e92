-- +goose Up

-- Events lie in partitions of a week, by an id that tells the time: 2^20 numbers a millisecond since 1970. An
-- id leads to its partition, and what is old enough goes with its week. A row of a week that has gone, or
-- for which nobody has made a partition, lies in events_rest.
--
-- A unique index reaches over one partition only. What was delivered before is therefore known from a slim
-- table of its own, which outlives the events.
CREATE TABLE seen (
    shop_id text NOT NULL,
    key     uuid NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (shop_id, key)
);
CREATE INDEX seen_at ON seen USING brin (at) WITH (pages_per_range = 16);
INSERT INTO seen SELECT shop_id, encode(delivery_key, 'hex')::uuid, received_at FROM events ORDER BY received_at;

ALTER TABLE events RENAME TO events_first;
ALTER INDEX events_pkey RENAME TO events_first_pkey;
ALTER INDEX events_due RENAME TO events_first_due;
ALTER INDEX events_order RENAME TO events_first_order;
ALTER INDEX events_customer RENAME TO events_first_customer;
ALTER INDEX events_open RENAME TO events_first_open;
ALTER TABLE events_first DROP COLUMN delivery_key, ALTER COLUMN id DROP IDENTITY;
ALTER TABLE events_first ADD COLUMN trace text NOT NULL DEFAULT ''; -- the W3C traceparent of what is done about it, '' if nobody watches
ALTER TABLE jobs ADD COLUMN trace text NOT NULL DEFAULT '';

CREATE SEQUENCE event_numbers CACHE 64;

-- event_id is the least id of a moment.
CREATE FUNCTION event_id(at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS
    'SELECT (extract(epoch FROM at) * 1000)::bigint << 20';

CREATE TABLE events (
    shop_id      text NOT NULL,
    id           bigint NOT NULL DEFAULT event_id(now()) + (nextval('event_numbers') & 1048575),
    platform     text NOT NULL,
    domain       text NOT NULL DEFAULT '',
    topic        text NOT NULL,
    body         bytea,
    triggered_at timestamptz,
    received_at  timestamptz NOT NULL,
    order_id     text NOT NULL DEFAULT '',
    customer_id  text NOT NULL DEFAULT '',
    status       text NOT NULL CONSTRAINT events_status_check CHECK (status IN ('pending', 'confirming', 'done', 'ignored', 'held', 'quarantined', 'dead')),
    reason       text NOT NULL DEFAULT '',
    attempts     integer NOT NULL DEFAULT 0,
    suspect      boolean NOT NULL DEFAULT false,
    due_at       timestamptz NOT NULL,
    finished_at  timestamptz,
    trace        text NOT NULL DEFAULT '',
    PRIMARY KEY (shop_id, id)
) PARTITION BY RANGE (id);
ALTER TABLE events ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX events_due ON events (suspect, due_at, id) WHERE status = 'pending';
CREATE INDEX events_order ON events (shop_id, order_id, id) WHERE order_id <> '';
CREATE INDEX events_customer ON events (shop_id, customer_id) WHERE customer_id <> '';
CREATE INDEX events_open ON events (shop_id, status, id) WHERE status IN ('confirming', 'held', 'quarantined', 'dead');

CREATE TABLE events_rest PARTITION OF events DEFAULT;
-- Ids from before told no time and were counted from 1: none of them reaches 2^40, and no id that tells the time
-- is below it (17 minutes after 1970).
ALTER TABLE events ATTACH PARTITION events_first FOR VALUES FROM (MINVALUE) TO (1099511627776);

-- make_event_week makes the partition of the week that begins at a moment, and tells whether it was missing (1)
-- or not (0). What lies in events_rest of such a week moves into it, while all who ask for events wait: if that
-- is more than so many rows the week has its partition from soon on, and what came before stays where it lies.
-- Two who make one at a time do it one after the other.
-- +goose StatementBegin
CREATE FUNCTION make_event_week(week timestamptz, most bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    name text := 'events_' || to_char(week AT TIME ZONE 'UTC', 'YYYYMMDD');
    lo   bigint := event_id(week);
    hi   bigint := event_id(week + interval '7 days');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN 0;
    END IF;
    LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass(name) IS NOT NULL THEN
        RETURN 0;
    END IF;
    IF (SELECT count(*) > most FROM (SELECT FROM events_rest WHERE id >= lo AND id < hi LIMIT most + 1) e) THEN
        lo := event_id(date_trunc('hour', greatest(week, now()), 'UTC') + interval '2 hours');
        IF lo >= hi OR (SELECT count(*) > most FROM (SELECT FROM events_rest WHERE id >= lo AND id < hi LIMIT most + 1) e) THEN
            RETURN 0;
        END IF;
    END IF;
    -- Each event is written twice, so that half of what is written is dead soon.
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)
        WITH (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0.05)', name);
    LOCK TABLE events_rest IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM events_rest WHERE id >= $1 AND id < $2 RETURNING *) INSERT INTO %I SELECT * FROM moved', name) USING lo, hi;
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', name, lo, hi);
    RETURN 1;
END
$$;
-- +goose StatementEnd
SELECT make_event_week(week, 20000) FROM generate_series(date_trunc('week', now(), 'UTC'), now() + interval '4 weeks', interval '7 days') week;

-- What is older than it is to be kept is found without a look at the rest.
-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM events_first) THEN
        CREATE INDEX events_first_age ON events_first USING brin (received_at);
    ELSE
        DROP TABLE events_first;
    END IF;
END
$$;
-- +goose StatementEnd
CREATE INDEX events_rest_age ON events_rest USING brin (received_at) WITH (autosummarize = on);
CREATE INDEX attempts_age ON attempts USING brin (started_at) WITH (autosummarize = on);
-- Whether somebody was erased lately.
CREATE INDEX events_erased ON events (finished_at) WHERE body IS NULL AND status <> 'ignored';

-- These rows name the shop of an event or a job in hand, which is known to be there; to look it up for each
-- costs as much as an index. Instead no shop ever goes.
ALTER TABLE orders DROP CONSTRAINT orders_shop_id_fkey;
ALTER TABLE traces DROP CONSTRAINT traces_shop_id_fkey;
ALTER TABLE jobs DROP CONSTRAINT jobs_shop_id_fkey;
ALTER TABLE attempts DROP CONSTRAINT attempts_shop_id_fkey;
-- +goose StatementBegin
CREATE FUNCTION refuse_parting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % is never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER shops_stay BEFORE DELETE OR UPDATE OF shop_id ON shops FOR EACH ROW EXECUTE FUNCTION refuse_parting();
CREATE TRIGGER shops_keep BEFORE TRUNCATE ON shops FOR EACH STATEMENT EXECUTE FUNCTION refuse_parting();

-- Rows that change in place have room beside them; tables that fill and empty are swept while they are small.
ALTER TABLE lanes SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
ALTER TABLE jobs SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
ALTER TABLE worker_notes SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
