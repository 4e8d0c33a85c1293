package chain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/chain"
	"countersign/chain/codepin"
	"countersign/chain/simulation"
	"countersign/chain/simulation/measure"
)

const (
	sender    = "0x00000000000000000000000000000000000000aa"
	recipient = "0x00000000000000000000000000000000000000bb"
	transfer  = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
	nativeLog = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
)

type object = map[string]any

// A script is a node on which the sender pays 5 wei to the recipient: what it answers
// to each method, for a test to spoil. An answer that is an error is one of JSON-RPC.
type script struct {
	t       *testing.T
	methods map[string]func(params []json.RawMessage) any
	runs    int                 // of eth_simulateV1
	rewrite func(string) string // of a whole answer
	url     string
}

// rpcError is an answer's error.
type rpcError struct {
	code    int
	message string
}

func newScript(t *testing.T) *script {
	t.Helper()
	s := &script{t: t}
	block := func([]json.RawMessage) any {
		return object{"number": "0x64", "hash": hashOf(100), "timestamp": "0x6553f100"}
	}
	s.methods = map[string]func([]json.RawMessage) any{
		"eth_chainId":          func([]json.RawMessage) any { return fmt.Sprintf("%#x", chainID) },
		"eth_getBlockByNumber": block,
		"eth_getBlockByHash":   block,
		"eth_simulateV1":       s.simulated,
		"debug_traceCall":      s.traced,
		"eth_call": func(params []json.RawMessage) any {
			return s.read(params[0], strings.Contains(string(params[2]), sender))
		},
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var calls []call
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &calls)
	}
	if err != nil {
		s.t.Errorf("request %s: %v", body, err)
	}
	var replies []object
	for _, c := range calls {
		reply := object{"jsonrpc": "2.0", "id": c.ID}
		answer := any(rpcError{-32601, "the method " + c.Method + " does not exist/is not available"})
		if method := s.methods[c.Method]; method != nil {
			answer = method(c.Params)
		}
		if e, failed := answer.(rpcError); failed {
			reply["error"] = object{"code": e.code, "message": e.message}
		} else {
			reply["result"] = answer
		}
		replies = append(replies, reply)
	}
	text, err := json.Marshal(replies)
	if err != nil {
		s.t.Error(err)
	}
	if s.rewrite != nil {
		text = []byte(s.rewrite(string(text)))
	}
	_, _ = w.Write(text) // the client may have hung up
}

// simulated is the block after 100, in which the reads, if any, stand around the call.
func (s *script) simulated(params []json.RawMessage) any {
	s.runs++
	var options struct {
		BlockStateCalls []struct{ Calls []json.RawMessage }
	}
	if err := json.Unmarshal(params[0], &options); err != nil || len(options.BlockStateCalls) != 1 {
		s.t.Errorf("options %s: %v", params[0], err)
	}
	if want := `{"blockHash":"` + hashOf(100) + `","requireCanonical":true}`; string(params[1]) != want {
		s.t.Errorf("simulated at %s, want %s", params[1], want)
	}
	ran := func(data string, logs ...any) object {
		return object{"returnData": data, "logs": append([]any{}, logs...), "gasUsed": "0x5208", "status": "0x1"}
	}
	paid := ran("0x", object{"address": nativeLog, "topics": []any{transfer, word(sender), word(recipient)}, "data": word("0x5")})
	calls := []any{paid}
	if txs := options.BlockStateCalls[0].Calls; len(txs) > 1 {
		calls = []any{ran(s.read(txs[0], false)), paid, ran(s.read(txs[2], true))}
	}
	return []any{object{"number": "0x65", "parentHash": hashOf(100), "timestamp": "0x6553f10c", "calls": calls}}
}

// traced is the call, or the state before and after it.
func (s *script) traced(params []json.RawMessage) any {
	if strings.Contains(string(params[2]), "prestateTracer") {
		return object{
			"pre":  object{sender: object{"balance": "0x64", "nonce": 1}, recipient: object{"balance": "0x1"}},
			"post": object{sender: object{"balance": "0x5f", "nonce": 2}, recipient: object{"balance": "0x6"}},
		}
	}
	return object{"type": "CALL", "from": sender, "to": recipient, "value": "0x5", "input": "0x", "gas": "0x1000000", "gasUsed": "0x5208"}
}

// read answers the reads: native balances move by 5, everything else is no token.
func (s *script) read(tx json.RawMessage, after bool) string {
	var reading struct{ Input string }
	if err := json.Unmarshal(tx, &reading); err != nil {
		s.t.Error(err)
	}
	out := "0x"
	for record := reading.Input[2:]; record != ""; record = record[256:] {
		balance := map[string]int{sender[2:]: 100, recipient[2:]: 1}[record[24:64]]
		if record[:24] != strings.Repeat("0", 24) {
			out += strings.Repeat("0", 128)
			continue
		}
		if after {
			balance += map[string]int{sender[2:]: -5, recipient[2:]: 5}[record[24:64]]
		}
		out += fmt.Sprintf("%064x%064x", 1, balance)
	}
	return out
}

func (s *script) simulate(alter ...func(*simulation.Request)) (simulation.Result, error) {
	s.t.Helper()
	nodes, err := chain.NewNodes(map[string]chain.Endpoint{"Lab": {URL: s.url, ChainID: chainID}})
	if err != nil {
		s.t.Fatal(err)
	}
	req := simulation.Request{Network: "Lab", Calls: []simulation.Call{{From: sender, To: recipient, Value: countersign.NewAmount(5)}}}
	for _, a := range alter {
		a(&req)
	}
	return nodes.Simulate(s.t.Context(), req)
}

// without takes a method from the node.
func (s *script) without(method string) *script {
	delete(s.methods, method)
	return s
}

func TestSimulate(t *testing.T) {
	for _, pinned := range []string{"", hashOf(100)} {
		for _, method := range []simulation.Method{simulation.SimulateV1, simulation.TraceCall} {
			s := newScript(t)
			if method == simulation.TraceCall {
				s.without("eth_simulateV1")
			}
			r, err := s.simulate(func(r *simulation.Request) { r.Block = pinned })
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			want := `{"network":"Lab","chain_id":424242,"block":{"number":100,"hash":"` + hashOf(100) + `","time":"2023-11-14T22:13:20Z"},"method":"` + string(method) + `",` +
				`"calls":[{"reverted":false,"gas_used":21000,"logs":[]}],"watched":["` + sender + `"],` +
				`"assets":[{"account":"` + sender + `","asset":{"kind":"native"},"delta":"-5"},{"account":"` + recipient + `","asset":{"kind":"native"},"delta":"5"}],"allowances":[]}`
			if string(text) != want {
				t.Errorf("%s\nwant\n%s", text, want)
			}
		}
	}
}

func TestSimulateRefusesABadRequest(t *testing.T) {
	s := newScript(t)
	for _, tt := range []struct {
		name  string
		alter func(*simulation.Request)
		want  error
	}{
		{"creation", func(r *simulation.Request) { r.Calls[0].To = "" }, simulation.ErrRequest},
		{"a network without a node", func(r *simulation.Request) { r.Network = "Mars" }, simulation.ErrUnavailable},
		{"more than can be read", func(r *simulation.Request) {
			for i := range 32 {
				r.Accounts, r.Tokens = append(r.Accounts, fmt.Sprintf("0x%040x", i+1)), append(r.Tokens, fmt.Sprintf("0x%040x", i+99))
			}
		}, simulation.ErrUnsupported},
		{"a call of where balances are read", func(r *simulation.Request) { r.Calls[0].To = measure.Reader.Hex() }, simulation.ErrUnsupported},
	} {
		if _, err := s.simulate(tt.alter); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestSimulateWantsAFreshBlock(t *testing.T) {
	s := newScript(t)
	nodes, err := chain.NewNodes(map[string]chain.Endpoint{"Lab": {URL: s.url, ChainID: chainID, MaxAge: "1m"}})
	if err != nil {
		t.Fatal(err)
	}
	for late, want := range map[time.Duration]error{time.Minute: nil, time.Minute + time.Second: simulation.ErrUnavailable} {
		nodes.Now = func() time.Time { return time.Unix(0x6553f100, 0).Add(late) }
		req := simulation.Request{Network: "Lab", Calls: []simulation.Call{{From: sender, To: recipient, Value: countersign.NewAmount(5)}}}
		if _, err := nodes.Simulate(t.Context(), req); !errors.Is(err, want) {
			t.Errorf("%s late: %v, want %v", late, err, want)
		}
		req.Block = hashOf(100)
		if _, err := nodes.Simulate(t.Context(), req); err != nil {
			t.Errorf("a block that was named, %s late: %v", late, err)
		}
	}
}

func TestSimulateKeepsSecrets(t *testing.T) {
	s := newScript(t)
	const key = "0123456789abcdef"
	s.methods["eth_simulateV1"] = func([]json.RawMessage) any { return rpcError{-32000, "no credit for " + key} }
	s.url += "/v3/" + key
	_, err := s.simulate()
	if !errors.Is(err, simulation.ErrUnavailable) || !errors.Is(err, codepin.ErrUnknown) || strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), "no credit") {
		t.Errorf("Simulate = %v", err)
	}
}
