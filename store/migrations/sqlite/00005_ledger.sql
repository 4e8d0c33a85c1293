-- +goose Up
-- The books: the steps of entries in the order in which they were booked. postings is JSON,
-- record_key names the record on the trail that was appended with the step. Times are
-- microseconds since 1970, UTC, and never go back.
CREATE TABLE ledger_steps (
    seq         INTEGER PRIMARY KEY,
    entry       TEXT NOT NULL,
    state       TEXT NOT NULL,
    at          INTEGER NOT NULL,
    record_key  TEXT NOT NULL,
    lineage     TEXT NOT NULL,
    memo        TEXT NOT NULL,
    postings    TEXT NOT NULL,
    UNIQUE (entry, state)
) STRICT;
-- What has gone through each account in each asset, after each commit that changed it:
-- decimals in the asset's smallest unit. Any time's total is one look into the key.
CREATE TABLE ledger_totals (
    account  TEXT NOT NULL,
    asset    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    inflow   TEXT NOT NULL,
    outflow  TEXT NOT NULL,
    held_in  TEXT NOT NULL,
    held_out TEXT NOT NULL,
    PRIMARY KEY (account, asset, at, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_accounts (
    account TEXT NOT NULL,
    asset   TEXT NOT NULL,
    PRIMARY KEY (account, asset)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER ledger_steps_no_update BEFORE UPDATE ON ledger_steps BEGIN SELECT RAISE(ABORT, 'ledger_steps: what was booked is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_steps_no_delete BEFORE DELETE ON ledger_steps BEGIN SELECT RAISE(ABORT, 'ledger_steps: what was booked is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_totals_no_update BEFORE UPDATE ON ledger_totals BEGIN SELECT RAISE(ABORT, 'ledger_totals: what was booked is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_totals_no_delete BEFORE DELETE ON ledger_totals BEGIN SELECT RAISE(ABORT, 'ledger_totals: what was booked is never changed'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE ledger_accounts;
DROP TABLE ledger_totals;
DROP TABLE ledger_steps;
