-- +goose Up
-- One row per record. jws is the only copy that counts; the other columns are
-- for finding it. Times are microseconds since 1970, UTC.
CREATE TABLE records (
    idx         INTEGER PRIMARY KEY,
    record_key  TEXT    NOT NULL UNIQUE,
    type        TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    jws         TEXT    NOT NULL,
    leaf_hash   TEXT    NOT NULL,
    approval    TEXT    NOT NULL DEFAULT '',
    UNIQUE (subject, seq)
) STRICT;
CREATE INDEX records_type ON records (type, idx);
CREATE INDEX records_approval ON records (approval, idx) WHERE approval <> '';

-- +goose StatementBegin
CREATE TRIGGER records_no_update BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'records are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER records_no_delete BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'records are never removed'); END;
-- +goose StatementEnd
-- INSERT OR REPLACE removes what is in its way without asking the trigger above.
-- +goose StatementBegin
CREATE TRIGGER records_no_replace BEFORE INSERT ON records
WHEN EXISTS (SELECT 1 FROM records WHERE idx = NEW.idx)
  OR EXISTS (SELECT 1 FROM records WHERE record_key = NEW.record_key)
  OR EXISTS (SELECT 1 FROM records WHERE subject = NEW.subject AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'records are never replaced'); END;
-- +goose StatementEnd

-- What requests take from budgets. Amounts are decimal text: they may be wider
-- than any SQL integer.
CREATE TABLE claims (
    decision_key TEXT    NOT NULL,
    budget       TEXT    NOT NULL,
    amount       TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('noted', 'reserved', 'committed', 'released')),
    at           INTEGER NOT NULL,
    PRIMARY KEY (decision_key, budget)
) STRICT;
CREATE INDEX claims_budget ON claims (budget, at);

-- +goose Down
DROP TABLE claims;
DROP TABLE records;
