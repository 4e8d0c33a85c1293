package treelog_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store"
	"countersign/store/find"
	"countersign/store/sqldb"
	"countersign/store/storetest"
	"countersign/store/treelog"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// errTakenBack ends a transaction that is to come to nothing.
var errTakenBack = errors.New("taken back")

// A logger is one process that lets a log grow.
type logger struct {
	t    *testing.T
	db   *sqldb.DB
	key  *tree.Key
	kept *treelog.Tip
}

// each runs f on an empty database of each kind.
func each(t *testing.T, f func(t *testing.T, l *logger)) {
	for _, kind := range []string{"SQLite", "PostgreSQL"} {
		t.Run(kind, func(t *testing.T) {
			dsn := filepath.Join(t.TempDir(), "log.db")
			if kind == "PostgreSQL" {
				dsn = storetest.Postgres(t)
			}
			db, err := store.Open(t.Context(), dsn)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			key, err := tree.NewKey("trail.test", storetest.Key("log"))
			if err != nil {
				t.Fatal(err)
			}
			f(t, &logger{t: t, db: db.SQL(), key: key})
		})
	}
}

func (l *logger) keys() note.Verifiers { return note.VerifierList(l.key.Verifier()) }

// grow appends n records in one commit, which fails at its end with fault. It reports whether
// the end of the log was as this process knew it.
func (l *logger) grow(name string, n int, fault error) (end treelog.Tip, same bool, err error) {
	l.t.Helper()
	err = l.db.Exclusively(l.t.Context(), func(tx *sqldb.Tx) (err error) {
		var newest []byte
		if err := errors.Join(tx.Send(l.t.Context(), treelog.Newest(&newest)), tx.Flush(l.t.Context())); err != nil {
			return err
		}
		if end, same, err = treelog.End(l.t.Context(), l.db, tx, newest, l.kept, l.keys()); err != nil {
			return err
		}
		records, leaves := make([]audit.Entry, n), make([]tlog.Hash, n)
		for i := range records {
			jws := fmt.Sprint(name, i)
			records[i] = audit.Entry{Index: end.Size() + int64(i), JWS: jws, LeafHash: audit.LeafHash(jws)}
			records[i].Record.Key, records[i].Record.Seq = jws, records[i].Index
			leaves[i] = tlog.RecordHash([]byte(jws))
		}
		grown, err := end.Grow(leaves, l.sign, time.Now())
		if err != nil {
			return err
		}
		return errors.Join(fault, tx.Send(l.t.Context(), append(find.Put(l.db, records, make([][]audit.Facet, n)), grown...)...))
	})
	return end, same, err
}

func (l *logger) sign(size int64, root tlog.Hash) (treelog.Signed, error) {
	c := tree.Checkpoint{Origin: l.key.Name(), Size: size, Root: root}
	msg, err := c.Sign(l.key)
	return treelog.Signed{Checkpoint: c, Note: msg}, err
}

func TestALogGrowsAsItsTreeDoesWhoeverAppends(t *testing.T) {
	each(t, func(t *testing.T, l *logger) {
		var plain tree.Tree
		other := &logger{t: t, db: l.db, key: l.key}
		before := []tree.Checkpoint{}
		for i, n := range []int{1, 254, 1, 1, 300, 3, 513, 2} {
			who, name := l, fmt.Sprintf("commit %d, record ", i)
			if i%3 == 2 {
				who = other
			}
			end, same, err := who.grow(name, n, nil)
			if err != nil {
				t.Fatal(err)
			}
			if want := i%3 == 1; same != want { // l's second in a row
				t.Errorf("commit %d: the end is as it was known: %t, want %t", i, same, want)
			}
			who.kept = &end
			for r := range n {
				plain.Append(tlog.RecordHash([]byte(fmt.Sprint(name, r))))
			}
			if end.Signed.Root != plain.Root() || end.Size() != plain.Size() {
				t.Fatalf("after commit %d: %d records, root %s; want %d, %s", i, end.Size(), end.Signed.Root, plain.Size(), plain.Root())
			}
			before = append(before, end.Signed.Checkpoint)
		}
		log := treelog.Reader{SQL: l.db}
		for i, c := range before {
			if err := log.Extends(t.Context(), c); err != nil {
				t.Errorf("checkpoint %d: %v", i, err)
			}
			c.Root[0] ^= 1
			if err := log.Extends(t.Context(), c); !errors.Is(err, treelog.ErrRolledBack) {
				t.Errorf("checkpoint %d with another root: %v, want ErrRolledBack", i, err)
			}
			if r, err := log.Receipt(t.Context(), c.Size-1); err != nil {
				t.Errorf("receipt %d: %v", c.Size-1, err)
			} else if at, err := r.Check(l.keys()); err != nil || at.Size != plain.Size() {
				t.Errorf("receipt %d under %d records: %v", c.Size-1, at.Size, err)
			}
		}
	})
}

func TestALogThatLostItsEndIsNotGrown(t *testing.T) {
	each(t, func(t *testing.T, l *logger) {
		first, _, err := l.grow("first ", 3, nil)
		if err != nil {
			t.Fatal(err)
		}
		lost, _, err := l.grow("lost ", 2, errTakenBack)
		if !errors.Is(err, errTakenBack) {
			t.Fatal(err)
		}
		l.kept = &lost // as if it had been committed, and the database restored
		for _, after := range []string{"shorter", "longer by others"} {
			if _, _, err := l.grow("next ", 1, nil); !errors.Is(err, treelog.ErrRolledBack) {
				t.Errorf("%s: %v, want ErrRolledBack", after, err)
			}
			other := &logger{t: t, db: l.db, key: l.key, kept: &first}
			if _, _, err := other.grow(after, 4, nil); err != nil {
				t.Fatal(err)
			}
		}
	})
}
