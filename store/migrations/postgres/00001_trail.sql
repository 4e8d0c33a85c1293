-- +goose Up
-- One row per record. jws is the only copy that counts; the other columns are
-- for finding it. Times are microseconds since 1970, UTC.
CREATE TABLE records (
    idx         BIGINT PRIMARY KEY,
    record_key  TEXT   NOT NULL UNIQUE,
    type        TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    jws         TEXT   NOT NULL,
    leaf_hash   TEXT   NOT NULL,
    approval    TEXT   NOT NULL DEFAULT '',
    UNIQUE (subject, seq)
);
CREATE INDEX records_type ON records (type, idx);
CREATE INDEX records_approval ON records (approval, idx) WHERE approval <> '';

-- +goose StatementBegin
CREATE FUNCTION records_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'records are never changed or removed'; END $$;
-- +goose StatementEnd
CREATE TRIGGER records_final BEFORE UPDATE OR DELETE ON records
    FOR EACH ROW EXECUTE FUNCTION records_are_final();
CREATE TRIGGER records_kept BEFORE TRUNCATE ON records
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_final();

-- The row that every appending transaction locks: places are given one at a time.
CREATE TABLE append_lock (one BOOLEAN PRIMARY KEY CHECK (one));
INSERT INTO append_lock VALUES (TRUE);

-- What requests take from budgets. Amounts are decimal text: they may be wider
-- than any SQL integer.
CREATE TABLE claims (
    decision_key TEXT   NOT NULL,
    budget       TEXT   NOT NULL,
    amount       TEXT   NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('noted', 'reserved', 'committed', 'released')),
    at           BIGINT NOT NULL,
    PRIMARY KEY (decision_key, budget)
);
CREATE INDEX claims_budget ON claims (budget, at);

-- +goose Down
DROP TABLE claims;
DROP TABLE append_lock;
DROP TABLE records;
DROP FUNCTION records_are_final;
