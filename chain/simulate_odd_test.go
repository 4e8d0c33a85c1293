package chain_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"countersign/chain/simulation"
)

// spoil changes the answer to a method.
func spoil(method string, alter func(answer any) any) func(*script) {
	return func(s *script) {
		good := s.methods[method]
		s.methods[method] = func(params []json.RawMessage) any { return alter(good(params)) }
	}
}

// inBlock changes the simulated block, and inCall its call, which stands in the middle.
func inBlock(alter func(object)) func(*script) {
	return spoil("eth_simulateV1", func(answer any) any {
		alter(answer.([]any)[0].(object))
		return answer
	})
}

func inCall(alter func(object)) func(*script) {
	return inBlock(func(b object) {
		calls := b["calls"].([]any)
		alter(calls[len(calls)/2].(object))
	})
}

func inLog(alter func(object)) func(*script) {
	return inCall(func(c object) { alter(c["logs"].([]any)[0].(object)) })
}

// inTrace changes the trace, and inState the state before and after, on a node without
// eth_simulateV1.
func inTrace(alter func(object)) func(*script) { return traceWith("type", alter) }

func inState(alter func(object)) func(*script) { return traceWith("pre", alter) }

func traceWith(mark string, alter func(object)) func(*script) {
	return func(s *script) {
		spoil("debug_traceCall", func(answer any) any {
			if o := answer.(object); o[mark] != nil {
				alter(o)
			}
			return answer
		})(s.without("eth_simulateV1"))
	}
}

func put(key string, value any) func(object) {
	return func(o object) { o[key] = value }
}

func drop(key string) func(object) {
	return func(o object) { delete(o, key) }
}

// TestSimulateIsNeverAnEmptyResult has a node answer in every odd way. Each is an
// error.
func TestSimulateIsNeverAnEmptyResult(t *testing.T) {
	failed := object{"code": -32015, "message": "out of gas"}
	manyLogs := func(c object) {
		for range 1001 {
			c["logs"] = append(c["logs"].([]any), object{"address": recipient, "topics": []any{}, "data": "0x"})
		}
	}
	nested := func(o object) object {
		return object{"type": "CALL", "from": sender, "to": recipient, "value": "0x0", "input": "0x", "gasUsed": "0x0", "logs": []any{o}}
	}
	for _, tt := range []struct {
		name  string
		spoil func(*script)
		says  string
	}{
		{"another chain", spoil("eth_chainId", func(any) any { return "0x1" }), "serves chain 1"},
		{"no newest block", spoil("eth_getBlockByNumber", func(any) any { return nil }), "null"},
		{"no answer", spoil("eth_simulateV1", func(any) any { return nil }), "null"},
		{"no list", spoil("eth_simulateV1", func(any) any { return object{} }), "cannot unmarshal"},
		{"no block", spoil("eth_simulateV1", func(any) any { return []any{} }), "0 simulated blocks"},
		{"two blocks", spoil("eth_simulateV1", func(a any) any { return append(a.([]any), a.([]any)...) }), "2 simulated blocks"},
		{"refused", spoil("eth_simulateV1", func(any) any { return rpcError{-38014, "insufficient funds"} }), "insufficient funds"},
		{"another parent", inBlock(put("parentHash", hashOf(99))), "it simulated block 101 on " + hashOf(99)},
		{"another number", inBlock(put("number", "0x66")), "it simulated block 102"},
		{"another time", inBlock(put("timestamp", "0x1")), "it simulated block"},
		{"no parent", inBlock(drop("parentHash")), "no number, parent"},
		{"no calls", inBlock(drop("calls")), "no number, parent, time or calls"},
		{"a call less", inBlock(func(b object) { b["calls"] = b["calls"].([]any)[1:] }), "0 calls were simulated, want 1"},
		{"a call more", inBlock(func(b object) { b["calls"] = append(b["calls"].([]any), b["calls"].([]any)[0]) }), "2 calls were simulated, want 1"},
		{"no status", inCall(drop("status")), "no return data, logs, gas or status"},
		{"no logs", inCall(drop("logs")), "no return data, logs, gas or status"},
		{"null for logs", inCall(put("logs", nil)), "no return data, logs, gas or status"},
		{"no gas", inCall(drop("gasUsed")), "no return data, logs, gas or status"},
		{"a status that is none", inCall(put("status", "0x2")), "status"},
		{"failure without a reason", inCall(put("status", "0x0")), "both failed and succeeded"},
		{"success with a reason", inCall(put("error", failed)), "both failed and succeeded"},
		{"failure with logs", inCall(func(c object) { c["status"], c["error"] = "0x0", failed }), "both failed and succeeded"},
		{"a log of nobody", inLog(drop("address")), "no address, topics or data"},
		{"a log without topics", inLog(drop("topics")), "no address, topics or data"},
		{"a log without data", inLog(drop("data")), "no address, topics or data"},
		{"a transfer that cannot be read", inLog(put("data", "0x05")), "native asset cannot be read"},
		{"transfers are not traced", inCall(put("logs", []any{})), "traceTransfers"},
		{"a transfer of less than was sent", inLog(put("data", word("0x4"))), "traceTransfers"},
		{"too many logs", inCall(manyLogs), "1001 logs"},
		{"other on the second run", func(s *script) {
			inCall(func(c object) {
				if s.runs == 2 {
					c["gasUsed"] = "0x5209"
				}
			})(s)
		}, "differently a second time"},
		{"no reads", inBlock(func(b object) { b["calls"].([]any)[0].(object)["returnData"] = "0x" }), "0 bytes for"},
		{"reads of another program", inBlock(func(b object) {
			if c := b["calls"].([]any)[0].(object); reading(b) {
				c["returnData"] = "0xff" + c["returnData"].(string)[4:]
			}
		}), "another program"},
		{"reads that fail", inBlock(func(b object) {
			if c := b["calls"].([]any)[0].(object); reading(b) {
				c["status"], c["error"] = "0x0", failed
			}
		}), "reading balances failed"},
		{"a key twice", func(s *script) {
			s.rewrite = func(text string) string { return strings.Replace(text, `"logs":`, `"logs":[],"logs":`, 1) }
		}, "stands twice"},
		{"a key in another case", func(s *script) {
			s.rewrite = func(text string) string {
				return strings.Replace(text, `"parentHash":`, `"ParentHash":"0x","parentHash":`, 1)
			}
		}, "case"},
		{"traced: refused", spoilTrace(func(any) any { return rpcError{-32000, "tracing failed"} }), "tracing failed"},
		{"traced: no gas", inTrace(drop("gasUsed")), "has no call"},
		{"traced: creation", inTrace(put("type", "CREATE")), "has no call"},
		{"traced: of another sender", inTrace(put("from", recipient)), "another call"},
		{"traced: of another recipient", inTrace(put("to", sender)), "another call"},
		{"traced: of another value", inTrace(put("value", "0x6")), "another call"},
		{"traced: of other data", inTrace(put("input", "0x01")), "another call"},
		{"traced: a log without a position", inTrace(put("logs", []any{object{"address": sender, "topics": []any{}, "data": "0x"}})), "no position"},
		{"traced: a position that is none", inTrace(put("logs", []any{object{"address": sender, "topics": []any{}, "data": "0x", "position": "0x1"}})), "no position"},
		{"traced: an inner log without data", inTrace(put("calls", []any{nested(object{"address": sender, "topics": []any{}, "position": "0x0"})})), "no address, topics or data"},
		{"traced: value to nobody", inTrace(put("calls", []any{object{"type": "CALL", "from": sender, "value": "0x1"}})), "no sender or recipient"},
		{"traced: no state before", inState(drop("pre")), "no state"},
		{"traced: no state after", inState(drop("post")), "no state"},
		{"traced: nothing changes", inState(put("post", object{})), "nonce"},
		{"traced: an account is gone", inState(func(o object) { delete(o["post"].(object), recipient) }), "removes"},
		{"traced: reads of nothing", func(s *script) { spoil("eth_call", func(any) any { return "0x" })(s.without("eth_simulateV1")) }, "0 bytes for"},
		{"traced: reads in no hex", func(s *script) { spoil("eth_call", func(any) any { return "zz" })(s.without("eth_simulateV1")) }, "eth_call"},
		{"neither method", func(s *script) { s.without("eth_simulateV1").without("debug_traceCall") }, "neither"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript(t)
			tt.spoil(s)
			r, err := s.simulate()
			if !errors.Is(err, simulation.ErrUnavailable) && !errors.Is(err, simulation.ErrUnsupported) || err != nil && !strings.Contains(err.Error(), tt.says) || len(r.Calls) > 0 {
				t.Errorf("Simulate = %+v, %v, want %q", r, err, tt.says)
			}
		})
	}
}

// reading reports whether a block has reads around its call.
func reading(b object) bool { return len(b["calls"].([]any)) == 3 }

func spoilTrace(alter func(any) any) func(*script) {
	return func(s *script) { spoil("debug_traceCall", alter)(s.without("eth_simulateV1")) }
}

// TestSimulatePinsABlock has a node know another block by the hash.
func TestSimulatePinsABlock(t *testing.T) {
	for name, alter := range map[string]func(any) any{
		"unknown":      func(any) any { return nil },
		"another hash": func(any) any { return object{"number": "0x64", "hash": hashOf(99), "timestamp": "0x1"} },
		"no number":    func(any) any { return object{"hash": hashOf(100), "timestamp": "0x1"} },
		"no time":      func(any) any { return object{"hash": hashOf(100), "number": "0x64"} },
		"too late":     func(any) any { return object{"number": "0x64", "hash": hashOf(100), "timestamp": "0xffffffffffffffff"} },
	} {
		s := newScript(t)
		spoil("eth_getBlockByHash", alter)(s)
		if _, err := s.simulate(func(r *simulation.Request) { r.Block = hashOf(100) }); !errors.Is(err, simulation.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
