package rawtx_test

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"testing"

	"countersign/calldata/rawtx"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"pgregory.net/rapid"
)

// Whatever is read from the bytes to be signed is read from JSON that says the
// same, in any of its spellings, with the type or, where it follows, without.
func TestJSONSaysWhatBytesSay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := anySample(rt)
		if s.tx.To() == nil && len(s.tx.Data()) == 0 {
			return // JSON that forgot "to" looks the same, and is refused
		}
		want, err := rawtx.Parse(s.unsigned)
		if err != nil {
			rt.Fatal(err)
		}
		text, err := json.Marshal(spell(rt, s))
		if err != nil {
			rt.Fatal(err)
		}
		tx, err := rawtx.ParseJSON(text)
		if err != nil {
			rt.Fatalf("%s\nrefused: %v", text, err)
		}
		if !equal(tx, want) {
			rt.Fatalf("%s\nis %s\nwant %s", text, show(tx), show(want))
		}
	})
}

// spell writes a sample as JSON.
func spell(t *rapid.T, s sample) map[string]any {
	tx := s.tx
	m := map[string]any{
		"nonce":                    integer(t, new(big.Int).SetUint64(tx.Nonce()), true),
		"value":                    integer(t, tx.Value(), false),
		pick(t, "gas", "gasLimit"): integer(t, new(big.Int).SetUint64(tx.Gas()), true),
		pick(t, "data", "input"):   "0x" + hex.EncodeToString(tx.Data()),
	}
	if s.chain != nil {
		m["chainId"] = integer(t, s.chain, true)
	}
	if tx.To() != nil {
		m["to"] = pick(t, tx.To().Hex(), lower(*tx.To()))
	}
	if tx.Type() < 2 {
		m["gasPrice"] = integer(t, tx.GasPrice(), false)
	} else {
		m["maxFeePerGas"] = integer(t, tx.GasFeeCap(), false)
		m["maxPriorityFeePerGas"] = integer(t, tx.GasTipCap(), false)
	}
	if tx.Type() > 0 {
		m["accessList"] = tx.AccessList()
	}
	switch tx.Type() {
	case types.BlobTxType:
		m["maxFeePerBlobGas"], m["blobVersionedHashes"] = integer(t, tx.BlobGasFeeCap(), false), tx.BlobHashes()
	case types.SetCodeTxType:
		m["authorizationList"] = tx.SetCodeAuthorizations()
	}
	if tx.Type() == 0 || rapid.Bool().Draw(t, "say the type") {
		m["type"] = integer(t, new(big.Int).SetUint64(uint64(tx.Type())), true)
	}
	return m
}

func integer(t *rapid.T, i *big.Int, plain bool) any {
	if plain && i.BitLen() <= 53 && rapid.Bool().Draw(t, "as a number") {
		return i.Uint64()
	}
	return pick(t, i.String(), hexutil.EncodeBig(i))
}

func pick(t *rapid.T, spellings ...string) string {
	return rapid.SampledFrom(spellings).Draw(t, "spelling")
}
