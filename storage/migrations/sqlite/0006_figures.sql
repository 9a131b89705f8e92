-- +goose Up

-- Figures read these alone: the rows of orders are long, and a report looks at very many.
CREATE INDEX orders_figures ON orders (shop_id, placed_at, status, test, historic, currency, outcome, program, variant, advocate_id, customer_id, eligible_minor);
CREATE INDEX ledger_at ON ledger (shop_id, at, reward_id, currency, account, amount_minor);
