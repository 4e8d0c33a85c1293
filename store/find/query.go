// Package find keeps the records of a store in SQL with what they can be found by, and picks
// them by it.
//
// It trusts the columns and the facets to find a record, and nothing else: what is true
// stands in the record.
package find

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/audit"
	"countersign/audit/facet"
	"countersign/store/sqldb"
)

// A Query picks records by what they can be found by. The zero Query picks all.
type Query struct {
	// From is the first index wanted, and Before the first that is not; Before is without
	// bound when it is 0. Limit is the most records, 0 without limit.
	From, Before int64
	Limit        int

	Type    audit.Type
	Subject string
	// Facets must all be the record's. A record that does not name all of its contracts
	// ([facet.More]) has any.
	Facets []audit.Facet
	// Wallets picks, unless it is nil, records that name one of them; with an empty list
	// none does.
	Wallets []string
	// Since and Until bound the time of signing: Since <= t < Until.
	Since, Until time.Time
}

// Select yields what q picks of a database in the order of the log. It holds a connection, and on
// SQLite a snapshot, until the walk ends: whoever writes to somebody slow takes the
// records by Limit, a group at a time.
func Select(ctx context.Context, db *sqldb.DB, q Query) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		s, err := plan(ctx, db, q)
		if err != nil {
			yield(audit.Entry{}, fmt.Errorf("read records: %w", err))
			return
		}
		for e, err := range Records(ctx, db, db.Text(s.text()), s.args...) {
			if !yield(e, err) {
				return
			}
		}
	}
}

// A selection is a SELECT of records in the making. All of its text stands in this file;
// what a caller says goes into args.
type selection struct {
	from  string
	where []string
	order string
	limit bool
	args  []any
}

func (s *selection) and(cond string, args ...any) {
	s.where = append(s.where, cond)
	s.args = append(s.args, args...)
}

func (s *selection) text() string {
	text := "SELECT r.idx, r.record_key, r.type, r.jws, r.leaf_hash FROM " + s.from + " WHERE " + strings.Join(s.where, " AND ") + " ORDER BY " + s.order
	if s.limit {
		text += " LIMIT ?"
	}
	return text
}

// plan writes the statement so that one index gives the records in their order and the
// rest is looked at record by record: a page then costs what it skips, and no sort. Which
// index it is follows from the filters alone, because SQLite has no statistics to choose
// by. A condition on an expression (type with nothing appended) is one that no index may serve.
func plan(ctx context.Context, db *sqldb.DB, q Query) (*selection, error) {
	s := &selection{from: "records r", order: "r.idx"}
	q, err := within(ctx, db, q)
	if err != nil {
		return nil, err
	}
	facets, wallets := ranked(q)
	more := false // there are records of more contracts than they name
	if len(facets) > 0 && facets[0].Name == audit.FacetContract {
		n, err := Number(ctx, db, "SELECT COUNT(*) FROM (SELECT 1 FROM facets WHERE name = ? AND value = ? AND idx >= ? LIMIT 1) AS f",
			audit.FacetContract, facet.More, q.From)
		if err != nil {
			return nil, err
		}
		more = n > 0
	}
	switch {
	case more:
		s.and("r.idx IN (SELECT idx FROM facets WHERE name = ? AND value IN (?, ?) AND idx >= ?)",
			audit.FacetContract, facets[0].Value, facet.More, q.From)
		facets = facets[1:]
	case len(facets) > 0 && facets[0].Name == audit.FacetApproval:
		s.and("r.approval = ? AND r.approval <> ''", facets[0].Value)
		facets = facets[1:]
	case len(facets) > 0:
		s.from, s.order = "facets f CROSS JOIN records r", "f.idx"
		s.and("f.name = ? AND f.value = ? AND r.idx = f.idx AND f.idx >= ?", facets[0].Name, facets[0].Value, q.From)
		if q.Before > 0 {
			s.and("f.idx < ?", q.Before)
		}
		facets = facets[1:]
	case wallets != nil:
		s.and("r.idx IN (SELECT idx FROM facets WHERE name = ? AND value IN (?"+strings.Repeat(", ?", len(wallets)-1)+") AND idx >= ?)",
			append(texts(audit.FacetWallet, wallets), q.From)...)
		wallets = nil
	case q.Subject != "":
		seq, err := seqFrom(ctx, db, q.Subject, q.From)
		if err != nil {
			return nil, err
		}
		s.order = "r.seq" // an author's records are numbered in the order of the log
		s.and("r.subject = ? AND r.seq >= ?", q.Subject, seq)
		q.Subject = ""
	case q.Type != "":
		s.and("r.type = ?", string(q.Type))
		q.Type = ""
	}
	s.rest(q, facets, wallets)
	return s, nil
}

// rest adds the conditions that no index serves.
func (s *selection) rest(q Query, facets []audit.Facet, wallets []string) {
	s.and("r.idx >= ?", q.From)
	if q.Before > 0 {
		s.and("r.idx < ?", q.Before)
	}
	for _, f := range facets {
		if f.Name == audit.FacetApproval {
			s.and("r.approval || '' = ?", f.Value)
			continue
		}
		if f.Name == audit.FacetContract {
			s.and("EXISTS (SELECT 1 FROM facets o WHERE o.name = ? AND o.value IN (?, ?) AND o.idx = r.idx)", f.Name, f.Value, facet.More)
			continue
		}
		s.and("EXISTS (SELECT 1 FROM facets o WHERE o.name = ? AND o.value = ? AND o.idx = r.idx)", f.Name, f.Value)
	}
	if wallets != nil {
		s.and("EXISTS (SELECT 1 FROM facets o WHERE o.name = ? AND o.value IN (?"+strings.Repeat(", ?", len(wallets)-1)+") AND o.idx = r.idx)",
			texts(audit.FacetWallet, wallets)...)
	}
	if q.Subject != "" {
		s.and("r.subject || '' = ?", q.Subject)
	}
	if q.Type != "" {
		s.and("r.type || '' = ?", string(q.Type))
	}
	if !q.Since.IsZero() {
		s.and("r.at >= ?", q.Since.UnixMicro())
	}
	if !q.Until.IsZero() {
		s.and("r.at < ?", q.Until.UnixMicro())
	}
	if s.limit = q.Limit > 0; s.limit {
		s.args = append(s.args, q.Limit)
	}
}

// rank is the order of facets by how few records one value picks, in most deployments.
var rank = []string{
	audit.FacetApproval, audit.FacetLineage, audit.FacetApprover, audit.FacetInitiator, audit.FacetContract,
	audit.FacetPolicy, audit.FacetWallet, audit.FacetNetwork, audit.FacetDecision,
}

// ranked is the facets of a query, the one that picks fewest first. Of the wallets it
// leaves nil where a facet says the same; of none it makes a wallet that no record names.
func ranked(q Query) (facets []audit.Facet, wallets []string) {
	all := append([]audit.Facet{}, q.Facets...)
	switch {
	case q.Wallets == nil:
	case len(q.Wallets) == 0:
		all = append(all, audit.Facet{Name: audit.FacetWallet})
	case len(q.Wallets) == 1:
		all = append(all, audit.Facet{Name: audit.FacetWallet, Value: q.Wallets[0]})
	default:
		wallets = q.Wallets
	}
	for _, name := range rank {
		for _, f := range all {
			if f.Name == name {
				facets = append(facets, f)
			}
		}
	}
	for _, f := range all {
		if !slices.Contains(rank, f.Name) { // no record has it: nothing is found
			facets = append(facets, f)
		}
	}
	return facets, wallets
}

func texts(first any, values []string) []any {
	args := []any{first}
	for _, v := range values {
		args = append(args, v)
	}
	return args
}

// seqFrom is the number of an author's first record at or behind an index: a search by
// halves in the unique index of subject and seq, about twenty steps for a million.
func seqFrom(ctx context.Context, db *sqldb.DB, subject string, index int64) (int64, error) {
	low, high, err := int64(0), int64(0), error(nil)
	if index > 0 {
		high, err = Number(ctx, db, "SELECT COALESCE(MAX(seq) + 1, 0) FROM records WHERE subject = ?", subject)
	}
	for low < high && err == nil {
		middle, at := low+(high-low)/2, int64(0)
		at, err = Number(ctx, db, "SELECT COALESCE((SELECT idx FROM records WHERE subject = ? AND seq >= ? ORDER BY seq LIMIT 1), ?)", subject, middle, index)
		if at < index {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, err
}

// Number runs a SELECT of one number.
func Number(ctx context.Context, db *sqldb.DB, query string, args ...any) (n int64, err error) {
	err = db.QueryRowContext(ctx, db.Text(query), args...).Scan(&n)
	return n, err
}

// Explain is how the database finds what q picks, a step in each line, in its own words.
func Explain(ctx context.Context, db *sqldb.DB, q Query) (steps []string, err error) {
	s, err := plan(ctx, db, q)
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	return db.Explain(ctx, false, s.text(), s.args...)
}

// ByID returns the record with an ID, a UUIDv7, or [audit.ErrNoRecord]. The ID tells when
// the record was signed, and that is where it is looked for.
func ByID(ctx context.Context, db *sqldb.DB, id string) (audit.Entry, error) {
	if ms, err := strconv.ParseInt(strings.ReplaceAll(id[:min(len(id), 13)], "-", ""), 16, 64); err == nil {
		for e, err := range Select(ctx, db, Query{Since: time.UnixMilli(ms), Until: time.UnixMilli(ms + 1)}) {
			if err != nil || e.Record.ID == id {
				return e, err
			}
		}
	}
	return audit.Entry{}, fmt.Errorf("%w: %.40q", audit.ErrNoRecord, id)
}
