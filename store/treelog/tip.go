package treelog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store/find"
	"countersign/store/sqldb"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrRolledBack means that the database is not what it was: it ends before, or
// differs from, a checkpoint that was signed. It may be a restored backup. Nothing
// is signed on top of it.
var ErrRolledBack = errors.New("the trail does not extend its last checkpoint")

// Signed is a checkpoint and its note.
type Signed struct {
	tree.Checkpoint
	Note []byte
}

// A Tip is the end of the log as a commit left it. It may be kept between commits, because
// reading it again costs a commit more than writing does.
type Tip struct {
	// Signed is the newest checkpoint, the zero of it where nothing was signed yet.
	Signed Signed
	tiler  *tree.Tiler
}

var emptyRoot = (&tree.Tree{}).Root()

// Newest is the statement that reads the newest signed checkpoint into note, which stays nil
// where nothing was signed yet.
func Newest(note *[]byte) sqldb.Statement {
	return sqldb.Statement{Text: "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1", Row: func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return fmt.Errorf("read checkpoint: %w", err)
		}
		*note = []byte(text)
		return nil
	}}
}

// End returns the end of the log at its [Newest] checkpoint, for the transaction to grow. It is
// a copy of kept when nobody else has appended since, and same says so; else it is read again,
// and it is [ErrRolledBack] when it does not extend what was kept. Without a kept one, nil, it
// may be any that a key among the verifiers has signed.
func End(ctx context.Context, db *sqldb.DB, q find.Querier, msg []byte, kept *Tip, keys note.Verifiers) (end Tip, same bool, err error) {
	if kept != nil && bytes.Equal(kept.Signed.Note, msg) {
		return Tip{Signed: kept.Signed, tiler: kept.tiler.Clone()}, true, nil
	}
	at := tree.Checkpoint{Root: emptyRoot}
	if msg != nil {
		if at, err = tree.OpenCheckpoint(msg, keys); err != nil {
			return Tip{}, false, err
		}
	}
	if end.tiler, err = restore(ctx, db, q, at); err != nil {
		return Tip{}, false, err
	}
	if kept != nil {
		if err := begins(ctx, db, q, at, kept.Signed.Checkpoint); err != nil {
			return Tip{}, false, err
		}
	}
	end.Signed = Signed{at, msg}
	return end, false, nil
}

// Size is how many records are under the tree.
func (t *Tip) Size() int64 { return t.tiler.Size() }

// Grow puts the leaves of a commit under the tree, and returns the statements that keep it in
// the commit's transaction behind the records, with the checkpoint that sign makes of the size
// and the root and the time at. When the commit fails the Tip is of no more use.
func (t *Tip) Grow(leaves []tlog.Hash, sign func(size int64, root tlog.Hash) (Signed, error), at time.Time) (statements []sqldb.Statement, err error) {
	for _, leaf := range leaves {
		t.tiler.Append(leaf)
	}
	root := t.tiler.Root()
	full, edges := t.tiler.Flush()
	for _, tile := range full {
		statements = append(statements, sqldb.Statement{Text: "INSERT INTO tiles (level, n, data) VALUES (?, ?, ?)", Args: []any{tile.Level, tile.N, tile.Data}})
		if tile.Level == 0 {
			statements = append(statements, find.KeepSpan(tile.N))
		}
	}
	for _, e := range edges {
		statements = append(statements, sqldb.Statement{
			Text: "INSERT INTO edges (level, data) VALUES (?, ?) ON CONFLICT (level) DO UPDATE SET data = excluded.data", Args: []any{e.Level, e.Data},
		})
	}
	if t.Signed, err = sign(t.tiler.Size(), root); err != nil {
		return nil, err
	}
	return append(statements, sqldb.Statement{
		Text: "INSERT INTO checkpoints (size, note, at) VALUES (?, ?, ?)", Args: []any{t.Signed.Size, string(t.Signed.Note), at.UnixMicro()},
	}), nil
}

// restore reads the end of the log from the database.
func restore(ctx context.Context, db *sqldb.DB, q find.Querier, at tree.Checkpoint) (*tree.Tiler, error) {
	// A record beyond the newest checkpoint was put there by nobody who may: each commit
	// signs what it appends.
	stray, err := find.Bytes(ctx, q, db.Text("SELECT record_key FROM records WHERE idx >= ? LIMIT 1"), at.Size)
	if err != nil {
		return nil, err
	}
	if stray != nil {
		return nil, fmt.Errorf("%w: record %s stands under no checkpoint", audit.ErrForged, stray)
	}
	levels, err := edges(ctx, db, q, at.Size)
	if err != nil {
		return nil, err
	}
	tiler, err := tree.Restore(at.Size, levels)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", audit.ErrForged, err)
	}
	if root := tiler.Root(); root != at.Root {
		return nil, fmt.Errorf("%w: the tree of %d records has root %s, its checkpoint says %s", audit.ErrForged, at.Size, root, at.Root)
	}
	return tiler, nil
}

// Extends fails with [ErrRolledBack] unless a checkpoint is a beginning of the log as the
// database has it now.
func (r Reader) Extends(ctx context.Context, old tree.Checkpoint) error {
	msg, err := r.Checkpoint(ctx)
	if errors.Is(err, ErrNoCheckpoint) {
		return fmt.Errorf("%w: it is empty, a checkpoint of %d records was signed", ErrRolledBack, old.Size)
	}
	if err != nil {
		return err
	}
	now, err := tree.ReadCheckpoint(msg)
	if err != nil {
		return err
	}
	return begins(ctx, r.SQL, r.SQL, now, old)
}

// begins fails with [ErrRolledBack] unless old is a beginning of the log at a checkpoint.
func begins(ctx context.Context, db *sqldb.DB, q find.Querier, at, old tree.Checkpoint) error {
	if old.Size > at.Size {
		return fmt.Errorf("%w: it has %d records, a checkpoint of %d was signed", ErrRolledBack, at.Size, old.Size)
	}
	if old.Size == 0 {
		return nil
	}
	root, err := tlog.TreeHash(old.Size, hashes(ctx, db, q, at))
	if err != nil {
		return fmt.Errorf("%w: the first %d of its %d records: %w", ErrRolledBack, old.Size, at.Size, err)
	}
	if root != old.Root {
		return fmt.Errorf("%w: its first %d records have root %s, a checkpoint of %s was signed", ErrRolledBack, old.Size, root, old.Root)
	}
	return nil
}
