package effect

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"countersign"
	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/jsonrpc"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// move is an asset that went somewhere. Asset is nil for the native one.
type move struct {
	asset         *common.Address
	from, to      common.Address
	amount, piece *big.Int
	log           int
}

// told writes a move in the words of the vocabulary.
func (m move) told() (countersign.Move, error) {
	out := countersign.Move{Kind: "Native", From: evmjson.Address(m.from), To: evmjson.Address(m.to), Log: m.log}
	if m.asset != nil {
		out.Kind, out.Asset = "Erc20", evmjson.Address(*m.asset)
	}
	if m.piece != nil {
		out.Kind, out.TokenID = "Erc721", m.piece.String()
	}
	var err error
	if out.Amount, err = countersign.AmountFromBig(m.amount); err != nil {
		return out, fmt.Errorf("a move of log %d: %w", m.log, err)
	}
	return out, nil
}

// plainGas is what a transaction uses that calls no code (EIP-2): inside of it nothing moves.
const plainGas = 21000

// move lists what a transaction moved: its value, what calls inside did where nodes can trace
// them, and what logs say. One that failed moved nothing.
func (x *examination) move(ctx context.Context) error {
	if !x.receipt.Succeeded() {
		return nil
	}
	to := x.tx.To
	if to == nil {
		to = x.receipt.Contract
	}
	if value := evmjson.Big(x.tx.Value); value.Sign() > 0 {
		if to == nil {
			return errors.New("the transaction pays, and its receipt does not say whom it created")
		}
		x.moves = append(x.moves, move{from: x.tx.From, to: *to, amount: value, log: -1})
	}
	if uint64(*x.receipt.GasUsed) > plainGas {
		var err error
		if x.inside, err = x.trace(ctx); err != nil {
			return err
		}
		x.moves = append(x.moves, x.inside...)
	}
	for _, l := range x.receipt.Logs {
		if m, ok := l.Moved(); ok {
			x.moves = append(x.moves, move{&l.Address, m.From, m.To, m.Amount, m.Piece, int(l.Index)}) //nolint:gosec // an index
		}
	}
	return nil
}

// frame is a call in the trace of go-ethereum's callTracer, which others have too.
type frame struct {
	Type  string          `json:"type"`
	From  common.Address  `json:"from"`
	To    *common.Address `json:"to"`
	Value *hexutil.Big    `json:"value"`
	Error string          `json:"error"`
	Calls []frame         `json:"calls"`
}

// tracer asks for calls only, without what they logged.
var tracer = map[string]any{"tracer": "callTracer"}

// inside lists the native money that calls inside moved. What failed took back all that it did;
// a delegate call shows its caller's value and moves none.
func (f frame) inside() (moves []move) {
	if f.Error != "" {
		return nil
	}
	for _, c := range f.Calls {
		value := evmjson.Big(c.Value)
		switch c.Type {
		case "CALL", "CREATE", "CREATE2", "SELFDESTRUCT":
			if c.Error == "" && c.To != nil && value.Sign() > 0 {
				moves = append(moves, move{from: c.From, to: *c.To, amount: value, log: -1})
			}
		}
		moves = append(moves, c.inside()...)
	}
	return moves
}

// trace lists what calls inside the transaction moved, where the quorum can trace.
func (x *examination) trace(ctx context.Context) ([]move, error) {
	top, err := client.Agree(ctx, x.chain, []jsonrpc.Call{{Method: "debug_traceTransaction", Params: []any{x.tx.Hash, tracer}}}, func(r []jsonrpc.Reply) (f frame, err error) {
		err = evmjson.Into(r[0], &f)
		return f, err
	})
	if err != nil && !cannot(err) {
		return nil, fmt.Errorf("the calls inside: %w", err)
	}
	return top.inside(), nil // none where nobody can trace
}

// cannot reports whether too few nodes have a method, or refused it: asking again does not help.
func cannot(err error) bool {
	var e *jsonrpc.Error
	return errors.As(err, &e)
}

// traceBlock lists what calls inside moved, by the hash of the transaction; nil where nodes
// cannot trace.
func (x *examination) traceBlock(ctx context.Context) (map[common.Hash][]move, error) {
	type traced struct {
		Hash   *common.Hash `json:"txHash"`
		Result *frame       `json:"result"`
	}
	list, err := client.Agree(ctx, x.chain, []jsonrpc.Call{{Method: "debug_traceBlockByHash", Params: []any{x.receipt.BlockHash, tracer}}}, func(r []jsonrpc.Reply) (list []traced, err error) {
		if err = evmjson.Into(r[0], &list); err == nil && len(list) != len(x.block.Txs) {
			err = fmt.Errorf("%d traces of %d transactions", len(list), len(x.block.Txs))
		}
		return list, err
	})
	if cannot(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the calls inside the block: %w", err)
	}
	moves := map[common.Hash][]move{}
	for i, t := range list {
		if t.Result == nil || t.Hash != nil && *t.Hash != x.block.Txs[i].Hash {
			return nil, fmt.Errorf("%w: the trace of transaction %d of the block is of another, or none", countersign.ErrUnsure, i)
		}
		moves[x.block.Txs[i].Hash] = t.Result.inside()
	}
	return moves, nil
}
