package tests

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/ledger"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
)

// outsider is an account that nobody of ours knows, with a key of its own.
type outsider struct {
	p   *purse
	key *ecdsa.PrivateKey
}

func (p *purse) outsider() *outsider {
	p.s.t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		p.s.t.Fatal(err)
	}
	o := &outsider{p, key}
	p.s.control("/deposits", map[string]string{"network": p.s.stack.Platform.Network, "to": o.address().Hex(), "amount": big.NewInt(params.Ether).String()}, nil)
	waitFor(p.s.t, "money for an outsider", func(ctx context.Context) error {
		n, err := p.chain.BalanceAt(ctx, o.address(), nil)
		if err == nil && n.Sign() == 0 {
			err = fmt.Errorf("%s has nothing", o.address())
		}
		return err
	})
	return o
}

func (o *outsider) address() common.Address { return crypto.PubkeyToAddress(o.key.PublicKey) }

// sends makes a transaction and waits until it is in a block; to nobody it creates a contract.
func (o *outsider) sends(to *common.Address, data []byte) *types.Receipt {
	s := o.p.s
	s.t.Helper()
	ctx, chain := s.t.Context(), o.p.chain
	nonce, err := chain.PendingNonceAt(ctx, o.address())
	if err != nil {
		s.t.Fatal(err)
	}
	gas, err := chain.EstimateGas(ctx, ethereum.CallMsg{From: o.address(), To: to, Data: data})
	if err != nil {
		s.t.Fatal(err)
	}
	price, err := chain.SuggestGasPrice(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	id, err := chain.ChainID(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	tx, err := types.SignNewTx(o.key, types.LatestSignerForChainID(id), &types.LegacyTx{Nonce: nonce, To: to, Data: data, Gas: gas, GasPrice: new(big.Int).Lsh(price, 1)})
	if err == nil {
		err = chain.SendTransaction(ctx, tx)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	var receipt *types.Receipt
	waitFor(s.t, "receipt of "+tx.Hash().Hex(), func(ctx context.Context) error {
		receipt, err = chain.TransactionReceipt(ctx, tx.Hash())
		return err
	})
	if receipt.Status != types.ReceiptStatusSuccessful {
		s.t.Fatalf("%s failed", tx.Hash())
	}
	return receipt
}

// deploys makes one of the sandbox's contracts, by its name, and returns its address.
func (o *outsider) deploys(name string) string {
	o.p.s.t.Helper()
	code, err := os.ReadFile("../sandbox/contracts/" + name + ".bin")
	if err != nil {
		o.p.s.t.Fatal(err)
	}
	return strings.ToLower(o.sends(nil, common.FromHex(string(bytes.TrimSpace(code)))).ContractAddress.Hex())
}

// calls has a token do something of two words, to an address: mint or transfer.
func (o *outsider) calls(token, selector, to string, n uint64) {
	o.p.s.t.Helper()
	o.sends(new(common.HexToAddress(token)), callOf(selector, to, n))
}

// callOf is a call of (address,uint256).
func callOf(selector, to string, n uint64) []byte {
	data := append(common.FromHex(selector), common.LeftPadBytes(common.FromHex(to), 32)...)
	return append(data, common.LeftPadBytes(new(big.Int).SetUint64(n).Bytes(), 32)...)
}

// Two functions of a token.
const (
	mint     = "0x40c10f19" // mint(address,uint256)
	transfer = "0xa9059cbb" // transfer(address,uint256)
)

// has holds the books of the treasury against the chain for an asset that the chart does not name.
func (p *purse) has(ctx context.Context, token string, want int64) error {
	have, err := p.onChain(ctx, p.s.stack.Platform.Treasury, token)
	if err != nil {
		return err
	}
	asset := ledger.Asset{Code: p.s.stack.Platform.Network + "." + token}
	total, err := p.s.Trail.Books().Total(ctx, ledger.Key{Account: "treasury:hot", Asset: asset}, time.Time{})
	if err != nil {
		return err
	}
	if total.Balance().Cmp(have) != 0 || total.Free().Cmp(have) != 0 || have.Cmp(big.NewInt(want)) != 0 {
		return fmt.Errorf("the books have %s %s, %s free; the chain has %s, want %d", total.Balance(), asset.Code, total.Free(), have, want)
	}
	return nil
}

// A token keeps a hundredth of each transfer: what the recipient gets is not what was asked for.
// It is posted as it moved, and people are told. What comes in is booked as what came in.
func TestATokenThatKeepsAFee(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := newPurse(s)
	o := p.outsider()
	token := o.deploys("FeeToken")
	treasury := s.stack.Platform.Treasury
	o.calls(token, mint, treasury, 1_000_000)
	s.startWorker()
	s.startIngress()

	const id, asked = "fee-1", 300_050
	s.instruct(transferOf(id, "Erc20", token, elsewhere, asked))
	s.decides(id, true)
	st := s.reaches(id, countersign.SettlementSettled)
	waitFor(t, "the issue", func(ctx context.Context) (err error) {
		if st, err = s.settlementStatus(ctx, id); err == nil && st.Issue != countersign.IssueDiffers {
			err = fmt.Errorf("%+v", st)
		}
		return err
	})
	if len(st.Differs) != 1 || !strings.Contains(st.Differs[0], "the recipient got 297050 of "+token) {
		t.Errorf("it differs in %q", st.Differs)
	}
	if n, err := p.onChain(t.Context(), elsewhere, token); err != nil || n.Int64() != asked-asked/100 {
		t.Errorf("the recipient has %s, %v", n, err)
	}
	if err := p.has(t.Context(), token, 1_000_000-asked); err != nil {
		t.Error(err)
	}

	o.calls(token, mint, o.address().Hex(), 5000)
	o.calls(token, transfer, treasury, 5000)
	waitFor(t, "a deposit less its fee", func(ctx context.Context) error { return p.has(ctx, token, 1_000_000-asked+4950) })
	if err := p.agree(t.Context()); err != nil {
		t.Error(err)
	}
	s.verifies()
}
