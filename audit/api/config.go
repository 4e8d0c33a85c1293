package api

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"countersign/audit"
	"countersign/audit/api/token"
	"countersign/audit/tree"
	"countersign/store"
)

// A Log is what is read. [store.DB] is the real one.
type Log interface {
	// Select yields what a query picks, in the order of the log.
	Select(ctx context.Context, q store.Query) iter.Seq2[audit.Entry, error]
	// ByID is the record with an ID, or [audit.ErrNoRecord].
	ByID(ctx context.Context, id string) (audit.Entry, error)
	// Size is how many records are under a signed checkpoint, and WaitFor returns once
	// that of an index is.
	Size(ctx context.Context) (int64, error)
	WaitFor(ctx context.Context, index int64) error
	// Checkpoint is the newest one, signed, or [store.ErrNoCheckpoint].
	Checkpoint(ctx context.Context) ([]byte, error)
	// Receipt proves that a record stands under the newest checkpoint.
	Receipt(ctx context.Context, index int64) (tree.Receipt, error)
	// Tile is width hashes of a tile.
	Tile(ctx context.Context, level int, n int64, width int) ([]byte, error)
	// Registry is the keys that were ever enrolled.
	Registry(ctx context.Context) (*audit.Registry, error)
}

// A Journal keeps who reads. [store.Trail] is the real one.
type Journal interface {
	// Append puts a record on the trail, once for each key.
	Append(ctx context.Context, d audit.Draft) (audit.Entry, error)
}

// Config configures a [Server].
type Config struct {
	// Listen is the address to serve on. Defaults to 127.0.0.1:8090, which is reachable
	// from this machine only. The server speaks plain HTTP: put TLS in front of it before
	// a token crosses a network.
	Listen string
	// Log is read, and Journal takes the sign-ins and the exports. Both are required, and
	// must be one log.
	Log     Log
	Journal Journal
	// Tokens may read; see [token.Parse]. At least one is required.
	Tokens *token.Set
	// Policy is what auditors check the log against (c2sp.org/tlog-policy), served as it
	// is. Without it /v1/policy is not found.
	Policy []byte
	// Process names this start of the process in the keys of sign-in records; random when
	// empty.
	Process string
	// Rate is how many requests a second each token may make, and all who come without
	// one together; Burst how many at once. Zero means 50 and 100.
	Rate  float64
	Burst int
	// Streams is how many exports run at once, StreamsPerToken how many of one token, and
	// Waits how many long polls wait. Zero means 16, 4 and 256.
	Streams, StreamsPerToken, Waits int
	// ReadTimeout bounds the reading of one request; WriteTimeout its answer as well, of
	// an export each part of it: whoever takes longer is cut off. Zero means 10 s and 20 s.
	ReadTimeout, WriteTimeout time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Logger is where refusals, sign-ins and exports go; slog.Default when nil.
	Logger *slog.Logger
}

func (c Config) validate() error {
	var errs []error
	missing := func(is bool, what string) {
		if is {
			errs = append(errs, errors.New("api config: "+what))
		}
	}
	missing(c.Log == nil, "Log is missing: give a store.DB")
	missing(c.Journal == nil, "Journal is missing: give a store.Trail; without one nothing is read")
	missing(c.Tokens == nil || c.Tokens.Len() == 0, "Tokens are missing: nobody could read; make one with `countersign api token`")
	for _, n := range []struct {
		name  string
		value int
	}{{"Burst", c.Burst}, {"Streams", c.Streams}, {"StreamsPerToken", c.StreamsPerToken}, {"Waits", c.Waits}} {
		if n.value < 0 {
			errs = append(errs, fmt.Errorf("api config: %s is %d: give a positive number or none", n.name, n.value))
		}
	}
	if !(c.Rate >= 0) { // not a number is not, either
		errs = append(errs, fmt.Errorf("api config: Rate is %v: give a positive number or none", c.Rate))
	}
	return errors.Join(errs...)
}
