package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store/barrier"
	"countersign/store/sqldb"
	"countersign/store/treelog"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var (
	// ErrNoLog means that a database was opened without the key of its log: nothing can
	// be appended, because nothing would be under a signed checkpoint.
	ErrNoLog = errors.New("no log key: records cannot be appended")

	// ErrRolledBack is [treelog.ErrRolledBack].
	ErrRolledBack = treelog.ErrRolledBack

	// ErrNoCheckpoint is [treelog.ErrNoCheckpoint].
	ErrNoCheckpoint = treelog.ErrNoCheckpoint
)

// A Log signs the checkpoints of a database's trail.
type Log struct {
	// Keys sign: one, or two while one takes over from the other. Their name is the
	// origin of the log.
	Keys []*tree.Key
	// Anchors are where the newest checkpoint is kept beside the database, Witnesses who
	// else signs it. [Trail.Barrier] waits for all anchors and for Quorum witnesses.
	Anchors   []Anchor
	Witnesses []Witness
	Quorum    int
	// Anew are anchors, by name, that may be empty though the log has been anchored there,
	// each with the size that [ErrAnchorLost] names. [Trail.BeginAnew] makes use of it.
	Anew map[string]int64
}

// Origin names the log.
func (l *Log) Origin() string { return l.Keys[0].Name() }

// signers are the keys that may sign a checkpoint of size records. Before the first log
// key is enrolled, all may.
func (l *Log) signers(r *audit.Registry, size int64) (keys []note.Signer) {
	for _, k := range l.Keys {
		if _, ok := r.CheckpointKey(audit.KeyID(k.Public()), k.Name(), size); ok || r.Empty(audit.LogKey) {
			keys = append(keys, k)
		}
	}
	return keys
}

func (l *Log) verifiers() note.Verifiers {
	var keys []note.Verifier
	for _, k := range l.Keys {
		keys = append(keys, k.Verifier())
	}
	return note.VerifierList(keys...)
}

// SignWith gives a database the log that its trail belongs to, and compares it with what
// the anchors keep. It fails with [ErrRolledBack] when the database does not extend what
// was signed before; then, and before it was called, nothing can be appended.
func (db *DB) SignWith(ctx context.Context, l *Log) error {
	if l == nil || len(l.Keys) == 0 {
		return ErrNoLog
	}
	if l.Quorum > len(l.Witnesses) {
		return fmt.Errorf("a quorum of %d witnesses, %d are named", l.Quorum, len(l.Witnesses))
	}
	for _, k := range l.Keys {
		if k.Name() != l.Origin() {
			return fmt.Errorf("%w: its keys are those of %q and of %q", tree.ErrLogKey, l.Origin(), k.Name())
		}
	}
	b := &barrier.Barrier{SQL: db.sql, Keys: l.verifiers(), Anchors: l.Anchors, Witnesses: l.Witnesses, Quorum: l.Quorum, Anew: l.Anew, Now: db.now}
	if err := b.Check(ctx); err != nil {
		return err
	}
	db.log, db.barrier = l, b
	return nil
}

// Origin names the log of a database that is open for signing, else it is empty.
func (db *DB) Origin() string {
	if db.log == nil {
		return ""
	}
	return db.log.Origin()
}

// tip is the end of the log as the last commit left it, with what else a commit must know
// and need not read again.
type tip struct {
	treelog.Tip
	heads map[string]audit.Head
	// learned says that the registry has all records about keys and halts up to here.
	learned bool
	// appended are the records of the commit that is being made.
	appended []audit.Entry
}

// grow is the statements that put the records of a commit under the tree, with the new signed
// checkpoint.
func (db *DB) grow(t *tip, leaves []tlog.Hash, keys *audit.Registry) ([]sqldb.Statement, error) {
	return t.Grow(leaves, func(size int64, root tlog.Hash) (treelog.Signed, error) {
		c := tree.Checkpoint{Origin: db.log.Origin(), Size: size, Root: root}
		signers := db.log.signers(keys, size)
		if len(signers) == 0 {
			return treelog.Signed{}, fmt.Errorf("%w: no configured log key may sign a checkpoint of %d records", ErrNotEnrolled, size)
		}
		msg, err := c.Sign(signers...)
		if err != nil {
			return treelog.Signed{}, fmt.Errorf("sign the checkpoint of %d records: %w", size, err)
		}
		return treelog.Signed{Checkpoint: c, Note: msg}, nil
	}, db.now())
}

// tipIn returns the end of the log at its newest checkpoint, for the transaction to grow. It is
// the kept one when nobody else has appended since.
func (db *DB) tipIn(ctx context.Context, tx *sql.Tx, newest []byte) (*tip, error) {
	var kept *treelog.Tip
	if db.kept != nil {
		kept = &db.kept.Tip
	}
	end, same, err := treelog.End(ctx, db.sql, tx, newest, kept, db.barrier.Keys)
	if errors.Is(err, ErrRolledBack) {
		db.refuse(err)
	}
	if err != nil {
		return nil, err
	}
	if same {
		return &tip{Tip: end, heads: db.kept.heads, learned: db.kept.learned}, nil
	}
	return &tip{Tip: end, heads: map[string]audit.Head{}}, nil
}

func (db *DB) refuse(err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.refusal == nil {
		db.refusal = err
	}
}

// refused is why this process appends nothing, or nothing any more.
func (db *DB) refused() error {
	if db.log == nil {
		return ErrNoLog
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.refusal
}
