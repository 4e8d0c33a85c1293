-- +goose Up
-- When the records of each full tile of 256 were signed, the first and the last of them, in
-- microseconds: what was signed at some time is looked for in few places.
CREATE TABLE spans (
    n       INTEGER PRIMARY KEY,
    first   INTEGER NOT NULL,
    last    INTEGER NOT NULL
) STRICT;
INSERT INTO spans (n, first, last) SELECT idx / 256, MIN(at), MAX(at) FROM records GROUP BY idx / 256 HAVING COUNT(*) = 256;

-- +goose Down
DROP TABLE spans;
