-- +goose Up
-- What the budget's window held when the claim was made.
ALTER TABLE claims ADD COLUMN before TEXT NOT NULL DEFAULT '0';
-- What reserved and committed claims took in each hour since 1970: a window is the sum of
-- its whole hours and of the claims in the broken one at its start.
CREATE TABLE budget_hours (
    budget TEXT    NOT NULL,
    hour   INTEGER NOT NULL,
    total  TEXT    NOT NULL,
    PRIMARY KEY (budget, hour)
) STRICT, WITHOUT ROWID;
INSERT INTO budget_hours SELECT budget, at / 3600000000, amount_sum(amount) FROM claims
    WHERE state IN ('reserved', 'committed') GROUP BY 1, 2;

-- What may not be decided by machine now: see control.halted on the trail.
CREATE TABLE halts (
    scope      TEXT    PRIMARY KEY,
    record_key TEXT    NOT NULL,
    since      INTEGER NOT NULL
) STRICT;

-- Questions and answers that decisions rest on, by the SHA-256 of their bytes.
CREATE TABLE evidence (
    sha256 TEXT PRIMARY KEY,
    bytes  BLOB NOT NULL
) STRICT;

-- +goose Down
DROP TABLE evidence;
DROP TABLE halts;
DROP TABLE budget_hours;
ALTER TABLE claims DROP COLUMN before;
