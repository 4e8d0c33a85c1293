package measure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign/chain/simulation"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Tracing is the parameters of debug_traceCall for the calls and logs of one call.
func Tracing(c simulation.Call, base Base) []any {
	return tracing(c, base, "callTracer", map[string]bool{"withLog": true})
}

// TracingState is the parameters of debug_traceCall for the state that a call leaves.
func TracingState(c simulation.Call, base Base) []any {
	return tracing(c, base, "prestateTracer", map[string]bool{"diffMode": true})
}

func tracing(c simulation.Call, base Base, tracer string, config map[string]bool) []any {
	return []any{transaction(c), base.at(), map[string]any{"tracer": tracer, "tracerConfig": config, "blockOverrides": base.next()}}
}

// A frame is one call inside a call, of callTracer.
type frame struct {
	Type    string          `json:"type"`
	From    *common.Address `json:"from"`
	To      *common.Address `json:"to"`
	Value   *hexutil.Big    `json:"value"`
	Input   hexutil.Bytes   `json:"input"`
	Output  hexutil.Bytes   `json:"output"`
	GasUsed *hexutil.Uint64 `json:"gasUsed"`
	Error   string          `json:"error"`
	Calls   []frame         `json:"calls"`
	Logs    []struct {
		wireLog
		Position *hexutil.Uint64 `json:"position"`
	} `json:"logs"`
}

// Traced reads the answer to [Tracing]. An answer about another call, and anything
// missing, are errors.
func Traced(answer []byte, c simulation.Call) (Trace, error) {
	var top frame
	if err := json.Unmarshal(answer, &top); err != nil {
		return Trace{}, err
	}
	if top.GasUsed == nil || top.From == nil || top.To == nil || top.Value == nil || top.Type != "CALL" {
		return Trace{}, errors.New("the trace has no call with sender, recipient, value and gas")
	}
	if text(*top.From) != strings.ToLower(c.From) || text(*top.To) != strings.ToLower(c.To) ||
		top.Value.ToInt().Cmp(c.Value.Big()) != 0 || !bytes.Equal(top.Input, c.Data) {
		return Trace{}, errors.New("the trace is of another call")
	}
	r := simulation.CallResult{Logs: []simulation.Log{}}
	var t Trace
	if top.Error != "" {
		r = failure(top.Error, strings.HasPrefix(top.Error, "execution reverted"), top.Output)
	} else if err := t.walk(top, &r); err != nil {
		return Trace{}, err
	}
	r.GasUsed = uint64(*top.GasUsed)
	t.Calls = []simulation.CallResult{r}
	return t, tooMany(t.Calls)
}

// movers are the frames whose value leaves the sender for the recipient. A delegatecall
// is shown with a value, and moves none.
var movers = []string{"CALL", "CREATE", "CREATE2", "SELFDESTRUCT"}

// walk adds what a frame and those below it do, in the order in which they do it. What
// failed did nothing, and nothing below it did.
func (t *Trace) walk(f frame, r *simulation.CallResult) error {
	if f.Error != "" {
		return nil
	}
	if f.Value != nil && f.Value.ToInt().Sign() > 0 && slices.Contains(movers, f.Type) {
		if f.From == nil || f.To == nil {
			return errors.New("a call with value has no sender or recipient")
		}
		t.Moves = append(t.Moves, Move{*f.From, *f.To, f.Value.ToInt()})
	}
	next := 0
	for i := range len(f.Calls) + 1 {
		for ; next < len(f.Logs) && f.Logs[next].Position != nil && uint64(*f.Logs[next].Position) == uint64(i); next++ {
			log, err := f.Logs[next].log()
			if err != nil {
				return err
			}
			if *f.Logs[next].Address != protocolLogs { // the moves are known from the calls
				r.Logs = append(r.Logs, log)
			}
		}
		if i < len(f.Calls) {
			if err := t.walk(f.Calls[i], r); err != nil {
				return err
			}
		}
	}
	if next != len(f.Logs) {
		return errors.New("a log has no position among the calls")
	}
	return nil
}

// An account is what a call leaves at an address, as prestateTracer writes it.
type account struct {
	Balance *hexutil.Big                `json:"balance"`
	Nonce   *uint64                     `json:"nonce"`
	Code    *hexutil.Bytes              `json:"code"`
	Storage map[common.Hash]common.Hash `json:"storage"`
}

// Left reads the answer to [TracingState]: what must be put over the base to have the
// state that the call leaves. It fails with [simulation.ErrUnsupported] where the call
// removes an account, which cannot be put over anything.
func Left(answer []byte, c simulation.Call) (map[common.Address]any, error) {
	var diff struct {
		Pre  map[common.Address]account `json:"pre"`
		Post map[common.Address]account `json:"post"`
	}
	if err := json.Unmarshal(answer, &diff); err != nil {
		return nil, err
	}
	if diff.Pre == nil || diff.Post == nil {
		return nil, errors.New("there is no state before and after")
	}
	if sender := diff.Post[common.HexToAddress(c.From)]; sender.Nonce == nil {
		return nil, errors.New("the sender's nonce is not among what changes")
	}
	left := map[common.Address]any{}
	for address, was := range diff.Pre {
		is, there := diff.Post[address]
		if !there {
			return nil, fmt.Errorf("%w: the call removes %s, and the node has no %s", simulation.ErrUnsupported, text(address), simulation.SimulateV1)
		}
		for slot := range was.Storage {
			if _, set := is.Storage[slot]; !set { // a slot that becomes zero is left out
				if is.Storage == nil {
					is.Storage = map[common.Hash]common.Hash{}
				}
				is.Storage[slot] = common.Hash{}
				diff.Post[address] = is
			}
		}
	}
	for address, is := range diff.Post {
		left[address] = is.override()
	}
	return left, nil
}

func (a account) override() map[string]any {
	o := map[string]any{}
	if a.Balance != nil {
		o["balance"] = a.Balance
	}
	if a.Nonce != nil {
		o["nonce"] = hexutil.Uint64(*a.Nonce)
	}
	if a.Code != nil {
		o["code"] = a.Code
	}
	if len(a.Storage) > 0 {
		o["stateDiff"] = a.Storage
	}
	return o
}

// Reading is the parameters of eth_call that make the reads, in the same block as the
// call, on the state of the base and what was left, if anything.
func Reading(base Base, reads []Read, left map[common.Address]any) []any {
	overrides := map[common.Address]any{}
	for address, o := range left {
		overrides[address] = o
	}
	overrides[Reader] = readingState()
	return []any{readingCall(reads), base.at(), overrides, base.next()}
}
