-- +goose Up
-- The anchors that have been given a checkpoint, by URI: the size in records of the first one
-- known. Times are microseconds since 1970, UTC.
CREATE TABLE anchors (
    anchor TEXT PRIMARY KEY,
    size   INTEGER NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE anchors;
