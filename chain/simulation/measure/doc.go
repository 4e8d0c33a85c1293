// Package measure turns what a node answers into the effects of a simulation. It is
// pure: package chain carries the questions and the answers.
//
// The calls run first to see whom they concern: [Concerns] lists every holding and
// every allowance of which the logs tell, and what the watched accounts have of each
// contract that is called or logs. They run again between two reads of those
// ([Reads]), and [Plan.Effects] compares the reads with each other and with the logs.
//
// Reads are made by a small program ([Reader]) that is put at an address of its own
// for the simulation alone. It reads with STATICCALL, so that a token cannot change
// anything when it is asked, and in one transaction, so that all are of one moment.
package measure

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"countersign/chain/simulation"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

const (
	// gasLimit is that of a call whose request names none: no transaction may have
	// more (EIP-7825).
	gasLimit = 1 << 24
	// blockTime is how many seconds after its parent the simulated block stands. It is
	// Ethereum's, and fixed, so that a simulation can be repeated.
	blockTime = 12
	// maxLogs is how many logs all calls of a request may write.
	maxLogs = 1000
	// maxData is how much of what a call reverted with is kept, in bytes.
	maxData = 1024
)

// A Base is the block on whose state the calls run.
type Base struct {
	Number, Time uint64
	Hash         common.Hash
}

// at is the parameter that names the block by its hash (EIP-1898). A block that has
// left the canonical chain meanwhile is an error.
func (b Base) at() any {
	return map[string]any{"blockHash": b.Hash, "requireCanonical": true}
}

// next are the overrides that put the calls into the block after, by either method.
func (b Base) next() any {
	return map[string]any{"number": hexutil.Uint64(b.Number + 1), "time": hexutil.Uint64(b.Time + blockTime)}
}

// A Trace is what one run of the calls showed.
type Trace struct {
	Calls []simulation.CallResult
	Moves []Move
}

// A Move is a transfer of the native asset that was not reverted.
type Move struct {
	From, To common.Address
	Value    *big.Int
}

// Same returns an error unless the other run showed the same: what differs from run
// to run on one state tells nothing of the next.
func (t Trace) Same(other Trace) error {
	one, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if two, err := json.Marshal(other); err != nil || string(one) != string(two) {
		return errors.Join(errors.New("the same calls ran differently a second time"), err)
	}
	return nil
}

// transaction is one call as both methods take it. Without a gas price, gas is free.
func transaction(c simulation.Call) map[string]any {
	gas := c.Gas
	if gas == 0 {
		gas = gasLimit
	}
	return map[string]any{
		"from": c.From, "to": c.To, "value": (*hexutil.Big)(c.Value.Big()), "input": hexutil.Bytes(c.Data), "gas": hexutil.Uint64(gas),
	}
}

// A wireLog is a log as nodes write it; missing fields are nil.
type wireLog struct {
	Address *common.Address `json:"address"`
	Topics  *[]common.Hash  `json:"topics"`
	Data    *hexutil.Bytes  `json:"data"`
}

func (l wireLog) log() (simulation.Log, error) {
	if l.Address == nil || l.Topics == nil || l.Data == nil || len(*l.Topics) > 4 {
		return simulation.Log{}, errors.New("a log has no address, topics or data, or more than four topics")
	}
	out := simulation.Log{Address: text(*l.Address), Topics: []string{}, Data: simulation.Bytes(*l.Data)}
	for _, t := range *l.Topics {
		out.Topics = append(out.Topics, t.Hex())
	}
	return out, nil
}

// failure is the reason for a call that did not succeed: what it reverted with, or the
// node's words for how it ended otherwise, such as out of gas.
func failure(words string, reverted bool, data []byte) simulation.CallResult {
	r := simulation.CallResult{Reverted: true, Logs: []simulation.Log{}, Reason: simulation.Reason(data)}
	if !reverted && len(data) == 0 {
		r.Reason = fmt.Sprintf("halted: %.100q", words)
	}
	if len(data) > 0 {
		r.Data = simulation.Bytes(data[:min(len(data), maxData)])
	}
	return r
}

// text is an address as results have it.
func text(a common.Address) string { return hexutil.Encode(a[:]) }
