package store

import (
	"context"
	"time"
)

// pollEvery is how often a waiter looks for what another process has appended.
const pollEvery = 250 * time.Millisecond

// WaitFor returns once the record with an index is under a signed checkpoint, or with the
// error of ctx. A commit of this process wakes it; those of others are looked for.
func (db *DB) WaitFor(ctx context.Context, index int64) error {
	for {
		committed := db.nextCommit() // before looking: what is committed after that wakes us
		size, err := db.Size(ctx)
		if err != nil || size > index {
			return err
		}
		again := time.NewTimer(pollEvery)
		select {
		case <-committed:
		case <-again.C:
		case <-ctx.Done():
		}
		again.Stop()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
