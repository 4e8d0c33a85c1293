package erc7730_test

import (
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/erc7730"
)

// FuzzParse: no descriptor makes the package panic, and whatever it says of a call
// is fit for a line. The formats are put into a file that is bound, so that the
// fuzzer spends its time on them.
func FuzzParse(f *testing.F) {
	f.Add(file(swap("", `{"path": "to", "format": "addressName"}`), "", ""), "", 0)
	f.Add(swap(`, "interpolatedIntent": "a {to} {{b}}"`, `{"path": "to", "label": "To", "format": "addressName"}`), "hello", 1)
	f.Add(swap("", `{"path": "legs.[]", "label": "L", "fields": [{"path": "amount", "format": "tokenAmount", "params": {"tokenPath": "token", "threshold": "0x1", "message": "All"}}]}`), "\u202e", 2)
	f.Add(swap(`, "required": ["to"], "excluded": ["legs"]`, `{"path": "legs.[-1:].route.[0:20]", "format": "raw"}`, `{"path": "to", "format": "raw"}`), "\"", 5)
	f.Add(swap("", `{"path": "amount", "format": "unit", "params": {"base": "%", "decimals": 2}}`, `{"path": "note", "format": "enum", "params": {"$ref": "$.metadata.enums.m"}}`), "x", 2)
	f.Add(swap("", `{"path": "tick", "format": "raw", "visible": {"ifNotIn": [1, true, "0x"]}}`, `{"path": "@.value", "format": "amount"}`, `{"value": "$.metadata.constants.c", "format": "raw"}`), "", 3)
	f.Fuzz(func(t *testing.T, text, note string, legs int) {
		if d, err := erc7730.Parse([]byte(text)); (d == nil) == (err == nil) {
			t.Fatalf("Parse = %v, %v", d, err)
		}
		d, err := erc7730.Parse([]byte(file(text, `, "constants": {"c": "x"}, "enums": {"m": {"x": "y"}}`, `"definitions": {"a": {"label": "A", "format": "raw"}},`)))
		if err != nil {
			return
		}
		c := someSwap()
		c.note, c.legs = strings.ToValidUTF8(note, ""), c.legs[:min(max(legs, 0), len(c.legs))]
		call := c.call(t)
		format, found := d.For(chain, router, call.Function)
		if !found {
			return
		}
		fields, intent, err := format.Describe(call, someAmount, env())
		if err != nil {
			if fields != nil || intent != "" {
				t.Fatalf("Describe = %v, %q beside %v", fields, intent, err)
			}
			return
		}
		fit(t, intent)
		for _, f := range fields {
			fit(t, f.Label)
			fit(t, f.Text)
		}
	})
}

func BenchmarkDescribe(b *testing.B) {
	d, err := erc7730.Parse([]byte(file(swap(`, "interpolatedIntent": "Swap {amount} to {to}"`,
		`{"path": "amount", "format": "tokenAmount", "params": {"tokenPath": "legs.[0].token"}}`, `{"path": "to", "format": "addressName"}`), "", "")))
	if err != nil {
		b.Fatal(err)
	}
	c := someSwap().call(b)
	f, _ := d.For(chain, router, calldata.MustABI(swapSignature).Functions()[0])
	for b.Loop() {
		if _, _, err := f.Describe(c, someAmount, env()); err != nil {
			b.Fatal(err)
		}
	}
}
