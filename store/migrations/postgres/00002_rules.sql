-- +goose Up
-- Exact integers of up to 78 digits, so that the database itself can add and compare.
ALTER TABLE claims ALTER COLUMN amount TYPE NUMERIC(78, 0) USING amount::numeric;
-- What the budget's window held when the claim was made.
ALTER TABLE claims ADD COLUMN before NUMERIC NOT NULL DEFAULT 0;
-- The row that whoever claims from a budget locks first.
CREATE TABLE budgets (name TEXT PRIMARY KEY);
INSERT INTO budgets SELECT DISTINCT budget FROM claims;
-- What reserved and committed claims took in each hour since 1970: a window is the sum of
-- its whole hours and of the claims in the broken one at its start.
CREATE TABLE budget_hours (
    budget TEXT    NOT NULL,
    hour   BIGINT  NOT NULL,
    total  NUMERIC NOT NULL,
    PRIMARY KEY (budget, hour)
);
INSERT INTO budget_hours SELECT budget, at / 3600000000, SUM(amount) FROM claims
    WHERE state IN ('reserved', 'committed') GROUP BY 1, 2;

-- What may not be decided by machine now: see control.halted on the trail.
CREATE TABLE halts (
    scope      TEXT   PRIMARY KEY,
    record_key TEXT   NOT NULL,
    since      BIGINT NOT NULL
);

-- Questions and answers that decisions rest on, by the SHA-256 of their bytes.
CREATE TABLE evidence (
    sha256 TEXT  PRIMARY KEY,
    bytes  BYTEA NOT NULL
);

-- +goose Down
DROP TABLE evidence;
DROP TABLE halts;
DROP TABLE budget_hours;
DROP TABLE budgets;
ALTER TABLE claims DROP COLUMN before;
ALTER TABLE claims ALTER COLUMN amount TYPE TEXT;
