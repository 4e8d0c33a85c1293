package gas_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"countersign"
	"countersign/chain/chaintest"
	"countersign/chain/client"
	"countersign/chain/gas"
	"countersign/chain/network"
)

func newReader(t *testing.T, nodes, quorum int) ([]*chaintest.Node, gas.Reader) {
	t.Helper()
	c := chaintest.New(7, 2)
	c.Mine()
	var all []*chaintest.Node
	n := network.Network{ChainID: 7, Quorum: quorum}
	for range nodes {
		all = append(all, c.Serve(t))
		n.URLs = append(n.URLs, all[len(all)-1].URL)
	}
	k, err := client.New(map[string]network.Network{"Net": n}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all, gas.Reader{Client: k}
}

func TestThePriceIsTheHighestThatTheQuorumHasReached(t *testing.T) {
	for _, tt := range []struct {
		name             string
		quorum           int
		bases, tips      []uint64
		wantBase, wantTi string
	}{
		{"one node", 1, []uint64{100}, []uint64{3}, "100", "3"},
		{"one asks for too much", 2, []uint64{100, 9000, 100}, []uint64{3, 3, 7000}, "100", "3"},
		{"one asks for too little", 2, []uint64{100, 90, 110}, []uint64{1, 3, 4}, "100", "3"},
		{"no tip is a tip", 1, []uint64{1}, []uint64{0}, "1", "0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			nodes, r := newReader(t, len(tt.bases), tt.quorum)
			for i, n := range nodes {
				n.BaseFee, n.Tip = tt.bases[i], tt.tips[i]
			}
			base, tip, err := r.Price(t.Context(), "Net")
			if err != nil || base.String() != tt.wantBase || tip.String() != tt.wantTi {
				t.Errorf("Price = %s, %s, %v, want %s and %s", base, tip, err, tt.wantBase, tt.wantTi)
			}
		})
	}
}

func TestAPriceThatThereIsNot(t *testing.T) {
	nodes, r := newReader(t, 2, 2)
	if _, _, err := r.Price(t.Context(), "Net"); !errors.Is(err, countersign.ErrInvalid) {
		t.Errorf("without a base fee: %v", err)
	}
	nodes[0].BaseFee = 5
	if _, _, err := r.Price(t.Context(), "Net"); !errors.Is(err, countersign.ErrUnsure) || errors.Is(err, countersign.ErrInvalid) {
		t.Errorf("one of two: %v", err)
	}
	if _, _, err := r.Price(t.Context(), "Else"); !errors.Is(err, countersign.ErrNoNode) {
		t.Errorf("a network without a node: %v", err)
	}
}

func TestAnEstimateIsTheHighestThatTheQuorumHasReached(t *testing.T) {
	reverts := &chaintest.Refusal{Code: 3, Message: "execution reverted: paused"}
	poor := &chaintest.Refusal{Code: -32000, Message: "insufficient funds for gas * price + value"}
	for _, tt := range []struct {
		name   string
		quorum int
		units  []uint64
		errs   []error
		want   uint64
		fault  string
		unsure bool
	}{
		{"all say the same", 2, []uint64{52_000, 52_000}, []error{nil, nil}, 52_000, "", false},
		{"one is off", 2, []uint64{52_000, 9_000_000, 51_000}, []error{nil, nil, nil}, 52_000, "", false},
		{"it is reverted", 2, []uint64{0, 0}, []error{reverts, reverts}, 0, "paused", false},
		{"nothing to send", 1, []uint64{0}, []error{poor}, 0, "insufficient", false},
		{"they differ", 2, []uint64{52_000, 0}, []error{nil, reverts}, 0, "", true},
		{"most say that it works", 1, []uint64{52_000, 52_000, 0}, []error{nil, nil, reverts}, 52_000, "", false},
		{"a node that is ill", 1, []uint64{0}, []error{errors.New("internal error")}, 0, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			nodes, r := newReader(t, len(tt.units), tt.quorum)
			for i, n := range nodes {
				n.Estimate = func(call json.RawMessage) (uint64, error) {
					if !strings.Contains(string(call), `"from":"0xa1"`) || !strings.Contains(string(call), `"data":"0x01"`) || !strings.Contains(string(call), `"value":"0x7"`) {
						t.Errorf("asked for %s", call)
					}
					return tt.units[i], tt.errs[i]
				}
			}
			units, fault, err := r.Estimate(t.Context(), "Net", "0xa1", "0xb2", countersign.NewAmount(7), []byte{1})
			if units != tt.want || !strings.Contains(fault, tt.fault) || (fault == "") != (tt.fault == "") || errors.Is(err, countersign.ErrUnsure) != tt.unsure || (err != nil) != tt.unsure {
				t.Errorf("Estimate = %d, %q, %v, want %d, %q", units, fault, err, tt.want, tt.fault)
			}
		})
	}
}
