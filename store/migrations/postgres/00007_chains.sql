-- +goose Up
-- How far each chain was walked: cursor is JSON (follow.Cursor), version counts its changes, so
-- that of two walkers one learns that it is the second.
CREATE TABLE chain_cursors (
    network TEXT PRIMARY KEY COLLATE "C",
    version BIGINT NOT NULL,
    cursor  TEXT NOT NULL,
    at      BIGINT NOT NULL
);
-- What was seen on chains, and what became of it. Hashes are 0x and lower-case hex, times
-- microseconds since 1970; data is JSON, as the rule that looked for it says.
CREATE TABLE chain_events (
    network TEXT NOT NULL COLLATE "C",
    number  BIGINT NOT NULL,
    block   TEXT NOT NULL COLLATE "C",
    tx      TEXT NOT NULL COLLATE "C",
    idx     BIGINT NOT NULL,
    rule    TEXT NOT NULL COLLATE "C",
    state   TEXT NOT NULL,
    data    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (network, number, block, tx, idx, rule)
);
CREATE INDEX chain_events_by_tx ON chain_events (network, tx);
CREATE INDEX chain_events_by_time ON chain_events (at);
-- What is to be told to the ingress, in this order. A message stays until it was delivered, and
-- for a time after, for whoever counts.
CREATE TABLE outbox (
    seq       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE COLLATE "C",
    kind      TEXT NOT NULL,
    date      BIGINT NOT NULL,
    data      TEXT NOT NULL,
    attempts  BIGINT NOT NULL DEFAULT 0,
    due       BIGINT NOT NULL,
    problem   TEXT NOT NULL DEFAULT '',
    delivered BIGINT
);
CREATE INDEX outbox_due ON outbox (due, seq) WHERE delivered IS NULL;
CREATE INDEX outbox_delivered ON outbox (delivered) WHERE delivered IS NOT NULL;
CREATE INDEX outbox_by_date ON outbox (date);

-- +goose Down
DROP TABLE outbox;
DROP TABLE chain_events;
DROP TABLE chain_cursors;
