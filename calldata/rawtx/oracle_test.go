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
	"countersign/calldata"
	"countersign/calldata/rawtx"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"
)

// gethReads reads raw with go-ethereum, which must write the same bytes again.
// What is to be signed it knows only as what is hashed; here it gets it with a
// signature of zeros. chain is nil for what is bound to none.
func gethReads(t rapidT, raw []byte, signed bool) (tx *types.Transaction, chain *big.Int) {
	t.Helper()
	tx = new(types.Transaction)
	if !signed {
		var eip155 []byte
		if raw, eip155 = withZeros(t, raw); eip155 != nil {
			chain = new(big.Int).SetBytes(eip155)
		}
	}
	if err := tx.UnmarshalBinary(raw); err != nil {
		t.Fatalf("we read %x, go-ethereum says %v", raw, err)
	}
	again, err := tx.MarshalBinary()
	if err != nil || !bytes.Equal(again, raw) {
		t.Fatalf("we accept\n%x, canonical is\n%x (%v)", raw, again, err)
	}
	if tx.Type() > 0 || tx.Protected() {
		chain = tx.ChainId()
	}
	return tx, chain
}

// withZeros appends v, r and s to a payload, in place of EIP-155's three.
func withZeros(t rapidT, raw []byte) (zeros, eip155 []byte) {
	t.Helper()
	prefix, payload := []byte{}, raw
	if raw[0] < 0xc0 {
		prefix, payload = raw[:1:1], raw[1:]
	}
	var items []rlp.RawValue
	if err := rlp.DecodeBytes(payload, &items); err != nil {
		t.Fatalf("we read %x, go-ethereum says %v", raw, err)
	}
	if again := encode(items); !bytes.Equal(again, payload) {
		t.Fatalf("we accept\n%x, canonical is\n%x", payload, again)
	}
	if len(prefix) == 0 && len(items) == 9 {
		if err := rlp.DecodeBytes(items[6], &eip155); err != nil {
			t.Fatalf("chain of %x: %v", raw, err)
		}
		items = items[:6]
	}
	for range 3 {
		items = append(items, rlp.RawValue{0x80})
	}
	return append(prefix, encode(items)...), eip155
}

func encode(v any) []byte {
	b, err := rlp.EncodeToBytes(v)
	if err != nil {
		panic(err)
	}
	return b
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
func refusal(t testing.TB, err error) *calldata.Refusal {
	t.Helper()
	var r *calldata.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error %v (%T), want a refusal", err, err)
	}
	return r
}
