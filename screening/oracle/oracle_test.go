package oracle_test

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/chain"
	"countersign/eip55"
	"countersign/screening"
	"countersign/screening/oracle"

	"github.com/ethereum/go-ethereum/crypto"
)

var _ oracle.Caller = (*chain.Nodes)(nil)

const (
	evm     = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
	bitcoin = "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// A caller answers by the address that is asked about.
type caller struct {
	mu      sync.Mutex
	calls   []string // network, contract, data
	returns func(data []byte) ([]byte, error)
}

func (c *caller) CallContract(_ context.Context, network, to string, data []byte) ([]byte, error) {
	c.mu.Lock()
	c.calls = append(c.calls, network+" "+to+" "+hex.EncodeToString(data))
	c.mu.Unlock()
	return c.returns(data)
}

func word(last byte) []byte { return append(make([]byte, 31), last) }

func constant(b []byte, err error) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) { return b, err }
}

func source(t *testing.T, c oracle.Config) *oracle.Source {
	t.Helper()
	c.Name, c.Network, c.Now = "oracle", "Ethereum", func() time.Time { return noon }
	s, err := oracle.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatTheOracleReturns(t *testing.T) {
	for _, tt := range []struct {
		name    string
		returns func([]byte) ([]byte, error)
		want    screening.Verdict
	}{
		{"true", constant(word(1), nil), screening.Hit},
		{"false", constant(word(0), nil), screening.Clear},
		{"nothing", constant(nil, nil), screening.Unknown},
		{"one byte", constant([]byte{0}, nil), screening.Unknown},
		{"31 bytes", constant(make([]byte, 31), nil), screening.Unknown},
		{"33 bytes", constant(make([]byte, 33), nil), screening.Unknown},
		{"two words", constant(make([]byte, 64), nil), screening.Unknown},
		{"a bool of 2", constant(word(2), nil), screening.Unknown},
		{"a bool with dirt", constant(append([]byte{1}, make([]byte, 31)...), nil), screening.Unknown},
		{"an error", constant(nil, errors.New("no code")), screening.Unknown},
		{"an error beside false", constant(word(0), errors.New("no code")), screening.Unknown},
		{"a panic", func([]byte) ([]byte, error) { panic("?") }, screening.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := source(t, oracle.Config{Caller: &caller{returns: tt.returns}})
			found, err := s.Screen(t.Context(), []screening.Query{{Network: "Base", Address: evm}})
			if err != nil || len(found) != 1 || found[0].Verdict != tt.want || found[0].Address != evm || found[0].Network != "Base" || found[0].Source != "oracle" || !found[0].Checked.Equal(noon) {
				t.Errorf("%+v, %v, want %q", found, err, tt.want)
			}
			if tt.want == screening.Unknown && found[0].Detail == "" {
				t.Error("nothing says why")
			}
		})
	}
}

func TestTheCallAsTheContractReadsIt(t *testing.T) {
	selector := crypto.Keccak256([]byte("isSanctioned(address)"))[:4]
	c := &caller{returns: constant(word(0), nil)}
	queries := []screening.Query{{Network: "Ethereum", Address: evm}, {Network: "Polygon", Address: strings.ToLower(evm)}}
	found, err := source(t, oracle.Config{Caller: c}).Screen(t.Context(), queries)
	want := "Ethereum 0x40C57923924B5c5c5455c48D93317139ADDaC8fb " + hex.EncodeToString(selector) + strings.Repeat("0", 24) + strings.ToLower(evm[2:])
	if err != nil || len(found) != 2 || len(c.calls) != 1 || c.calls[0] != want {
		t.Errorf("%d findings, %v, calls %q, want one of %q", len(found), err, c.calls, want)
	}
}

// Each address gets its own answer, however many are asked at once.
func TestManyAddresses(t *testing.T) {
	c := &caller{returns: func(data []byte) ([]byte, error) { return word(data[35] & 1), nil }}
	var queries []screening.Query
	for i := range 40 {
		queries = append(queries, screening.Query{Address: "0x" + strings.Repeat("0", 38) + hex.EncodeToString([]byte{byte(i)})})
	}
	found, err := source(t, oracle.Config{Caller: c}).Screen(t.Context(), queries)
	if err != nil || len(found) != len(queries) {
		t.Fatalf("%d findings, %v", len(found), err)
	}
	for i, f := range found {
		if (f.Verdict == screening.Hit) != (i&1 == 1) || f.Address != queries[i].Address {
			t.Errorf("%d: %+v", i, f)
		}
	}
}

func TestOtherAddressesAreNotAsked(t *testing.T) {
	for notCovered, want := range map[bool]screening.Verdict{false: screening.Unknown, true: screening.NotCovered} {
		c := &caller{returns: constant(word(0), nil)}
		s := source(t, oracle.Config{Caller: c, OthersNotCovered: notCovered})
		q := []screening.Query{{Network: "Bitcoin", Address: bitcoin}}
		found, err := s.Screen(t.Context(), q)
		if err != nil || len(found) != 1 || found[0].Verdict != want || len(c.calls) != 0 {
			t.Errorf("%+v, %v, want %q without a call", found, err, want)
		}
		// Alone it clears nobody; beside a source that covers Bitcoin, that one decides.
		alone := []screening.Answer{{Findings: found}}
		if got := screening.Combine(q, alone, noon).Verdict; got != screening.Unknown {
			t.Errorf("alone %q, want unknown", got)
		}
		other := screening.Answer{Findings: []screening.Finding{{Network: "Bitcoin", Address: bitcoin, Verdict: screening.Clear}}}
		if got := screening.Combine(q, append(alone, other), noon).Verdict; (got == screening.Clear) != notCovered {
			t.Errorf("beside a list %q, want it clear %t", got, notCovered)
		}
	}
}

func TestNewKnowsTheContracts(t *testing.T) {
	for _, network := range []string{"Ethereum", "Polygon", "Bsc", "AvalancheC", "Optimism", "ArbitrumOne", "Celo", "FantomOpera", "Base"} {
		c := &caller{returns: constant(word(0), nil)}
		s, err := oracle.New(oracle.Config{Name: "x", Caller: c, Network: network})
		if err != nil {
			t.Errorf("%s: %v", network, err)
			continue
		}
		if _, err := s.Screen(t.Context(), []screening.Query{{Address: evm}}); err != nil {
			t.Fatal(err)
		}
		to := strings.Fields(c.calls[0])[1]
		if a, err := eip55.Parse(to); err != nil || eip55.Format(a) != to {
			t.Errorf("%s: %s fails its checksum: %v", network, to, err)
		}
	}
	_, err := oracle.New(oracle.Config{Contract: "0x40C57923924B5c5c5455c48D93317139ADDaC8fB"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, field := range []string{"name:", "caller:", "network:", "contract:"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%v\nsays nothing of %s", err, field)
		}
	}
	if _, err := oracle.New(oracle.Config{Name: "x", Caller: &caller{}, Network: "Gnosis"}); err == nil {
		t.Error("a network without a known contract was taken")
	}
}
