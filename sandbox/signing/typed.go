package signing

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"

	"countersign/sandbox/dfns"
)

// typedData is what an Eip712 request signs.
type typedData struct{ apitypes.TypedData }

func (t typedData) chainID() *big.Int { return (*big.Int)(t.Domain.ChainId) }

// domain is EIP-712's, as DFNS writes it: the chain ID is a number or a string.
type domain struct {
	Name              *string         `json:"name"`
	Version           *string         `json:"version"`
	ChainID           json.RawMessage `json:"chainId"`
	VerifyingContract *string         `json:"verifyingContract"`
	Salt              *string         `json:"salt"`
}

// readTyped completes the request into EIP-712's form: DFNS leaves out the primary type,
// which is the one that no other uses, and the type of the domain, which its members tell.
func readTyped(w wire) (typedData, error) {
	var t typedData
	var d domain
	if err := dfns.Decode(w.Types, &t.Types); err != nil || len(t.Types) == 0 {
		return t, dfns.BadRequest("types must be an object of lists of {name, type}")
	}
	if err := dfns.Decode(w.Domain, &d); err != nil {
		return t, dfns.BadRequest("domain: %v", err)
	}
	dec := json.NewDecoder(bytes.NewReader(w.Message))
	dec.UseNumber() // amounts do not fit a float
	if err := dec.Decode(&t.Message); err != nil || t.Message == nil {
		return t, dfns.BadRequest("message must be an object")
	}
	t.Message = plain(t.Message).(map[string]any)
	delete(t.Types, "EIP712Domain") // libraries send it, and the domain's members decide
	if t.PrimaryType = primary(t.Types); t.PrimaryType == "" {
		return t, dfns.BadRequest("types must have one type that no other uses: it is the primary one")
	}
	if err := t.setDomain(d); err != nil {
		return t, err
	}
	if _, _, err := apitypes.TypedDataAndHash(t.TypedData); err != nil {
		return t, dfns.BadRequest("typed data cannot be hashed: %v", err)
	}
	return t, nil
}

// setDomain sets the domain and its type, whose members are in the order of EIP-712.
func (t *typedData) setDomain(d domain) error {
	fields := []apitypes.Type{}
	text := func(name, kind string, value *string, to *string) {
		if value != nil {
			*to = *value
			fields = append(fields, apitypes.Type{Name: name, Type: kind})
		}
	}
	text("name", "string", d.Name, &t.Domain.Name)
	text("version", "string", d.Version, &t.Domain.Version)
	if d.ChainID != nil {
		id, ok := math.ParseBig256(strings.Trim(string(d.ChainID), `"`))
		if !ok || id.Sign() < 0 {
			return dfns.BadRequest("domain.chainId must be an integer, decimal or 0x-hex")
		}
		t.Domain.ChainId = (*math.HexOrDecimal256)(id)
		fields = append(fields, apitypes.Type{Name: "chainId", Type: "uint256"})
	}
	text("verifyingContract", "address", d.VerifyingContract, &t.Domain.VerifyingContract)
	text("salt", "bytes32", d.Salt, &t.Domain.Salt)
	if len(fields) == 0 {
		return dfns.BadRequest("domain must have a member")
	}
	t.Types["EIP712Domain"] = fields
	return nil
}

// primary returns the type that no other uses, or "" when there is not exactly one.
func primary(types apitypes.Types) string {
	used := map[string]bool{}
	for name, fields := range types {
		for _, f := range fields {
			if base, _, _ := strings.Cut(f.Type, "["); base != name {
				used[base] = true
			}
		}
	}
	var roots []string
	for name := range types {
		if !used[name] {
			roots = append(roots, name)
		}
	}
	if len(roots) != 1 {
		return ""
	}
	return roots[0]
}

// plain turns the numbers of decoded JSON into their decimal texts, which is how go-ethereum
// takes integers of any size.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case map[string]any:
		for name, member := range v {
			v[name] = plain(member)
		}
	case []any:
		for i, member := range v {
			v[i] = plain(member)
		}
	}
	return v
}

func unhex(name, text string) ([]byte, error) {
	if !bytesForm.MatchString(text) {
		return nil, dfns.BadRequest("%s must be bytes in hex", name)
	}
	raw, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	return slices.Clip(raw), err
}
