package client

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign/chain/evmjson"
	"countersign/chain/follow"
	"countersign/chain/jsonrpc"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// header reads a block without its transactions.
func header(r []jsonrpc.Reply) (follow.Block, error) { return evmjson.ReadHeader(r[0]) }

func byTag(tag string) []jsonrpc.Call {
	return []jsonrpc.Call{{Method: "eth_getBlockByNumber", Params: []any{tag, false}}}
}

// newest asks every node for a block by tag, and returns the answers and the highest number that
// the quorum has reached: a node that is ahead alone is not followed, one behind not waited for.
func (c *Chain) newest(ctx context.Context, tag string) ([]Answer[follow.Block], uint64, error) {
	answers := All(ctx, c, byTag(tag), header)
	var numbers []uint64
	var missing []error
	for _, a := range answers {
		if a.Err == nil {
			numbers = append(numbers, a.Value.Number)
		} else {
			missing = append(missing, fmt.Errorf("block %q: %w", tag, a.Err))
		}
	}
	if len(numbers) < c.settings.Quorum {
		return nil, 0, tooFew(len(numbers), c.settings.Quorum, missing)
	}
	slices.Sort(numbers)
	return answers, numbers[len(numbers)-c.settings.Quorum], nil
}

// Head is the newest block that the quorum has reached, as one of the nodes has it: a hint.
func (c *Chain) Head(ctx context.Context) (follow.Block, error) {
	answers, number, err := c.newest(ctx, "latest")
	if err != nil {
		return follow.Block{}, err
	}
	for _, a := range answers {
		if a.Err == nil && a.Value.Number == number {
			return a.Value, nil
		}
	}
	return follow.Block{}, errors.New("no node has its own newest block") // cannot be: the number is of one
}

// Final is the newest block that cannot leave the chain any more, by the network's rule. The
// quorum has reached it and agrees on its hash.
func (c *Chain) Final(ctx context.Context) (follow.Block, error) {
	if c.settings.Tag == "" {
		_, head, err := c.newest(ctx, "latest")
		if err != nil {
			return follow.Block{}, err
		}
		return c.AgreedByNumber(ctx, head-min(head, c.settings.Confirmations))
	}
	answers, number, err := c.newest(ctx, c.settings.Tag)
	if err != nil {
		return follow.Block{}, err
	}
	for i, a := range answers {
		if a.Err == nil && a.Value.Number != number {
			answers[i].Err = fmt.Errorf("node %s: its final block is %d", a.Host, a.Value.Number)
		}
	}
	if b, err := Agreed(c, answers); err == nil {
		return b, nil
	}
	// The nodes stand at several heights, or do not agree, which is told then.
	return c.AgreedByNumber(ctx, number)
}

// AgreedByNumber is the block that the quorum has at a number.
func (c *Chain) AgreedByNumber(ctx context.Context, number uint64) (follow.Block, error) {
	return Agree(ctx, c, byTag(hexutil.EncodeUint64(number)), numbered(number))
}

// ByNumber is the block that one node has at a number now: a hint.
func (c *Chain) ByNumber(ctx context.Context, number uint64) (follow.Block, error) {
	return First(ctx, c, byTag(hexutil.EncodeUint64(number)), numbered(number))
}

func numbered(number uint64) func([]jsonrpc.Reply) (follow.Block, error) {
	return func(r []jsonrpc.Reply) (follow.Block, error) {
		b, err := header(r)
		if err == nil && b.Number != number {
			err = fmt.Errorf("block %d was asked for, %d came", number, b.Number)
		}
		return b, err
	}
}
