-- +goose Up
-- What was in the custodian's lists when they were read last: of each entity the SHA-256 of its
-- JSON. A list that was never read has no rows.
CREATE TABLE listings (
    list   TEXT NOT NULL COLLATE "C",
    entity TEXT NOT NULL COLLATE "C",
    sha256 TEXT NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (list, entity)
);

-- +goose Down
DROP TABLE listings;
