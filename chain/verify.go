package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign/chain/codepin"
)

// A Mismatch is one fact of a pin of which the chain says otherwise. It wraps
// [codepin.ErrChanged].
type Mismatch struct {
	// Address is that of the pin, in lower case.
	Address string `json:"address"`
	// Field is the pin's field in its JSON spelling: "code_hash", "implementation",
	// "facets.0x40c10f19.address". Where there is no code, or an EIP-7702 delegation,
	// it is the field of the code's hash.
	Field string `json:"field"`
	// Want is what is pinned and Got what the chain has, in words where it has none.
	Want string `json:"want"`
	Got  string `json:"got"`
}

// Error names the address, the field and both values.
func (m *Mismatch) Error() string {
	return fmt.Sprintf("%v: %s %s is pinned as %s, the chain has %s", codepin.ErrChanged, m.Address, m.Field, m.Want, m.Got)
}

// Unwrap makes every [Mismatch] an [codepin.ErrChanged].
func (m *Mismatch) Unwrap() error { return codepin.ErrChanged }

// Evidence is what [Verify] was told, for the record of a decision.
type Evidence struct {
	ChainID     uint64 `json:"chain_id"`
	BlockNumber uint64 `json:"block_number"`
	// BlockHash is 0x and 64 lower-case hex digits; all reads are of this block.
	BlockHash string `json:"block_hash"`
	// BlockTime is the block's own timestamp, to the second, in UTC.
	BlockTime time.Time `json:"block_time"`
	// Reads are the answers in the order of the questions. What was not answered,
	// or not well, is missing; the error then says so.
	Reads []Read `json:"reads,omitempty"`
	// Mismatches are those that the error holds, in the order of the pins.
	Mismatches []*Mismatch `json:"mismatches,omitempty"`
}

// A Read is one answer of the chain.
type Read struct {
	Address string `json:"address"`
	// Kind is "code", "storage" or "call".
	Kind string `json:"kind"`
	// Key is the slot of a storage read and the call data of a call.
	Key string `json:"key,omitempty"`
	// Value is the Keccak-256 of the code ("0x" where there is none), and otherwise
	// the word that was answered. Both are lower-case hex.
	Value string `json:"value"`
}

// Fresh returns an error that wraps [codepin.ErrUnknown] when the block is older than
// maxAge, or none was read: a node that has fallen behind answers readily, from a
// state that is past. How old is too old depends on the chain's pace.
func (e Evidence) Fresh(now time.Time, maxAge time.Duration) error {
	if e.BlockHash == "" {
		return fmt.Errorf("%w: no block was read", codepin.ErrUnknown)
	}
	if age := now.Sub(e.BlockTime); age > maxAge {
		return fmt.Errorf("%w: block %d is %s old, at most %s is allowed: the node may have fallen behind",
			codepin.ErrUnknown, e.BlockNumber, age.Round(time.Second), maxAge)
	}
	return nil
}

// Verify compares pins with the newest block of a node's chain. It returns nil when
// every pinned fact was read there and is as written. Otherwise the error holds a
// [Mismatch] for each fact that is not, which wraps [codepin.ErrChanged], and wraps
// [codepin.ErrUnknown] when anything could not be learnt; it may do both. No pin at all and
// a pin that fails [Pin.Check] are unknown too.
//
// Name the selectors that are about to be called ("0x40c10f19"): each [codepin.Diamond]
// among the pins must then pin a facet for each of them. All facets that are pinned
// are compared in any case. An address may be pinned more than once, as of different
// kinds of proxy; it must bear the marks of no others.
//
// The evidence is what was read, also beside an error.
func Verify(ctx context.Context, node *Node, pins []codepin.Pin, selectors ...string) (Evidence, error) {
	if err := usable(pins, selectors); err != nil {
		return Evidence{}, fmt.Errorf("%w: %w", codepin.ErrUnknown, err)
	}
	s, err := node.newest(ctx)
	if err != nil {
		return Evidence{}, err
	}
	var questions []question
	for _, p := range pins {
		questions = append(questions, questionsOf(p)...)
	}
	if err := s.ask(ctx, questions...); err != nil {
		return s.evidence(), err
	}
	x := examination{state: s, pins: pins}
	for _, x.pin = range pins {
		x.examine()
	}
	evidence := s.evidence()
	evidence.Mismatches = x.changed
	return evidence, x.err()
}

// usable refuses pins and selectors that nothing can be verified with.
func usable(pins []codepin.Pin, selectors []string) error {
	if len(pins) == 0 {
		return fmt.Errorf("%w: there are no pins to verify", codepin.ErrPin)
	}
	var errs []error
	for _, s := range selectors {
		if err := codepin.CheckSelector(s); err != nil {
			errs = append(errs, fmt.Errorf("%w: %w", codepin.ErrPin, err))
		}
	}
	for _, p := range pins {
		errs = append(errs, p.Check())
		for _, s := range selectors {
			if _, pinned := p.Facets[s]; p.Proxy == codepin.Diamond && !pinned {
				errs = append(errs, fmt.Errorf("%w: diamond %s pins no facet for selector %.60q: add it to facets", codepin.ErrPin, p.Address, s))
			}
		}
	}
	return errors.Join(errs...)
}

// pinnedKinds are the kinds that an address is pinned as.
func pinnedKinds(pins []codepin.Pin, address string) (kinds []codepin.ProxyKind) {
	for _, p := range pins {
		if lower(p.Address) == lower(address) && !slices.Contains(kinds, p.Proxy) {
			kinds = append(kinds, p.Proxy)
		}
	}
	return kinds
}

// evidence writes down what was answered.
func (s *state) evidence() Evidence {
	e := Evidence{ChainID: s.node.chainID, BlockNumber: s.number, BlockHash: s.hash, BlockTime: s.time}
	kinds := map[string]string{"eth_getCode": "code", "eth_getStorageAt": "storage", "eth_call": "call"}
	for _, q := range s.asked {
		a := s.answers[q]
		if a.err != nil {
			continue
		}
		r := Read{Address: q.address, Kind: kinds[q.method], Key: q.detail, Value: fmt.Sprintf("0x%x", a.raw)}
		if c, err := s.contract(q.address); err == nil && r.Kind == "code" && len(a.raw) > 0 {
			r.Value = c.hash
		}
		e.Reads = append(e.Reads, r)
	}
	return e
}
