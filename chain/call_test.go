package chain_test

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign/chain"
	"countersign/chain/codepin"
)

const oracleAddress = "0x40c57923924b5c5c5455c48d93317139addac8fb"

// oracle is a world with one contract that answers one call.
func oracleWorld(returns string) world {
	return world{oracleAddress: account{code: "6001", calls: map[string]string{"0xdf592f7d": returns}}}
}

// call makes that call.
func callOracle(ctx context.Context, t *testing.T, f *fake, maxAge string) ([]byte, error) {
	t.Helper()
	nodes, err := chain.NewNodes(map[string]chain.Endpoint{"Ethereum": {URL: f.url, ChainID: chainID, MaxAge: maxAge}})
	if err != nil {
		t.Fatal(err)
	}
	nodes.Now = func() time.Time { return time.Unix(1_700_000_000+12+60, 0) } // a minute after the fake's first block
	// The address as people write it; the chain is asked in lower case.
	return nodes.CallContract(ctx, "Ethereum", "0x40C57923924B5c5c5455c48D93317139ADDaC8fb", []byte{0xdf, 0x59, 0x2f, 0x7d})
}

func TestCallContract(t *testing.T) {
	for name, want := range map[string]string{
		"a word": word("0x1"), "nothing": "0x", "an odd length": "0x010203", "64 KiB": "0x" + strings.Repeat("ab", 64<<10),
	} {
		f := newFake(t, oracleWorld(want))
		got, err := callOracle(t.Context(), t, f, "2m")
		if err != nil || "0x"+hex.EncodeToString(got) != want {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if f.requests != 3 { // to dial, for the block, and for code and call together
			t.Errorf("%s: %d requests, want 3", name, f.requests)
		}
	}
}

func TestACallThatTeachesNothingIsUnknown(t *testing.T) {
	good := oracleWorld(word("0x1"))
	for _, tt := range []struct {
		name   string
		world  world
		maxAge string
		change func(*fake)
	}{
		{"no contract", world{}, "", nil},
		{"an account that delegates", world{oracleAddress: account{code: "ef0100" + strings.Repeat("ab", 20), calls: map[string]string{"0xdf592f7d": word("0x0")}}}, "", nil},
		{"a revert", oracleWorld(""), "", nil},
		{"a return of more than 64 KiB", oracleWorld("0x" + strings.Repeat("ab", 64<<10+1)), "", nil},
		{"a block that is too old", good, "30s", nil},
		{"another chain", good, "", func(f *fake) { f.chainID = 1 }},
		{"a block that is gone", good, "", func(f *fake) {
			f.before = func(request int) {
				if request == 2 {
					f.worlds[1] = nil
				}
			}
		}},
		{"another chain by the second request", good, "", func(f *fake) {
			f.before = func(request int) {
				if request == 1 {
					f.chainID = 1
				}
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, tt.world)
			if tt.change != nil {
				tt.change(f)
			}
			if got, err := callOracle(t.Context(), t, f, tt.maxAge); !errors.Is(err, codepin.ErrUnknown) || got != nil {
				t.Errorf("%x, %v, want ErrUnknown alone", got, err)
			}
		})
	}
}

func TestAnAnswerToACallThatCannotBeReliedOnIsUnknown(t *testing.T) {
	for i, method := range []string{"eth_chainId", "eth_chainId", "eth_getBlockByNumber", "eth_getCode", "eth_call"} {
		list := faults()
		if method == "eth_getBlockByNumber" {
			list = append(list, headFaults()...)
		}
		for _, fault := range list {
			f := newFake(t, oracleWorld(word("0x0")))
			f.tamper = func(call int, got string, r map[string]any) []any {
				if call != i {
					return []any{r}
				}
				if got != method {
					t.Errorf("call %d is %s, want %s", i, got, method)
				}
				return fault.do(r)
			}
			if got, err := callOracle(t.Context(), t, f, ""); !errors.Is(err, codepin.ErrUnknown) || got != nil {
				t.Errorf("%s in answer %d, to %s: %x, %v, want ErrUnknown alone", fault.name, i, method, got, err)
			}
		}
	}
}

func TestACallThatIsNotAnsweredIsUnknown(t *testing.T) {
	for _, at := range []int{0, 1, 2} {
		f := newFake(t, oracleWorld(word("0x0")))
		f.instead = func(request int, _ http.ResponseWriter, r *http.Request) bool {
			if request == at {
				<-r.Context().Done()
			}
			return request == at
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := callOracle(ctx, t, f, "")
		cancel()
		if !errors.Is(err, codepin.ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("request %d: %v, want ErrUnknown and the deadline", at, err)
		}
	}
}

func TestACallToNobodyIsUnknown(t *testing.T) {
	nodes, err := chain.NewNodes(nil)
	if err != nil {
		t.Fatal(err)
	}
	for network, to := range map[string]string{"Ethereum": oracleAddress, "": "0x1", "Base": ""} {
		if _, err := nodes.CallContract(t.Context(), network, to, nil); !errors.Is(err, codepin.ErrUnknown) {
			t.Errorf("%q at %q: %v, want ErrUnknown", to, network, err)
		}
	}
}
