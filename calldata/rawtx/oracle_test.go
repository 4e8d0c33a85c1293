package rawtx_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"countersign"
	"countersign/calldata/rawtx"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/holiman/uint256"
)

// fields are the signing fields of the types 0 to 4, as go-ethereum's codec
// reads and writes them: what is hashed for a signature, without the type byte.
type (
	legacyFields struct {
		Nonce    uint64
		GasPrice *big.Int
		Gas      uint64
		To       *common.Address `rlp:"nil"`
		Value    *big.Int
		Data     []byte
	}
	protectedFields struct {
		Nonce    uint64
		GasPrice *big.Int
		Gas      uint64
		To       *common.Address `rlp:"nil"`
		Value    *big.Int
		Data     []byte
		ChainID  *big.Int
		R, S     uint64
	}
	accessListFields struct {
		ChainID    *big.Int
		Nonce      uint64
		GasPrice   *big.Int
		Gas        uint64
		To         *common.Address `rlp:"nil"`
		Value      *big.Int
		Data       []byte
		AccessList types.AccessList
	}
	dynamicFeeFields struct {
		ChainID    *big.Int
		Nonce      uint64
		Tip, Cap   *big.Int
		Gas        uint64
		To         *common.Address `rlp:"nil"`
		Value      *big.Int
		Data       []byte
		AccessList types.AccessList
	}
	blobFields struct {
		ChainID    *uint256.Int
		Nonce      uint64
		Tip, Cap   *uint256.Int
		Gas        uint64
		To         common.Address
		Value      *uint256.Int
		Data       []byte
		AccessList types.AccessList
		BlobCap    *uint256.Int
		BlobHashes []common.Hash
	}
	setCodeFields struct {
		ChainID    *uint256.Int
		Nonce      uint64
		Tip, Cap   *uint256.Int
		Gas        uint64
		To         common.Address
		Value      *uint256.Int
		Data       []byte
		AccessList types.AccessList
		AuthList   []types.SetCodeAuthorization
	}
)

// gethReads reads raw with go-ethereum, which must write the same bytes again.
// chain is nil for what is bound to none.
func gethReads(t rapidT, raw []byte, signed bool) (tx *types.Transaction, chain *big.Int) {
	t.Helper()
	if signed {
		tx = new(types.Transaction)
		if err := tx.UnmarshalBinary(raw); err != nil {
			t.Fatalf("we read %x, go-ethereum says %v", raw, err)
		}
		again, err := tx.MarshalBinary()
		if err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("we accept\n%x, canonical is\n%x (%v)", raw, again, err)
		}
		if tx.Protected() {
			chain = tx.ChainId()
		}
		return tx, chain
	}
	payload, prefix, v := raw, []byte{}, any(&protectedFields{})
	if raw[0] < 0xc0 {
		prefix, payload = raw[:1], raw[1:]
		v = map[byte]any{1: &accessListFields{}, 2: &dynamicFeeFields{}, 3: &blobFields{}, 4: &setCodeFields{}}[raw[0]]
	} else if content, _, _ := rlp.SplitList(raw); count(content) == 6 {
		v = &legacyFields{}
	}
	if err := rlp.DecodeBytes(payload, v); err != nil {
		t.Fatalf("we read %x, go-ethereum says %v", raw, err)
	}
	again, err := rlp.EncodeToBytes(v)
	if again = append(prefix, again...); err != nil || !bytes.Equal(again, raw) {
		t.Fatalf("we accept\n%x, canonical is\n%x (%v)", raw, again, err)
	}
	return fromFields(v)
}

func count(content []byte) int {
	n, _ := rlp.CountValues(content)
	return n
}

func fromFields(v any) (*types.Transaction, *big.Int) {
	switch f := v.(type) {
	case *legacyFields:
		return types.NewTx(&types.LegacyTx{Nonce: f.Nonce, GasPrice: f.GasPrice, Gas: f.Gas, To: f.To, Value: f.Value, Data: f.Data}), nil
	case *protectedFields:
		return types.NewTx(&types.LegacyTx{Nonce: f.Nonce, GasPrice: f.GasPrice, Gas: f.Gas, To: f.To, Value: f.Value, Data: f.Data}), f.ChainID
	case *accessListFields:
		return types.NewTx(&types.AccessListTx{ChainID: f.ChainID, Nonce: f.Nonce, GasPrice: f.GasPrice, Gas: f.Gas, To: f.To,
			Value: f.Value, Data: f.Data, AccessList: f.AccessList}), f.ChainID
	case *dynamicFeeFields:
		return types.NewTx(&types.DynamicFeeTx{ChainID: f.ChainID, Nonce: f.Nonce, GasTipCap: f.Tip, GasFeeCap: f.Cap, Gas: f.Gas, To: f.To,
			Value: f.Value, Data: f.Data, AccessList: f.AccessList}), f.ChainID
	case *blobFields:
		return types.NewTx(&types.BlobTx{ChainID: f.ChainID, Nonce: f.Nonce, GasTipCap: f.Tip, GasFeeCap: f.Cap, Gas: f.Gas, To: f.To, Value: f.Value,
			Data: f.Data, AccessList: f.AccessList, BlobFeeCap: f.BlobCap, BlobHashes: f.BlobHashes}), f.ChainID.ToBig()
	case *setCodeFields:
		return types.NewTx(&types.SetCodeTx{ChainID: f.ChainID, Nonce: f.Nonce, GasTipCap: f.Tip, GasFeeCap: f.Cap, Gas: f.Gas, To: f.To, Value: f.Value,
			Data: f.Data, AccessList: f.AccessList, AuthList: f.AuthList}), f.ChainID.ToBig()
	}
	panic(fmt.Sprintf("%T", v))
}

// want is what we should read where go-ethereum reads tx.
func want(tx *types.Transaction, chain *big.Int, signed bool) *rawtx.Transaction {
	w := &rawtx.Transaction{Type: tx.Type(), Value: amount(tx.Value()), Data: append([]byte{}, tx.Data()...), Signed: signed}
	nonce, gas, fee, tip := tx.Nonce(), tx.Gas(), amount(tx.GasFeeCap()), amount(tx.GasTipCap())
	w.Nonce, w.Gas, w.MaxFeePerGas = &nonce, &gas, &fee
	if tx.Type() >= types.DynamicFeeTxType {
		w.MaxPriorityFeePerGas = &tip
	}
	if tx.Type() == types.BlobTxType {
		fee := amount(tx.BlobGasFeeCap())
		w.MaxFeePerBlobGas = &fee
	}
	if chain != nil {
		id := chain.Uint64()
		w.ChainID = &id
	}
	if tx.To() != nil {
		w.To = lower(*tx.To())
	}
	for _, e := range tx.AccessList() {
		w.AccessList = append(w.AccessList, lower(e.Address))
	}
	for _, h := range tx.BlobHashes() {
		w.BlobHashes = append(w.BlobHashes, h.Hex())
	}
	for _, a := range tx.SetCodeAuthorizations() {
		w.Authorizations = append(w.Authorizations, rawtx.Authorization{ChainID: a.ChainID.Uint64(), Address: lower(a.Address), Nonce: a.Nonce})
	}
	return w
}

func amount(i *big.Int) countersign.Amount {
	a, err := countersign.AmountFromBig(i)
	if err != nil {
		panic(err)
	}
	return a
}

func lower(a common.Address) string { return strings.ToLower(a.Hex()) }

// rapidT is what *testing.T and *rapid.T share.
type rapidT interface {
	Helper()
	Fatalf(format string, args ...any)
}

// agrees fails unless go-ethereum reads from raw what we did, and would write it
// as the same bytes.
func agrees(t rapidT, raw []byte, tx *rawtx.Transaction) {
	t.Helper()
	g, chain := gethReads(t, raw, tx.Signed)
	if w := want(g, chain, tx.Signed); !equal(tx, w) {
		t.Fatalf("%x\nis %s\nwant %s", raw, show(tx), show(w))
	}
}

// equal compares what transactions say: amounts by value, not by representation.
func equal(a, b *rawtx.Transaction) bool { return reflect.DeepEqual(plain(a), plain(b)) }

func plain(tx *rawtx.Transaction) map[string]string {
	out := map[string]string{}
	v := reflect.ValueOf(*tx)
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() == reflect.Pointer && !f.IsNil() {
			f = f.Elem()
		}
		out[v.Type().Field(i).Name] = fmt.Sprintf("%v", f.Interface())
	}
	return out
}

func show(tx *rawtx.Transaction) string { return fmt.Sprint(plain(tx)) }

// refusal returns why err was given, or fails.
func refusal(t testing.TB, err error) *rawtx.Refusal {
	t.Helper()
	var r *rawtx.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error %v (%T), want a refusal", err, err)
	}
	return r
}
