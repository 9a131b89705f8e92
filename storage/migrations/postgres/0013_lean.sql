-- +goose Up

-- Less to write for each decision: what a table that grows for ever keeps beside its rows is paid for with every
-- order. docs/performance.md tells what it came to.

-- One index tells orders by time, with all that figures ask of them.
DROP INDEX orders_placed;
DROP INDEX orders_figures;
CREATE INDEX orders_figures ON orders (shop_id, placed_at, order_id) INCLUDE (status, test, historic, currency, outcome, program, variant, advocate_id, customer_id, eligible_minor, linked, took_off_minor);
-- Only fsck asks by transaction, of the whole ledger.
DROP INDEX ledger_transaction;

-- A decision has read and locked what its rows refer to; to look it up again for each row costs more than to write
-- it. Instead what is referred to never goes, and fsck sees whether each reference holds (I16).
ALTER TABLE orders DROP CONSTRAINT orders_shop_id_advocate_id_fkey;
ALTER TABLE rewards DROP CONSTRAINT rewards_shop_id_order_id_fkey, DROP CONSTRAINT rewards_shop_id_advocate_id_fkey, DROP CONSTRAINT rewards_shop_id_program_version_fkey;
ALTER TABLE reward_history DROP CONSTRAINT reward_history_shop_id_reward_id_fkey;
ALTER TABLE ledger DROP CONSTRAINT ledger_shop_id_reward_id_fkey;
CREATE TRIGGER advocates_stay BEFORE DELETE OR UPDATE OF shop_id, id ON advocates FOR EACH ROW EXECUTE FUNCTION refuse_parting();
CREATE TRIGGER advocates_keep BEFORE TRUNCATE ON advocates FOR EACH STATEMENT EXECUTE FUNCTION refuse_parting();
CREATE TRIGGER programs_stay BEFORE DELETE OR UPDATE OF shop_id, name, version ON programs FOR EACH ROW EXECUTE FUNCTION refuse_parting();
CREATE TRIGGER programs_keep BEFORE TRUNCATE ON programs FOR EACH STATEMENT EXECUTE FUNCTION refuse_parting();
CREATE TRIGGER orders_stay BEFORE DELETE OR UPDATE OF shop_id, order_id ON orders FOR EACH ROW EXECUTE FUNCTION refuse_parting();
CREATE TRIGGER orders_keep BEFORE TRUNCATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION refuse_parting();
CREATE TRIGGER rewards_stay BEFORE DELETE OR UPDATE OF shop_id, id ON rewards FOR EACH ROW EXECUTE FUNCTION refuse_parting();
CREATE TRIGGER rewards_keep BEFORE TRUNCATE ON rewards FOR EACH STATEMENT EXECUTE FUNCTION refuse_parting();

-- An order's record is longer than a row may be without compression, and lz4 takes less time than the
-- server's own way. A server that was built without it keeps its own.
-- +goose StatementBegin
DO $$
BEGIN
    ALTER TABLE orders ALTER COLUMN record SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;
-- +goose StatementEnd

-- Reads of orders leave a row only where they failed: they change nothing.
UPDATE attempts SET outcome = 'lost', ended_at = now() WHERE kind = 'confirm' AND outcome = '';

-- What the program before this writes holds here too.
INSERT INTO schema_notes (version, oldest) VALUES (13, 12);
