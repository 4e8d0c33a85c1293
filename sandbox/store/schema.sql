-- The sandbox's whole state. Objects are JSON documents; parent is the ID that
-- lists them; due (Unix milliseconds) marks the ones that await work.
CREATE TABLE IF NOT EXISTS objects (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    kind   TEXT NOT NULL,
    id     TEXT NOT NULL,
    parent TEXT NOT NULL,
    due    INTEGER,
    doc    BLOB NOT NULL,
    UNIQUE (kind, id)
);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (kind, parent, seq);
CREATE INDEX IF NOT EXISTS objects_by_due ON objects (kind, due, seq) WHERE due IS NOT NULL;

CREATE TABLE IF NOT EXISTS meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Blocks of each network in their consensus encoding, written before its chain
-- shows them.
CREATE TABLE IF NOT EXISTS chain_blocks (
    network TEXT NOT NULL,
    number  INTEGER NOT NULL,
    rlp     BLOB NOT NULL,
    PRIMARY KEY (network, number)
) WITHOUT ROWID;
