package tests

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/audit/booked"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// Two more functions of a token.
const (
	approve      = "0x095ea7b3" // approve(address,uint256)
	transferFrom = "0x23b872dd" // transferFrom(address,address,uint256)
)

// The treasury allows a stranger to take its tokens, and he does. No webhook tells of it; our own
// watchers see it, and it is booked as what it is: a move that somebody else has made.
func TestWhatAnAllowanceTakesIsBooked(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *options) { o.ReconcileEvery = 2 * time.Second })
	s.control("/faults", map[string]any{"rules": []any{map[string]any{"kind": "drop", "event": "wallet.blockchain*"}}}, nil)
	s.startIngress()
	s.startWorker()
	p := newPurse(s)
	waitFor(t, "the opening of the treasury's books", p.agree)
	s.start("watch")
	platform := s.stack.Platform
	s.instruct(s.mintTo("mint-own", platform.Treasury)) // the rules know no such recipient
	s.decides("mint-own", true)
	s.reaches("mint-own", countersign.SettlementSettled)

	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	stranger := strings.ToLower(crypto.PubkeyToAddress(key.PublicKey).Hex())
	s.instruct(countersign.Instruction{ExternalID: "allow-1", Call: &countersign.Call{To: strings.ToLower(platform.Token), Data: callOf(approve, stranger, 70_000_000)}})
	s.decides("allow-1", true)
	s.reaches("allow-1", countersign.SettlementSettled)
	s.control("/deposits", map[string]string{"network": platform.Network, "to": stranger, "amount": "1000000000000000000"}, nil)
	waitFor(t, "money for the stranger's gas", func(ctx context.Context) error {
		_, err := p.take(ctx, key, stranger, 60_000_001, false)
		return err
	})
	tx, err := p.take(t.Context(), key, stranger, 60_000_001, true)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the books as the chain", func(ctx context.Context) error {
		entry, err := s.Trail.Find(ctx, bookkeeping.DepositKey(platform.Network, tx))
		if err != nil {
			return err
		}
		if entry.Record.Type != booked.DepositBooked {
			t.Fatalf("it is %s", entry.Record.Type)
		}
		return p.agree(ctx)
	})
}

// take has a stranger take tokens of the treasury, or only asks whether he could now.
func (p *purse) take(ctx context.Context, key *ecdsa.PrivateKey, stranger string, n uint64, send bool) (hash string, err error) {
	platform := p.s.stack.Platform
	token := common.HexToAddress(platform.Token)
	data := append(common.FromHex(transferFrom), common.LeftPadBytes(common.FromHex(platform.Treasury), 32)...)
	data = append(data, callOf("", stranger, n)...)
	chainID, err := p.chain.ChainID(ctx)
	if err != nil {
		return "", err
	}
	gwei := big.NewInt(100_000_000_000)
	tx, err := types.SignNewTx(key, types.LatestSignerForChainID(chainID), &types.DynamicFeeTx{
		ChainID: chainID, GasFeeCap: gwei, GasTipCap: big.NewInt(1_000_000_000), Gas: 200_000, To: &token, Data: data,
	})
	if err != nil {
		return "", err
	}
	balance, err := p.chain.BalanceAt(ctx, common.HexToAddress(stranger), nil)
	if err == nil && balance.Cmp(tx.Cost()) < 0 {
		err = fmt.Errorf("the stranger has %s, want %s", balance, tx.Cost())
	}
	if err == nil && send {
		err = p.chain.SendTransaction(ctx, tx)
	}
	return strings.ToLower(tx.Hash().Hex()), err
}
