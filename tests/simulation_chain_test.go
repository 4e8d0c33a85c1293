package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/chain"
	"countersign/chain/simulation"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"
)

// A lab is the sandbox's chain with what testdata/simulation/Effects.sol has, and two
// ways to it: one node has both methods, the other no eth_simulateV1.
type lab struct {
	*evm
	whole, old *chain.Nodes
	code       map[string]string
	wallet     string
}

// bob is nobody: what he has is what he got.
const bob = "0x00000000000000000000000000000000000b0b01"

func newLab(t *testing.T) *lab {
	t.Helper()
	t.Setenv("COUNTERSIGN_TEST_BIN", tracingSandbox(t))
	l := &lab{evm: newEVM(t)}
	l.wallet = strings.ToLower(l.account().Hex())
	l.whole, l.old = l.front(), l.front(string(simulation.SimulateV1))
	l.ok(json.Unmarshal([]byte(read(t, "testdata/simulation/Effects.json")), &l.code))
	return l
}

// tracingSandbox builds a sandbox whose node also has debug_traceCall, and returns the
// directory that it is in. The sandbox that people use has no use for that method.
func tracingSandbox(t *testing.T) string {
	t.Helper()
	program(t, "sandbox") // skipped as the others are where nothing was built
	source, err := filepath.Abs("../sandbox/evm/node.go")
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, source)
	for _, change := range [][2]string{
		{"import (", "import (\n\t\"github.com/ethereum/go-ethereum/eth/tracers\"\n\t_ \"github.com/ethereum/go-ethereum/eth/tracers/native\"\n"},
		{`"web3"}`, `"web3", "debug"}`},
		{"pooled, err := c.pooled(", "apis = append(apis, tracers.APIs(backend.APIBackend)...)\n\tpooled, err := c.pooled("},
	} {
		if strings.Count(text, change[0]) != 1 {
			t.Fatalf("%s does not have %q once: correct the test", source, change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	dir := t.TempDir()
	patched, overlay := filepath.Join(dir, "node.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: patched}})
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{patched: text, overlay: string(replace)} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-overlay", overlay, "-o", filepath.Join(dir, "sandbox"), "./cmd/sandbox")
	build.Dir = "../sandbox"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building a sandbox with debug_traceCall: %v\n%s", err, out)
	}
	return dir
}

// front is a node's address that passes calls on, and refuses some methods as a node
// does that has not got them.
func (l *lab) front(refused ...string) *chain.Nodes {
	l.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var calls []struct {
			ID     json.RawMessage   `json:"id"`
			Method string            `json:"method"`
			Params []json.RawMessage `json:"params"`
		}
		if err := json.NewDecoder(r.Body).Decode(&calls); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		replies := make([]map[string]any, len(calls))
		for i, c := range calls {
			replies[i] = map[string]any{"jsonrpc": "2.0", "id": c.ID}
			if slices.Contains(refused, c.Method) {
				replies[i]["error"] = map[string]any{"code": -32601, "message": "the method " + c.Method + " does not exist/is not available"}
				continue
			}
			args := make([]any, len(c.Params))
			for j, p := range c.Params {
				args[j] = p
			}
			var result json.RawMessage
			if err := l.client.Client().CallContext(r.Context(), &result, c.Method, args...); err == nil {
				replies[i]["result"] = result
			} else if e, ok := err.(rpc.Error); ok {
				replies[i]["error"] = map[string]any{"code": e.ErrorCode(), "message": e.Error()}
			} else {
				l.t.Errorf("%s: %v", c.Method, err)
			}
		}
		_ = json.NewEncoder(w).Encode(replies) // the client may have hung up
	}))
	l.t.Cleanup(server.Close)
	nodes, err := chain.NewNodes(map[string]chain.Endpoint{"Lab": {URL: server.URL, ChainID: l.id.Uint64()}})
	l.ok(err)
	return nodes
}

// makes deploys one of the contracts; arguments of its constructor are words.
func (l *lab) makes(name string, words ...byte) string {
	l.t.Helper()
	creation := l.code[name]
	for _, w := range words {
		creation += fmt.Sprintf("%064x", w)
	}
	return strings.ToLower(l.evm.call(nil, common.FromHex(creation)).ContractAddress.Hex())
}

// does has the wallet call a contract for real.
func (l *lab) does(contract string, data []byte) {
	l.t.Helper()
	to := common.HexToAddress(contract)
	l.evm.call(&to, data)
}

// calling is a call by the wallet that is to be simulated.
func (l *lab) calling(to string, wei uint64, data []byte) simulation.Request {
	return simulation.Request{Network: "Lab", Calls: []simulation.Call{{From: l.wallet, To: to, Value: countersign.NewAmount(wei), Data: data}}}
}

// both simulates by either method, and demands that the results are the same bytes.
func (l *lab) both(req simulation.Request) simulation.Result {
	l.t.Helper()
	r, err := l.whole.Simulate(l.t.Context(), req)
	l.ok(err)
	old, err := l.old.Simulate(l.t.Context(), req)
	l.ok(err)
	if r.Method != simulation.SimulateV1 || old.Method != simulation.TraceCall {
		l.t.Errorf("by %s and %s", r.Method, old.Method)
	}
	old.Method = r.Method
	if one, two := jsonOf(l.t, r), jsonOf(l.t, old); one != two {
		l.t.Errorf("by %s:\n%s\nby %s:\n%s", simulation.SimulateV1, one, simulation.TraceCall, two)
	}
	return r
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// data is the call data of a function given by its signature.
func (l *lab) data(signature string, args ...any) []byte {
	l.t.Helper()
	selector, err := abi.ParseSelector(signature)
	l.ok(err)
	parsed, err := abi.JSON(strings.NewReader("[" + jsonOf(l.t, selector) + "]"))
	l.ok(err)
	for i, a := range args {
		if address, ok := a.(string); ok {
			args[i] = common.HexToAddress(address)
		}
	}
	data, err := parsed.Pack(selector.Name, args...)
	l.ok(err)
	return data
}

// newest waits until the chain has a block after the one given.
func (l *lab) after(block uint64) {
	l.t.Helper()
	waitFor(l.t, "a new block", func(ctx context.Context) error {
		n, err := l.client.BlockNumber(ctx)
		if err == nil && n <= block {
			err = fmt.Errorf("at block %d", n)
		}
		return err
	})
}
