package effect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/chain/chaintest"
	"countersign/chain/client"
	"countersign/chain/effect"
	"countersign/chain/network"

	"github.com/ethereum/go-ethereum/common"
)

var (
	wallet = common.HexToAddress("0xa1")
	other  = common.HexToAddress("0xb2")
	token  = common.HexToAddress("0xc0ffee")
	piece  = common.HexToAddress("0x721")
)

func hex(a common.Address) string { return fmt.Sprintf("0x%x", a[:]) }

// read has a chain with one node, or more, and reads what a transaction did that is mined.
type lab struct {
	t     *testing.T
	chain *chaintest.Chain
	nodes []*chaintest.Node
	ours  []string
}

func newLab(t *testing.T, nodes int) *lab {
	c := chaintest.New(7, 3)
	for _, a := range []common.Address{wallet, other} {
		c.Fund(a, 1_000_000_000)
		c.FundToken(token, a, 1_000_000)
	}
	l := &lab{t: t, chain: c, ours: []string{hex(wallet)}}
	for range nodes {
		l.nodes = append(l.nodes, c.Serve(t))
	}
	c.Mine()
	return l
}

func (l *lab) read(tx *chaintest.Tx) (countersign.Effect, error) {
	l.t.Helper()
	n := network.Network{ChainID: 7}
	for _, node := range l.nodes {
		n.URLs = append(n.URLs, node.URL)
	}
	c, err := client.New(map[string]network.Network{"Net": n}, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return effect.Reader{Client: c}.Effect(l.t.Context(), "Net", tx.Hash.Hex(), l.ours)
}

// said writes moves in short.
func said(e countersign.Effect) (out []string) {
	for _, m := range e.Moves {
		text := fmt.Sprintf("%s %s %s>%s log %d", m.Kind, m.Amount, strings.TrimLeft(m.From[2:], "0"), strings.TrimLeft(m.To[2:], "0"), m.Log)
		if m.TokenID != "" {
			text += " #" + m.TokenID
		}
		out = append(out, text)
	}
	return out
}

func TestWhatATransactionDid(t *testing.T) {
	quiet := func(asset, who common.Address, by int64) map[[2]common.Address]int64 {
		return map[[2]common.Address]int64{{asset, who}: by}
	}
	log := func(from, to common.Address, n int64) []chaintest.Log {
		return []chaintest.Log{chaintest.TransferLog(token, from, to, n)}
	}
	call := []byte{1, 2, 3, 4}
	toOurs := append(slices.Clone(call), common.BytesToHash(wallet[:]).Bytes()...)
	for _, tt := range []struct {
		name   string
		tx     chaintest.Tx
		debug  bool
		moves  []string
		fee    int64
		doubts []string // a part of each
	}{
		{name: "native out", tx: chaintest.Tx{From: wallet, To: &other, Value: 500}, moves: []string{"Native 500 a1>b2 log -1"}, fee: 21000},
		{name: "native in", tx: chaintest.Tx{From: other, To: &wallet, Value: 500}, moves: []string{"Native 500 b2>a1 log -1"}, fee: 21000},
		{name: "to itself", tx: chaintest.Tx{From: wallet, To: &wallet, Value: 500}, moves: []string{"Native 500 a1>a1 log -1"}, fee: 21000},
		{name: "reverted", tx: chaintest.Tx{From: wallet, To: &other, Value: 500, Failed: true, Gas: 30000, Logs: log(wallet, other, 5)}, fee: 30000},
		{name: "a rollup's fee", tx: chaintest.Tx{From: wallet, To: &other, Value: 5, L1Fee: 77}, moves: []string{"Native 5 a1>b2 log -1"}, fee: 21077},
		{name: "a token out", tx: chaintest.Tx{From: wallet, To: &token, Input: call, Gas: 50000, Logs: log(wallet, other, 900)}, moves: []string{"Erc20 900 a1>b2 log 0"}, fee: 50000},
		{name: "a token in", tx: chaintest.Tx{From: other, To: &token, Input: call, Gas: 50000, Logs: log(other, wallet, 900)}, moves: []string{"Erc20 900 b2>a1 log 0"}, fee: 50000},
		{name: "a fee that the logs say", tx: chaintest.Tx{From: wallet, To: &token, Input: call, Gas: 50000, Logs: append(log(wallet, other, 990), log(wallet, common.Address{}, 10)...)},
			moves: []string{"Erc20 990 a1>b2 log 0", "Erc20 10 a1> log 1"}, fee: 50000},
		{name: "a fee that they do not", tx: chaintest.Tx{From: other, To: &token, Input: call, Gas: 50000, Logs: log(other, wallet, 1000), Quiet: quiet(token, wallet, -10)},
			moves: []string{"Erc20 1000 b2>a1 log 0"}, fee: 50000, doubts: []string{"changed by 1011 in block 2, Transfer logs say 1021"}},
		{name: "a token without logs", tx: chaintest.Tx{From: other, To: &token, Input: toOurs, Gas: 50000, Quiet: quiet(token, wallet, 40)}, fee: 50000, doubts: []string{"changed by 61 in block 2, Transfer logs say 21"}},
		{name: "a token that rebases", tx: chaintest.Tx{From: wallet, To: &token, Input: call, Gas: 50000, Logs: log(wallet, other, 5), Quiet: quiet(token, wallet, 3)}, moves: []string{"Erc20 5 a1>b2 log 0"}, fee: 50000, doubts: []string{"changed by 19 in block 2, Transfer logs say 16"}},
		{name: "a piece", tx: chaintest.Tx{From: other, To: &piece, Input: call, Gas: 50000, Logs: []chaintest.Log{chaintest.PieceLog(piece, other, wallet, 4711)}}, moves: []string{"Erc721 1 b2>a1 log 0 #4711"}, fee: 50000},
		{name: "a log of another shape", tx: chaintest.Tx{From: wallet, To: &token, Input: call, Gas: 50000, Logs: []chaintest.Log{{Address: token, Topics: chaintest.TransferLog(token, wallet, other, 1).Topics[:1], Data: make([]byte, 96)}}}, fee: 50000},
		{name: "a call inside, traced", tx: chaintest.Tx{From: other, To: &token, Input: call, Gas: 50000, Value: 7, Inside: []chaintest.Pay{{From: token, To: wallet, Amount: 7}}, Logs: log(other, wallet, 1)}, debug: true,
			moves: []string{"Native 7 b2>c0ffee log -1", "Native 7 c0ffee>a1 log -1", "Erc20 1 b2>a1 log 0"}, fee: 50000},
		{name: "a call inside that nobody can trace", tx: chaintest.Tx{From: other, To: &token, Input: call, Gas: 50000, Value: 7, Inside: []chaintest.Pay{{From: token, To: wallet, Amount: 7}}, Logs: log(other, wallet, 1)},
			moves: []string{"Native 7 b2>c0ffee log -1", "Erc20 1 b2>a1 log 0"}, fee: 50000, doubts: []string{"native balance of " + hex(wallet) + " changed by 4999979040 in block 2, its transactions and withdrawals explain 4999979033"}},
		{name: "nothing of ours", tx: chaintest.Tx{From: other, To: &token, Input: call, Gas: 50000, Logs: log(other, token, 5), Quiet: quiet(token, other, 9)}, moves: []string{"Erc20 5 b2>c0ffee log 0"}, fee: 50000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, 1)
			l.nodes[0].Debug = tt.debug
			// What others do in the same block is explained, and no doubt.
			before := &chaintest.Tx{From: other, To: &wallet, Value: 33, Logs: log(other, wallet, 21)}
			after := &chaintest.Tx{From: wallet, To: &other, Value: 12, Failed: true}
			b := l.chain.MineWith([]chaintest.Pay{{To: wallet, Amount: 5e9}}, before, &tt.tx, after)
			e, err := l.read(&tt.tx)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.moves
			for i := range want { // the logs of the block are counted on
				want[i] = strings.NewReplacer("log 0", "log 1", "log 1", "log 2").Replace(want[i])
			}
			if got := said(e); !slices.Equal(got, want) {
				t.Errorf("moves %q, want %q", got, want)
			}
			if e.Fee.String() != fmt.Sprint(tt.fee) {
				t.Errorf("fee %s, want %d", e.Fee, tt.fee)
			}
			if e.Inclusion != countersign.Included || e.Block.Number != 2 || e.Block.Hash != b.Hash.Hex() || e.Succeeded == tt.tx.Failed || e.From != hex(tt.tx.From) || e.To != hex(*tt.tx.To) || e.Nonce != tt.tx.Nonce || e.Block.Time.Unix() != int64(b.Time) {
				t.Errorf("effect %+v", e)
			}
			if len(e.Doubts) != len(tt.doubts) {
				t.Fatalf("doubts %q, want %q", e.Doubts, tt.doubts)
			}
			for i, d := range tt.doubts {
				if !strings.Contains(e.Doubts[i], d) {
					t.Errorf("doubt %q, want …%s…", e.Doubts[i], d)
				}
			}
		})
	}
}

func TestHowFarATransactionHasCome(t *testing.T) {
	l := newLab(t, 1)
	tx := &chaintest.Tx{From: wallet, To: &other, Value: 1}
	want := func(w countersign.Inclusion, block *chaintest.Block) {
		t.Helper()
		e, err := l.read(tx)
		if err != nil || e.Inclusion != w {
			t.Fatalf("inclusion %q, %v, want %q", e.Inclusion, err, w)
		}
		if block != nil && e.Block.Hash != block.Hash.Hex() {
			t.Errorf("block %s, want %s", e.Block.Hash, block.Hash)
		}
	}
	tx.Hash = common.HexToHash("0x77")
	want(countersign.NotSeen, nil)
	l.chain.Send(tx)
	want(countersign.InPool, nil)
	want(countersign.Included, l.chain.Mine(tx))
	l.chain.Mine()
	l.chain.Drop(2) // a reorganisation
	want(countersign.InPool, nil)
	l.chain.Mine()
	again := l.chain.Mine(tx)
	want(countersign.Included, again)
	for range 3 {
		l.chain.Mine()
	}
	want(countersign.Final, again)
}

func TestCallsInsideOtherTransactionsOfTheBlockAreNoDoubtWhereTheyCanBeTraced(t *testing.T) {
	for _, debug := range []bool{true, false} {
		l := newLab(t, 1)
		l.nodes[0].Debug = debug
		tx := &chaintest.Tx{From: wallet, To: &other, Value: 1}
		l.chain.Mine(tx, &chaintest.Tx{From: other, To: &token, Value: 50, Gas: 40000, Inside: []chaintest.Pay{{From: token, To: wallet, Amount: 50}}})
		e, err := l.read(tx)
		if err != nil || len(e.Doubts) > 0 == debug || len(e.Moves) != 1 {
			t.Errorf("traces %t: %+v, %v", debug, e, err)
		}
	}
}

func TestNodesThatDoNotAgreeAboutATransaction(t *testing.T) {
	// field changes a member of results of a method.
	field := func(method, name string, value any) func(n *chaintest.Node) {
		return func(n *chaintest.Node) {
			n.Tamper = func(m string, _ []json.RawMessage, result any) (any, error) {
				if object, ok := result.(map[string]any); ok && m == method {
					object[name] = value
				}
				return result, nil
			}
		}
	}
	for _, tt := range []struct {
		name   string
		change func(n *chaintest.Node) // the second of three
		unsure bool
	}{
		{"all agree", func(*chaintest.Node) {}, false},
		{"one is behind", func(n *chaintest.Node) { n.Lag.Store(3) }, false},
		{"one says it failed", field("eth_getTransactionReceipt", "status", "0x0"), true},
		{"one says it cost more", field("eth_getTransactionReceipt", "gasUsed", "0x5209"), true},
		{"one has no logs", field("eth_getTransactionReceipt", "logs", []any{}), true},
		{"one has another value", field("eth_getTransactionByHash", "value", "0x7"), true},
		{"one has another block", field("eth_getBlockByHash", "timestamp", "0x7"), true},
		{"one has the receipt of another block", field("eth_getTransactionReceipt", "blockHash", "0x"+strings.Repeat("12", 32)), false}, // not readable
		{"one lies about balances", func(n *chaintest.Node) {
			n.Tamper = func(m string, _ []json.RawMessage, result any) (any, error) {
				if m == "eth_getBalance" {
					return "0x1", nil
				}
				return result, nil
			}
		}, true},
		{"one is down", func(n *chaintest.Node) {
			n.Instead = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(500); return true }
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, 3)
			tx := &chaintest.Tx{From: wallet, To: &token, Value: 3, Gas: 21000, Logs: []chaintest.Log{chaintest.TransferLog(token, wallet, other, 5)}}
			l.chain.Mine(tx)
			l.chain.Mine()
			tt.change(l.nodes[1])
			e, err := l.read(tx)
			if tt.unsure && !errors.Is(err, countersign.ErrUnsure) || !tt.unsure && (err != nil || len(e.Moves) != 2 || len(e.Doubts) > 0) {
				t.Errorf("Effect = %+v, %v", e, err)
			}
		})
	}
}

func TestWhatCannotBeComparedIsADoubt(t *testing.T) {
	l := newLab(t, 1)
	tx := &chaintest.Tx{From: wallet, To: &other, Value: 3}
	l.chain.Mine(tx)
	l.nodes[0].Old = 2 // it has the state of the block, not of its parent
	if e, err := l.read(tx); err != nil || len(e.Doubts) != 1 || !strings.Contains(e.Doubts[0], "no state that old") {
		t.Errorf("Effect = %+v, %v", e, err)
	}
	l.nodes[0].Tamper = func(m string, _ []json.RawMessage, result any) (any, error) {
		if m == "eth_getBalance" {
			return nil, errors.New("header not found") // behind, for a moment
		}
		return result, nil
	}
	if _, err := l.read(tx); !errors.Is(err, countersign.ErrUnsure) {
		t.Errorf("Effect = %v, want ErrUnsure", err)
	}
}

func TestWhatIsAskedMustBeNamedExactly(t *testing.T) {
	l := newLab(t, 1)
	c, err := client.New(map[string]network.Network{"Net": {URL: l.nodes[0].URL, ChainID: 7}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := effect.Reader{Client: c}
	hash := "0x" + strings.Repeat("ab", 32)
	if _, err := r.Effect(t.Context(), "Solana", hash, nil); !errors.Is(err, countersign.ErrNoNode) {
		t.Errorf("a network without a node: %v", err)
	}
	for _, h := range []string{"", "0x12", strings.ToUpper(hash), hash[2:]} {
		if _, err := r.Effect(t.Context(), "Net", h, nil); err == nil || !strings.Contains(err.Error(), "transaction hash") {
			t.Errorf("hash %q: %v", h, err)
		}
	}
	if _, err := r.Effect(t.Context(), "Net", hash, []string{"0x00000000000000000000000000000000000000AA"}); err == nil || !strings.Contains(err.Error(), "lower-case") {
		t.Errorf("an address in capitals: %v", err)
	}
}
