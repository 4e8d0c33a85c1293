// Package follow walks a chain block by block and tells what happened on it: what is seen in
// the newest blocks, what a reorganisation takes back, and what has become final.
//
// Blocks are linked by hash. The follower keeps the blocks that are not final yet; a block
// whose parent is not the last one means a reorganisation, and the blocks that left the chain
// are retracted, newest first, before the new ones are walked. What is below the final block is
// read in ranges. No block is ever skipped: what cannot be read now is read later.
//
// Every step is kept by a [Keeper] in one piece, with what happened in it, before the next
// begins. So a process that is killed goes on where it was, and tells nothing twice but what
// it had no answer for.
package follow

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

var (
	// ErrFinality means that the chain has changed below a block that was final, or that the
	// node's final block went back. Nothing more is walked: people must look.
	ErrFinality = errors.New("a final block is no longer on the chain")

	// ErrTooMany is what a [Source] returns for a range that holds more events than the node
	// gives at once: the range is halved and asked for again.
	ErrTooMany = errors.New("too many events for one answer")

	// ErrStale means that the newest block is older than it should be: the node lags, or the
	// chain stands still. What there is has been walked.
	ErrStale = errors.New("the newest block is old")
)

// A Hash is a block's or a transaction's, written as 0x and 64 lower-case hex digits.
type Hash [32]byte

// String is the hash as it is written.
func (h Hash) String() string { return "0x" + hex.EncodeToString(h[:]) }

// MarshalText writes the hash.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads a hash.
func (h *Hash) UnmarshalText(text []byte) error {
	digits, ok := strings.CutPrefix(string(text), "0x")
	n, err := hex.Decode(h[:], []byte(digits[:min(len(digits), 2*len(h))]))
	if !ok || err != nil || n != len(h) || len(digits) != 2*len(h) {
		return fmt.Errorf("%.80q is no hash, want 0x and %d hex digits", text, 2*len(h))
	}
	return nil
}

// A Block is a header, as far as it links blocks.
type Block struct {
	Number uint64 `json:"number"`
	Hash   Hash   `json:"hash"`
	Parent Hash   `json:"parent"`
	Time   uint64 `json:"time"` // seconds since 1970
}

// An Event is something that happened in a block.
type Event struct {
	Block  Hash   `json:"block"`
	Number uint64 `json:"number"`
	Tx     Hash   `json:"tx"`
	// Index tells the events of a transaction apart, and Rule who looked for it.
	Index uint64 `json:"index"`
	Rule  string `json:"rule"`
	// Data is what the rule makes of it, JSON.
	Data []byte `json:"data,omitempty"`
}

// A State is what is known of an event.
type State string

// The states. An event that was seen is later retracted or confirmed; a retracted one is seen
// again when its block comes back. What is read below the final block is confirmed at once, and
// what is confirmed stays so.
const (
	Seen      State = "seen"      // in a block that may still leave the chain
	Retracted State = "retracted" // its block has left the chain
	Confirmed State = "confirmed" // its block is final
)

// An Occurrence is an event that has come to a state.
type Occurrence struct {
	Event
	State State `json:"state"`
}

// A Source reads a chain. Every answer is of the node's moment: the follower checks by hash
// how they fit together.
type Source interface {
	// Head is the newest block, Final the newest that cannot leave the chain any more.
	Head(ctx context.Context) (Block, error)
	Final(ctx context.Context) (Block, error)
	// ByNumber is the block that has a number now.
	ByNumber(ctx context.Context, number uint64) (Block, error)
	// Events are those of the block with that hash, in their order; a block that the node
	// does not know any more is an error.
	Events(ctx context.Context, b Block) ([]Event, error)
	// Range are those of the blocks from <= number <= to, which are all final. It may fail
	// with [ErrTooMany].
	Range(ctx context.Context, from, to uint64) ([]Event, error)
}

// A Walked is a block that is not final yet, with what was seen in it.
type Walked struct {
	Block
	Events []Event `json:"events,omitempty"`
}

// A Cursor is how far a follower has come.
type Cursor struct {
	// Final is the last block that is done with: everything up to it was told as confirmed.
	Final Block `json:"final"`
	// Tip are the blocks above it, linked, oldest first.
	Tip []Walked `json:"tip,omitempty"`
}

func (c Cursor) last() Block {
	if n := len(c.Tip); n > 0 {
		return c.Tip[n-1].Block
	}
	return c.Final
}

// A Keeper keeps the cursor.
type Keeper interface {
	// Load returns what was kept last, nil for nothing yet.
	Load(ctx context.Context) (*Cursor, error)
	// Keep replaces the cursor and takes what has occurred, both or neither. After an error
	// either may be so.
	Keep(ctx context.Context, c Cursor, occurred []Occurrence) error
}

// A Follower follows one chain. Only one may use a Keeper at a time. The zero values of the
// bounds are sensible.
type Follower struct {
	Source Source
	Keeper Keeper
	// Start is the number of the first block wanted, where nothing was kept yet; 0 is the
	// block after the final one of then.
	Start uint64
	// Span is how many final blocks are read at once, 1,000 by default; MaxTip how many blocks
	// above the final one are kept, 10,000 by default.
	Span, MaxTip uint64
	// MaxAge is how old the newest block may be, 0 for any age.
	MaxAge time.Duration
	// Now is the clock for MaxAge, [time.Now] by default.
	Now func() time.Time

	cursor *Cursor // as it was kept last; nil when that is not known
	span   uint64  // as the node allows
}

// Step walks until the newest block of now is reached. What it returns is nil, [ErrStale],
// [ErrFinality], or why it could not go on; the next call goes on where this one was.
func (f *Follower) Step(ctx context.Context) error {
	head, final, err := f.ends(ctx)
	if err != nil {
		return err
	}
	if err := f.load(ctx, final); err != nil {
		return err
	}
	if final.Number < f.cursor.Final.Number {
		// A node behind the one that was asked before; another history it is when the hash
		// is another, and then finality has been broken.
		return f.sameFinal(ctx, final)
	}
	if err := f.settle(ctx, final); err != nil {
		return err
	}
	if err := f.backfill(ctx, final); err != nil {
		return err
	}
	if err := f.walk(ctx, head); err != nil {
		return err
	}
	if err := f.finalize(ctx, final); err != nil {
		return err
	}
	return f.age(head)
}

func (f *Follower) ends(ctx context.Context) (head, final Block, err error) {
	// The final one first: the head that is read after it is never below it.
	if final, err = f.Source.Final(ctx); err != nil {
		return head, final, fmt.Errorf("read the final block: %w", err)
	}
	if head, err = f.Source.Head(ctx); err != nil {
		return head, final, fmt.Errorf("read the newest block: %w", err)
	}
	return head, final, nil
}

// load reads the cursor, or makes the first.
func (f *Follower) load(ctx context.Context, final Block) error {
	if f.cursor != nil {
		return nil
	}
	c, err := f.Keeper.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the cursor: %w", err)
	}
	if c != nil {
		f.cursor = c
		return nil
	}
	from := final
	if f.Start > 0 && f.Start <= final.Number {
		if from, err = f.Source.ByNumber(ctx, f.Start-1); err != nil {
			return fmt.Errorf("read block %d: %w", f.Start-1, err)
		}
	}
	return f.keep(ctx, Cursor{Final: from}, nil)
}

// keep keeps a cursor. When that fails nobody knows whether it is kept.
func (f *Follower) keep(ctx context.Context, c Cursor, occurred []Occurrence) error {
	f.cursor = nil
	if err := f.Keeper.Keep(ctx, c, occurred); err != nil {
		return fmt.Errorf("keep the cursor at block %d: %w", c.last().Number, err)
	}
	f.cursor = &c
	return nil
}

// sameFinal fails when a block of the past that is said to be final is not the one that we
// know, where we know it.
func (f *Follower) sameFinal(ctx context.Context, final Block) error {
	now, err := f.Source.ByNumber(ctx, f.cursor.Final.Number)
	if err != nil {
		return fmt.Errorf("read block %d: %w", f.cursor.Final.Number, err)
	}
	if now.Hash != f.cursor.Final.Hash {
		return fmt.Errorf("%w: block %d was %s, it is %s, final is %d", ErrFinality, now.Number, f.cursor.Final.Hash, now.Hash, final.Number)
	}
	return nil
}

func (f *Follower) age(head Block) error {
	now := time.Now
	if f.Now != nil {
		now = f.Now
	}
	if f.MaxAge == 0 {
		return nil
	}
	if age := now().Sub(time.Unix(int64(head.Time), 0)); age > f.MaxAge { //nolint:gosec // a chain's clock
		return fmt.Errorf("%w: block %d is of %s ago, at most %s is expected", ErrStale, head.Number, age.Round(time.Second), f.MaxAge)
	}
	return nil
}
