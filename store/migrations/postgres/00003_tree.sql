-- +goose Up
-- The Merkle tree over the records, RFC 6962: full tiles of 256 hashes, and what a level
-- above the leaves holds beyond its full tiles. The leaves are the records themselves.
CREATE TABLE tiles (
    level INTEGER NOT NULL,
    n     BIGINT  NOT NULL,
    data  BYTEA   NOT NULL,
    PRIMARY KEY (level, n)
);
CREATE TABLE edges (
    level INTEGER PRIMARY KEY,
    data  BYTEA   NOT NULL
);
-- Signed checkpoints: one for each commit.
CREATE TABLE checkpoints (
    size BIGINT PRIMARY KEY,
    note TEXT   NOT NULL,
    at   BIGINT NOT NULL
);
-- The newest checkpoint that each witness has signed: the note with its signature.
CREATE TABLE cosignatures (
    witness TEXT   PRIMARY KEY,
    size    BIGINT NOT NULL,
    note    TEXT   NOT NULL
);
-- How far each sink has got: the next index to send.
CREATE TABLE cursors (
    sink TEXT   PRIMARY KEY,
    next BIGINT NOT NULL
);
-- What records can be found by: name is wallet, policy, contract, and so on.
CREATE TABLE facets (
    name  TEXT   NOT NULL,
    value TEXT   NOT NULL,
    idx   BIGINT NOT NULL,
    PRIMARY KEY (name, value, idx)
);
CREATE TRIGGER tiles_final BEFORE UPDATE OR DELETE ON tiles FOR EACH ROW EXECUTE FUNCTION records_are_final();
CREATE TRIGGER tiles_kept BEFORE TRUNCATE ON tiles FOR EACH STATEMENT EXECUTE FUNCTION records_are_final();
CREATE TRIGGER checkpoints_final BEFORE UPDATE OR DELETE ON checkpoints FOR EACH ROW EXECUTE FUNCTION records_are_final();
CREATE TRIGGER checkpoints_kept BEFORE TRUNCATE ON checkpoints FOR EACH STATEMENT EXECUTE FUNCTION records_are_final();

-- +goose Down
DROP TABLE facets;
DROP TABLE cursors;
DROP TABLE cosignatures;
DROP TABLE checkpoints;
DROP TABLE edges;
DROP TABLE tiles;
