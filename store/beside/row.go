package beside

import (
	"context"
	"errors"
	"runtime"

	"countersign/audit"
	"countersign/audit/beside"
	"countersign/store/find"
)

// A row is a record as it stands in the database: its columns, and what was signed.
type row struct {
	index, seq, at               int64
	key, kind, subject, approval string
	signed                       audit.Record
	jws                          string

	told told
}

// told is what follows from a record by itself, where all records are read.
type told struct {
	findable
	named    []beside.Name
	bookings []booking
	decision *decision // nil for what takes nothing from budgets
}

// findable is what a record must be found by: its approval, and the sum of its facets.
type findable struct {
	approval string
	sum      uint64
}

// tell opens a record.
func (c *checker) tell(r *row) {
	if r.signed.Key == "" {
		return
	}
	r.told = told{
		findable: c.facets.of(r.signed.Facets()), named: beside.Names(r.signed), bookings: bookings(r.signed.Body),
	}
	if r.signed.Type == audit.DecisionIntent {
		r.told.decision = decided(r)
	}
}

// each runs a query of records.
func (c *checker) each(ctx context.Context, q find.Querier, where string, args []any, do func(row) error) error {
	return c.read(ctx, q, where, args, func(*row) {}, do)
}

// read runs a query of records, opens each by itself, many at once, and tells of them in their
// order.
func (c *checker) read(ctx context.Context, q find.Querier, where string, args []any, open func(*row), do func(row) error) error {
	rows, err := q.QueryContext(ctx, c.db.Text("SELECT idx, record_key, type, subject, seq, at, jws, approval FROM records "+where), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	next := func() (r row, more bool, err error) {
		if !rows.Next() {
			return r, false, rows.Err()
		}
		err = rows.Scan(&r.index, &r.key, &r.kind, &r.subject, &r.seq, &r.at, &r.jws, &r.approval)
		return r, err == nil, err
	}
	return inOrder(next, func(r *row) {
		r.signed = find.Payload(r.jws)
		open(r)
	}, do)
}

// pieceSize is how many rows are opened together: enough to make little of the way.
const pieceSize = 64

// errStopped means that nobody listens any more.
var errStopped = errors.New("stopped")

// A piece is rows that follow each other.
type piece struct {
	rows   []row
	opened chan struct{}
}

// inOrder opens what next tells of while it is told on, and hands it to do in its order. It ends
// with the first error, and nothing runs on behind it.
func inOrder(next func() (row, bool, error), open func(*row), do func(row) error) (err error) {
	order, stop := make(chan *piece, runtime.GOMAXPROCS(0)), make(chan struct{})
	var broken error // next's
	go func() {
		defer close(order)
		broken = pieces(next, func(p *piece) error {
			go func() {
				defer close(p.opened)
				for i := range p.rows {
					open(&p.rows[i])
				}
			}()
			select {
			case order <- p:
				return nil
			case <-stop:
				<-p.opened
				return errStopped
			}
		})
	}()
	for p := range order {
		<-p.opened
		for i := 0; i < len(p.rows) && err == nil; i++ {
			if err = do(p.rows[i]); err != nil {
				close(stop)
			}
		}
	}
	if err == nil {
		err = broken
	}
	return err
}

// pieces cuts what next tells of. What came before an error is sent on.
func pieces(next func() (row, bool, error), send func(*piece) error) error {
	for {
		p := &piece{opened: make(chan struct{})}
		r, more, err := next()
		for ; more; r, more, err = next() {
			if p.rows = append(p.rows, r); len(p.rows) == pieceSize {
				break
			}
		}
		if len(p.rows) > 0 {
			if err := send(p); err != nil {
				return err
			}
		}
		if !more {
			return err
		}
	}
}
