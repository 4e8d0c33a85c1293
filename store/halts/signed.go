package halts

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"countersign"
	"countersign/audit"
	"countersign/store/find"
	"countersign/store/sqldb"
)

// Signed is what the records of a log say of halts, as far as they were read. It is safe for
// concurrent use.
//
// A halt counts whoever wrote its record; its end counts only when a key that may sign has signed it. So
// who cannot sign can stop machines and cannot let them go on.
type Signed struct {
	SQL  *sqldb.DB
	Keys Keys

	mu       sync.Mutex
	next     int64 // the first index that was not looked at
	standing map[string]Halt
	// ended are the scopes that a transaction lets go on, whose records it has not written yet.
	tx    *sql.Tx
	ended map[string]bool
}

// Keys are those that may sign in the log.
type Keys interface {
	// Learn reads the records about keys that were not read yet, and Believe opens a record by them.
	Learn(ctx context.Context, q find.Querier) error
	Believe(e audit.Entry) (audit.Entry, error)
}

// LearnedFrom are the types of the records that [Signed.Learn] reads.
var LearnedFrom = []audit.Type{audit.ControlHalted, audit.ControlResumed, audit.KeyEnrolled, audit.KeyRetired, audit.KeyRevoked}

// Learn reads the records about halts that were not read yet, after those about keys.
func (s *Signed) Learn(ctx context.Context, q find.Querier) error {
	if err := s.Keys.Learn(ctx, q); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for e, err := range find.Where(ctx, s.SQL, q, "WHERE type IN (?, ?) AND idx >= ? ORDER BY idx", string(audit.ControlHalted), string(audit.ControlResumed), s.next) {
		if err != nil {
			return fmt.Errorf("read records about halts: %w", err)
		}
		s.apply(e)
		s.next = e.Index + 1
	}
	return nil
}

func (s *Signed) apply(e audit.Entry) {
	var c audit.Control
	signed := find.Payload(e.JWS)
	if (audit.Entry{Record: signed}).Decode(&c) != nil {
		return // it names no scope; the verifier says so
	}
	switch {
	case signed.Type == audit.ControlHalted:
		if s.standing == nil {
			s.standing = map[string]Halt{}
		}
		s.standing[c.Scope] = Halt{Scope: c.Scope, Key: signed.Key, Since: signed.At}
	case signed.Type == audit.ControlResumed:
		if _, err := s.Keys.Believe(e); err == nil {
			delete(s.standing, c.Scope)
		}
	}
}

// among adds what the records say, for a transaction or for none.
func (s *Signed) among(tx *sql.Tx, halted map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for scope := range s.standing {
		if tx == nil || s.tx != tx || !s.ended[scope] {
			halted[scope] = true
		}
	}
}

// Now returns those of the scopes that are halted now, as in [Signed.Among].
func (s *Signed) Now(ctx context.Context, scopes []string) ([]string, error) {
	if err := s.Learn(ctx, s.SQL); err != nil {
		return nil, err
	}
	return s.Among(ctx, s.SQL, scopes)
}

// Among returns those of the scopes that are halted, by the table or by what was learned of the records. The
// scope of any rule is halted when that of one is.
func (s *Signed) Among(ctx context.Context, q find.Querier, scopes []string) (among []string, err error) {
	rows, err := q.QueryContext(ctx, "SELECT scope FROM halts")
	if err != nil {
		return nil, fmt.Errorf("read halts: %w", err)
	}
	defer rows.Close()
	halted := map[string]bool{}
	for rows.Next() {
		var scope string
		if err := rows.Scan(&scope); err != nil {
			return nil, fmt.Errorf("read halts: %w", err)
		}
		halted[scope] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read halts: %w", err)
	}
	tx, _ := q.(*sql.Tx) // outside of one, nothing is on its way
	s.among(tx, halted)
	for scope := range halted {
		if strings.HasPrefix(scope, "rule/") {
			halted["rule/"+countersign.AnyRule] = true
			break
		}
	}
	for _, scope := range scopes {
		if halted[scope] {
			among = append(among, scope)
		}
	}
	return among, nil
}

// End ends a halt; [ErrNotHalted] when neither the table nor the records have one.
func (s *Signed) End(ctx context.Context, tx *sql.Tx, scope string) error {
	err := end(ctx, s.SQL, tx, scope)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, stands := s.standing[scope]; stands && errors.Is(err, ErrNotHalted) {
		err = nil // the row was taken away, and the record stands
	}
	if err == nil {
		if s.tx != tx {
			s.tx, s.ended = tx, map[string]bool{}
		}
		s.ended[scope] = true
	}
	return err
}

// List returns what is halted, by scope.
func (s *Signed) List(ctx context.Context) ([]Halt, error) {
	if err := s.Learn(ctx, s.SQL); err != nil {
		return nil, err
	}
	all, err := list(ctx, s.SQL)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for scope, h := range s.standing {
		if !slices.ContainsFunc(all, func(of Halt) bool { return of.Scope == scope }) {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(a, b Halt) int { return cmp.Compare(a.Scope, b.Scope) })
	return all, nil
}

// errRestless means that halts begin and end faster than they can be read.
var errRestless = errors.New("halts begin and end faster than they can be read: try again")

// Differences are what the table of halts and the signed records do not say alike, each of one
// moment: the halts that stand by the records and not in the table, and the rows of the table that
// no record under their key halts now.
func (s *Signed) Differences(ctx context.Context) (missing, unexplained []Halt, err error) {
	for range 10 {
		standing, before, err := s.learned(ctx)
		if err != nil {
			return nil, nil, err
		}
		kept, err := list(ctx, s.SQL)
		if err != nil {
			return nil, nil, err
		}
		if _, after, err := s.learned(ctx); err != nil {
			return nil, nil, err
		} else if after != before {
			continue
		}
		for _, h := range kept {
			if standing[h.Scope].Key != h.Key {
				unexplained = append(unexplained, h)
			}
			delete(standing, h.Scope)
		}
		return slices.SortedFunc(maps.Values(standing), func(a, b Halt) int { return cmp.Compare(a.Scope, b.Scope) }), unexplained, nil
	}
	return nil, nil, errRestless
}

// learned is what stands by the records now, and the index behind the last of them.
func (s *Signed) learned(ctx context.Context) (standing map[string]Halt, next int64, err error) {
	if err := s.Learn(ctx, s.SQL); err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	standing = maps.Clone(s.standing)
	if standing == nil {
		standing = map[string]Halt{}
	}
	return standing, s.next, nil
}
