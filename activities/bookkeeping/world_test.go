package bookkeeping_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/ledger"
	"countersign/ledger/chart"
	"countersign/store"
	"countersign/store/storetest"
)

const (
	hot      = "0x00000000000000000000000000000000000000a1"
	cold     = "0x00000000000000000000000000000000000000b2"
	stranger = "0x00000000000000000000000000000000000000cc"
	token    = "0x00000000000000000000000000000000000000dd"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// world is a chain and a custodian, as the activities see them.
type world struct {
	effects  map[string]countersign.Effect
	balances map[string]uint64 // by address and contract
	final    uint64
	wallets  []countersign.Wallet
	holdings []countersign.Holding
	history  map[string]countersign.Effect
	listed   int
	down     error
	faults   map[string]string // of contracts
}

func (w *world) Effect(_ context.Context, network, tx string, ours []string) (countersign.Effect, error) {
	if network != "Net" {
		return countersign.Effect{}, fmt.Errorf("%w: %s", countersign.ErrNoNode, network)
	}
	if w.down != nil {
		return countersign.Effect{}, w.down
	}
	e, ok := w.effects[tx]
	if !ok {
		return countersign.Effect{Network: network, TxHash: tx, Inclusion: countersign.NotSeen}, nil
	}
	return e, nil
}

func (w *world) Balances(_ context.Context, network, address string, contracts []string) (countersign.BlockRef, []countersign.Amount, []string, error) {
	if network != "Net" {
		return countersign.BlockRef{}, nil, nil, countersign.ErrNoNode
	}
	amounts, faults := []countersign.Amount{countersign.NewAmount(w.balances[address])}, []string{""}
	for _, c := range contracts {
		amounts, faults = append(amounts, countersign.NewAmount(w.balances[address+c])), append(faults, w.faults[c])
	}
	return countersign.BlockRef{Number: w.final, Hash: "0xf", Time: noon}, amounts, faults, w.down
}

func (w *world) Wallets(context.Context) iter.Seq2[countersign.Wallet, error] {
	w.listed++
	return func(yield func(countersign.Wallet, error) bool) {
		for _, x := range w.wallets {
			if !yield(x, nil) {
				return
			}
		}
		if w.down != nil {
			yield(countersign.Wallet{}, w.down)
		}
	}
}

func (w *world) Holdings(context.Context, string) ([]countersign.Holding, error) {
	return w.holdings, w.down
}

func (w *world) Incoming(_ context.Context, network, tx string, wallets []string) (countersign.Effect, error) {
	e, ok := w.history[tx]
	if !ok || len(wallets) == 0 {
		return countersign.Effect{Network: network, TxHash: tx, Inclusion: countersign.NotSeen}, nil
	}
	return e, nil
}

// an office is the activities over a real trail.
type office struct {
	*bookkeeping.Deposits
	t     *testing.T
	world *world
	trail *store.Trail
}

func newOffice(t *testing.T) *office {
	t.Helper()
	trail := storetest.Trail(t, noon)
	names, err := chart.New(chart.File{Assets: []chart.Asset{
		{Network: "Net", Asset: ledger.Asset{Code: "ETH", Scale: 18}}, {Network: "Net", Contract: token, Asset: ledger.Asset{Code: "USDC", Scale: 6}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		effects: map[string]countersign.Effect{}, balances: map[string]uint64{}, history: map[string]countersign.Effect{}, final: 100,
		wallets: []countersign.Wallet{{ID: "wa-hot", Network: "Net", Address: hot}, {ID: "wa-cold", Network: "Net", Address: cold}, {ID: "wa-x", Network: "Stellar", Address: "GXLM"}, {ID: "wa-none", Network: "Net"}},
	}
	return &office{&bookkeeping.Deposits{Chain: w, Custodian: w, Trail: trail, Books: trail.DB.Books(), Chart: names, Now: func() time.Time { return noon }}, t, w, trail}
}

// effect is a final one of another's transaction, after the openings.
func effect(tx string, moves ...countersign.Move) countersign.Effect {
	return countersign.Effect{
		Network: "Net", TxHash: tx, Inclusion: countersign.Final, Succeeded: true, From: stranger, To: hot, Fee: countersign.NewAmount(21000),
		Block: countersign.BlockRef{Number: 101, Hash: "0xb", Time: noon.Add(-time.Hour)}, Moves: moves,
	}
}

func moved(kind, asset, from, to string, n uint64) countersign.Move {
	return countersign.Move{Kind: kind, Asset: asset, From: from, To: to, Amount: countersign.NewAmount(n)}
}

func (o *office) book(in bookkeeping.BookDepositInput) bookkeeping.BookDepositResult {
	o.t.Helper()
	if in.Network == "" {
		in.Network = "Net"
	}
	res, err := o.BookDeposit(o.t.Context(), in)
	if err != nil {
		o.t.Fatal(err)
	}
	return res
}

func (o *office) holds(account ledger.Account, asset, want string) {
	o.t.Helper()
	a, err := ledger.ParseAsset(asset)
	if err != nil {
		o.t.Fatal(err)
	}
	total, err := o.trail.DB.Books().Total(o.t.Context(), ledger.Key{Account: account, Asset: a}, time.Time{})
	if err != nil || total.Balance().String() != want {
		o.t.Errorf("%s has %s of %s (%v), want %s", account, total.Balance(), asset, err, want)
	}
}
