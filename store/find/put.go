package find

import (
	"fmt"

	"countersign/audit"
	"countersign/store/sqldb"
)

// Put is the statements that write records, each with its facets. They fail with
// [audit.ErrForged] when the database has another JWS than it was given: a bit that fell on
// the way must not go under a checkpoint.
func Put(db *sqldb.DB, records []audit.Entry, facets [][]audit.Facet) []sqldb.Statement {
	var rows rows
	var found facetRows
	for i, e := range records {
		rows.add(e, found.add(e.Index, facets[i]))
	}
	statements := rows.statements(db)
	for i := range statements {
		statements[i].Row = same(records)
	}
	return append(statements, found.statements(db)...)
}

// same compares what was stored with what was given.
func same(records []audit.Entry) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var index int64
		var jws string
		if err := scan(&index, &jws); err != nil {
			return err
		}
		at := index - records[0].Index
		if at < 0 || at >= int64(len(records)) || records[at].Index != index || records[at].JWS != jws {
			return fmt.Errorf("%w: the database keeps another record %d than it was given", audit.ErrForged, index)
		}
		return nil
	}
}

// rows are those of records, column by column.
type rows struct {
	index, seq, at                              []int64
	key, kind, subject, jws, leafHash, approval []string
}

func (r *rows) add(e audit.Entry, approval string) {
	r.index, r.seq, r.at = append(r.index, e.Index), append(r.seq, e.Record.Seq), append(r.at, e.Record.At.UnixMicro())
	r.key, r.kind, r.subject = append(r.key, e.Record.Key), append(r.kind, string(e.Record.Type)), append(r.subject, e.Record.Subject)
	r.jws, r.leafHash, r.approval = append(r.jws, e.JWS), append(r.leafHash, e.LeafHash), append(r.approval, approval)
}

func (r *rows) statements(db *sqldb.DB) []sqldb.Statement {
	return db.Insert("records", []sqldb.Column{
		{Name: "idx", Values: r.index}, {Name: "record_key", Values: r.key}, {Name: "type", Values: r.kind},
		{Name: "subject", Values: r.subject}, {Name: "seq", Values: r.seq}, {Name: "at", Values: r.at},
		{Name: "jws", Values: r.jws}, {Name: "leaf_hash", Values: r.leafHash}, {Name: "approval", Values: r.approval},
	}, "RETURNING idx, jws")
}

// facetRows are what records can be found by.
type facetRows struct {
	name, value []string
	index       []int64
}

// add adds a record's facets, and returns its approval: that has a column of its own.
func (r *facetRows) add(index int64, facets []audit.Facet) (approval string) {
	for _, f := range facets {
		if f.Name == audit.FacetApproval {
			approval = f.Value
			continue
		}
		r.name, r.value, r.index = append(r.name, f.Name), append(r.value, f.Value), append(r.index, index)
	}
	return approval
}

func (r *facetRows) statements(db *sqldb.DB) []sqldb.Statement {
	if len(r.index) == 0 {
		return nil
	}
	return db.Insert("facets", []sqldb.Column{{Name: "name", Values: r.name}, {Name: "value", Values: r.value}, {Name: "idx", Values: r.index}}, "")
}
