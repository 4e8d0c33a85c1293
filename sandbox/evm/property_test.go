package evm_test

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"
	"pgregory.net/rapid"

	"countersign/sandbox/evm"
	"countersign/sandbox/token"
)

// lab is a chain with some accounts, and what was kept of it.
type lab struct {
	*rapid.T
	dir    string
	chain  *evm.Chain
	keys   []*ecdsa.PrivateKey
	nonces []uint64 // the next of each key
	kept   [][]byte // by number, from 1
	final  uint64
	hashes map[uint64]common.Hash // of final blocks
	usd    common.Address
}

const finality = 3

var genesis = time.Unix(1_700_000_000, 0)

func (l *lab) start() {
	chain, err := evm.Start(evm.Config{
		Dir: l.dir, ChainID: 84532, Genesis: genesis, Faucet: l.address(0), Finality: finality, BlockTime: -1,
		Now: func() time.Time { return genesis }, Changed: func() {}, Keep: l.keep,
		Blocks: func(from uint64) ([][]byte, error) { return l.kept[min(from-1, uint64(len(l.kept))):], nil },
	})
	if err != nil {
		l.Fatalf("Start: %v", err)
	}
	l.chain = chain
}

// keep is a store that insists on what it was promised.
func (l *lab) keep(change evm.Change) error {
	first := change.Blocks[0].Number
	if replaces := first <= uint64(len(l.kept)); replaces != change.Replaces || first <= l.final || first > uint64(len(l.kept))+1 {
		l.Errorf("block %d after %d with %d final, replaces %t", first, len(l.kept), l.final, change.Replaces)
	}
	l.kept = l.kept[:first-1]
	for _, b := range change.Blocks {
		l.kept = append(l.kept, b.RLP)
	}
	if change.Finalized < l.final {
		l.Errorf("finality went from %d back to %d", l.final, change.Finalized)
	}
	l.final = change.Finalized
	return nil
}

func (l *lab) address(i int) common.Address { return crypto.PubkeyToAddress(l.keys[i].PublicKey) }

// send executes a transaction of an account's with its next nonce, and pays
// enough for any congestion.
func (l *lab) send(from int, to *common.Address, value int64, data []byte) {
	tx := types.MustSignNewTx(l.keys[from], types.LatestSignerForChainID(l.chain.ID()), &types.DynamicFeeTx{
		ChainID: l.chain.ID(), Nonce: l.nonces[from], To: to, Value: big.NewInt(value), Data: data, Gas: 2_000_000,
		GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(1e14)})
	_, err := l.chain.Execute(context.Background(), tx)
	switch {
	case err == nil, errors.Is(err, evm.ErrUnmined):
		l.nonces[from]++
	case !errors.Is(err, evm.ErrNotIncludable):
		l.Fatalf("Execute: %v", err)
	}
}

// TestMoneyIsConserved runs random sequences of transfers, holds,
// reorganisations, congestions and restarts, and counts the money after each.
func TestMoneyIsConserved(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		l := &lab{T: r, dir: dir, hashes: map[uint64]common.Hash{}}
		for range 4 {
			key, err := crypto.GenerateKey()
			if err != nil {
				r.Fatal(err)
			}
			l.keys, l.nonces = append(l.keys, key), append(l.nonces, 0)
		}
		l.start()
		defer func() { _ = l.chain.Close() }()
		code, err := token.Creation(l.address(0))
		if err != nil {
			r.Fatal(err)
		}
		l.send(0, nil, 0, code)
		l.usd = crypto.CreateAddress(l.address(0), 0)
		l.send(0, &l.usd, 0, append(common.FromHex("0x40c10f19"), words(l.address(1).Big(), big.NewInt(1_000_000))...))
		for i := 1; i < 4; i++ {
			l.send(0, new(l.address(i)), 1e18, nil)
		}
		for range 4 { // nothing of the above is reorganised
			l.do(l.chain.Mine(context.Background(), 1))
		}
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			l.step()
			l.check()
		}
	})
}

func words(ns ...*big.Int) []byte {
	var out []byte
	for _, n := range ns {
		out = append(out, common.LeftPadBytes(n.Bytes(), 32)...)
	}
	return out
}

func (l *lab) do(err error) {
	if err != nil && !errors.Is(err, evm.ErrFinal) {
		l.Fatalf("step: %v", err)
	}
}

// step does one thing at random.
func (l *lab) step() {
	ctx := context.Background()
	from, to := rapid.IntRange(0, 3).Draw(l.T, "from"), rapid.IntRange(0, 3).Draw(l.T, "to")
	amount := rapid.Int64Range(0, 600_000).Draw(l.T, "amount")
	switch rapid.IntRange(0, 8).Draw(l.T, "what") {
	case 0, 1:
		l.send(from, new(l.address(to)), amount, nil)
	case 2, 3: // more tokens than there are reverts
		l.send(from, &l.usd, 0, append(common.FromHex("0xa9059cbb"), words(l.address(to).Big(), big.NewInt(amount))...))
	case 4:
		l.chain.HoldNext(1)
	case 5:
		l.chain.HoldFrom(l.address(from))
	case 6:
		l.do(l.chain.Reorganise(ctx, rapid.IntRange(1, finality+1).Draw(l.T, "depth"), rapid.Bool().Draw(l.T, "drop")))
	case 7:
		l.do(l.chain.Congest(ctx, 2, 1))
	case 8:
		l.do(l.chain.Close())
		l.start()
		for i := range l.keys { // what was held or dropped is forgotten, for nobody sends it again
			nonce, err := l.chain.Client.NonceAt(ctx, l.address(i), nil)
			l.do(err)
			l.nonces[i] = nonce
		}
	}
}

// check counts the money of everyone, what was burned and what the crowd got.
func (l *lab) check() {
	ctx, client := context.Background(), l.chain.Client
	head, err := client.HeaderByNumber(ctx, nil)
	l.do(err)
	if head.Number.Uint64() != uint64(len(l.kept)) {
		l.Errorf("head is block %d, %d are kept", head.Number, len(l.kept))
	}
	want := new(big.Int).Mul(big.NewInt(1e9), big.NewInt(1e18)) // the faucet's at the start
	have, holders := new(big.Int), map[common.Address]bool{{}: true}
	for number := uint64(1); number <= head.Number.Uint64(); number++ {
		block, err := client.BlockByNumber(ctx, new(big.Int).SetUint64(number))
		l.do(err)
		have.Add(have, new(big.Int).Mul(block.BaseFee(), new(big.Int).SetUint64(block.GasUsed()))) // burned
		for _, w := range block.Withdrawals() {
			want.Add(want, new(big.Int).Mul(new(big.Int).SetUint64(w.Amount), big.NewInt(1e9)))
			holders[w.Address] = true
		}
		if old, was := l.hashes[number]; was && old != block.Hash() {
			l.Errorf("final block %d changed from %s to %s", number, old, block.Hash())
		}
		if number <= l.final {
			l.hashes[number] = block.Hash()
		}
	}
	units := new(big.Int)
	for i := range l.keys {
		holders[l.address(i)] = true
		out, err := client.CallContract(ctx, ethereum.CallMsg{To: &l.usd, Data: token.BalanceOf(l.address(i))}, nil)
		l.do(err)
		units.Add(units, new(big.Int).SetBytes(out))
	}
	for holder := range holders { // the zero address takes the tips
		balance, err := client.BalanceAt(ctx, holder, nil)
		l.do(err)
		have.Add(have, balance)
	}
	if have.Cmp(want) != 0 || units.Int64() != 1_000_000 {
		l.Errorf("block %d: %v wei and %v tokens, want %v and 1000000", head.Number, have, units, want)
	}
	if final, err := client.HeaderByNumber(ctx, big.NewInt(int64(rpc.FinalizedBlockNumber))); err != nil || final.Number.Uint64() != l.final {
		l.Errorf("finalized is %v (%v), want %d", final, err, l.final)
	}
}
