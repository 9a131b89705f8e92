-- +goose Up

-- Shops whose webhooks are signed with secrets of their own, and what a connector wants to know again.
ALTER TABLE shops ADD COLUMN hooks_sealed BLOB;
ALTER TABLE shops ADD COLUMN settings TEXT NOT NULL DEFAULT '';
