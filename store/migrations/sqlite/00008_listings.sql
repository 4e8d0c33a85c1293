-- +goose Up
-- What was in the custodian's lists when they were read last: of each entity the SHA-256 of its
-- JSON. A list that was never read has no rows.
CREATE TABLE listings (
    list   TEXT NOT NULL,
    entity TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (list, entity)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE listings;
