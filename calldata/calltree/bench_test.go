package calltree_test

import (
	"bytes"
	"math/big"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

const tokenJSON = `[{"type":"function","name":"transfer","inputs":[{"name":"to","type":"address"},{"name":"amount","type":"uint256"}]},
	{"type":"function","name":"mint","inputs":[{"name":"to","type":"address"},{"name":"amount","type":"uint256"}]},
	{"type":"function","name":"burn","inputs":[{"name":"amount","type":"uint256"}]}]`

// BenchmarkTree reads a MultiSend of 100 transfers: every call unwrapped, decoded
// and classified. The go-ethereum row decodes the same calls, which is less: no
// tree, no canonical form, no risks; the packed records are split for it by hand.
func BenchmarkTree(b *testing.B) {
	token, multi := addr("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"), addr("38869bf66a61cf6bdb996a6ae40d5853fd43b526")
	tokenABI, err := calldata.ParseABI([]byte(tokenJSON))
	if err != nil {
		b.Fatal(err)
	}
	reader, err := calltree.New(map[calltree.Address]calltree.Contract{
		token: {ABI: tokenABI}, multi: {ABI: calldata.MustABI("multiSend(bytes transactions)")},
	})
	if err != nil {
		b.Fatal(err)
	}
	geth, err := abi.JSON(strings.NewReader(tokenJSON))
	if err != nil {
		b.Fatal(err)
	}
	outer, err := abi.JSON(strings.NewReader(`[{"type":"function","name":"multiSend","inputs":[{"name":"transactions","type":"bytes"}]}]`))
	if err != nil {
		b.Fatal(err)
	}
	var packed bytes.Buffer
	for range 100 {
		inner, err := geth.Pack("transfer", [20]byte{1}, big.NewInt(1_000_000))
		if err != nil {
			b.Fatal(err)
		}
		packed.WriteByte(0)
		packed.Write(token[:])
		packed.Write(make([]byte, 32))
		packed.Write(big.NewInt(int64(len(inner))).FillBytes(make([]byte, 32)))
		packed.Write(inner)
	}
	data, err := outer.Pack("multiSend", packed.Bytes())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("multisend 100/countersign", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if t := reader.Read(calltree.Transaction{To: &multi, Data: data}); t.Opaque != 0 || t.Nodes != 101 {
				b.Fatal(t.Problems())
			}
		}
	})
	b.Run("multisend 100/go-ethereum", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m, err := outer.MethodById(data[:4])
			if err != nil {
				b.Fatal(err)
			}
			values, err := m.Inputs.Unpack(data[4:])
			if err != nil {
				b.Fatal(err)
			}
			for rest := values[0].([]byte); len(rest) > 0; rest = rest[85+68:] {
				inner := rest[85 : 85+68]
				m, err := geth.MethodById(inner[:4])
				if err != nil {
					b.Fatal(err)
				}
				if _, err := m.Inputs.Unpack(inner[4:]); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
