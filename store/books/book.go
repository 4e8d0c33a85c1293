// Package books keeps a ledger in SQL: the steps of its entries in their order, and after
// each commit what has gone through every account that it touched, so that a balance or a
// flow at any time is a look into an index and never a sum.
package books

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/ledger"
	"countersign/store/sqldb"
)

var (
	// ErrBooked means that the entry has this state already, with other content: an
	// external ID was used for two things.
	ErrBooked = errors.New("booked already, and otherwise")

	// ErrShort is [ledger.ErrShort].
	ErrShort = ledger.ErrShort
)

// maxRows bounds the rows of one statement: with nine parameters each, PostgreSQL takes
// 7,281 and SQLite 3,640.
const maxRows = 1000

// Book books steps in a transaction that no other one overlaps. Their time is now, or that of
// the last step where the clock is behind it. A step that stands there already, with the same
// content, is left as it is; with other content it is [ErrBooked].
func Book(ctx context.Context, tx *sql.Tx, db *sqldb.DB, b ledger.Booking, now time.Time) error {
	w := writing{ctx: ctx, tx: tx, db: db, last: map[string]*ledger.Step{}, totals: map[ledger.Key]ledger.Total{}, touched: map[ledger.Key]bool{}}
	if err := w.begin(b.Steps, now); err != nil {
		return fmt.Errorf("book: %w", err)
	}
	for _, s := range b.Steps {
		if err := w.step(s); err != nil {
			return fmt.Errorf("book: %w", err)
		}
	}
	if err := w.covered(b.Covered); err != nil {
		return fmt.Errorf("book: %w", err)
	}
	if err := w.end(); err != nil {
		return fmt.Errorf("book: %w", err)
	}
	return nil
}

// writing is a booking on its way.
type writing struct {
	ctx context.Context //nolint:containedctx // of the one call that it serves
	tx  *sql.Tx
	db  *sqldb.DB

	seq     int64 // of the last step
	at      time.Time
	last    map[string]*ledger.Step // by entry, as far as they are known
	stood   map[string]ledger.Step  // by entry and state
	totals  map[ledger.Key]ledger.Total
	touched map[ledger.Key]bool
	rows    []any
}

// begin reads the end of the books and what they have of the entries.
func (w *writing) begin(steps []ledger.Step, now time.Time) error {
	var at int64
	err := w.tx.QueryRowContext(w.ctx, "SELECT seq, at FROM ledger_steps ORDER BY seq DESC LIMIT 1").Scan(&w.seq, &at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if w.at = time.UnixMicro(at).UTC(); now.After(w.at) {
		w.at = now.UTC().Truncate(time.Microsecond)
	}
	w.stood = map[string]ledger.Step{}
	for len(steps) > 0 {
		some := steps[:min(len(steps), maxRows)]
		steps = steps[len(some):]
		ids := make([]any, len(some))
		for i, s := range some {
			ids[i] = s.ID
		}
		for b, err := range read(w.ctx, w.tx, w.db, "WHERE entry IN (?"+strings.Repeat(", ?", len(ids)-1)+") ORDER BY seq", ids...) {
			if err != nil {
				return err
			}
			s := b.Step
			w.last[s.ID], w.stood[s.ID+" "+string(s.State)] = &s, s
		}
	}
	return nil
}

// step books one step.
func (w *writing) step(s ledger.Step) error {
	if there, ok := w.stood[s.ID+" "+string(s.State)]; ok {
		if there.Digest() != s.Digest() {
			return fmt.Errorf("entry %s: %w: it is %s by record %s", s.ID, ErrBooked, s.State, there.Record)
		}
		return nil
	}
	s.At = w.at
	before := w.last[s.ID]
	if err := w.load(s.Postings); err != nil {
		return err
	}
	if before != nil {
		if err := w.load(before.Postings); err != nil {
			return err
		}
	}
	if err := ledger.Apply(w.totals, before, s); err != nil {
		return err
	}
	text, err := json.Marshal(s.Postings)
	if err != nil {
		return fmt.Errorf("entry %s: %w", s.ID, err)
	}
	w.seq++
	w.last[s.ID], w.stood[s.ID+" "+string(s.State)] = &s, s
	w.rows = append(w.rows, w.seq, s.ID, string(s.State), s.At.UnixMicro(), s.Record, s.Lineage, s.Memo, string(text))
	return nil
}

// load reads the totals that postings will change.
func (w *writing) load(postings []ledger.Posting) error {
	for _, p := range postings {
		for _, k := range []ledger.Key{{Account: p.From, Asset: p.Asset}, {Account: p.To, Asset: p.Asset}} {
			if w.touched[k] {
				continue
			}
			t, err := total(w.ctx, w.tx, w.db, k, time.Time{})
			if err != nil {
				return err
			}
			w.totals[k], w.touched[k] = t, true
		}
	}
	return nil
}

func (w *writing) covered(accounts []ledger.Account) error {
	for _, a := range accounts {
		for k, t := range w.totals {
			if k.Account == a && t.Free().Sign() < 0 {
				return fmt.Errorf("%w: %s would have %s free in %s", ErrShort, a, t.Free(), k.Asset)
			}
		}
	}
	return nil
}

// end writes the steps and the new totals.
func (w *writing) end() error {
	if len(w.rows) == 0 {
		return nil
	}
	if err := w.insert("ledger_steps (seq, entry, state, at, record_key, lineage, memo, postings)", 8, w.rows, ""); err != nil {
		return err
	}
	var totals, accounts []any
	for k, t := range w.totals {
		asset := k.Asset.String()
		totals = append(totals, string(k.Account), asset, w.at.UnixMicro(), w.seq, t.In.String(), t.Out.String(), t.HeldIn.String(), t.HeldOut.String())
		accounts = append(accounts, string(k.Account), asset)
	}
	if err := w.insert("ledger_totals (account, asset, at, seq, inflow, outflow, held_in, held_out)", 8, totals, ""); err != nil {
		return err
	}
	return w.insert("ledger_accounts (account, asset)", 2, accounts, " ON CONFLICT DO NOTHING")
}

func (w *writing) insert(into string, width int, args []any, tail string) error {
	row := "(?" + strings.Repeat(", ?", width-1) + ")"
	for len(args) > 0 {
		n := min(len(args)/width, maxRows)
		text := "INSERT INTO " + into + " VALUES " + row + strings.Repeat(", "+row, n-1) + tail
		if _, err := w.tx.ExecContext(w.ctx, w.db.Text(text), args[:n*width]...); err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}

// amounts reads four decimals into a total.
func amounts(in, out, heldIn, heldOut string) (t ledger.Total, err error) {
	for _, side := range []struct {
		text string
		into *countersign.Amount
	}{{in, &t.In}, {out, &t.Out}, {heldIn, &t.HeldIn}, {heldOut, &t.HeldOut}} {
		if *side.into, err = countersign.ParseAmount(side.text); err != nil {
			return ledger.Total{}, err
		}
	}
	return t, nil
}
