// Package gas reads what a unit of gas costs on a network, and how many of them a call takes.
//
// Nodes need not agree on either: each has a newest block of its own, and what it advises to pay
// beside the base fee, or how much gas it tries, is its own opinion (Ethereum's execution API,
// eth_maxPriorityFeePerGas and eth_estimateGas). So of what they say the highest is taken that
// as many as the network's quorum have reached, as it is with the number of the newest block: one
// node that asks for too much alone does not make us pay it, and one that asks for too little
// does not leave what we send in the pool.
package gas

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"countersign"
	"countersign/chain/balance"
	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/jsonrpc"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// A Reader reads the gas of many networks. Its methods fail with [countersign.ErrNoNode] for a
// network without a node, and with [countersign.ErrUnsure] where too few have answered.
type Reader struct{ Client *client.Client }

// Price is what a unit of gas costs, in wei: the base fee of the newest block (EIP-1559), which is
// burnt and may rise by an eighth a block, and the tip that gets a transaction into the next
// ones. A network without a base fee is [countersign.ErrInvalid].
func (r Reader) Price(ctx context.Context, network string) (base, tip countersign.Amount, err error) {
	chain, err := r.Client.Chain(network)
	if err != nil {
		return base, tip, err
	}
	type price struct{ base, tip *big.Int }
	calls := []jsonrpc.Call{{Method: "eth_getBlockByNumber", Params: []any{"latest", false}}, {Method: "eth_maxPriorityFeePerGas"}}
	answers := client.All(ctx, chain, calls, func(replies []jsonrpc.Reply) (p price, err error) {
		var block struct {
			BaseFeePerGas *hexutil.Big `json:"baseFeePerGas"`
		}
		if err := evmjson.Into(replies[0], &block); err != nil {
			return p, fmt.Errorf("newest block: %w", err)
		}
		var tip hexutil.Big
		if block.BaseFeePerGas == nil {
			return p, nil
		}
		if err := evmjson.Into(replies[1], &tip); err != nil {
			return p, fmt.Errorf("eth_maxPriorityFeePerGas: %w", err)
		}
		return price{block.BaseFeePerGas.ToInt(), tip.ToInt()}, nil
	})
	var bases, tips []*big.Int
	without := 0
	for _, a := range answers {
		switch {
		case a.Err == nil && a.Value.base == nil:
			without++
		case a.Err == nil:
			bases, tips = append(bases, a.Value.base), append(tips, a.Value.tip)
		}
	}
	if len(bases) == 0 && without >= chain.Settings().Quorum {
		return base, tip, fmt.Errorf("price of gas on %s: %w", network, errNoBaseFee)
	}
	if base, err = reached(chain, bases, answers); err != nil {
		return base, tip, fmt.Errorf("price of gas on %s: %w", network, err)
	}
	tip, err = reached(chain, tips, answers)
	return base, tip, err
}

// errNoBaseFee is permanent: what is sent are transactions with a priority fee, and a chain
// without a base fee takes none.
var errNoBaseFee = fmt.Errorf("%w: the network's blocks have no base fee: transactions with a priority fee (EIP-1559) are not for it", countersign.ErrInvalid)

// reached is the highest of what nodes say that the quorum has reached.
func reached[T any](chain *client.Chain, said []*big.Int, answers []client.Answer[T]) (countersign.Amount, error) {
	quorum := chain.Settings().Quorum
	if len(said) < quorum {
		return countersign.Amount{}, tooFew(len(said), quorum, answers)
	}
	slices.SortFunc(said, (*big.Int).Cmp)
	return countersign.AmountFromBig(said[len(said)-quorum])
}

func tooFew[T any](got, want int, answers []client.Answer[T]) error {
	var missing []error
	for _, a := range answers {
		if a.Err != nil {
			missing = append(missing, a.Err)
		}
	}
	return fmt.Errorf("%w: %d have answered where %d must: %w", countersign.ErrUnsure, got, want, errors.Join(missing...))
}

// Estimate is how much gas a call takes on the state of the newest block. Where the quorum says
// that it would be refused there, fault is what a node says of it, and there is no error.
func (r Reader) Estimate(ctx context.Context, network, from, to string, value countersign.Amount, data []byte) (units uint64, fault string, err error) {
	chain, err := r.Client.Chain(network)
	if err != nil {
		return 0, "", err
	}
	call := map[string]any{"from": from, "to": to, "value": (*hexutil.Big)(value.Big())}
	if len(data) > 0 {
		// The older name too: there are nodes that know no other.
		call["input"], call["data"] = hexutil.Bytes(data), hexutil.Bytes(data)
	}
	type estimate struct {
		units *big.Int
		fault string
	}
	answers := client.All(ctx, chain, []jsonrpc.Call{{Method: "eth_estimateGas", Params: []any{call}}}, func(replies []jsonrpc.Reply) (e estimate, err error) {
		if refused(replies[0].Err) {
			return estimate{fault: replies[0].Err.Error()}, nil
		}
		var n hexutil.Uint64
		err = evmjson.Into(replies[0], &n)
		return estimate{units: new(big.Int).SetUint64(uint64(n))}, err
	})
	var said []*big.Int
	faults := 0
	for _, a := range answers {
		switch {
		case a.Err == nil && a.Value.fault != "":
			faults, fault = faults+1, a.Value.fault
		case a.Err == nil:
			said = append(said, a.Value.units)
		}
	}
	if faults >= chain.Settings().Quorum && faults > len(said) {
		return 0, fault, nil
	}
	most, err := reached(chain, said, answers)
	if err == nil && !most.Big().IsUint64() {
		err = fmt.Errorf("%w: it is %s", countersign.ErrUnsure, most)
	}
	if err != nil {
		return 0, "", fmt.Errorf("estimate of gas on %s: %w", network, err)
	}
	return most.Big().Uint64(), "", nil
}

// refusals are words by which nodes say that a transaction would fail where eth_call might not:
// geth, Erigon, Nethermind and Besu.
var refusals = []string{"insufficient funds", "insufficient balance", "gas required exceeds", "upfront cost"}

// refused reports whether an error is about the call and not about the node.
func refused(err error) bool {
	var e *jsonrpc.Error
	if !errors.As(err, &e) {
		return false
	}
	text := strings.ToLower(e.Message)
	return balance.Reverted(err) || slices.ContainsFunc(refusals, func(words string) bool { return strings.Contains(text, words) })
}
