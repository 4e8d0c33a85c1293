package measure_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"countersign"
	"countersign/chain/simulation"
	"countersign/chain/simulation/measure"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

const (
	wallet = "0x00000000000000000000000000000000000000a1"
	friend = "0x00000000000000000000000000000000000000b2"
	token  = "0x00000000000000000000000000000000000000c3"
	nobody = "0x0000000000000000000000000000000000000000"
)

// log is a log of the token: topics after the event's own, and words of data.
func log(event string, topics []any, data ...any) simulation.Log {
	l := simulation.Log{Address: token, Topics: []string{crypto.Keccak256Hash([]byte(event)).Hex()}}
	for _, t := range topics {
		l.Topics = append(l.Topics, word(t).Hex())
	}
	for _, d := range data {
		l.Data = append(l.Data, word(d).Bytes()...)
	}
	return l
}

func word(v any) common.Hash {
	if s, ok := v.(string); ok {
		return common.HexToHash(s)
	}
	return common.BigToHash(big.NewInt(int64(v.(int))))
}

type topics = []any

// answers has every read answered: those of views with a word, by what they ask.
func answers(p measure.Plan, word func(data string) (int64, bool)) (list []measure.Answer) {
	for _, r := range p.Reads {
		value, ok := word(common.Bytes2Hex(r.Data))
		list = append(list, measure.Answer{OK: ok, Word: big.NewInt(value)})
	}
	return list
}

// measured is the result of a call of the token that writes logs, where a view answers
// one thing before and another after.
func measured(t *testing.T, logs []simulation.Log, before, after func(data string) (int64, bool)) simulation.Result {
	t.Helper()
	trace := measure.Trace{Calls: []simulation.CallResult{{Logs: logs}}}
	p, err := measure.Concerns(simulation.Request{Calls: []simulation.Call{{From: wallet, To: token}}}, trace)
	if err != nil {
		t.Fatal(err)
	}
	r := simulation.Result{Calls: trace.Calls}
	if err := p.Effects(&r, answers(p, before), answers(p, after)); err != nil {
		t.Fatal(err)
	}
	return r.Canonical()
}

const (
	transfer = "Transfer(address,address,uint256)"
	approval = "Approval(address,address,uint256)"
	forAll   = "ApprovalForAll(address,address,bool)"
	single   = "TransferSingle(address,address,address,uint256,uint256)"
	batch    = "TransferBatch(address,address,address,uint256[],uint256[])"
)

// TestEventsOfNoStandard has logs in forms that nobody defines: each is unread, and no
// rule passes over it.
func TestEventsOfNoStandard(t *testing.T) {
	dirty := "0x01" + strings.Repeat("0", 22) + wallet[2:]
	short := log(transfer, topics{wallet, friend}, 5)
	short.Data = short.Data[1:]
	for _, tt := range []struct {
		name string
		log  simulation.Log
	}{
		{"transfer without indexes", log(transfer, nil, wallet, friend, 5)},
		{"transfer with data too many", log(transfer, topics{wallet, friend}, 5, 6)},
		{"transfer with half a word", short},
		{"transfer with an ID and an amount", log(transfer, topics{wallet, friend, 1}, 5)},
		{"transfer from what is no address", log(transfer, topics{dirty, friend}, 5)},
		{"approval without indexes", log(approval, nil, wallet, friend, 5)},
		{"approval of what is no address", log(approval, topics{wallet, dirty}, 5)},
		{"approval of all without indexes", log(forAll, nil, wallet, friend, 1)},
		{"single without a value", log(single, topics{friend, wallet, friend}, 1)},
		{"batch of lists of two lengths", log(batch, topics{friend, wallet, friend}, 64, 128, 1, 7, 2, 8)},
		{"batch with an offset elsewhere", log(batch, topics{friend, wallet, friend}, 64, 64, 1, 7, 1, 8)},
		{"batch cut off", log(batch, topics{friend, wallet, friend}, 64, 128, 1)},
		{"batch whose length is not its own", log(batch, topics{friend, wallet, friend}, 64, 128, 9, 7, 1, 8)},
	} {
		none := func(string) (int64, bool) { return 0, false }
		r := measured(t, []simulation.Log{tt.log}, none, none)
		if len(r.Unread) != 1 || !strings.Contains(r.Unread[0], "form of no standard") || !errors.Is(r.Only(), simulation.ErrEffects) {
			t.Errorf("%s: unread %q", tt.name, r.Unread)
		}
	}
	none := func(string) (int64, bool) { return 0, false }
	for name, l := range map[string]simulation.Log{
		"without a topic": {Address: token, Data: simulation.Bytes{1}}, "deposit of another kind": log("Deposit(address,uint256)", topics{wallet, 1}, 5),
	} {
		if r := measured(t, []simulation.Log{l}, none, none); len(r.Unread) > 0 {
			t.Errorf("%s: unread %q", name, r.Unread)
		}
	}
}

// TestBalancesAreTheTruth compares logs with what views answer.
func TestBalancesAreTheTruth(t *testing.T) {
	balance := func(value int64) func(string) (int64, bool) {
		return func(data string) (int64, bool) {
			return value, strings.Contains(data, "70a08231") && strings.Contains(data, wallet[2:]) || data == ""
		}
	}
	view := func(selector string, value int64) func(string) (int64, bool) {
		return func(data string) (int64, bool) { return value, strings.HasPrefix(data, selector) }
	}
	coin, paid := simulation.ERC20(token), log(transfer, topics{wallet, nobody}, 5)
	out := simulation.Out(wallet, coin, countersign.NewAmount(5))
	for _, tt := range []struct {
		name          string
		logs          []simulation.Log
		before, after func(string) (int64, bool)
		want          []simulation.Delta
		says          string
	}{
		{"as the logs say", []simulation.Log{paid}, balance(9), balance(4), []simulation.Delta{out}, ""},
		{"less than the logs say", []simulation.Log{paid}, balance(9), balance(5), []simulation.Delta{out}, "loses 4"},
		{"nothing, where the logs say something", []simulation.Log{paid}, balance(9), balance(9), nil, "by -5, its balance changes by 0"},
		{"a balance that cannot be read", []simulation.Log{paid}, view("none", 0), view("none", 0), []simulation.Delta{simulation.AtMost(out)}, "unread: what " + wallet},
		{"a balance that cannot be read afterwards", nil, balance(9), func(data string) (int64, bool) { return 9, data == "" }, nil, "unread: what " + wallet},
		{"more than there can be", []simulation.Log{log(transfer, topics{wallet, friend}, "0x"+strings.Repeat("f", 64)), paid}, view("70a08231", 9), view("70a08231", 9), nil, "unread: how much"},
		{"deposit is no lie", []simulation.Log{log("Deposit(address,uint256)", topics{wallet}, 3)}, balance(1), balance(4), []simulation.Delta{simulation.In(wallet, coin, countersign.NewAmount(3))}, ""},
		{"deposit that gives nothing is none either", []simulation.Log{log("Deposit(address,uint256)", topics{wallet}, 3)}, balance(1), balance(1), nil, ""},
		{"withdrawal", []simulation.Log{log("Withdrawal(address,uint256)", topics{wallet}, 3)}, balance(4), balance(1), []simulation.Delta{simulation.Out(wallet, coin, countersign.NewAmount(3))}, ""},
		{"deposit that gives otherwise", []simulation.Log{log("Deposit(address,uint256)", topics{wallet}, 3)}, balance(1), balance(9), []simulation.Delta{simulation.In(wallet, coin, countersign.NewAmount(8))}, "by 0, its balance changes by 8"},
		{"allowance that was and is nothing", []simulation.Log{log(approval, topics{wallet, friend}, 5)}, view("dd62ed3e", 0), view("dd62ed3e", 0), nil, ""},
		{"allowance that is what it was", []simulation.Log{log(approval, topics{wallet, friend}, 5)}, view("dd62ed3e", 5), view("dd62ed3e", 5), nil, "take 5"},
		{"allowance that cannot be read", []simulation.Log{log(approval, topics{wallet, friend}, 5)}, view("none", 0), view("none", 0), nil, "unread: what " + wallet + " lets " + friend},
		{"allowance of all that is neither yes nor no", []simulation.Log{log(forAll, topics{wallet, friend}, 1)}, view("e985e9c5", 0), view("e985e9c5", 2), nil, "unread"},
		{"allowance of all, revoked", []simulation.Log{log(forAll, topics{wallet, friend}, 0)}, view("e985e9c5", 1), view("e985e9c5", 0), []simulation.Delta{simulation.RevokeEverything(wallet, friend, token)}, ""},
		{"approval of a token that was cleared again", []simulation.Log{log(approval, topics{wallet, friend, 7})}, view("081812fc", 0), view("081812fc", 0), nil, ""},
		{"approval of a token that cannot be read", []simulation.Log{log(approval, topics{wallet, friend, 7})}, view("none", 0), view("none", 0), nil, "unread"},
		{"token minted and burned", []simulation.Log{log(transfer, topics{nobody, wallet, 7}), log(transfer, topics{wallet, nobody, 7})}, view("none", 0), view("none", 0), nil, ""},
		{"token that its owner does not get", []simulation.Log{log(transfer, topics{nobody, wallet, 7})}, view("none", 0), view("none", 0), nil, "by 1, its balance changes by 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			native := func(view func(string) (int64, bool)) func(string) (int64, bool) {
				return func(data string) (int64, bool) {
					if data == "" {
						return 0, true
					}
					return view(data)
				}
			}
			err := measured(t, tt.logs, native(tt.before), native(tt.after)).Only(tt.want...)
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("Only = %v, want %q", err, tt.says)
			}
		})
	}
}

func TestTooManyConcerned(t *testing.T) {
	var logs []simulation.Log
	for i := range 300 {
		l := log(transfer, topics{wallet, friend}, 1)
		l.Address = fmt.Sprintf("0x%040x", i+1000)
		logs = append(logs, l)
	}
	_, err := measure.Concerns(simulation.Request{Calls: []simulation.Call{{From: wallet, To: token}}}, measure.Trace{Calls: []simulation.CallResult{{Logs: logs}}})
	if !errors.Is(err, simulation.ErrUnsupported) {
		t.Errorf("Concerns = %v", err)
	}
}

// FuzzAnswers reads arbitrary answers: none panics, and what is taken is of the call.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`[{"number":"0x65","parentHash":"0x` + strings.Repeat("0", 64) + `","timestamp":"0xc","calls":[{"returnData":"0x","logs":[{"address":"` + token + `","topics":[],"data":"0x"}],"gasUsed":"0x1","status":"0x1"}]}]`))
	f.Add([]byte(`{"type":"CALL","from":"` + wallet + `","to":"` + token + `","value":"0x0","gasUsed":"0x1","calls":[{"type":"CALL","error":"x"}],"logs":[{"address":"` + token + `","topics":[],"data":"0x","position":"0x1"}]}`))
	f.Add([]byte(`{"pre":{"` + wallet + `":{"storage":{"0x` + strings.Repeat("0", 64) + `":"0x` + strings.Repeat("1", 64) + `"}}},"post":{"` + wallet + `":{"nonce":1}}}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		c := simulation.Call{From: wallet, To: token}
		base := measure.Base{Number: 100}
		traces := []measure.Trace{}
		if tr, _, _, err := measure.Simulated(answer, []simulation.Call{c}, base, 0); err == nil {
			traces = append(traces, tr)
		}
		if tr, err := measure.Traced(answer, c); err == nil {
			traces = append(traces, tr)
		}
		if left, err := measure.Left(answer, c); err == nil {
			if _, err := json.Marshal(measure.Reading(base, nil, left)); err != nil {
				t.Errorf("state that cannot be written: %v", err)
			}
		}
		for _, tr := range traces {
			p, err := measure.Concerns(simulation.Request{Calls: []simulation.Call{c}}, tr)
			if err != nil {
				continue
			}
			none := answers(p, func(string) (int64, bool) { return 1, true })
			r := simulation.Result{Calls: tr.Calls}
			if err := p.Effects(&r, none, none); err != nil || len(tr.Calls) != 1 {
				t.Errorf("%d calls, %v", len(tr.Calls), err)
			}
		}
	})
}
