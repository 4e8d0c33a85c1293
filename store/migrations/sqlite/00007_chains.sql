-- +goose Up
-- How far each chain was walked: cursor is JSON (follow.Cursor), version counts its changes, so
-- that of two walkers one learns that it is the second.
CREATE TABLE chain_cursors (
    network TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    cursor  TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- What was seen on chains, and what became of it. Hashes are 0x and lower-case hex, times
-- microseconds since 1970; data is JSON, as the rule that looked for it says.
CREATE TABLE chain_events (
    network TEXT NOT NULL,
    number  INTEGER NOT NULL,
    block   TEXT NOT NULL,
    tx      TEXT NOT NULL,
    idx     INTEGER NOT NULL,
    rule    TEXT NOT NULL,
    state   TEXT NOT NULL,
    data    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (network, number, block, tx, idx, rule)
) STRICT, WITHOUT ROWID;
CREATE INDEX chain_events_by_tx ON chain_events (network, tx);
CREATE INDEX chain_events_by_time ON chain_events (at);
-- What is to be told to the ingress, in this order. A message stays until it was delivered, and
-- for a time after, for whoever counts.
CREATE TABLE outbox (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT NOT NULL UNIQUE,
    kind      TEXT NOT NULL,
    date      INTEGER NOT NULL,
    data      TEXT NOT NULL,
    attempts  INTEGER NOT NULL DEFAULT 0,
    due       INTEGER NOT NULL,
    problem   TEXT NOT NULL DEFAULT '',
    delivered INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (due, seq) WHERE delivered IS NULL;
CREATE INDEX outbox_delivered ON outbox (delivered) WHERE delivered IS NOT NULL;
CREATE INDEX outbox_by_date ON outbox (date);

-- +goose Down
DROP TABLE outbox;
DROP TABLE chain_events;
DROP TABLE chain_cursors;
