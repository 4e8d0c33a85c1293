package sources

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign"
	"countersign/audit/complete"
	"countersign/chain/client"
	"countersign/chain/follow"
	"countersign/completeness"
	"countersign/ingress"
	"countersign/store/tracks"
)

// A Record is what our own watchers have kept of the chains. tracks.Reader is the real one.
type Record interface {
	// Confirmed are the events that became final in a span of our time.
	Confirmed(ctx context.Context, rule string, from, to time.Time) iter.Seq2[tracks.Event, error]
	// Between are the events of blocks.
	Between(ctx context.Context, network string, from, to uint64) iter.Seq2[tracks.Event, error]
}

// A Chains source is the chains' own word: every block of the window is read again, apart from our
// watchers, and what they have kept is held against it. What they have missed is expected like
// everything else, and counted; what they have kept and no chain knows is counted, too.
type Chains struct {
	Nodes *client.Client
	// Ours are the addresses of our wallets now, by network: 0x and 40 hex digits.
	Ours   func(ctx context.Context) (map[string][]string, error)
	Record Record
	// FullBlocks is how many blocks of a network and window are read with their transactions, for
	// the native asset; of more, only the logs are read. Zero means [DefaultFullBlocks].
	FullBlocks uint64
}

// DefaultFullBlocks is an hour of a network with a block in two seconds. Longer windows of it are
// made of hours that have certificates of their own.
const DefaultFullBlocks = 2000

// Name is chains.
func (Chains) Name() string { return "chains" }

// Query says what is read.
func (s Chains) Query(w completeness.Window) string {
	if len(s.Nodes.Networks()) == 0 {
		return "no network has a node; " + s.kept(w)
	}
	return fmt.Sprintf("eth_getLogs of Transfer to and from wallets of ours, and eth_getBlockByNumber with transactions of at most %d blocks of a network, by the quorum of the nodes of %s: final blocks, %s; held against chain_events of our database; of other networks %s",
		s.full(), strings.Join(s.Nodes.Networks(), ", "), within(w, "timestamp"), s.kept(w))
}

func (Chains) kept(w completeness.Window) string {
	return "chain_events of our database, as the watchers have found them: rule deposit, state confirmed, " + within(w, "at")
}

// Ready fails with [completeness.ErrNotYet] while a block of the window is not final.
func (s Chains) Ready(ctx context.Context, w completeness.Window) error {
	for _, network := range s.Nodes.Networks() {
		if _, err := s.blocksOf(ctx, network, w); err != nil {
			return err
		}
	}
	return nil
}

// Items are the transactions that have brought something. A network that cannot be read keeps none
// of the others from being read: its error comes at the end.
func (s Chains) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		ours, err := s.Ours(ctx)
		if err != nil {
			yield(completeness.Item{}, fmt.Errorf("wallets: %w", err))
			return
		}
		var failed error
		for _, network := range s.Nodes.Networks() {
			more, err := s.network(ctx, network, ours[network], w, yield)
			if !more {
				return
			}
			failed = errors.Join(failed, err)
		}
		for e, err := range s.Record.Confirmed(ctx, "", w.From, w.To) {
			if err == nil && (!deposit(e) || slices.Contains(s.Nodes.Networks(), e.Network)) {
				continue
			}
			var it completeness.Item
			if err == nil {
				it, err = arrived(e.Network, e.Tx, e.At)
			}
			if err != nil {
				failed = errors.Join(failed, err)
				break
			}
			if !yield(it, nil) {
				return
			}
		}
		if failed != nil {
			yield(completeness.Item{}, failed)
		}
	}
}

// network yields what one network has, and reports whether more is wanted; what is wrong with it
// is its own.
func (s Chains) network(ctx context.Context, network string, ours []string, w completeness.Window, yield func(completeness.Item, error) bool) (more bool, err error) {
	blocks, err := s.blocksOf(ctx, network, w)
	if err != nil {
		return true, err
	}
	if !yield(completeness.Item{Remark: func(c *complete.Count) { c.Ranges = append(c.Ranges, blocks) }}, nil) {
		return false, nil
	}
	if blocks.Blocks == 0 {
		return true, nil
	}
	kept, err := s.keptIn(ctx, blocks)
	if err != nil {
		return true, err
	}
	there := map[string]bool{}
	for e, err := range s.scan(ctx, blocks, ours) {
		if err != nil {
			return true, err
		}
		tx := e.Tx.String()
		if there[tx] || e.Rule == "" { // a sign of life between ranges has no rule
			if !yield(completeness.Item{}, nil) {
				return false, nil
			}
			continue
		}
		there[tx] = true
		it, err := s.found(ctx, network, e, kept)
		if err != nil {
			return true, err
		}
		if !yield(it, nil) {
			return false, nil
		}
	}
	return held(blocks, kept, there, yield)
}

// found is an item of the chain, with a remark where our watchers do not know of it.
func (s Chains) found(ctx context.Context, network string, e follow.Event, kept map[string]tracks.Event) (completeness.Item, error) {
	tx := e.Tx.String()
	if k, known := kept[tx]; known {
		return arrived(network, tx, k.At)
	}
	chain, err := s.Nodes.Chain(network)
	if err != nil {
		return completeness.Item{}, err
	}
	b, err := chain.AgreedByNumber(ctx, e.Number)
	if err != nil {
		return completeness.Item{}, fmt.Errorf("%s: %w", network, err)
	}
	it, err := arrived(network, tx, time.Unix(int64(b.Time), 0).UTC()) //nolint:gosec // seconds
	it.Remark = func(c *complete.Count) {
		c.Unwatched++
		completeness.Name(&c.UnwatchedWorkflows, it.Workflow)
	}
	return it, err
}

// held yields what our watchers have kept and the chain does not have. Where the chain was asked
// for logs alone, native money is as the watchers have found it.
func held(blocks complete.Range, kept map[string]tracks.Event, there map[string]bool, yield func(completeness.Item, error) bool) (more bool, err error) {
	for _, tx := range slices.Sorted(maps.Keys(kept)) {
		e := kept[tx]
		if there[tx] || e.State != follow.Confirmed {
			continue
		}
		var it completeness.Item
		var m countersign.Move
		err := json.Unmarshal(e.Data, &m)
		switch {
		case err == nil && blocks.LogsOnly && m.Kind == "Native":
			it, err = arrived(e.Network, tx, e.At)
		default: // data that cannot be read was not written by a watcher, either
			err = nil
			what := fmt.Sprintf("%s %s, block %d", e.Network, tx, e.Number)
			it.Remark = func(c *complete.Count) {
				c.Unfounded++
				completeness.Name(&c.UnfoundedEvents, what)
			}
		}
		if err != nil {
			return true, err
		}
		if !yield(it, nil) {
			return false, nil
		}
	}
	return true, nil
}

// keptIn is what our watchers have of some blocks, by transaction.
func (s Chains) keptIn(ctx context.Context, blocks complete.Range) (map[string]tracks.Event, error) {
	kept := map[string]tracks.Event{}
	for e, err := range s.Record.Between(ctx, blocks.Network, blocks.From, blocks.To) {
		if err != nil {
			return nil, err
		}
		if deposit(e) && e.State != follow.Retracted && kept[e.Tx].State != follow.Confirmed {
			kept[e.Tx] = e
		}
	}
	return kept, nil
}

func deposit(e tracks.Event) bool {
	word, _, _ := strings.Cut(e.Rule, "/")
	return word == "deposit"
}

// arrived is the item of a transaction.
func arrived(network, tx string, at time.Time) (completeness.Item, error) {
	entity, err := json.Marshal(map[string]any{"network": network, "txHash": tx})
	if err != nil {
		return completeness.Item{}, err
	}
	it, err := event(ingress.OwnSource, "chain.deposit.confirmed", at, "chainEvent", entity)
	if err != nil {
		err = fmt.Errorf("%s: transaction %.80q: %w", network, tx, err)
	}
	return it, err
}
