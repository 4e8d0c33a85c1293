package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/chain/chaintest"
	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/network"

	"github.com/ethereum/go-ethereum/common"
)

// world is a chain of 20 blocks, 5 of them not final, and nodes that serve it.
func world(t *testing.T, nodes int) (*chaintest.Chain, []*chaintest.Node) {
	c := chaintest.New(7, 5)
	for range 20 {
		c.Mine()
	}
	var out []*chaintest.Node
	for range nodes {
		out = append(out, c.Serve(t))
	}
	return c, out
}

func dial(t *testing.T, n network.Network, nodes []*chaintest.Node) *client.Chain {
	t.Helper()
	for _, node := range nodes {
		n.URLs = append(n.URLs, node.URL)
	}
	n.ChainID = 7
	if n.HedgeAfter == "" {
		n.HedgeAfter = "5s"
	}
	c, err := client.New(map[string]network.Network{"Net": n}, nil)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := c.Chain("Net")
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// lie changes one field of all blocks with a number.
func lie(number, field, value string) func(string, []json.RawMessage, any) (any, error) {
	return func(_ string, _ []json.RawMessage, result any) (any, error) {
		if b, ok := result.(map[string]any); ok && b["number"] == number {
			b[field] = value
		}
		return result, nil
	}
}

func silent(n *chaintest.Node) {
	n.Instead = func(_ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body) // a server sees that the client is gone only then
		<-r.Context().Done()
		return true
	}
}

func TestFinalIsWhatTheQuorumSays(t *testing.T) {
	other := "0x" + strings.Repeat("ab", 32)
	for _, tt := range []struct {
		name    string
		nodes   int
		network network.Network
		change  func(n []*chaintest.Node)
		want    uint64 // 0 for ErrUnsure
	}{
		{"one node", 1, network.Network{}, nil, 15},
		{"three that agree", 3, network.Network{}, nil, 15},
		{"safe", 2, network.Network{Finality: "safe"}, nil, 15},
		{"by confirmations", 3, network.Network{Finality: "confirmations:3"}, nil, 17},
		{"more confirmations than blocks", 1, network.Network{Finality: "confirmations:300"}, nil, 0},
		{"one lags", 3, network.Network{}, func(n []*chaintest.Node) { n[1].Lag.Store(4) }, 15},
		{"two lag", 3, network.Network{}, func(n []*chaintest.Node) { n[0].Lag.Store(4); n[1].Lag.Store(2) }, 13},
		{"all must agree and one lags", 3, network.Network{Quorum: 3}, func(n []*chaintest.Node) { n[2].Lag.Store(6) }, 9},
		{"one lags, by confirmations", 3, network.Network{Finality: "confirmations:3"}, func(n []*chaintest.Node) { n[1].Lag.Store(4) }, 17},
		{"one of two is silent", 2, network.Network{HedgeAfter: "10ms", Timeout: "50ms"}, func(n []*chaintest.Node) { silent(n[0]) }, 0},
		{"one of three is silent", 3, network.Network{HedgeAfter: "10ms"}, func(n []*chaintest.Node) { silent(n[0]) }, 15},
		{"one has another hash", 3, network.Network{}, func(n []*chaintest.Node) { n[2].Tamper = lie("0xf", "hash", other) }, 0},
		{"one has another parent", 3, network.Network{}, func(n []*chaintest.Node) { n[0].Tamper = lie("0xf", "parentHash", other) }, 0},
		{"one alone is ahead", 3, network.Network{}, func(n []*chaintest.Node) { n[0].Tamper = lie("0xf", "number", "0x100") }, 15},
		{"no hash", 1, network.Network{}, func(n []*chaintest.Node) { n[0].Tamper = lie("0xf", "hash", "0x") }, 0},
		{"another chain", 1, network.Network{}, func(n []*chaintest.Node) { n[0].Chain.ID = 8 }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, nodes := world(t, tt.nodes)
			if tt.change != nil {
				tt.change(nodes)
			}
			b, err := dial(t, tt.network, nodes).Final(t.Context())
			if tt.name == "more confirmations than blocks" {
				if err != nil || b.Number != 0 {
					t.Errorf("Final = %d, %v, want block 0", b.Number, err)
				}
				return
			}
			if tt.want == 0 {
				if !errors.Is(err, countersign.ErrUnsure) || strings.Contains(err.Error(), "key-") {
					t.Errorf("Final = %+v, %v, want ErrUnsure", b, err)
				}
				return
			}
			if err != nil || b.Number != tt.want || common.Hash(b.Hash) != c.Blocks[tt.want].Hash {
				t.Errorf("Final = %d %x, %v, want %d", b.Number, b.Hash, err, tt.want)
			}
		})
	}
}

func TestADisagreementNamesHostsAndWhatTheySaid(t *testing.T) {
	_, nodes := world(t, 3)
	nodes[1].Tamper = lie("0x3", "hash", "0x"+strings.Repeat("ab", 32))
	_, err := dial(t, network.Network{}, nodes).AgreedByNumber(t.Context(), 3)
	if !errors.Is(err, countersign.ErrUnsure) {
		t.Fatalf("AgreedByNumber = %v, want ErrUnsure", err)
	}
	for _, n := range nodes[:2] {
		host, _, _ := strings.Cut(strings.TrimPrefix(n.URL, "http://"), "/")
		if !strings.Contains(err.Error(), host) {
			t.Errorf("%v does not name %s", err, host)
		}
	}
	if !strings.Contains(err.Error(), `"0xabab`) || strings.Contains(err.Error(), "key-") {
		t.Errorf("%v does not show what was said, or shows a key", err)
	}
}

func TestABlockThatANodeDoesNotKnowIsNoDisagreement(t *testing.T) {
	_, nodes := world(t, 3)
	nodes[0].Lag.Store(2)
	chain := dial(t, network.Network{}, nodes)
	if b, err := chain.AgreedByNumber(t.Context(), 20); err != nil || b.Number != 20 {
		t.Errorf("AgreedByNumber = %d, %v", b.Number, err)
	}
	nodes[1].Lag.Store(2)
	if _, err := chain.AgreedByNumber(t.Context(), 20); !errors.Is(err, countersign.ErrUnsure) || !errors.Is(err, evmjson.ErrNull) {
		t.Errorf("AgreedByNumber that one of three knows = %v", err)
	}
}

func TestAHintComesFromTheNextNode(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(n *chaintest.Node)
	}{
		{"that has not answered", silent},
		{"that is behind", func(n *chaintest.Node) { n.Lag.Store(3) }},
		{"that refuses", func(n *chaintest.Node) {
			n.Instead = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true }
		}},
		{"of another chain", func(n *chaintest.Node) { n.Chain = chaintest.New(8, 1) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, nodes := world(t, 2)
			tt.change(nodes[0])
			chain := dial(t, network.Network{HedgeAfter: "10ms"}, nodes)
			if b, err := chain.ByNumber(t.Context(), 20); err != nil || b.Number != 20 {
				t.Errorf("ByNumber = %d, %v", b.Number, err)
			}
		})
	}
	_, nodes := world(t, 2)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := dial(t, network.Network{}, nodes).ByNumber(ctx, 21); !errors.Is(err, countersign.ErrUnsure) {
		t.Errorf("ByNumber of a block that is not = %v", err)
	}
	if nodes[0].Calls.Load() == 0 || nodes[1].Calls.Load() == 0 {
		t.Error("not every node was asked")
	}
}

func TestANetworkWithoutANode(t *testing.T) {
	c, err := client.New(map[string]network.Network{"B": {URL: "http://b", ChainID: 1}, "A": {URL: "http://a", ChainID: 1}}, nil)
	if err != nil || strings.Join(c.Networks(), " ") != "A B" {
		t.Fatalf("New = %v, %v", c.Networks(), err)
	}
	if _, err := c.Chain("Solana"); !errors.Is(err, countersign.ErrNoNode) {
		t.Errorf("Chain = %v, want ErrNoNode", err)
	}
	if _, err := client.New(map[string]network.Network{"A": {URL: "ftp://a/KEY", ChainID: 1}}, nil); err == nil || strings.Contains(err.Error(), "KEY") {
		t.Errorf("New = %v", err)
	}
}
