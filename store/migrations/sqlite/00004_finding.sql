-- +goose Up
-- When the records of each full tile of 256 were signed, the first and the last of them, in
-- microseconds: what was signed at some time is looked for in few places.
CREATE TABLE spans (
    n       INTEGER PRIMARY KEY,
    first   INTEGER NOT NULL,
    last    INTEGER NOT NULL
) STRICT;
INSERT INTO spans (n, first, last) SELECT idx / 256, MIN(at), MAX(at) FROM records GROUP BY idx / 256 HAVING COUNT(*) = 256;

-- Every checkpoint that a witness has signed: the note with its signature. An export that
-- ends in the past carries the signatures of then.
ALTER TABLE cosignatures RENAME TO newest_cosignatures;
CREATE TABLE cosignatures (
    size    INTEGER NOT NULL,
    witness TEXT    NOT NULL,
    note    TEXT    NOT NULL,
    PRIMARY KEY (size, witness)
) STRICT;
INSERT INTO cosignatures (size, witness, note) SELECT size, witness, note FROM newest_cosignatures;
DROP TABLE newest_cosignatures;

-- +goose Down
DROP TABLE cosignatures;
CREATE TABLE cosignatures (
    witness TEXT    PRIMARY KEY,
    size    INTEGER NOT NULL,
    note    TEXT    NOT NULL
) STRICT;
DROP TABLE spans;
