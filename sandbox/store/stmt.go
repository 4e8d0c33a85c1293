package store

import (
	"database/sql"
	"fmt"
	"sync"
)

// A pool is the connections of one use, with the statements that were prepared on them:
// SQLite takes as long to read a statement as to run it.
type pool struct {
	*sql.DB

	mu     sync.Mutex
	stmts  map[string]*sql.Stmt
	wanted []string
}

// maxStmts bounds them. All texts are constants of this package.
const maxStmts = 100

// stmt returns the prepared statement of a text, or nil and notes that it is wanted: within
// a transaction it cannot be made.
func (p *pool) stmt(text string) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, known := p.stmts[text]
	if !known && len(p.stmts) < maxStmts {
		p.wanted = append(p.wanted, text)
	}
	return s
}

// prepare makes what is wanted. It must not be called within a transaction.
func (p *pool) prepare() error {
	p.mu.Lock()
	wanted := p.wanted
	p.wanted = nil
	p.mu.Unlock()
	for _, text := range wanted {
		s, err := p.Prepare(text)
		if err != nil {
			return fmt.Errorf("preparing a statement: %w", err)
		}
		p.mu.Lock()
		if p.stmts == nil {
			p.stmts = map[string]*sql.Stmt{}
		}
		if p.stmts[text] == nil {
			p.stmts[text], s = s, nil
		}
		p.mu.Unlock()
		if s != nil { // two wanted it at once
			if err := s.Close(); err != nil {
				return fmt.Errorf("closing a statement: %w", err)
			}
		}
	}
	return nil
}

func (t *Tx) exec(text string, args ...any) (sql.Result, error) {
	if s := t.pool.stmt(text); s != nil {
		return t.sql.Stmt(s).Exec(args...)
	}
	return t.sql.Exec(text, args...)
}

func (t *Tx) row(text string, args ...any) *sql.Row {
	if s := t.pool.stmt(text); s != nil {
		return t.sql.Stmt(s).QueryRow(args...)
	}
	return t.sql.QueryRow(text, args...)
}

// rows is for a caller who runs nothing else until the rows are closed: the driver has one
// handle for a statement, and the same text within would take it away.
func (t *Tx) rows(text string, args ...any) (*sql.Rows, error) {
	if s := t.pool.stmt(text); s != nil {
		return t.sql.Stmt(s).Query(args...)
	}
	return t.sql.Query(text, args...)
}
