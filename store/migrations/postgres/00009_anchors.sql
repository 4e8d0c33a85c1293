-- +goose Up
-- The anchors that have been given a checkpoint, by URI: the size in records of the first one
-- known. Times are microseconds since 1970, UTC.
CREATE TABLE anchors (
    anchor TEXT PRIMARY KEY,
    size   BIGINT NOT NULL,
    at     BIGINT NOT NULL
);

-- +goose Down
DROP TABLE anchors;
