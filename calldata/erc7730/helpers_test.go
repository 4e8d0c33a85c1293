package erc7730_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/erc7730"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

const chain = 1

var (
	router   = common.HexToAddress("0x1111111254EEB25477B68fb85Ed929f73A960582")
	usdc     = common.HexToAddress("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48")
	stranger = common.HexToAddress("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed") // an EIP-55 test vector
	treasury = common.HexToAddress("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
	ether    = common.HexToAddress("0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE")
	most     = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
)

// env knows one token, one name and the currency.
func env() erc7730.Env {
	return erc7730.Env{
		ChainID: chain, To: router, Native: erc7730.Token{Symbol: "ETH", Decimals: 18},
		Token: func(a [20]byte) (erc7730.Token, bool) {
			return erc7730.Token{Symbol: "USDC", Decimals: 6}, a == [20]byte(usdc)
		},
		Name: func(a [20]byte) string {
			return map[[20]byte]string{treasury: "Treasury", usdc: "USD Coin"}[a]
		},
	}
}

// file is a descriptor of version 2 for the router. sections stand beside its
// formats.
func file(formats, metadata, display string) string {
	return fmt.Sprintf(`{"$schema": "https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json",
		"context": {"$id": "test", "contract": {"deployments": [{"chainId": 1, "address": %q}, {"chainId": 10, "address": %q}]}},
		"metadata": {"owner": "Test" %s}, "display": {%s "formats": {%s}}}`, router, strings.ToLower(router.Hex()), metadata, display, formats)
}

// swap is a format for swap(…) with some fields.
func swap(more string, fields ...string) string {
	return fmt.Sprintf(`%q: {"intent": "Swap" %s, "fields": [%s]}`, swapSignature, more, strings.Join(fields, ","))
}

const swapSignature = "swap((address token,uint256 amount,bytes route)[] legs,address to,uint256 amount,int24 tick,string note,bool all,bytes32 ref,bytes data)"

// a leg is an element of the first argument of swap.
type leg struct {
	Token  common.Address
	Amount *big.Int
	Route  []byte
}

// a swapCall is the arguments of swap.
type swapCall struct {
	legs   []leg
	to     common.Address
	amount *big.Int
	tick   *big.Int
	note   string
	all    bool
	ref    [32]byte
	data   []byte
}

func someSwap() swapCall {
	return swapCall{
		legs: []leg{{usdc, big.NewInt(1_500_000), append(usdc.Bytes(), 7)}, {stranger, big.NewInt(42), append(ether.Bytes(), 8, 9)}},
		to:   treasury, amount: big.NewInt(1_250_000_000), tick: big.NewInt(-5), note: "hello", all: true, ref: [32]byte{31: 2}, data: []byte{0xde, 0xad},
	}
}

// call encodes with go-ethereum and decodes with ours.
func (c swapCall) call(t testing.TB) *calldata.Call {
	t.Helper()
	legs := []abi.ArgumentMarshaling{{Name: "token", Type: "address"}, {Name: "amount", Type: "uint256"}, {Name: "route", Type: "bytes"}}
	data := pack(t, []abi.ArgumentMarshaling{{Type: "tuple[]", Components: legs}, {Type: "address"}, {Type: "uint256"}, {Type: "int24"}, {Type: "string"}, {Type: "bool"}, {Type: "bytes32"}, {Type: "bytes"}},
		c.legs, c.to, c.amount, c.tick, c.note, c.all, c.ref, c.data)
	return decode(t, swapSignature, data)
}

func pack(t testing.TB, types []abi.ArgumentMarshaling, values ...any) []byte {
	t.Helper()
	var args abi.Arguments
	for _, m := range types {
		typ, err := abi.NewType(m.Type, "", m.Components)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, abi.Argument{Type: typ})
	}
	data, err := args.Pack(values...)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t testing.TB, signature string, data []byte) *calldata.Call {
	t.Helper()
	a := calldata.MustABI(signature)
	s := a.Functions()[0].Selector
	c, err := a.Decode(append(s[:], data...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// describe parses a descriptor and describes a call of the router with it.
func describe(t testing.TB, source string, c *calldata.Call, value string, e erc7730.Env) ([]erc7730.Field, string, error) {
	t.Helper()
	d, err := erc7730.Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	f, found := d.For(chain, router, c.Function)
	if !found {
		t.Fatalf("no format for %s", c.Function.Signature)
	}
	return f.Describe(c, countersign.MustAmount(value), e)
}

// lines joins labels and texts.
func lines(fields []erc7730.Field) string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Label+": "+f.Text)
	}
	return strings.Join(out, "\n")
}
