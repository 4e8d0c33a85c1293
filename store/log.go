package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign/audit"
	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var (
	// ErrNoLog means that a database was opened without the key of its log: nothing can
	// be appended, because nothing would be under a signed checkpoint.
	ErrNoLog = errors.New("no log key: records cannot be appended")

	// ErrRolledBack means that the database is not what it was: it ends before, or
	// differs from, a checkpoint that was signed. It may be a restored backup. Nothing
	// is signed on top of it.
	ErrRolledBack = errors.New("the trail does not extend its last checkpoint")
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
	if err := db.compareAnchors(ctx, l); err != nil {
		return err
	}
	db.log = l
	return nil
}

// Origin names the log of a database that is open for signing, else it is empty.
func (db *DB) Origin() string {
	if db.log == nil {
		return ""
	}
	return db.log.Origin()
}

// tip is the end of the log as the last commit left it: kept between commits, because
// reading it again costs a commit more than writing does.
type tip struct {
	tiler *tree.Tiler
	root  tlog.Hash
	heads map[string]audit.Head
	// signed is the checkpoint that the last commit left.
	signed signed
	// learned says that the registry has all records about keys up to here.
	learned bool
	// appended are the records of the commit that is being made.
	appended []audit.Entry
}

// signed is a checkpoint and its note.
type signed struct {
	tree.Checkpoint
	note []byte
}

// grow puts the records of a commit under the tree and signs the new checkpoint.
func (db *DB) grow(ctx context.Context, tx *sql.Tx, t *tip, leaves []tlog.Hash, keys *audit.Registry) error {
	for _, leaf := range leaves {
		t.tiler.Append(leaf)
	}
	t.root = t.tiler.Root()
	full, edges := t.tiler.Flush()
	for _, tile := range full {
		if _, err := tx.ExecContext(ctx, db.query("INSERT INTO tiles (level, n, data) VALUES (?, ?, ?)"), tile.Level, tile.N, tile.Data); err != nil {
			return fmt.Errorf("keep tile %d/%d: %w", tile.Level, tile.N, err)
		}
		if tile.Level == 0 {
			if err := db.keepSpan(ctx, tx, tile.N); err != nil {
				return err
			}
		}
	}
	for _, e := range edges {
		if _, err := tx.ExecContext(ctx, db.query("INSERT INTO edges (level, data) VALUES (?, ?) ON CONFLICT (level) DO UPDATE SET data = excluded.data"), e.Level, e.Data); err != nil {
			return fmt.Errorf("keep the edge of level %d: %w", e.Level, err)
		}
	}
	c := tree.Checkpoint{Origin: db.log.Origin(), Size: t.tiler.Size(), Root: t.root}
	if len(db.log.signers(keys, c.Size)) == 0 {
		return fmt.Errorf("%w: no configured log key may sign a checkpoint of %d records", ErrNotEnrolled, c.Size)
	}
	msg, err := c.Sign(db.log.signers(keys, c.Size)...)
	if err != nil {
		return fmt.Errorf("sign the checkpoint of %d records: %w", c.Size, err)
	}
	t.signed = signed{c, msg}
	_, err = tx.ExecContext(ctx, db.query("INSERT INTO checkpoints (size, note, at) VALUES (?, ?, ?)"), c.Size, string(msg), db.now().UnixMicro())
	return err
}

// tipIn returns the end of the log, for the transaction to grow. It is the kept one when
// nobody else has appended since.
func (db *DB) tipIn(ctx context.Context, tx *sql.Tx) (*tip, error) {
	if db.log == nil {
		return nil, ErrNoLog
	}
	if err := db.refused(); err != nil {
		return nil, err
	}
	msg, err := db.checkpoint(ctx, tx, "ORDER BY size DESC LIMIT 1")
	if err != nil && !errors.Is(err, ErrNoCheckpoint) {
		return nil, err
	}
	if kept := db.kept; kept != nil && bytes.Equal(kept.signed.note, msg) {
		return &tip{tiler: kept.tiler.Clone(), root: kept.root, heads: kept.heads, signed: kept.signed, learned: kept.learned}, nil
	}
	at := tree.Checkpoint{Root: emptyRoot}
	if msg != nil {
		if at, err = tree.OpenCheckpoint(msg, db.log.verifiers()); err != nil {
			return nil, err
		}
	}
	fresh, err := db.restore(ctx, tx, at)
	if err != nil {
		return nil, err
	}
	if err := db.extends(ctx, tx, at); err != nil {
		db.refuse(err)
		return nil, err
	}
	return fresh, nil
}

// restore reads the end of the log from the database.
func (db *DB) restore(ctx context.Context, q querier, at tree.Checkpoint) (*tip, error) {
	// A record beyond the newest checkpoint was put there by nobody who may: each commit
	// signs what it appends.
	stray, err := db.bytes(ctx, q, "SELECT record_key FROM records WHERE idx >= ? LIMIT 1", at.Size)
	if err != nil {
		return nil, err
	}
	if stray != nil {
		return nil, fmt.Errorf("%w: record %s stands under no checkpoint", audit.ErrForged, stray)
	}
	edges, err := db.edges(ctx, q, at.Size)
	if err != nil {
		return nil, err
	}
	tiler, err := tree.Restore(at.Size, edges)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", audit.ErrForged, err)
	}
	if root := tiler.Root(); root != at.Root {
		return nil, fmt.Errorf("%w: the tree of %d records has root %s, its checkpoint says %s", audit.ErrForged, at.Size, root, at.Root)
	}
	return &tip{tiler: tiler, root: at.Root, heads: map[string]audit.Head{}}, nil
}

// extends fails unless the log at a checkpoint extends what this process saw last.
func (db *DB) extends(ctx context.Context, q querier, at tree.Checkpoint) error {
	if db.kept == nil {
		return nil
	}
	size, root := db.kept.tiler.Size(), db.kept.root
	return db.prefix(ctx, q, at, tree.Checkpoint{Size: size, Root: root})
}

// prefix fails with [ErrRolledBack] unless old is a beginning of the log at a checkpoint.
func (db *DB) prefix(ctx context.Context, q querier, at, old tree.Checkpoint) error {
	if old.Size > at.Size {
		return fmt.Errorf("%w: it has %d records, a checkpoint of %d was signed", ErrRolledBack, at.Size, old.Size)
	}
	if old.Size == 0 {
		return nil
	}
	root, err := tlog.TreeHash(old.Size, db.hashes(ctx, q, at))
	if err != nil {
		return fmt.Errorf("%w: the first %d of its %d records: %w", ErrRolledBack, old.Size, at.Size, err)
	}
	if root != old.Root {
		return fmt.Errorf("%w: its first %d records have root %s, a checkpoint of %s was signed", ErrRolledBack, old.Size, root, old.Root)
	}
	return nil
}

func (db *DB) refuse(err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.refusal == nil {
		db.refusal = err
	}
}

// refused is why this process appends nothing any more.
func (db *DB) refused() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.refusal
}
