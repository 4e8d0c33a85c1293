package measure

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"countersign"
	"countersign/chain/simulation"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

var (
	transferTopic = crypto.Keccak256Hash([]byte("Transfer(address,address,uint256)"))
	// nativeLogs is who traceTransfers says wrote the transfers of the native asset
	// (ERC-7528, execution-apis eth_simulateV1), and protocolLogs who writes them once
	// the protocol does (EIP-7708). Nobody has code at either.
	nativeLogs   = common.HexToAddress("0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE")
	protocolLogs = common.HexToAddress("0xfffffffffffffffffffffffffffffffffffffffe")
)

// Simulation is the parameters of eth_simulateV1 for the calls of a request, between
// two transactions that read, where there are reads.
//
// Validation is off: with it, the node would ask for nonces, and for a base fee that
// the sender pays, and the fee would be among the native deltas.
func Simulation(calls []simulation.Call, base Base, reads []Read) []any {
	var txs []any
	block := map[string]any{"blockOverrides": base.next()}
	for _, c := range calls {
		txs = append(txs, transaction(c))
	}
	if len(reads) > 0 {
		txs = append(append([]any{readingCall(reads)}, txs...), readingCall(reads))
		block["stateOverrides"] = map[common.Address]any{Reader: readingState()}
	}
	block["calls"] = txs
	return []any{map[string]any{"blockStateCalls": []any{block}, "traceTransfers": true, "validation": false}, base.at()}
}

type simulatedBlock struct {
	Number     *hexutil.Uint64  `json:"number"`
	ParentHash *common.Hash     `json:"parentHash"`
	Timestamp  *hexutil.Uint64  `json:"timestamp"`
	Calls      *[]simulatedCall `json:"calls"`
}

type simulatedCall struct {
	ReturnData *hexutil.Bytes  `json:"returnData"`
	Logs       *[]wireLog      `json:"logs"`
	GasUsed    *hexutil.Uint64 `json:"gasUsed"`
	Status     *hexutil.Uint64 `json:"status"`
	Error      *struct {
		Message string        `json:"message"`
		Code    int           `json:"code"`
		Data    hexutil.Bytes `json:"data"`
	} `json:"error"`
}

// Simulated reads the answer to [Simulation]: the trace, and what was read before and
// after. A block that does not follow the base, and anything missing, are errors.
func Simulated(answer []byte, calls []simulation.Call, base Base, reads int) (t Trace, before, after []Answer, err error) {
	var blocks []simulatedBlock
	if err := json.Unmarshal(answer, &blocks); err != nil {
		return Trace{}, nil, nil, err
	}
	want := len(calls)
	if reads > 0 {
		want += 2
	}
	ran, err := follows(blocks, base, want)
	if err == nil && reads > 0 {
		before, err = ran[0].answers(reads)
		if err == nil {
			after, err = ran[want-1].answers(reads)
		}
		ran = ran[1 : want-1]
	}
	if err != nil {
		return Trace{}, nil, nil, err
	}
	for i, c := range ran {
		if err := t.add(c, calls[i].Value); err != nil {
			return Trace{}, nil, nil, fmt.Errorf("call %d: %w", i+1, err)
		}
	}
	return t, before, after, tooMany(t.Calls)
}

// follows returns the calls of the one block, which must stand on the base.
func follows(blocks []simulatedBlock, base Base, calls int) ([]simulatedCall, error) {
	if len(blocks) != 1 {
		return nil, fmt.Errorf("%d simulated blocks, want 1", len(blocks))
	}
	b := blocks[0]
	if b.Number == nil || b.ParentHash == nil || b.Timestamp == nil || b.Calls == nil {
		return nil, errors.New("the simulated block has no number, parent, time or calls")
	}
	if *b.ParentHash != base.Hash || uint64(*b.Number) != base.Number+1 || uint64(*b.Timestamp) != base.Time+blockTime {
		return nil, fmt.Errorf("it simulated block %d on %s, want %d on %s", *b.Number, b.ParentHash, base.Number+1, base.Hash)
	}
	if len(*b.Calls) != calls {
		return nil, fmt.Errorf("%d calls were simulated, want %d", len(*b.Calls), calls)
	}
	for _, c := range *b.Calls {
		if c.ReturnData == nil || c.Logs == nil || c.GasUsed == nil || c.Status == nil || *c.Status > 1 {
			return nil, errors.New("a simulated call has no return data, logs, gas or status")
		}
		if succeeded := *c.Status == 1; succeeded != (c.Error == nil) || !succeeded && len(*c.Logs) > 0 {
			return nil, errors.New("a simulated call both failed and succeeded")
		}
	}
	return *b.Calls, nil
}

func (c simulatedCall) answers(reads int) ([]Answer, error) {
	if c.Error != nil {
		return nil, fmt.Errorf("reading balances failed: %.100q", c.Error.Message)
	}
	return Answers(*c.ReturnData, reads)
}

// add adds a call's outcome, with the transfers of the native asset told from logs.
func (t *Trace) add(c simulatedCall, value countersign.Amount) error {
	if e := c.Error; e != nil {
		const reverted = 3 // go-ethereum's code for a revert
		r := failure(e.Message, e.Code == reverted || strings.HasPrefix(e.Message, "execution reverted"), e.Data)
		r.GasUsed = uint64(*c.GasUsed)
		t.Calls = append(t.Calls, r)
		return nil
	}
	r := simulation.CallResult{GasUsed: uint64(*c.GasUsed), Logs: []simulation.Log{}}
	moves := len(t.Moves)
	for _, l := range *c.Logs {
		log, err := l.log()
		if err != nil {
			return err
		}
		if *l.Address != nativeLogs && *l.Address != protocolLogs {
			r.Logs = append(r.Logs, log)
			continue
		}
		if len(*l.Topics) != 3 || (*l.Topics)[0] != transferTopic || len(*l.Data) != 32 {
			return errors.New("a transfer of the native asset cannot be read")
		}
		from, to := (*l.Topics)[1], (*l.Topics)[2]
		t.Moves = append(t.Moves, Move{common.BytesToAddress(from[12:]), common.BytesToAddress(to[12:]), new(big.Int).SetBytes(*l.Data)})
	}
	if !value.IsZero() && (len(t.Moves) == moves || t.Moves[moves].Value.Cmp(value.Big()) != 0) {
		return errors.New("its value was not shown as a transfer: the node does not know traceTransfers")
	}
	t.Calls = append(t.Calls, r)
	return nil
}

func tooMany(calls []simulation.CallResult) error {
	logs := 0
	for _, c := range calls {
		logs += len(c.Logs)
	}
	if logs > maxLogs {
		return fmt.Errorf("%w: the calls write %d logs, at most %d are read", simulation.ErrUnsupported, logs, maxLogs)
	}
	return nil
}
