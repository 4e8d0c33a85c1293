-- +goose Up
-- The books: the steps of entries in the order in which they were booked. postings is JSON,
-- record_key names the record on the trail that was appended with the step. Times are
-- microseconds since 1970, UTC, and never go back.
CREATE TABLE ledger_steps (
    seq         BIGINT PRIMARY KEY,
    entry       TEXT NOT NULL COLLATE "C",
    state       TEXT NOT NULL COLLATE "C",
    at          BIGINT NOT NULL,
    record_key  TEXT NOT NULL,
    lineage     TEXT NOT NULL,
    memo        TEXT NOT NULL,
    postings    TEXT NOT NULL,
    UNIQUE (entry, state)
);
-- What has gone through each account in each asset, after each commit that changed it:
-- decimals in the asset's smallest unit. Any time's total is one look into the key.
CREATE TABLE ledger_totals (
    account  TEXT NOT NULL COLLATE "C",
    asset    TEXT NOT NULL COLLATE "C",
    at       BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    inflow   TEXT NOT NULL,
    outflow  TEXT NOT NULL,
    held_in  TEXT NOT NULL,
    held_out TEXT NOT NULL,
    PRIMARY KEY (account, asset, at, seq)
);
CREATE TABLE ledger_accounts (
    account TEXT NOT NULL COLLATE "C",
    asset   TEXT NOT NULL COLLATE "C",
    PRIMARY KEY (account, asset)
);

-- +goose StatementBegin
CREATE FUNCTION ledger_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: what was booked is never changed', TG_TABLE_NAME;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_steps_no_change BEFORE UPDATE OR DELETE ON ledger_steps FOR EACH ROW EXECUTE FUNCTION ledger_immutable();
CREATE TRIGGER ledger_steps_no_truncate BEFORE TRUNCATE ON ledger_steps FOR EACH STATEMENT EXECUTE FUNCTION ledger_immutable();
CREATE TRIGGER ledger_totals_no_change BEFORE UPDATE OR DELETE ON ledger_totals FOR EACH ROW EXECUTE FUNCTION ledger_immutable();
CREATE TRIGGER ledger_totals_no_truncate BEFORE TRUNCATE ON ledger_totals FOR EACH STATEMENT EXECUTE FUNCTION ledger_immutable();

-- +goose Down
DROP TABLE ledger_accounts;
DROP TABLE ledger_totals;
DROP TABLE ledger_steps;
DROP FUNCTION ledger_immutable();
