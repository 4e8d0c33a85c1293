package rawtx_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/rawtx"
	"countersign/tests/vectors"
)

// The public vectors of ethers: legacy transactions with and without a chain, signed
// and not, and typed ones.
func TestPublicVectors(t *testing.T) {
	var legacy []struct{ Name, To, Value, Data, UnsignedTransaction, UnsignedTransactionChainID5, SignedTransaction, SignedTransactionChainID5 string }
	vectors.Read(t, "transactions", &legacy)
	for _, c := range legacy {
		for _, form := range []struct {
			raw           string
			signed, bound bool
		}{
			{c.UnsignedTransaction, false, false}, {c.UnsignedTransactionChainID5, false, true},
			{c.SignedTransaction, true, false}, {c.SignedTransactionChainID5, true, true},
		} {
			tx := parse(t, c.Name, form.raw)
			if tx == nil {
				continue
			}
			if tx.Type != 0 || tx.Signed != form.signed || (tx.ChainID != nil) != form.bound || tx.To != strings.ToLower(c.To) || "0x"+hex.EncodeToString(tx.Data) != orNone(c.Data) {
				t.Errorf("%s: %s is read as %+v, want to %q data %q signed %v bound %v", c.Name, form.raw, tx, c.To, c.Data, form.signed, form.bound)
			}
		}
	}
	var typed []struct {
		Name, Signed, Unsigned string
		Tx                     struct {
			Type     uint8
			To, Data string
		}
	}
	vectors.Read(t, "typed-transactions", &typed)
	for _, c := range typed {
		for raw, signed := range map[string]bool{c.Unsigned: false, c.Signed: true} {
			tx := parse(t, c.Name, raw)
			if tx == nil {
				continue
			}
			if tx.Type != c.Tx.Type || tx.Signed != signed || tx.To != strings.ToLower(c.Tx.To) || "0x"+hex.EncodeToString(tx.Data) != orNone(c.Tx.Data) {
				t.Errorf("%s: %s is read as %+v, want %+v signed %v", c.Name, raw, tx, c.Tx, signed)
			}
		}
	}
	if len(legacy) < 1067 || len(typed) < 1792 {
		t.Errorf("%d and %d vectors, want 1,067 and 1,792", len(legacy), len(typed))
	}
}

func parse(t *testing.T, name, raw string) *rawtx.Transaction {
	t.Helper()
	b, err := hex.DecodeString(strings.TrimPrefix(raw, "0x"))
	if err != nil {
		t.Fatal(err)
	}
	tx, err := rawtx.Parse(b)
	if err == nil {
		return tx
	}
	// Some vectors have what no node takes: gas limits and nonces of more than 64 bits,
	// and chain 0 for no chain.
	var r *calldata.Refusal
	if !errors.As(err, &r) || r.Code != rawtx.BadMember || r.Why != "more than 64 bits" && r.Why != "zero names no chain" {
		t.Errorf("%s: %s: %v", name, raw, err)
	}
	return nil
}

func orNone(data string) string {
	if data == "" {
		return "0x"
	}
	return data
}
