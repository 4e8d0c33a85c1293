package balance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign"
	"countersign/chain/balance"
	"countersign/chain/chaintest"
	"countersign/chain/client"
	"countersign/chain/network"

	"github.com/ethereum/go-ethereum/common"
)

var holder, token = common.HexToAddress("0xa1"), common.HexToAddress("0xc0ffee")

func hex(a common.Address) string { return fmt.Sprintf("0x%x", a[:]) }

func newReader(t *testing.T, nodes int) (*chaintest.Chain, []*chaintest.Node, balance.Reader) {
	t.Helper()
	c := chaintest.New(7, 2)
	c.Fund(holder, 1_000_000)
	c.FundToken(token, holder, 5)
	var all []*chaintest.Node
	n := network.Network{ChainID: 7}
	for range nodes {
		all = append(all, c.Serve(t))
		n.URLs = append(n.URLs, all[len(all)-1].URL)
	}
	k, err := client.New(map[string]network.Network{"Net": n}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, all, balance.Reader{Client: k}
}

func TestAllBalancesAreOfOneFinalBlock(t *testing.T) {
	c, _, r := newReader(t, 3)
	c.Mine(&chaintest.Tx{From: holder, To: &token, Value: 10, Logs: []chaintest.Log{chaintest.TransferLog(token, common.Address{}, holder, 3)}})
	c.Mine()
	c.Mine()
	c.Mine(&chaintest.Tx{From: holder, To: &token, Value: 10}) // not final
	b, amounts, err := r.Final(t.Context(), "Net", hex(holder), []string{"", hex(token)})
	if err != nil || b.Number != 2 || b.Hash != c.Blocks[2].Hash.Hex() || fmt.Sprint(amounts) != "[978990 8]" {
		t.Errorf("Final = %+v %s, %v", b, amounts, err)
	}
	if _, _, err := r.Final(t.Context(), "Net", hex(holder), []string{"", hex(holder)}); err == nil || !strings.Contains(err.Error(), "returned nothing") {
		t.Errorf("the balance of what is no token: %v", err)
	}
	if _, _, err := r.Final(t.Context(), "Else", hex(holder), []string{""}); !errors.Is(err, countersign.ErrNoNode) {
		t.Errorf("a network without a node: %v", err)
	}
}

func TestBalancesThatNodesDoNotAgreeOn(t *testing.T) {
	_, nodes, r := newReader(t, 2)
	nodes[1].Tamper = func(m string, _ []json.RawMessage, result any) (any, error) {
		if m == "eth_call" {
			return common.HexToHash("0x7").Hex(), nil
		}
		return result, nil
	}
	if _, amounts, err := r.Final(t.Context(), "Net", hex(holder), []string{"", hex(token)}); !errors.Is(err, countersign.ErrUnsure) {
		t.Errorf("Final = %s, %v, want ErrUnsure", amounts, err)
	}
	nodes[1].Tamper = func(m string, _ []json.RawMessage, result any) (any, error) {
		if m == "eth_getBalance" {
			return nil, errors.New("missing trie node 12ab")
		}
		return result, nil
	}
	if _, _, err := r.Final(t.Context(), "Net", hex(holder), []string{""}); !errors.Is(err, countersign.ErrUnsure) || !balance.NoState(err) {
		t.Errorf("Final = %v, want ErrUnsure for want of state", err)
	}
}

func TestWhatATokenCallsItself(t *testing.T) {
	word := func(s string) string { return strings.Repeat("0", 64-len(s)) + s }
	text := func(s string) string {
		return "0x" + word("20") + word(fmt.Sprintf("%x", len(s))) + fmt.Sprintf("%x", s) + strings.Repeat("0", 64-2*len(s)%64)
	}
	for _, tt := range []struct{ name, symbol, decimals, want string }{
		{"a string", text("TUSD"), "0x" + word("12"), "{TUSD 18}"},
		{"32 bytes", "0x4d4b52" + strings.Repeat("0", 58), "0x" + word("12"), "{MKR 18}"},
		{"no decimals of a byte", text("TUSD"), "0x" + word("100"), ""},
		{"nothing", "0x", "0x" + word("6"), ""},
		{"longer than what came", "0x" + word("20") + word("ff") + word("0"), "0x" + word("6"), ""},
		{"not for people", text("A\n"), "0x" + word("6"), ""},
		{"too long", text(strings.Repeat("A", 65)), "0x" + word("6"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, nodes, r := newReader(t, 1)
			nodes[0].Tamper = func(m string, params []json.RawMessage, result any) (any, error) {
				switch {
				case m == "eth_call" && strings.Contains(string(params[0]), "0x95d89b41"):
					return tt.symbol, nil
				case m == "eth_call":
					return tt.decimals, nil
				}
				return result, nil
			}
			got, err := r.Token(t.Context(), "Net", hex(token))
			if (err == nil) != (tt.want != "") || err == nil && fmt.Sprint(got) != tt.want {
				t.Errorf("Token = %v, %v, want %s", got, err, tt.want)
			}
		})
	}
	_, _, r := newReader(t, 1)
	if got, err := r.Token(t.Context(), "Net", hex(token)); err != nil || got != (balance.Token{Symbol: "TEST", Decimals: 6}) {
		t.Errorf("Token = %v, %v", got, err)
	}
}
