package chain_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"countersign/chain"

	"github.com/ethereum/go-ethereum/crypto"
)

// chainID is the fake's.
const chainID = 424242

// An account is what a block holds at an address. Slots that are not named are
// zero; calls that are not named revert.
type account struct {
	code  string
	slots map[string]string
	calls map[string]string
}

// A world is the state at one block.
type world map[string]account

// A fake is a node that keeps the real one's promises: it answers about a block
// only by its hash, and only while that is canonical.
type fake struct {
	t       *testing.T
	url     string
	worlds  []world // by number; the newest is the last
	chainID uint64

	calls, requests int
	// before runs at each request, numbered from 0.
	before func(request int)
	// tamper changes the answer to a call, numbered from 0 over all requests.
	tamper func(call int, method string, reply map[string]any) []any
	// rewrite changes the text of an answer.
	rewrite func(string) string
	// instead answers a request, when it returns true.
	instead func(request int, w http.ResponseWriter, r *http.Request) bool
}

// newFake serves the worlds. The block before them is empty, so that a number
// taken for a tag shows.
func newFake(t *testing.T, worlds ...world) *fake {
	t.Helper()
	f := &fake{t: t, worlds: append([]world{{}}, worlds...), chainID: chainID}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// dial returns a node of the fake, which has then seen no call.
func (f *fake) dial() *chain.Node {
	f.t.Helper()
	n, err := chain.Dial(f.t.Context(), f.url, chainID)
	if err != nil {
		f.t.Fatal(err)
	}
	f.calls, f.requests = 0, 0
	return n
}

func hashOf(number int) string { return fmt.Sprintf("0x%064x", 0xb10c00+number) }

type call struct {
	Version string            `json:"jsonrpc"`
	ID      json.RawMessage   `json:"id"`
	Method  string            `json:"method"`
	Params  []json.RawMessage `json:"params"`
}

// ServeHTTP answers one batch.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number := f.requests
	f.requests++
	if f.before != nil {
		f.before(number)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Errorf("request: %v", err)
	}
	if f.instead != nil && f.instead(number, w, r) {
		return
	}
	var calls []call
	if err := json.Unmarshal(body, &calls); err != nil || len(calls) > 50 {
		f.t.Errorf("%d calls in one request, want a batch of at most 50 (%v)", len(calls), err)
	}
	replies := []any{}
	for _, c := range calls {
		replies = append(replies, f.answer(c)...)
	}
	slices.Reverse(replies) // a server may answer in any order
	text, err := json.Marshal(replies)
	if err != nil {
		f.t.Errorf("answer: %v", err)
	}
	if f.rewrite != nil {
		text = []byte(f.rewrite(string(text)))
	}
	_, _ = w.Write(text) // the client may have hung up
}

func (f *fake) answer(c call) []any {
	reply := map[string]any{"jsonrpc": "2.0", "id": c.ID}
	if result, err := f.result(c); err != nil {
		reply["error"] = map[string]any{"code": -32000, "message": err.Error()}
	} else {
		reply["result"] = result
	}
	number := f.calls
	f.calls++
	if f.tamper != nil {
		return f.tamper(number, c.Method, reply)
	}
	return []any{reply}
}

func (f *fake) result(c call) (any, error) {
	text := func(i int) (s string) {
		if err := json.Unmarshal(c.Params[i], &s); err != nil {
			f.t.Errorf("%s: parameter %d is %s, want text", c.Method, i, c.Params[i])
		}
		return s
	}
	switch c.Method {
	case "eth_chainId":
		return fmt.Sprintf("%#x", f.chainID), nil
	case "eth_getBlockByNumber":
		if text(0) != "latest" || string(c.Params[1]) != "false" {
			f.t.Errorf("block %s, want the newest without transactions", c.Params)
		}
		n := len(f.worlds) - 1
		return map[string]any{"number": fmt.Sprintf("%#x", n), "hash": hashOf(n), "timestamp": fmt.Sprintf("%#x", 1_700_000_000+12*n), "extraData": "0x"}, nil
	}
	state, err := f.at(c.Params[len(c.Params)-1])
	if err != nil {
		return nil, err
	}
	switch c.Method {
	case "eth_getCode":
		return "0x" + state[text(0)].code, nil
	case "eth_getStorageAt":
		if v := state[text(0)].slots[text(1)]; v != "" {
			return v, nil
		}
		return word("0x0"), nil
	case "eth_call":
		var to struct{ To, Data string }
		if err := json.Unmarshal(c.Params[0], &to); err != nil {
			f.t.Errorf("eth_call: %v", err)
		}
		if state[to.To].code == "" {
			return "0x", nil
		}
		if v := state[to.To].calls[to.Data]; v != "" {
			return v, nil
		}
		return nil, fmt.Errorf("execution reverted")
	}
	f.t.Errorf("method %s was called", c.Method)
	return nil, fmt.Errorf("the method %s does not exist", c.Method)
}

// at finds the state by EIP-1898's parameter, and takes no other.
func (f *fake) at(param json.RawMessage) (world, error) {
	var got map[string]any
	if err := json.Unmarshal(param, &got); err != nil {
		f.t.Errorf("a read at %s, want it at a block's hash", param)
		return nil, fmt.Errorf("invalid argument")
	}
	for n, w := range f.worlds {
		if reflect.DeepEqual(got, map[string]any{"blockHash": hashOf(n), "requireCanonical": true}) {
			if w == nil {
				return nil, fmt.Errorf("hash %s is not currently canonical", hashOf(n))
			}
			return w, nil
		}
	}
	f.t.Errorf("a read at %s, which no block is", param)
	return nil, fmt.Errorf("header not found")
}

// word pads an address or a number to 32 bytes.
func word(s string) string {
	digits := strings.TrimPrefix(s, "0x")
	return "0x" + strings.Repeat("0", 64-len(digits)) + digits
}

// keccak is the hash of code given in hex.
func keccak(code string) string {
	b, err := hex.DecodeString(code)
	if err != nil {
		panic(err)
	}
	return crypto.Keccak256Hash(b).Hex()
}
