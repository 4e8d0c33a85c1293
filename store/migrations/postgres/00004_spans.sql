-- +goose Up
-- When the records of each full tile of 256 were signed, the first and the last of them, in
-- microseconds: what was signed at some time is looked for in few places.
CREATE TABLE spans (
    n       BIGINT PRIMARY KEY,
    first   BIGINT NOT NULL,
    last    BIGINT NOT NULL
);
INSERT INTO spans (n, first, last) SELECT idx / 256, MIN(at), MAX(at) FROM records GROUP BY idx / 256 HAVING COUNT(*) = 256;

-- +goose Down
DROP TABLE spans;
