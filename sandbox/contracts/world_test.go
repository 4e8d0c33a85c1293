package contracts_test

import (
	"context"
	"crypto/ecdsa"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"

	"countersign/sandbox/contracts"
	"countersign/sandbox/evm"
)

// chainID is that of Hardhat and Anvil: any would do.
const chainID = 31337

// world is a chain of the sandbox's, with one rich account.
type world struct {
	t     *testing.T
	chain *evm.Chain
	key   *ecdsa.PrivateKey
	me    common.Address
}

func newWorld(t *testing.T) *world {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, key: key, me: crypto.PubkeyToAddress(key.PublicKey)}
	w.chain, err = evm.Start(evm.Config{Dir: t.TempDir(), ChainID: chainID, Genesis: time.Now(), Faucet: w.me, Now: time.Now,
		Keep:   func(evm.Change) error { return nil },
		Blocks: func(uint64) ([][]byte, error) { return nil, nil }, Changed: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.chain.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// contract is one that was deployed.
type contract struct {
	contracts.Contract
	w  *world
	at common.Address
}

func (w *world) deploy(name string, arguments ...any) contract {
	w.t.Helper()
	c, err := contracts.Find(name)
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := c.Data(arguments...)
	if err != nil {
		w.t.Fatal(err)
	}
	receipt := w.run(w.key, nil, data)
	if receipt.Status != types.ReceiptStatusSuccessful {
		w.t.Fatalf("deploying %s reverted", name)
	}
	return contract{c, w, receipt.ContractAddress}
}

// run mines a transaction of key's and returns its receipt.
func (w *world) run(key *ecdsa.PrivateKey, to *common.Address, data []byte) *types.Receipt {
	w.t.Helper()
	ctx := context.Background()
	nonce, err := w.chain.Client.NonceAt(ctx, crypto.PubkeyToAddress(key.PublicKey), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	tx := types.MustSignNewTx(key, types.LatestSignerForChainID(big.NewInt(chainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(chainID), Nonce: nonce, GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(10 * params.GWei),
		Gas: 5_000_000, To: to, Data: data})
	receipt, err := w.chain.Execute(ctx, tx)
	if err != nil {
		w.t.Fatal(err)
	}
	return receipt
}

// pack encodes a call of c.
func (c contract) pack(method string, arguments ...any) []byte {
	c.w.t.Helper()
	data, err := c.ABI.Pack(method, arguments...)
	if err != nil {
		c.w.t.Fatal(err)
	}
	return data
}

// send calls c in a transaction, which must succeed.
func (c contract) send(method string, arguments ...any) *types.Receipt {
	c.w.t.Helper()
	receipt := c.w.run(c.w.key, &c.at, c.pack(method, arguments...))
	if receipt.Status != types.ReceiptStatusSuccessful {
		c.w.t.Fatalf("%s.%s reverted", c.Name, method)
	}
	return receipt
}

// fails calls c in a transaction, which must revert.
func (c contract) fails(method string, arguments ...any) {
	c.w.t.Helper()
	if c.w.run(c.w.key, &c.at, c.pack(method, arguments...)).Status == types.ReceiptStatusSuccessful {
		c.w.t.Fatalf("%s.%s did not revert", c.Name, method)
	}
}

// raw is what a call of c returns, in bytes.
func (c contract) raw(method string, arguments ...any) []byte {
	c.w.t.Helper()
	out, err := c.w.chain.Client.CallContract(context.Background(),
		ethereum.CallMsg{From: c.w.me, To: &c.at, Data: c.pack(method, arguments...)}, nil)
	if err != nil {
		c.w.t.Fatalf("%s.%s: %v", c.Name, method, err)
	}
	return out
}

// call is the first value that a call of c returns.
func call[T any](c contract, method string, arguments ...any) T {
	c.w.t.Helper()
	values, err := c.ABI.Unpack(method, c.raw(method, arguments...))
	if err != nil {
		c.w.t.Fatalf("%s.%s: %v", c.Name, method, err)
	}
	return values[0].(T)
}

// number is call for integers.
func number(c contract, method string, arguments ...any) int64 {
	c.w.t.Helper()
	return call[*big.Int](c, method, arguments...).Int64()
}

func n(i int64) *big.Int { return big.NewInt(i) }
