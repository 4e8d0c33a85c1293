-- +goose Up
-- When the records of each full tile of 256 were signed, the first and the last of them, in
-- microseconds: what was signed at some time is looked for in few places.
CREATE TABLE spans (
    n       BIGINT PRIMARY KEY,
    first   BIGINT NOT NULL,
    last    BIGINT NOT NULL
);
INSERT INTO spans (n, first, last) SELECT idx / 256, MIN(at), MAX(at) FROM records GROUP BY idx / 256 HAVING COUNT(*) = 256;

-- Every checkpoint that a witness has signed: the note with its signature. An export that
-- ends in the past carries the signatures of then.
ALTER TABLE cosignatures RENAME TO newest_cosignatures;
CREATE TABLE cosignatures (
    size    BIGINT NOT NULL,
    witness TEXT    NOT NULL,
    note    TEXT    NOT NULL,
    PRIMARY KEY (size, witness)
);
INSERT INTO cosignatures (size, witness, note) SELECT size, witness, note FROM newest_cosignatures;
DROP TABLE newest_cosignatures;

-- +goose Down
DROP TABLE cosignatures;
CREATE TABLE cosignatures (
    witness TEXT    PRIMARY KEY,
    size    BIGINT NOT NULL,
    note    TEXT    NOT NULL
);
DROP TABLE spans;
