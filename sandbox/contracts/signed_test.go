package contracts_test

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/binary"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// give sends ETH.
func (w *world) give(to common.Address, wei *big.Int) {
	w.t.Helper()
	nonce, err := w.chain.Client.NonceAt(w.t.Context(), w.me, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	tx := types.MustSignNewTx(w.key, types.LatestSignerForChainID(big.NewInt(chainID)), &types.DynamicFeeTx{ChainID: big.NewInt(chainID),
		Nonce: nonce, GasTipCap: n(params.GWei), GasFeeCap: n(10 * params.GWei), Gas: 100_000, To: &to, Value: wei})
	if receipt, err := w.chain.Execute(w.t.Context(), tx); err != nil || receipt.Status != types.ReceiptStatusSuccessful {
		w.t.Fatalf("sending ETH: %v", err)
	}
}

// seal signs typed data as wallets do: with v of 27 or 28.
func seal(t *testing.T, key *ecdsa.PrivateKey, data apitypes.TypedData) (signature, digest []byte) {
	t.Helper()
	digest, _, err := apitypes.TypedDataAndHash(data)
	if err != nil {
		t.Fatal(err)
	}
	if signature, err = crypto.Sign(digest, key); err != nil {
		t.Fatal(err)
	}
	signature[64] += 27
	return signature, digest
}

// safeTx is the typed data of a Safe transaction without gas terms.
func safeTx(safe, to common.Address, value *big.Int, data []byte, operation uint8, nonce int64) apitypes.TypedData {
	zero := common.Address{}.Hex()
	return apitypes.TypedData{
		PrimaryType: "SafeTx",
		Domain:      apitypes.TypedDataDomain{ChainId: math.NewHexOrDecimal256(chainID), VerifyingContract: safe.Hex()},
		Types: apitypes.Types{
			"EIP712Domain": {{Name: "chainId", Type: "uint256"}, {Name: "verifyingContract", Type: "address"}},
			"SafeTx": {{Name: "to", Type: "address"}, {Name: "value", Type: "uint256"}, {Name: "data", Type: "bytes"},
				{Name: "operation", Type: "uint8"}, {Name: "safeTxGas", Type: "uint256"}, {Name: "baseGas", Type: "uint256"},
				{Name: "gasPrice", Type: "uint256"}, {Name: "gasToken", Type: "address"},
				{Name: "refundReceiver", Type: "address"}, {Name: "nonce", Type: "uint256"}},
		},
		Message: apitypes.TypedDataMessage{"to": to.Hex(), "value": value.String(), "data": data,
			"operation": big.NewInt(int64(operation)), "safeTxGas": "0", "baseGas": "0", "gasPrice": "0", "gasToken": zero,
			"refundReceiver": zero, "nonce": big.NewInt(nonce)},
	}
}

// owners makes n keys, in ascending order of their addresses, as a Safe wants signatures.
func owners(t *testing.T, n int) ([]*ecdsa.PrivateKey, []common.Address) {
	t.Helper()
	keys, addresses := []*ecdsa.PrivateKey{}, []common.Address{}
	for range n {
		key, err := crypto.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b *ecdsa.PrivateKey) int {
		x, y := crypto.PubkeyToAddress(a.PublicKey), crypto.PubkeyToAddress(b.PublicKey)
		return bytes.Compare(x[:], y[:])
	})
	for _, key := range keys {
		addresses = append(addresses, crypto.PubkeyToAddress(key.PublicKey))
	}
	return keys, addresses
}

// part is one transaction in MultiSend's packed format.
func part(to common.Address, value *big.Int, data []byte) []byte {
	length := make([]byte, 32)
	binary.BigEndian.PutUint64(length[24:], uint64(len(data)))
	return slices.Concat([]byte{0}, to.Bytes(), common.LeftPadBytes(value.Bytes(), 32), length, data)
}

func TestSafeExecutesABatchThatItsOwnersSigned(t *testing.T) {
	w := newWorld(t)
	keys, addresses := owners(t, 3)
	safe, batch, token := w.deploy("Safe", addresses, n(2)), w.deploy("MultiSend"), w.deploy("PlainToken")
	token.send("mint", safe.at, n(100))
	w.give(safe.at, n(1000))
	data := batch.pack("multiSend", slices.Concat(part(token.at, n(0), token.pack("transfer", other, n(30))), part(other, n(7), nil)))
	typed := safeTx(safe.at, batch.at, n(0), data, 1, 0)
	first, digest := seal(t, keys[0], typed)
	second, _ := seal(t, keys[2], typed)
	if hash := call[[32]byte](safe, "getTransactionHash", batch.at, n(0), data, uint8(1), n(0), n(0), n(0),
		common.Address{}, common.Address{}, n(0)); !bytes.Equal(hash[:], digest) {
		t.Fatalf("the Safe hashes %x, EIP-712 %x", hash, digest)
	}
	run := func(signatures []byte) []any {
		return []any{batch.at, n(0), data, uint8(1), n(0), n(0), n(0), common.Address{}, common.Address{}, signatures}
	}
	safe.fails("execTransaction", run(first)...)                        // one of two
	safe.fails("execTransaction", run(slices.Concat(first, first))...)  // one twice
	safe.fails("execTransaction", run(slices.Concat(second, first))...) // not ascending
	foreign, _ := seal(t, w.key, typed)                                 // of no owner
	safe.fails("execTransaction", run(slices.Concat(first, foreign))...)
	safe.send("execTransaction", run(slices.Concat(first, second))...)
	safe.fails("execTransaction", run(slices.Concat(first, second))...) // the nonce is spent
	batch.fails("multiSend", part(other, n(0), nil))                    // only by delegate call
	balance, err := w.chain.Client.BalanceAt(t.Context(), other, nil)
	if err != nil || balance.Int64() != 7 || number(token, "balanceOf", other) != 30 || number(safe, "nonce") != 1 {
		t.Errorf("recipient has %s wei and %d tokens; %v", balance, number(token, "balanceOf", other), err)
	}
}

type permitted struct {
	Token  common.Address
	Amount *big.Int
}

type permit struct {
	Permitted       permitted
	Nonce, Deadline *big.Int
}

type details struct {
	To              common.Address
	RequestedAmount *big.Int
}

func TestPermit2TakesWhatWasSignedOnce(t *testing.T) {
	w := newWorld(t)
	gate, token := w.deploy("Permit2"), w.deploy("NoReturnToken")
	keys, addresses := owners(t, 1)
	owner := addresses[0]
	token.send("mint", owner, n(100))
	w.give(owner, new(big.Int).Mul(n(1e18), n(1)))
	w.run(keys[0], &token.at, token.pack("approve", gate.at, n(100)))
	p := permit{permitted{token.at, n(60)}, n(300), n(time.Now().Add(time.Hour).Unix())}
	signature, _ := seal(t, keys[0], apitypes.TypedData{
		PrimaryType: "PermitTransferFrom",
		Domain:      apitypes.TypedDataDomain{Name: "Permit2", ChainId: math.NewHexOrDecimal256(chainID), VerifyingContract: gate.at.Hex()},
		Types: apitypes.Types{
			"EIP712Domain":     {{Name: "name", Type: "string"}, {Name: "chainId", Type: "uint256"}, {Name: "verifyingContract", Type: "address"}},
			"TokenPermissions": {{Name: "token", Type: "address"}, {Name: "amount", Type: "uint256"}},
			"PermitTransferFrom": {{Name: "permitted", Type: "TokenPermissions"}, {Name: "spender", Type: "address"},
				{Name: "nonce", Type: "uint256"}, {Name: "deadline", Type: "uint256"}},
		},
		Message: apitypes.TypedDataMessage{"permitted": map[string]any{"token": token.at.Hex(), "amount": "60"},
			"spender": w.me.Hex(), "nonce": "300", "deadline": p.Deadline.String()},
	})
	gate.fails("permitTransferFrom", p, details{other, n(61)}, owner, signature) // more than signed
	late := p
	late.Deadline = n(1)
	gate.fails("permitTransferFrom", late, details{other, n(60)}, owner, signature)
	gate.fails("permitTransferFrom", p, details{other, n(60)}, w.me, signature) // not his
	if w.run(keys[0], &gate.at, gate.pack("permitTransferFrom", p, details{other, n(60)}, owner, signature)).Status == 1 {
		t.Error("a spender who was not signed for took the tokens")
	}
	gate.send("permitTransferFrom", p, details{other, n(45)}, owner, signature)
	gate.fails("permitTransferFrom", p, details{other, n(15)}, owner, signature) // the nonce is spent
	if got := number(token, "balanceOf", other); got != 45 {
		t.Errorf("recipient has %d, want 45", got)
	}
}
