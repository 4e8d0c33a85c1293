package store

import (
	"context"
	"database/sql"

	"countersign/audit"
	"countersign/ledger"
	"countersign/store/books"
	"countersign/store/sqldb"
)

// Book appends a record and books the steps that it explains, in one transaction: neither
// is there without the other. The steps take the record's key, lineage and time. A second
// call with the same key changes nothing and returns the first record.
func (t *Trail) Book(ctx context.Context, d audit.Draft, b ledger.Booking) (audit.Entry, error) {
	return t.append(ctx, d.Key, &d, func(tx *sql.Tx) (audit.Draft, error) {
		for i := range b.Steps {
			b.Steps[i].Record, b.Steps[i].Lineage = d.Key, d.Lineage
		}
		return d, books.Book(ctx, tx, t.DB.sql, b, t.Signer.Now())
	})
}

// Books are those of this database.
func (db *DB) Books() books.Books { return books.Books{DB: db.sql} }

// SQL is the database itself, for the packages below this one that keep things of their own in it.
func (db *DB) SQL() *sqldb.DB { return db.sql }
