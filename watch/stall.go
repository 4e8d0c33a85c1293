package watch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/chain/follow"
)

// The alarms of a chain that cannot be followed for long. Wire format.
const (
	// NodesDisagree means that the nodes of a network do not say the same, of the final block or
	// of what is in blocks, or that too few answer.
	NodesDisagree audit.AlarmCode = "nodes_disagree"
	// ChainStalled means that a chain is not followed for another reason.
	ChainStalled audit.AlarmCode = "chain_stalled"
)

// Patience is how long a chain may not be followed before people are told: nodes are restarted,
// and one that is a few blocks behind comes after.
const Patience = 15 * time.Minute

// A Stall is a chain that cannot be followed.
type Stall struct {
	Code    audit.AlarmCode
	Network string
	// Since is when that began, After the final block up to which the chain was followed.
	Since time.Time
	After uint64
	Why   error
}

// spell is how long a chain has not been followed.
type spell struct {
	since time.Time
	told  bool
}

// stalled counts one more step that has failed, and has people told once the spell is long.
func (w *Watcher) stalled(ctx context.Context, log *slog.Logger, walk Walk, s *spell, why error) {
	now := w.now()
	if s.since.IsZero() {
		s.since = now
	}
	if s.told || w.Stalled == nil || now.Sub(s.since) < Patience {
		return
	}
	code := ChainStalled
	if errors.Is(why, countersign.ErrUnsure) {
		code = NodesDisagree
	}
	stall := Stall{Code: code, Network: walk.Network, Since: s.since, After: after(ctx, walk.Follower), Why: why}
	if err := w.Stalled(ctx, stall); err != nil { // the next step tries again
		log.Error("the alarm is not on the trail yet", "error", err)
		return
	}
	log.Error("chain is not followed: people must look", "since", s.since, "error", why)
	s.told = true
}

// after is the final block up to which a chain was followed; 0 where it never was.
func after(ctx context.Context, f *follow.Follower) uint64 {
	c, err := f.Keeper.Load(ctx)
	if err != nil || c == nil {
		return 0
	}
	return c.Final.Number
}

func (w *Watcher) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}
