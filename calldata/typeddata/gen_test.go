package typeddata_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
	"pgregory.net/rapid"
)

// A maker draws types and, with each, a value in any of its spellings. It draws
// top down, so that every struct is used and none contains itself.
type maker struct {
	t     *rapid.T
	types map[string][]apitypes.Type
	made  []string // structs that are finished, to be used again
	count int
}

func anyDocument(t *rapid.T) document {
	m := &maker{t: t, types: map[string][]apitypes.Type{}}
	primary := m.structure(3)
	domain := anyDomain(t)
	d := document{message: text(m.value(primary)), domain: text(domain)}
	if rapid.Bool().Draw(t, "say the domain's type") {
		for _, f := range domainFields {
			if _, has := domain[f.Name]; has {
				m.types["EIP712Domain"] = append(m.types["EIP712Domain"], f)
			}
		}
	}
	d.types = text(m.types)
	if rapid.Bool().Draw(t, "say the primary type") {
		d.primary = primary
	}
	return d
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (m *maker) structure(depth int) string {
	m.count++
	name := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"T", "Zed", "a", "B_"}).Draw(m.t, "name"), m.count)
	m.types[name] = nil
	var fields []apitypes.Type
	for i := range rapid.IntRange(1, 4).Draw(m.t, "members") {
		fields = append(fields, apitypes.Type{Name: fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"x", "Y", "_", "$"}).Draw(m.t, "member"), i), Type: m.typ(depth)})
	}
	m.types[name] = fields
	m.made = append(m.made, name)
	return name
}

func (m *maker) typ(depth int) string {
	base := ""
	switch n := rapid.IntRange(0, 9).Draw(m.t, "kind"); {
	case n == 0 && depth > 0:
		base = m.structure(depth - 1)
	case n == 1 && len(m.made) > 0:
		base = rapid.SampledFrom(m.made).Draw(m.t, "again")
	case n < 4:
		base = fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"uint", "int"}).Draw(m.t, "integer"), 8*rapid.IntRange(1, 32).Draw(m.t, "bytes"))
	case n == 4:
		base = fmt.Sprintf("bytes%d", rapid.IntRange(1, 32).Draw(m.t, "size"))
	default:
		base = rapid.SampledFrom([]string{"address", "bool", "string", "bytes"}).Draw(m.t, "atom")
	}
	for range rapid.SampledFrom([]int{0, 0, 0, 0, 1, 1, 2}).Draw(m.t, "arrays") {
		base += rapid.SampledFrom([]string{"[]", "[1]", "[2]", "[3]"}).Draw(m.t, "suffix")
	}
	return base
}

func (m *maker) value(typ string) any {
	if elem, suffix, ok := cutLast(typ); ok {
		n := rapid.IntRange(0, 3).Draw(m.t, "elements")
		if suffix != "" {
			_, _ = fmt.Sscan(suffix, &n)
		}
		out := []any{}
		for range n {
			out = append(out, m.value(elem))
		}
		return out
	}
	if fields, ok := m.types[typ]; ok {
		out := map[string]any{}
		for _, f := range fields {
			out[f.Name] = m.value(f.Type)
		}
		return out
	}
	return atom(m.t, typ)
}

// cutLast splits "T[2][3]" into "T[2]" and "3".
func cutLast(typ string) (elem, size string, array bool) {
	if !strings.HasSuffix(typ, "]") {
		return "", "", false
	}
	at := strings.LastIndexByte(typ, '[')
	return typ[:at], typ[at+1 : len(typ)-1], true
}

func atom(t *rapid.T, typ string) any {
	switch {
	case typ == "bool":
		return rapid.Bool().Draw(t, "bool")
	case typ == "string":
		return rapid.String().Draw(t, "string")
	case typ == "address":
		return anyAddress(t)
	case typ == "bytes":
		return hexText(t, rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(t, "bytes"))
	case strings.HasPrefix(typ, "bytes"):
		n := 0
		_, _ = fmt.Sscan(typ[5:], &n)
		return hexText(t, rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "bytes"))
	}
	bits, signed := 0, strings.HasPrefix(typ, "int")
	_, _ = fmt.Sscan(strings.TrimLeft(typ, "uint"), &bits)
	i := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, bits/8).Draw(t, "number"))
	if signed {
		i.Rsh(i, 1)
		if rapid.Bool().Draw(t, "negative") {
			i.Not(i) // from -1 to the least
		}
	}
	return integer(t, i)
}

func anyAddress(t *rapid.T) string {
	a := common.BytesToAddress(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "address"))
	return rapid.SampledFrom([]string{a.Hex(), strings.ToLower(a.Hex()), "0x" + strings.ToUpper(a.Hex()[2:])}).Draw(t, "case")
}

func hexText(t *rapid.T, b []byte) string {
	digits := hex.EncodeToString(b)
	if rapid.Bool().Draw(t, "upper case") {
		digits = strings.ToUpper(digits)
	}
	return "0x" + digits
}

func integer(t *rapid.T, i *big.Int) any {
	spellings := []any{i.String()}
	if i.Sign() >= 0 {
		spellings = append(spellings, fmt.Sprintf("0x%x", i), fmt.Sprintf("0x%064X", i))
	}
	if i.BitLen() <= 53 {
		spellings = append(spellings, i.Int64())
	}
	return rapid.SampledFrom(spellings).Draw(t, "spelling")
}

func anyDomain(t *rapid.T) map[string]any {
	d := map[string]any{
		"chainId":           integer(t, new(big.Int).SetUint64(rapid.Uint64Min(1).Draw(t, "chain"))),
		"verifyingContract": "0x01" + anyAddress(t)[4:],
	}
	d["verifyingContract"] = strings.ToLower(d["verifyingContract"].(string))
	for _, name := range []string{"name", "version"} {
		if rapid.Bool().Draw(t, name) {
			d[name] = "v" + rapid.String().Draw(t, "text") // go-ethereum takes "" for absent
		}
	}
	if rapid.Bool().Draw(t, "salt") {
		d["salt"] = hexText(t, rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "bytes"))
	}
	return d
}
