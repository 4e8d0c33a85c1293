-- +goose Up
-- The Merkle tree over the records, RFC 6962: full tiles of 256 hashes, and what a level
-- above the leaves holds beyond its full tiles. The leaves are the records themselves.
CREATE TABLE tiles (
    level INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    data  BLOB    NOT NULL,
    PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE edges (
    level INTEGER PRIMARY KEY,
    data  BLOB    NOT NULL
) STRICT;
-- Signed checkpoints: one for each commit.
CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    note TEXT    NOT NULL,
    at   INTEGER NOT NULL
) STRICT;
-- The newest checkpoint that each witness has signed: the note with its signature.
CREATE TABLE cosignatures (
    witness TEXT    PRIMARY KEY,
    size    INTEGER NOT NULL,
    note    TEXT    NOT NULL
) STRICT;
-- How far each sink has got: the next index to send.
CREATE TABLE cursors (
    sink TEXT    PRIMARY KEY,
    next INTEGER NOT NULL
) STRICT;
-- What records can be found by: name is wallet, policy, contract, and so on.
CREATE TABLE facets (
    name  TEXT    NOT NULL,
    value TEXT    NOT NULL,
    idx   INTEGER NOT NULL,
    PRIMARY KEY (name, value, idx)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER tiles_no_update BEFORE UPDATE ON tiles BEGIN SELECT RAISE(ABORT, 'tiles are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tiles_no_delete BEFORE DELETE ON tiles BEGIN SELECT RAISE(ABORT, 'tiles are never removed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tiles_no_replace BEFORE INSERT ON tiles
WHEN EXISTS (SELECT 1 FROM tiles WHERE level = NEW.level AND n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'tiles are never replaced'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are never removed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoints_no_replace BEFORE INSERT ON checkpoints
WHEN EXISTS (SELECT 1 FROM checkpoints WHERE size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'checkpoints are never replaced'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE facets;
DROP TABLE cursors;
DROP TABLE cosignatures;
DROP TABLE checkpoints;
DROP TABLE edges;
DROP TABLE tiles;
