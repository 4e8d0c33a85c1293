package chain

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/chain/codepin"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
)

// maxReturn is the longest return of a call that is taken, in bytes.
const maxReturn = 64 << 10

// CallContract calls a contract of a network at its newest block, without a sender and
// without value, and returns what the contract returned, which may be nothing. It
// compares the chain ID, and the age of the block where the network has a limit to it.
// The contract must have code of its own: a call to an address without any succeeds and
// returns nothing, and an account's EIP-7702 delegation can be another tomorrow.
//
// Any error wraps [codepin.ErrUnknown]: a revert, no code, a return longer than 64 KiB
// and no answer all mean that nothing was learnt.
func (n *Nodes) CallContract(ctx context.Context, network, to string, data []byte) ([]byte, error) {
	if err := codepin.CheckAddress(to); err != nil {
		return nil, fmt.Errorf("%w: address %w", codepin.ErrUnknown, err)
	}
	node, err := n.node(ctx, network)
	if err != nil {
		return nil, err
	}
	s, err := node.newest(ctx)
	if err != nil {
		return nil, err
	}
	now := time.Now
	if n.Now != nil {
		now = n.Now
	}
	if age := n.endpoints[network].MaxAge; age > 0 {
		if err := s.evidence().Fresh(now(), age); err != nil {
			return nil, err
		}
	}
	return s.call(ctx, lower(to), data)
}

// call asks for the code and for the return in one request, of one block.
func (s *state) call(ctx context.Context, to string, data []byte) ([]byte, error) {
	code, call := codeOf(to), callTo(to, hexutil.Encode(data))
	calls := []rpc.BatchElem{newCall(code.method, code.args(s.hash)...), newCall(call.method, call.args(s.hash)...)}
	if err := s.node.send(ctx, calls); err != nil {
		return nil, err
	}
	s.answers[code] = s.read(code, calls[0])
	c, err := s.contract(to)
	if err != nil {
		return nil, err
	}
	if c.flaw != "" {
		return nil, s.node.unknown(call.method+" "+to, errors.New("it has "+c.flaw+": correct the address or the network"))
	}
	var text string
	if err := s.node.result(calls[1], call.method+" "+to, &text); err != nil {
		return nil, err
	}
	digits, prefixed := strings.CutPrefix(text, "0x")
	returned, err := hex.DecodeString(digits)
	switch {
	case !prefixed || err != nil:
		return nil, s.node.unknown(call.method+" "+to, fmt.Errorf("answered %.20q, want 0x and hex digits", text))
	case len(returned) > maxReturn:
		return nil, s.node.unknown(call.method+" "+to, fmt.Errorf("returned %d bytes, at most %d are read", len(returned), maxReturn))
	}
	return returned, nil
}
