-- +goose Up

-- What codes of advocates took off an order, which only its record told before.
ALTER TABLE orders ADD COLUMN took_off_minor INTEGER NOT NULL DEFAULT 0;
UPDATE orders SET took_off_minor = (SELECT coalesce(sum(c.value ->> '$.took_off.minor'), 0) FROM json_each(record, '$.Facts.claims') c) WHERE outcome <> 'none';
DROP INDEX orders_figures;
CREATE INDEX orders_figures ON orders (shop_id, placed_at, status, test, historic, currency, outcome, program, variant, advocate_id, customer_id, eligible_minor, linked, took_off_minor);

-- The figures of days: sums over rows of orders, rewards or the ledger. figures.go tells how they come
-- about and why they are exact.
--
--   what    unit      program  variant  label    n        a         b         c      d
--   order   currency  yes      yes      outcome  orders   revenue   took off  links        of the day on which it was placed
--   reject            yes               reason   orders                                    of the same day
--   ledger  unit      yes               kind     entries  waiting   issued    used   lost  of the day of the entry
--   made    unit      yes               kind     rewards  unpriced                         of the day on which it came about
--   review  unit      yes               status   rewards  net                              as it is now: day -25567
--   earned  currency  yes                        orders   revenue                          since ever: day -25567
CREATE TABLE figures_daily (
    shop_id TEXT NOT NULL,
    day     INTEGER NOT NULL, -- of the shop's calendar, counted from 1970-01-01
    what    TEXT NOT NULL,
    unit    TEXT NOT NULL,
    program TEXT NOT NULL,
    variant TEXT NOT NULL,
    label   TEXT NOT NULL,
    n       INTEGER NOT NULL,
    a       INTEGER NOT NULL,
    b       INTEGER NOT NULL,
    c       INTEGER NOT NULL,
    d       INTEGER NOT NULL,
    PRIMARY KEY (shop_id, day, what, unit, program, variant, label)
) STRICT, WITHOUT ROWID;

-- What is to be added to figures_daily: each row of orders, rewards or the ledger that is written leaves here
-- by how much it changed them. at is the beginning of a quarter of an hour: the days of all zones begin with one.
CREATE TABLE figure_changes (
    shop_id TEXT NOT NULL,
    at      INTEGER NOT NULL,
    id      INTEGER NOT NULL DEFAULT 0, -- PostgreSQL's
    what    TEXT NOT NULL,
    unit    TEXT NOT NULL,
    program TEXT NOT NULL,
    variant TEXT NOT NULL,
    label   TEXT NOT NULL,
    n       INTEGER NOT NULL,
    a       INTEGER NOT NULL,
    b       INTEGER NOT NULL,
    c       INTEGER NOT NULL,
    d       INTEGER NOT NULL,
    PRIMARY KEY (shop_id, at, what, unit, program, variant, label)
) STRICT, WITHOUT ROWID;

-- How far a shop's days have been reckoned, and in which zone.
CREATE TABLE figure_shops (
    shop_id   TEXT PRIMARY KEY NOT NULL REFERENCES shops (shop_id),
    time_zone TEXT NOT NULL,
    next_day  INTEGER -- the days before it are reckoned; NULL: all of them
) STRICT;
INSERT INTO figure_shops SELECT shop_id, time_zone, -1 FROM shops;

-- Times are cut to quarters of an hour; -2208988800000000 is the beginning of 1900.
-- +goose StatementBegin
CREATE TRIGGER figures_shop AFTER INSERT ON shops BEGIN
    INSERT INTO figure_shops (shop_id, time_zone) SELECT NEW.shop_id, NEW.time_zone WHERE NOT EXISTS (SELECT 1 FROM figure_shops WHERE shop_id = NEW.shop_id);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER figures_order_added AFTER INSERT ON orders BEGIN
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, NEW.placed_at - ((NEW.placed_at % 900000000) + 900000000) % 900000000, 'order', NEW.currency, NEW.program, NEW.variant, CASE WHEN NEW.historic THEN 'historic' WHEN NEW.outcome IN ('rewarded', 'pending', 'held') AND NEW.advocate_id IS NOT NULL OR NEW.outcome = 'rejected' THEN NEW.outcome ELSE 'other' END,
      1, NEW.eligible_minor, NEW.took_off_minor, NEW.linked, 0
    WHERE NOT NEW.test AND NEW.status IN ('paid', 'partially_refunded') AND NEW.placed_at IS NOT NULL
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, NEW.placed_at - ((NEW.placed_at % 900000000) + 900000000) % 900000000, 'reject', '', NEW.program, '', NEW.reason, 1, 0, 0, 0, 0
    WHERE NEW.outcome = 'rejected' AND NOT NEW.test AND NOT NEW.historic AND NEW.placed_at IS NOT NULL
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, -2208988800000000, 'earned', NEW.currency, NEW.program, '', '', 1, NEW.eligible_minor, 0, 0, 0
    WHERE NOT NEW.test AND NEW.status IN ('paid', 'partially_refunded') AND NEW.outcome IN ('rewarded', 'pending', 'held') AND NEW.advocate_id IS NOT NULL
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER figures_order_changed AFTER UPDATE ON orders
WHEN OLD.status IS NOT NEW.status OR OLD.currency IS NOT NEW.currency OR OLD.eligible_minor IS NOT NEW.eligible_minor OR OLD.placed_at IS NOT NEW.placed_at OR OLD.test IS NOT NEW.test
    OR OLD.outcome IS NOT NEW.outcome OR OLD.reason IS NOT NEW.reason OR OLD.program IS NOT NEW.program OR OLD.variant IS NOT NEW.variant OR OLD.advocate_id IS NOT NEW.advocate_id
    OR OLD.linked IS NOT NEW.linked OR OLD.historic IS NOT NEW.historic OR OLD.took_off_minor IS NOT NEW.took_off_minor
BEGIN
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT OLD.shop_id, OLD.placed_at - ((OLD.placed_at % 900000000) + 900000000) % 900000000, 'order', OLD.currency, OLD.program, OLD.variant, CASE WHEN OLD.historic THEN 'historic' WHEN OLD.outcome IN ('rewarded', 'pending', 'held') AND OLD.advocate_id IS NOT NULL OR OLD.outcome = 'rejected' THEN OLD.outcome ELSE 'other' END,
      -1, -OLD.eligible_minor, -OLD.took_off_minor, -OLD.linked, 0
    WHERE NOT OLD.test AND OLD.status IN ('paid', 'partially_refunded') AND OLD.placed_at IS NOT NULL
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT OLD.shop_id, OLD.placed_at - ((OLD.placed_at % 900000000) + 900000000) % 900000000, 'reject', '', OLD.program, '', OLD.reason, -1, 0, 0, 0, 0
    WHERE OLD.outcome = 'rejected' AND NOT OLD.test AND NOT OLD.historic AND OLD.placed_at IS NOT NULL
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT OLD.shop_id, -2208988800000000, 'earned', OLD.currency, OLD.program, '', '', -1, -OLD.eligible_minor, 0, 0, 0
    WHERE NOT OLD.test AND OLD.status IN ('paid', 'partially_refunded') AND OLD.outcome IN ('rewarded', 'pending', 'held') AND OLD.advocate_id IS NOT NULL
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, NEW.placed_at - ((NEW.placed_at % 900000000) + 900000000) % 900000000, 'order', NEW.currency, NEW.program, NEW.variant, CASE WHEN NEW.historic THEN 'historic' WHEN NEW.outcome IN ('rewarded', 'pending', 'held') AND NEW.advocate_id IS NOT NULL OR NEW.outcome = 'rejected' THEN NEW.outcome ELSE 'other' END,
      1, NEW.eligible_minor, NEW.took_off_minor, NEW.linked, 0
    WHERE NOT NEW.test AND NEW.status IN ('paid', 'partially_refunded') AND NEW.placed_at IS NOT NULL
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, NEW.placed_at - ((NEW.placed_at % 900000000) + 900000000) % 900000000, 'reject', '', NEW.program, '', NEW.reason, 1, 0, 0, 0, 0
    WHERE NEW.outcome = 'rejected' AND NOT NEW.test AND NOT NEW.historic AND NEW.placed_at IS NOT NULL
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, -2208988800000000, 'earned', NEW.currency, NEW.program, '', '', 1, NEW.eligible_minor, 0, 0, 0
    WHERE NOT NEW.test AND NEW.status IN ('paid', 'partially_refunded') AND NEW.outcome IN ('rewarded', 'pending', 'held') AND NEW.advocate_id IS NOT NULL
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER figures_ledger_added AFTER INSERT ON ledger WHEN NEW.account NOT LIKE 'program:%' BEGIN
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, NEW.at - ((NEW.at % 900000000) + 900000000) % 900000000, 'ledger', NEW.currency, r.program, '', r.kind, 1,
      CASE WHEN NEW.account LIKE 'pending:%' THEN NEW.amount_minor ELSE 0 END, CASE WHEN NEW.account LIKE 'issued:%' THEN NEW.amount_minor ELSE 0 END, CASE WHEN NEW.account LIKE 'used:%' THEN NEW.amount_minor ELSE 0 END, CASE WHEN NEW.account LIKE 'loss:%' THEN NEW.amount_minor ELSE 0 END
    FROM rewards r
    WHERE r.shop_id = NEW.shop_id AND r.id = NEW.reward_id
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER figures_reward_added AFTER INSERT ON rewards BEGIN
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, NEW.created_at - ((NEW.created_at % 900000000) + 900000000) % 900000000, 'made', NEW.currency, NEW.program, '', NEW.kind, 1, (NEW.value_minor = 0), 0, 0, 0
    WHERE NEW.replaces = ''
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, -2208988800000000, 'review', NEW.currency, NEW.program, '', NEW.status, 1, NEW.net_minor, 0, 0, 0
    WHERE NEW.status IN ('pending', 'held')
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER figures_reward_changed AFTER UPDATE ON rewards
WHEN OLD.created_at IS NOT NEW.created_at OR OLD.currency IS NOT NEW.currency OR OLD.status IS NOT NEW.status OR OLD.value_minor IS NOT NEW.value_minor OR OLD.net_minor IS NOT NEW.net_minor
    OR OLD.program IS NOT NEW.program OR OLD.kind IS NOT NEW.kind OR OLD.replaces IS NOT NEW.replaces
BEGIN
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT OLD.shop_id, OLD.created_at - ((OLD.created_at % 900000000) + 900000000) % 900000000, 'made', OLD.currency, OLD.program, '', OLD.kind, -1, -(OLD.value_minor = 0), 0, 0, 0
    WHERE OLD.replaces = ''
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT OLD.shop_id, -2208988800000000, 'review', OLD.currency, OLD.program, '', OLD.status, -1, -OLD.net_minor, 0, 0, 0
    WHERE OLD.status IN ('pending', 'held')
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, NEW.created_at - ((NEW.created_at % 900000000) + 900000000) % 900000000, 'made', NEW.currency, NEW.program, '', NEW.kind, 1, (NEW.value_minor = 0), 0, 0, 0
    WHERE NEW.replaces = ''
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
    INSERT INTO figure_changes (shop_id, at, what, unit, program, variant, label, n, a, b, c, d)
    SELECT NEW.shop_id, -2208988800000000, 'review', NEW.currency, NEW.program, '', NEW.status, 1, NEW.net_minor, 0, 0, 0
    WHERE NEW.status IN ('pending', 'held')
    ON CONFLICT (shop_id, at, what, unit, program, variant, label) DO UPDATE SET n = n + excluded.n, a = a + excluded.a, b = b + excluded.b, c = c + excluded.c, d = d + excluded.d;
END;
-- +goose StatementEnd

-- An older program would not write what codes took off.
INSERT INTO schema_notes (version, oldest) VALUES (12, 12);
