package activity

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"countersign"
)

// callMembers are the members of a transaction of kind Evm or Eip1559 (dfns.md
// §5.3). To, value and data are what happens; the others say at what fee and in
// which order.
var callMembers = []string{
	"kind", "to", "value", "data", "externalId", "nonce", "gasLimit", "maxFeePerGas", "maxPriorityFeePerGas",
}

// call reads the body of a transaction request that calls an EVM contract. The
// other kinds hide what they do in bytes of their own, and are not read.
func call(kind string, body map[string]json.RawMessage) (*countersign.Call, error) {
	if kind != "Evm" && kind != "Eip1559" {
		return nil, fmt.Errorf("transactions of kind %.64q are not read", kind)
	}
	r := reader{body: body}
	r.only(callMembers)
	c := &countersign.Call{Value: r.number("value"), Data: r.bytes("data")}
	if r.has("to") {
		c.To = r.address("to", true)
	}
	if r.err != nil {
		return nil, fmt.Errorf("transaction of kind %s: %w", kind, r.err)
	}
	return c, nil
}

// number returns an amount written in decimal or in 0x-hex; zero when missing.
func (r *reader) number(name string) countersign.Amount {
	if !r.has(name) {
		return countersign.Amount{}
	}
	digits, isHex := strings.CutPrefix(text(r.body[name]), "0x")
	if !isHex {
		return r.decimal(name)
	}
	if digits == "" || len(digits) > 64 || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		r.fail("%s is not a number of at most 256 bits", name)
		return countersign.Amount{}
	}
	i, _ := new(big.Int).SetString(digits, 16)
	a, err := countersign.AmountFromBig(i)
	if err != nil {
		r.fail("%s: %w", name, err)
	}
	return a
}

// bytes returns what is written in 0x-hex; none when missing.
func (r *reader) bytes(name string) []byte {
	if !r.has(name) {
		return nil
	}
	digits, ok := strings.CutPrefix(text(r.body[name]), "0x")
	b, err := hex.DecodeString(digits)
	if !ok || err != nil {
		r.fail("%s is not 0x and pairs of hex digits", name)
		return nil
	}
	return b
}
