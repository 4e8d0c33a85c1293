package universalrouter_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/universalrouter"
)

const (
	one    = "0000000000000000000000000000000000000000000000000000000000000001"
	max160 = "000000000000000000000000ffffffffffffffffffffffffffffffffffffffff"
	most   = "000000000000000000000000fffffffffffffffffffffffffffffffffffffffe" // one less
	none   = "0000000000000000000000000000000000000000000000000000000000000000"
)

func num(n byte) string { return strings.Repeat("00", 31) + hex.EncodeToString([]byte{n}) }

// detail is one token of a permit: token, amount, expiration, nonce.
func detail(amount string) string { return one + amount + one + none }

// The allowances that a program grants are as large as the inputs say.
func TestPermitsByAmount(t *testing.T) {
	signature := num(0) // of no bytes
	single := func(amount string) string { return detail(amount) + one + one + num(7*32) + signature }
	batch := func(amounts ...string) string { // heads: permit and signature; in the permit: details, spender, deadline
		body := num(3*32) + one + one + num(byte(len(amounts)))
		for _, a := range amounts {
			body += detail(a)
		}
		words := 2 + len(body)/64
		return num(2*32) + strings.Repeat("00", 30) + hex.EncodeToString([]byte{byte(words * 32 >> 8), byte(words * 32)}) + body + signature
	}
	for _, tt := range []struct {
		name, input string
		code        byte
		want        string
	}{
		{"nothing", single(none), 0x0a, "allowance"},
		{"some", single(one), 0x0a, "allowance"},
		{"nearly all", single(most), 0x0a, "allowance"},
		{"all", single(max160), 0x0a, "allowance,unlimited_allowance"},
		{"no token", batch(), 0x03, "allowance"},
		{"some of two tokens", batch(one, most), 0x03, "allowance"},
		{"all of the last of three tokens", batch(one, none, max160), 0x03, "allowance,unlimited_allowance"},
		{"all of the first of two tokens", batch(max160, one), 0x03, "allowance,unlimited_allowance"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, _ := universalrouter.Of("v2")
			input, err := hex.DecodeString(tt.input)
			if err != nil {
				t.Fatal(err)
			}
			var c calldata.Call
			if err := d.Commands[tt.code].Layout.DecodeInto(&c, input); err != nil {
				t.Fatal(err)
			}
			if got := d.Commands[tt.code].Allowance(&c).String(); got != tt.want {
				t.Errorf("risks %q, want %q", got, tt.want)
			}
		})
	}
}
